package tracker

import (
	"bufio"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/lxzan/gws"
)

// readSize is the buffer of an idle socket. Longer reads go straight to the
// frame's own memory.
const readSize = 512

// socket is one browser's connection. gws reads it; what we write goes to the
// kernel at once if the kernel takes it, else waits in a bounded queue.
type socket struct {
	net.Conn // as gws sees it
	tracker  *Tracker
	src      source
	raw      syscall.RawConn // nil where writes without waiting are not to be had

	// Of the reading goroutine.
	rate   meter
	since  int  // bytes read since the last whole message
	hurry  bool // a message is on its way and has a deadline
	hello  bool // announced something
	doomed bool // we sent a close frame: nothing more is heard

	probed atomic.Bool

	mu       sync.Mutex
	members  *member
	count    int
	queue    []byte
	queued   int // bytes in queue and on the way out of flush
	flushing bool
	closed   bool
	left     bool // no memberships any more

	// Of Tracker.mu.
	next, prev *socket
}

func newSocket(t *Tracker, conn net.Conn, src source) *socket {
	if tc, ok := conn.(*net.TCPConn); ok {
		// What the kernel keeps for a peer that does not read is bounded too.
		_ = tc.SetWriteBuffer(maxQueue) // a default buffer works as well
	}
	return &socket{Conn: conn, tracker: t, src: src, raw: rawOf(conn)}
}

// reader is gws's buffer. It is not gws's own pool's: that one grows to the
// number of sockets there ever were.
func (s *socket) reader() *bufio.Reader { return bufio.NewReaderSize(s, readSize) }

// part ends the socket because we go. It may be called from any goroutine.
func (s *socket) part() {
	s.send(endFrame(append(beginFrame(make([]byte, 0, 8)), 1001>>8, 1001&0xff), opClose))
	s.within(time.Second)
}

// Read gives a long message little time to come: its memory is taken as soon as
// its length is known, or grows with its fragments.
func (s *socket) Read(p []byte) (int, error) {
	if !s.hurry && !s.doomed && (len(p) > readSize || s.since > readSize) {
		s.hurry = true
		s.within(s.tracker.times.frame)
	}
	n, err := s.Conn.Read(p)
	s.since += n
	return n, err
}

// Write is gws's: close frames of its own. A peer that does not read must not
// hold its goroutine.
func (s *socket) Write(p []byte) (int, error) {
	_ = s.Conn.SetWriteDeadline(time.Now().Add(s.tracker.times.close)) // a dead connection shows in Write
	return s.Conn.Write(p)
}

// within sets how long the next frame may take. The error of a dead connection
// shows in the next read.
func (s *socket) within(d time.Duration) { _ = s.Conn.SetReadDeadline(time.Now().Add(d)) }

// calm sets the deadline after a whole message. Before the first announce that
// of the upgrade stands, and the one of a close frame is the last.
func (s *socket) calm() {
	s.since, s.hurry = 0, false
	if s.hello && !s.doomed {
		s.within(s.tracker.times.idle)
	}
}

// probe asks whether anybody is there. It may be called from any goroutine.
func (s *socket) probe() {
	if !s.probed.Swap(true) {
		s.within(s.tracker.times.probe)
		s.send(endFrame(beginFrame(make([]byte, 0, 4)), opPing))
	}
}

// send writes a whole frame, or closes a socket that leaves too much unread.
// The frame may be reused afterwards.
func (s *socket) send(frame []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	if s.queued == 0 && s.raw != nil {
		n, err := writeNow(s.raw, frame)
		if err != nil {
			s.kill()
			return
		}
		frame = frame[n:]
	}
	if len(frame) == 0 {
		return
	}
	if s.queued+len(frame) > maxQueue {
		s.tracker.refused(slowReader)
		s.kill()
		return
	}
	s.queue = append(s.queue, frame...)
	s.queued += len(frame)
	if !s.flushing {
		s.flushing = true
		s.tracker.tasks.Go(s.flush)
	}
}

