package playback

import (
	"context"
	"encoding/binary"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"vidiverse/instance/hls"
	"vidiverse/node/remote"
)

// memory is a server of one smallest segment, which takes a moment.
type memory []byte

func (m memory) Fetch(ctx context.Context, _ int) ([]byte, error) {
	select {
	case <-time.After(time.Millisecond):
		return m, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// TestDroppedLoad: a load that was dropped because nobody wanted it does not end
// the read that comes to need it a moment later.
func TestDroppedLoad(t *testing.T) {
	t.Parallel()
	segment := append(binary.BigEndian.AppendUint32(nil, 8), "moof"...)
	segment = append(binary.BigEndian.AppendUint32(segment, 8), "mdat"...)
	group, ctx := errgroup.WithContext(t.Context())
	ctx, stop := context.WithCancel(ctx)
	const n = 500
	s := &stream{
		Rendition: &remote.Rendition{Segments: make([]hls.Segment, n)}, origin: memory(segment), swarm: func() Peers { return nil }, pace: &pace{},
		ctx: ctx, stop: stop, group: group, moved: func() {}, flights: map[int]*flight{}, marks: make([]mark, n), bytes: map[string]int64{},
	}
	for i := range n {
		s.Segments[i].Length = int64(len(segment))
	}
	for i := range n {
		s.fetch(i, time.Now())
		s.keep(func(int) bool { return false })
		if body, err := s.load(t.Context(), i, time.Now()); err != nil || len(body) != len(segment) {
			t.Fatalf("segment %d: got %d bytes, %v", i, len(body), err)
		}
	}
	stop()
	if err := group.Wait(); err != nil {
		t.Error(err)
	}
}
