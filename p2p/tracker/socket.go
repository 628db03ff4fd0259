package tracker

import (
	"sync"
	"sync/atomic"
	"time"
)

// conn is the connection under a socket. It has two kinds: one that waits for
// nothing and costs no goroutine (poll_linux.go), and one for all others.
type conn interface {
	// write takes what it can without waiting. It may take nothing.
	write(b []byte) (n int, err error)
	// wake has socket.flush called once write takes something again.
	wake()
	// cut ends reading and writing; the owner then calls socket.end and close.
	cut()
	close()
}

// socket is one browser. Its owner, one goroutine at a time, feeds it what
// comes; anybody may send, and what the kernel does not take at once waits in a
// bounded queue.
type socket struct {
	tracker *Tracker
	src     source

	// Of the owner.
	rate     meter
	partial  []byte // of a frame
	message  []byte // fragments of a message
	fragment bool   // a message has begun
	hurry    bool   // something has begun and has a deadline
	hello    bool   // announced something
	doomed   bool   // we sent a close frame: only theirs is heard

	due    atomic.Int64 // when patience ends, in Unix nanoseconds
	probed atomic.Bool

	mu      sync.Mutex
	conn    conn
	members *member
	count   int
	queue   []byte
	stuck   time.Time // since when the queue waits
	closed  bool
	left    bool // no memberships any more

	// Of Tracker.mu.
	next, prev *socket
}

// within sets how long the socket may take for what comes next.
func (s *socket) within(d time.Duration) { s.due.Store(time.Now().Add(d).UnixNano()) }

// calm sets the deadline after a whole message. Before the first announce that
// of the upgrade stands, and the one of a close frame is the last.
func (s *socket) calm() {
	s.hurry = false
	s.probed.Store(false)
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

// feed handles what came. It may write into data and does not keep it.
func (s *socket) feed(data []byte) {
	kept := len(s.partial) > 0
	if kept {
		s.partial = append(s.partial, data...)
		data = s.partial
	}
	whole := len(data)
	for len(data) > 0 {
		f, size, status := cut(data)
		if status != 0 {
			s.doom(status)
			data = nil // what follows cannot be told apart
			break
		}
		if size == 0 {
			break
		}
		data = data[size:]
		s.frame(&f)
	}
	switch {
	case len(data) == 0:
		s.partial = nil
	case !kept || len(data) < whole:
		s.partial = append([]byte(nil), data...)
	}
	// Whatever has begun must end soon: memory waits for it.
	if (len(data) > 0 || s.fragment) && !s.hurry && !s.doomed {
		s.hurry = true
		s.within(s.tracker.times.frame)
	}
}

func (s *socket) frame(f *wsFrame) {
	switch {
	case f.opcode == opClose:
		s.bye()
	case s.doomed:
	case f.opcode == opPing:
		if s.tracker.admit(s) {
			s.send(endFrame(append(beginFrame(nil), f.payload...), opPong))
		}
	case f.opcode == opPong:
		if s.tracker.admit(s) && s.probed.Load() {
			s.calm()
		}
	default:
		s.data(f)
	}
}

// data puts messages together.
func (s *socket) data(f *wsFrame) {
	switch {
	case s.fragment != (f.opcode == opNext):
		s.doom(statusProtocol)
		return
	case len(s.message)+len(f.payload) > maxFrame:
		s.doom(statusTooBig)
		return
	case !f.fin:
		s.fragment = true
		s.message = append(s.message, f.payload...)
		return
	}
	payload := f.payload
	if s.fragment {
		payload = append(s.message, f.payload...)
		s.message, s.fragment = nil, false
	}
	s.tracker.message(s, payload)
	s.calm()
}

// doom ends the memberships, sends a close frame and waits briefly for the
// client's: closing at once could lose our reason on its way.
func (s *socket) doom(status uint16) {
	if s.doomed {
		return
	}
	s.doomed = true
	s.message, s.fragment = nil, false
	s.leave()
	s.within(s.tracker.times.close)
	s.send(closeFrame(status))
}

func closeFrame(status uint16) []byte {
	b := beginFrame(make([]byte, 0, 8))
	if status != statusNone {
		b = append(b, byte(status>>8), byte(status))
	}
	return endFrame(b, opClose)
}

// bye answers a client's close frame, unless it is an answer itself, and ends.
func (s *socket) bye() {
	if !s.doomed {
		s.doomed = true
		s.send(closeFrame(statusNone))
	}
	s.kill()
}

// part ends the socket because we go. It may be called from any goroutine.
func (s *socket) part() {
	s.send(closeFrame(statusGoing))
	s.kill()
}

// send writes a whole frame, or ends a socket that leaves too much unread. The
// frame may be reused afterwards. It may be called from any goroutine.
func (s *socket) send(frame []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	if len(s.queue) == 0 {
		n, err := s.conn.write(frame)
		if err != nil {
			s.cut()
			return
		}
		if n == len(frame) {
			return
		}
		frame = frame[n:]
		s.stuck = time.Now()
	}
	if len(s.queue)+len(frame) > maxQueue {
		s.tracker.refused(slowReader)
		s.cut()
		return
	}
	s.queue = append(s.queue, frame...)
	s.conn.wake()
}

// flush writes what waits.
func (s *socket) flush() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || len(s.queue) == 0 {
		return
	}
	n, err := s.conn.write(s.queue)
	switch {
	case err != nil:
		s.cut()
	case n == len(s.queue):
		s.queue = nil
	case n > 0:
		s.queue = append([]byte(nil), s.queue[n:]...)
		s.stuck = time.Now()
		s.conn.wake()
	}
}

// kill ends the connection; the owner notices.
func (s *socket) kill() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.cut()
	}
}

// cut is kill with mu held.
func (s *socket) cut() {
	s.closed = true
	s.queue = nil
	s.conn.cut()
}

// overdue ends a socket whose time is over.
func (s *socket) overdue(now time.Time) {
	late := now.UnixNano() > s.due.Load()
	s.mu.Lock()
	defer s.mu.Unlock()
	if !late && len(s.queue) > 0 && now.Sub(s.stuck) > s.tracker.times.write {
		s.tracker.refused(slowReader)
		late = true
	}
	if late && !s.closed {
		s.cut()
	}
}

// ended tells the owner to stop.
func (s *socket) ended() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

// end is the owner's last act.
func (s *socket) end() {
	s.kill()
	s.leave()
	s.mu.Lock()
	s.conn.close()
	s.mu.Unlock()
	s.tracker.lose(s)
}