// kill closes without ceremony; the reader notices. mu is held.
func (s *socket) kill() {
	s.closed = true
	s.queue, s.queued = nil, 0
	_ = s.Conn.Close() // nothing to save
}

// flush writes what the kernel did not take at once.
func (s *socket) flush() {
	for {
		s.mu.Lock()
		chunk := s.queue
		s.queue = nil
		if len(chunk) == 0 || s.closed {
			s.flushing = false
			s.mu.Unlock()
			return
		}
		s.mu.Unlock()
		_ = s.Conn.SetWriteDeadline(time.Now().Add(s.tracker.times.write)) // shows in Write
		_, err := s.Conn.Write(chunk)
		_ = s.Conn.SetWriteDeadline(time.Time{})
		s.mu.Lock()
		s.queued -= len(chunk)
		if err != nil && !s.closed {
			s.tracker.refused(slowReader)
			s.kill()
		}
		s.mu.Unlock()
	}
}

// doom ends the memberships, sends a close frame, without a status when code is
// 0, and waits briefly for the client's.
func (s *socket) doom(code uint16) {
	s.doomed = true
	b := beginFrame(make([]byte, 0, 8))
	if code != 0 {
		b = append(b, byte(code>>8), byte(code))
	}
	s.leave()
	s.within(s.tracker.times.close)
	s.send(endFrame(b, opClose))
}

// link counts a membership; it reports false when the socket has too many.
func (s *socket) link(m *member) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.left || s.count == maxPerSocket || s.used(m.swarm) >= maxPerSwarm {
		return false
	}
	if m.next = s.members; m.next != nil {
		m.next.prev = m
	}
	s.members = m
	s.count++
	return true
}

// used counts the socket's memberships in a swarm, whichever way is shorter.
// mu and the shard are held.
func (s *socket) used(w *swarm) (n int) {
	if s.count > len(w.members) {
		for _, m := range w.members {
			if m.sock == s {
				n++
			}
		}
		return n
	}
	for m := s.members; m != nil; m = m.next {
		if m.swarm == w {
			n++
		}
	}
	return n
}

func (s *socket) unlink(m *member) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m.prev != nil {
		m.prev.next = m.next
	} else {
		s.members = m.next
	}
	if m.next != nil {
		m.next.prev = m.prev
	}
	m.next, m.prev = nil, nil
	s.count--
}

// leave ends all memberships. The socket takes no new ones from here on.
func (s *socket) leave() {
	for {
		s.mu.Lock()
		s.left = true
		m := s.members
		s.mu.Unlock()
		if m == nil {
			return
		}
		sh := s.tracker.swarms.shard(&m.swarm.hash)
		sh.mu.Lock()
		sh.drop(m)
		sh.mu.Unlock()
	}
}

// handler turns gws's events into ours.
type handler struct{ gws.BuiltinEventHandler }

func (handler) OnOpen(*gws.Conn) {}

func (handler) OnClose(*gws.Conn, error) {}

func (handler) OnPong(c *gws.Conn, _ []byte) { c.NetConn().(*socket).ponged() }

func (handler) OnPing(c *gws.Conn, payload []byte) { c.NetConn().(*socket).pinged(payload) }

func (handler) OnMessage(c *gws.Conn, msg *gws.Message) {
	s := c.NetConn().(*socket)
	s.tracker.message(s, msg.Bytes())
	s.probed.Store(false)
	s.calm()
	_ = msg.Close() // gives the buffer back, never fails
}

func (s *socket) ponged() {
	if s.tracker.admit(s) && s.probed.Swap(false) {
		s.calm()
	}
}

func (s *socket) pinged(payload []byte) {
	if s.tracker.admit(s) {
		s.send(endFrame(append(beginFrame(nil), payload...), opPong))
	}
}
