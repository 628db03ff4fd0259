package node

import (
	"context"
	"errors"
	"strings"

	"vidiverse/node/catalog"
	"vidiverse/node/control"
	"vidiverse/node/remote"
	"vidiverse/node/store"
	"vidiverse/p2p"
	"vidiverse/p2p/blockstore"
	"vidiverse/p2p/limit"
)

// kinds says which of control's errors those of the packages below are.
var kinds = []struct{ theirs, ours error }{
	{remote.ErrAddress, control.ErrInvalid},
	{remote.ErrNotPeerTube, control.ErrInvalid},
	{remote.ErrRefused, control.ErrInvalid},
	{remote.ErrUnsupported, control.ErrInvalid},
	{limit.ErrInvalid, control.ErrInvalid},
	{remote.ErrGone, control.ErrNotFound},
	{catalog.ErrNotFollowed, control.ErrNotFound},
	{catalog.ErrUnknown, control.ErrNotFound},
	{store.ErrNotFound, control.ErrNotFound},
	{p2p.ErrAbsent, control.ErrNotFound},
	{remote.ErrClosed, control.ErrForbidden},
	{remote.ErrBusy, control.ErrUnavailable},
	{remote.ErrUnavailable, control.ErrUnavailable},
	{blockstore.ErrFull, control.ErrUnavailable},
	{context.DeadlineExceeded, control.ErrUnavailable},
}

// said is an error as a window shows it: one of control's, and a sentence.
type said struct {
	kind error
	text string
}

func (s *said) Error() string { return s.text }
func (s *said) Unwrap() error { return s.kind }

// say makes an error one of control's, in words that begin where those for
// people do: behind the names by which packages tell errors apart.
func say(err error) error {
	if err == nil {
		return nil
	}
	s := &said{text: err.Error()}
	for again := true; again; {
		again = false
		for _, k := range kinds {
			for _, name := range []error{k.theirs, k.ours} {
				if errors.Is(err, name) && s.kind == nil {
					s.kind = k.ours
				}
				if rest, found := strings.CutPrefix(s.text, name.Error()+": "); found {
					s.text, again = rest, true
				}
			}
		}
	}
	if s.kind == nil {
		return err
	}
	return s
}
