package swarm

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"vidiverse/p2p"
	"vidiverse/p2p/p2ptest"
	"vidiverse/p2p/pml"
)

// wire carries messages one way, whole and in order, at a rate.
type wire struct {
	mu     sync.Mutex
	cond   *sync.Cond
	queue  [][]byte
	bytes  int // written and not read
	rate   int // bytes a second, 0 for no limit
	stuck  bool
	closed bool
}

func newWire() *wire {
	w := &wire{}
	w.cond = sync.NewCond(&w.mu)
	return w
}

func (w *wire) shut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	w.cond.Broadcast()
}

// pipe is one end of two wires: a conn.
type pipe struct {
	out, in *wire
	remote  netip.AddrPort
}

var addresses = struct {
	sync.Mutex
	n byte
}{}

// link makes the two ends of a connection from an address of its own.
func link() (ours, theirs *pipe) {
	addresses.Lock()
	addresses.n++
	remote := netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, addresses.n}), 4000)
	addresses.Unlock()
	a, b := newWire(), newWire()
	return &pipe{a, b, remote}, &pipe{b, a, netip.AddrPort{}}
}

func (p *pipe) Read(buf []byte) (int, error) {
	w := p.in
	w.mu.Lock()
	for (len(w.queue) == 0 || w.stuck) && !w.closed {
		w.cond.Wait()
	}
	if len(w.queue) == 0 {
		w.mu.Unlock()
		return 0, io.EOF
	}
	message, rate := w.queue[0], w.rate
	if len(message) > len(buf) {
		w.mu.Unlock()
		return 0, io.ErrShortBuffer
	}
	w.queue = w.queue[1:]
	w.mu.Unlock()
	if rate > 0 {
		time.Sleep(time.Duration(len(message)) * time.Second / time.Duration(rate)) // in a bubble
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.bytes -= len(message)
	w.cond.Broadcast()
	return copy(buf, message), nil
}

func (p *pipe) Write(message []byte) error {
	w := p.out
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return io.ErrClosedPipe
	}
	w.queue = append(w.queue, bytes.Clone(message))
	w.bytes += len(message)
	w.cond.Broadcast()
	return nil
}

func (p *pipe) Buffered() int {
	p.out.mu.Lock()
	defer p.out.mu.Unlock()
	return p.out.bytes
}

func (p *pipe) Drained(ctx context.Context, mark int) error {
	w := p.out
	defer context.AfterFunc(ctx, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.cond.Broadcast()
	})()
	w.mu.Lock()
	defer w.mu.Unlock()
	for w.bytes > mark && !w.closed && ctx.Err() == nil {
		w.cond.Wait()
	}
	if w.closed {
		return io.ErrClosedPipe
	}
	return ctx.Err()
}

func (p *pipe) RTT() time.Duration { return 0 }

func (p *pipe) Remote() netip.AddrPort { return p.remote }

func (p *pipe) Close() error {
	p.in.shut()
	p.out.shut()
	return nil
}

// valve is a Gate that counts, may close, and may be slow.
type valve struct {
	mu     sync.Mutex
	passed int
	shut   bool
	rate   int
}

var errShut = errors.New("the gate is closed")

func (v *valve) Wait(ctx context.Context, n int) error {
	v.mu.Lock()
	shut, rate := v.shut, v.rate
	if !shut {
		v.passed += n
	}
	v.mu.Unlock()
	if shut {
		return errShut
	}
	if rate > 0 {
		select {
		case <-time.After(time.Duration(n) * time.Second / time.Duration(rate)):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return ctx.Err()
}

func (v *valve) set(shut bool, rate int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.shut, v.rate = shut, rate
}

func (v *valve) total() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.passed
}

// world is a Net under test with one swarm, in a bubble of false time.
type world struct {
	t       *testing.T
	net     *Net
	swarm   *Swarm
	shelf   *p2ptest.Shelf
	gate    *valve
	data    [][]byte
	extents []p2p.Extent
	cancel  context.CancelFunc
	ended   chan struct{}
}

// inWorld runs f in a bubble, with a swarm of n segments of size bytes that
// holds all of them if full.
func inWorld(t *testing.T, n, size int, full bool, f func(t *testing.T, w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, gate: &valve{}, ended: make(chan struct{})}
		w.data, w.extents = p2ptest.Film(7, n, size)
		w.shelf = p2ptest.NewShelf(w.extents)
		if full {
			w.shelf = p2ptest.FullShelf(w.data, w.extents)
		}
		w.net = New(Config{Gate: w.gate})
		ctx, cancel := context.WithCancel(t.Context())
		w.cancel = cancel
		go func() {
			defer close(w.ended)
			_ = w.net.Serve(ctx)
		}()
		synctest.Wait()
		w.swarm = w.net.Join(Stream{Segments: w.shelf})
		defer func() {
			cancel()
			<-w.ended               // everything it started has ended
			time.Sleep(time.Minute) // and so have the strangers
		}()
		f(t, w)
	})
}

