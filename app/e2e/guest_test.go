package e2e

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"vidiverse/node/remote/remotetest"
	"vidiverse/p2p"
	"vidiverse/p2p/p2ptest"
	"vidiverse/p2p/pml"
	"vidiverse/p2p/rtc"
	"vidiverse/p2p/signal"
)

// guest comes to a swarm as a browser does, over a real tracker and real
// connections, and there does as the test says.
type guest struct {
	host  *rtc.Host
	meets func(*talk) // with each connection, until it returns
	ctx   context.Context
	tasks sync.WaitGroup
	seat  *signal.Member

	mu     sync.Mutex
	offers map[string]*rtc.Attempt
}

// newGuest joins a swarm until the test ends, or leave is called.
func newGuest(t *testing.T, tracker string, hash [20]byte, meets func(*talk)) (leave func()) {
	t.Helper()
	return (&guest{meets: meets}).join(t, tracker, hash)
}

func (g *guest) join(t *testing.T, tracker string, hash [20]byte) (leave func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	g.host, g.ctx, g.offers = p2ptest.Host(t), ctx, map[string]*rtc.Attempt{}
	g.seat = p2ptest.Signal(t).Join([]string{tracker}, hash, g)
	leave = sync.OnceFunc(func() {
		g.seat.Vanish() // its video may be gone
		cancel()
		g.tasks.Wait()
	})
	t.Cleanup(leave)
	return leave
}

// Offers implements signal.Peer.
func (g *guest) Offers(ctx context.Context, n int) (list []signal.Offer) {
	for range min(n, 3) {
		a, err := g.host.Offer(ctx)
		if err != nil {
			break
		}
		id := rand.Text()[:20]
		g.mu.Lock()
		g.offers[id] = a
		g.mu.Unlock()
		list = append(list, signal.Offer{ID: id, SDP: a.SDP()})
	}
	return list
}

// Offered implements signal.Peer.
func (g *guest) Offered(ctx context.Context, _, sdp string) (answer string, err error) {
	a, err := g.host.Accept(ctx, sdp)
	if err != nil {
		return "", err
	}
	g.tasks.Go(func() { g.meet(a) })
	return a.SDP(), nil
}

// Answered implements signal.Peer.
func (g *guest) Answered(offer, _, sdp string) {
	g.mu.Lock()
	a := g.offers[offer]
	delete(g.offers, offer)
	g.mu.Unlock()
	if a == nil {
		return
	}
	g.tasks.Go(func() {
		if a.Answer(sdp) == nil {
			g.meet(a)
		}
	})
}

// Expired implements signal.Peer.
func (g *guest) Expired(offer string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if a := g.offers[offer]; a != nil {
		a.Close()
		delete(g.offers, offer)
	}
}

func (g *guest) meet(a *rtc.Attempt) {
	c, err := a.Conn(g.ctx)
	if err != nil {
		a.Close()
		return
	}
	defer c.Close()
	defer context.AfterFunc(g.ctx, func() { c.Close() })()
	g.meets(&talk{Conn: c, buf: make([]byte, pml.MaxMessage)})
}

// talk is a connection to somebody in a swarm.
type talk struct {
	*rtc.Conn
	joiner  pml.Joiner
	buf     []byte
	request int
	has     []int // what was announced last
	leave   func()
}

func (c *talk) say(command pml.Command) error {
	for _, chunk := range command.Chunks(pml.MaxMessage) {
		if err := c.Write(chunk); err != nil {
			return err
		}
	}
	return nil
}

// hear waits for a command, or raw bytes that are good until the next call.
func (c *talk) hear() (command *pml.Command, raw []byte, err error) {
	for {
		n, err := c.Read(c.buf)
		if err != nil {
			return nil, nil, err
		}
		if !pml.IsCommand(c.buf[:n]) {
			return nil, c.buf[:n], nil
		}
		got, whole, err := c.joiner.Add(c.buf[:n])
		if err != nil {
			return nil, nil, err
		}
		if !whole {
			continue
		}
		if got.Kind == pml.Announcement {
			c.has = got.Loaded
		}
		return &got, nil, nil
	}
}

// ask gets a segment, or p2p.ErrAbsent.
func (c *talk) ask(segment int) ([]byte, error) {
	c.request++
	if err := c.say(pml.Command{Kind: pml.Request, Segment: segment, Request: c.request}); err != nil {
		return nil, err
	}
	var data []byte
	size := int64(-1)
	for {
		command, raw, err := c.hear()
		switch {
		case err != nil:
			return nil, err
		case command == nil:
			data = append(data, raw...)
		case command.Kind == pml.Absent:
			return nil, p2p.ErrAbsent
		case command.Kind == pml.Data:
			size = command.Size
		case command.Kind == pml.Completed && int64(len(data)) != size:
			return nil, fmt.Errorf("%d bytes of a segment of %d", len(data), size)
		case command.Kind == pml.Completed:
			return data, nil
		}
	}
}

// expects asks for all of a file and requires that it comes.
func (c *talk) expects(r remotetest.Rendition) error {
	for i := range r.Media.Segments {
		if err := c.expectsOne(r, i); err != nil {
			return err
		}
	}
	return nil
}

func (c *talk) expectsOne(r remotetest.Rendition, i int) error {
	got, err := c.ask(i)
	if err != nil {
		return fmt.Errorf("segment %d: %w", i, err)
	}
	s := r.Media.Segments[i]
	if !bytes.Equal(got, r.Bytes[s.Offset:s.End()]) {
		return fmt.Errorf("segment %d: %w", i, errOthers)
	}
	return nil
}

var errOthers = errors.New("other bytes than the origin's")

// meet waits for somebody in a swarm to say what there is. Like a viewer it
// comes anew when nobody does.
func meet(t *testing.T, tracker string, hash [20]byte) *talk {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); {
		if c := meetSoon(t, tracker, hash, 20*time.Second); c != nil {
			return c
		}
		t.Log("nobody comes to the swarm; once more")
	}
	t.Fatal("nobody comes to the swarm")
	return nil
}

func meetSoon(t *testing.T, tracker string, hash [20]byte, limit time.Duration) *talk {
	t.Helper()
	first := make(chan *talk)
	g := &guest{meets: func(c *talk) {
		if _, _, err := c.hear(); err != nil {
			return // each had an offer answered, and one connection is enough
		}
		select {
		case first <- c:
			<-c.Done()
		case <-time.After(limit):
		}
	}}
	leave := g.join(t, tracker, hash)
	select {
	case c := <-first:
		c.leave = leave
		g.seat.Vanish() // a tracker that is asked for a video that has gone shuts this machine out
		return c
	case <-time.After(limit):
		leave()
		return nil
	}
}
