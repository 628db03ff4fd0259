package signal

import (
	"context"
	"errors"
	"time"

	"github.com/coder/websocket"
	"golang.org/x/sync/errgroup"
)

// socket is one connection to a tracker.
type socket struct {
	t  *tracker
	c  *Client
	ws *websocket.Conn

	// These are of the goroutine that reads.
	frames  meter
	offers  meter
	strange int
	answers *errgroup.Group

	// These are guarded by c.mu.
	gone map[id]struct{} // hashes that were announced here, also those left since
	late map[id]struct{} // offers that nobody answered in time
}

var (
	errStrange = errors.New("signal: the tracker makes no sense")
	errFlood   = errors.New("signal: the tracker sends too much")
	errNobody  = errors.New("signal: nobody to announce")
)

// serve announces and listens until ctx or the socket ends, or until nobody is
// left to be announced: then it returns nil.
func (s *socket) serve(ctx context.Context) error {
	g, inner := errgroup.WithContext(ctx)
	s.answers = g
	nobody := false
	g.Go(func() error { return s.listen(inner, context.WithoutCancel(ctx)) })
	g.Go(func() error { return s.ping(inner) })
	g.Go(func() error {
		err := s.announceAll(inner)
		nobody = errors.Is(err, errNobody)
		if nobody || ctx.Err() != nil {
			s.part(context.WithoutCancel(ctx))
		}
		_ = s.ws.CloseNow() // ends the reading
		return err
	})
	err := g.Wait()
	if nobody { // the reading, which it ended, may have said so first
		return nil
	}
	return err
}

// listen reads what the tracker says until the socket is closed: were the
// reading's context to end, there would be no last words.
func (s *socket) listen(ctx, reading context.Context) error {
	for {
		_, frame, err := s.ws.Read(reading)
		if err != nil {
			return err
		}
		if !s.frames.allow(time.Now(), frameRate) {
			return errFlood
		}
		if s.take(ctx, frame) {
			continue
		}
		s.t.count(func(st *Stats) { st.Strange++ })
		if s.strange++; s.strange > maxStrange {
			return errStrange
		}
	}
}

// take handles a frame; it reports false for one that makes no sense.
func (s *socket) take(ctx context.Context, frame []byte) (sense bool) {
	h, k, err := decode(frame)
	if err != nil {
		return false
	}
	switch k {
	case failed:
		return s.refused(h)
	case offered:
		return s.offered(ctx, h)
	case answered:
		return s.answered(h)
	}
	return s.counted(h)
}