// stranger is the other end of a connection, and does as the test says.
type stranger struct {
	t      *testing.T
	conn   Conn
	joiner pml.Joiner
}

// stranger connects a peer with that id.
func (w *world) stranger(id string) *stranger {
	w.t.Helper()
	ours, theirs := link()
	w.connect(id, ours)
	return &stranger{t: w.t, conn: theirs}
}

func (w *world) connect(id string, c Conn) {
	w.t.Helper()
	w.connectNow(id, c)
	synctest.Wait()
}

func (w *world) connectNow(id string, c Conn) {
	w.t.Helper()
	if err := w.swarm.Meet(id, c); errors.Is(err, errDown) {
		w.t.Error(err)
	}
}

func (s *stranger) say(c pml.Command) {
	for _, chunk := range c.Chunks(pml.MaxMessage) {
		_ = s.conn.Write(chunk) // it may be closed by now, and the test will see that
	}
}

func (s *stranger) raw(b []byte) {
	for message := []byte(nil); len(b) > 0; {
		message, b = pml.Slice(b, pml.MaxMessage)
		_ = s.conn.Write(message)
	}
}

// hear is the next command or raw message. ok is false once the connection has
// ended.
func (s *stranger) hear() (c pml.Command, raw []byte, ok bool) {
	s.t.Helper()
	buf := make([]byte, pml.MaxMessage)
	for {
		n, err := s.conn.Read(buf)
		if err != nil {
			return c, nil, false
		}
		if !pml.IsCommand(buf[:n]) {
			return c, bytes.Clone(buf[:n]), true
		}
		c, whole, err := s.joiner.Add(buf[:n])
		if err != nil {
			s.t.Fatalf("it says %x: %v", buf[:n], err)
		}
		if whole {
			return c, nil, true
		}
	}
}

// next is the next command of that kind; others and raw bytes pass.
func (s *stranger) next(kind pml.Kind) pml.Command {
	s.t.Helper()
	for {
		c, raw, ok := s.hear()
		if !ok {
			s.t.Fatalf("closed before a command of kind %d", kind)
		}
		if raw == nil && c.Kind == kind {
			return c
		}
	}
}

// get asks for a segment from a byte on and returns what comes; nil when it is
// absent.
func (s *stranger) get(segment, request int, from int64) []byte {
	s.t.Helper()
	s.say(pml.Command{Kind: pml.Request, Segment: segment, Request: request, From: from})
	var got []byte
	size := int64(-1)
	for {
		c, raw, ok := s.hear()
		switch {
		case !ok:
			s.t.Fatal("closed")
		case raw != nil:
			if size < 0 {
				s.t.Fatal("bytes before Data")
			}
			got = append(got, raw...)
		case c.Kind == pml.Announcement:
		case c.Segment != segment || c.Request != request:
			s.t.Fatalf("got %+v", c)
		case c.Kind == pml.Data:
			size, got = c.Size, []byte{}
		case c.Kind == pml.Absent:
			return nil
		case c.Kind == pml.Completed:
			if int64(len(got)) != size {
				s.t.Fatalf("completed at %d of %d", len(got), size)
			}
			return got
		}
	}
}

// closed waits for the end of the connection.
func (s *stranger) closed() {
	s.t.Helper()
	for {
		if _, _, ok := s.hear(); !ok {
			return
		}
	}
}

// holds announces segments, and waits until that is heard.
func (s *stranger) holds(ids ...int) {
	s.say(pml.Command{Kind: pml.Announcement, Loaded: ids})
	time.Sleep(time.Second) // in a bubble
}
