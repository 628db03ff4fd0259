package torrent

import (
	"bytes"
	"errors"
	"sync"
	"testing"

	pp "github.com/anacrolix/torrent/peer_protocol"
)

// TestDecoderPanics: a message with which the decoder of the library cannot cope
// ends one connection, not the program. None is known today, so the decoder is
// given a pool that fails as it would.
func TestDecoderPanics(t *testing.T) {
	t.Parallel()
	good := wireOf(t, pp.Message{Type: pp.Have, Index: 7})
	bad := wireOf(t, pp.Message{Type: pp.Piece, Index: 1, Piece: []byte("abc")})
	r := newMessages(bytes.NewReader(append(bytes.Clone(good), bad...)))
	r.d.Pool = &sync.Pool{New: func() any {
		var none []byte
		return &none[len(bad)] // out of range
	}}
	if m, err := r.next(); err != nil || m.Type != pp.Have || m.Index != 7 {
		t.Fatalf("before: got %+v, %v", m, err)
	}
	if m, err := r.next(); !errors.Is(err, errMessage) {
		t.Errorf("got %+v, %v, want an error of the message", m, err)
	}
}
