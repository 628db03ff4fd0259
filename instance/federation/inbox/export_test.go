package inbox

import (
	"context"
	"crypto/sha256"
	"strconv"

	"vidiverse/instance/actor"
)

// Put stores activities in order as if they had come with proper signatures.
func (b *Inbox) Put(ctx context.Context, by actor.Actor, bodies ...[]byte) error {
	items := make([]item, len(bodies))
	for k, body := range bodies {
		sum := sha256.Sum256(append([]byte(strconv.Itoa(k)), body...))
		items[k] = item{raw: body, hash: sum, by: by, host: by.Host}
	}
	for len(items) > 0 {
		n := min(len(items), mostRows)
		if err := b.storeAll(ctx, items[:n]); err != nil {
			return err
		}
		items = items[n:]
	}
	return nil
}

// Authority is the one rule of who may say what.
var Authority = authority
