package wsock

import (
	"sync"
	"sync/atomic"
	"time"
)

// link is what is under a connection. It has two kinds: one that waits for
// nothing and costs no goroutine (poll_linux.go), and one for all others.
type link interface {
	// write takes what it can without waiting. It may take nothing.
	write(b []byte) (n int, err error)
	// wake has Conn.flush called once write takes something again.
	wake()
	// cut ends reading and writing; the owner then calls Conn.end and close.
	cut()
	close()
}

// Conn is one connection. Its owner, one goroutine at a time, feeds it what
// comes and calls the handler; anybody may send, and what the kernel does not
// take at once waits in a bounded queue.
type Conn struct {
	server  *Server
	handler Handler

	// Of the owner.
	partial  []byte // of a frame
	message  []byte // fragments of a message
	fragment bool   // a message has begun
	hurry    bool   // something has begun and has a deadline
	welcome  bool   // Hello is over
	doomed   bool   // we sent a close frame: only theirs is heard
	left     bool   // the handler knows

	due    atomic.Int64 // when patience ends, in Unix nanoseconds
	probed atomic.Bool

	mu     sync.Mutex
	link   link
	queue  []byte
	stuck  time.Time // since when the queue waits
	closed bool
	slow   bool // and why

	// Of Server.mu.
	next, prev *Conn
}

// Send writes a whole frame, made by [Text], or cuts off a client that leaves
// too much unread. It does not wait, and b may be reused afterwards. It may be
// called from any goroutine; after the end it does nothing.
func (c *Conn) Send(b []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return
	}
	if len(c.queue) == 0 {
		n, err := c.link.write(b)
		if err != nil {
			c.cut()
			return
		}
		if n == len(b) {
			return
		}
		b = b[n:]
		c.stuck = time.Now()
	}
	if len(c.queue)+len(b) > c.server.limits.Queue {
		c.slow = true
		c.cut()
		return
	}
	c.queue = append(c.queue, b...)
	c.link.wake()
}

// Welcome ends the time for hello: from the message at hand on, Limits.Idle
// applies. Only the handler may call it.
func (c *Conn) Welcome() { c.welcome = true }

// Close calls Leave, sends a close frame and waits briefly for the client's:
// ending at once could lose our reason on its way. Only the handler may call
// it; a second time does nothing.
func (c *Conn) Close(why Status) {
	if c.doomed {
		return
	}
	c.doomed = true
	c.message, c.fragment = nil, false
	c.leave()
	c.within(c.server.limits.Close)
	c.Send(closeFrame(why))
}

// Cut ends the connection at once; what was sent before may still arrive. It
// may be called from any goroutine.
func (c *Conn) Cut() { c.kill() }

// Probe asks whether anybody is there: without a message or a pong that comes
// within Limits.Probe the connection ends. It may be called from any goroutine.
func (c *Conn) Probe() {
	if !c.probed.Swap(true) {
		c.within(c.server.limits.Probe)
		c.Send(control(opPing))
	}
}

// within sets how long the client may take for what comes next.
func (c *Conn) within(d time.Duration) { c.due.Store(time.Now().Add(d).UnixNano()) }

// calm sets the deadline after a whole message. Before Welcome that of the
// upgrade stands, and the one of a close frame is the last.
func (c *Conn) calm() {
	c.hurry = false
	c.probed.Store(false)
	if c.welcome && !c.doomed {
		c.within(c.server.limits.Idle)
	}
}

// bye answers a client's close frame, unless it is an answer itself, and ends.
func (c *Conn) bye() {
	if !c.doomed {
		c.doomed = true
		c.Send(closeFrame(StatusNone))
	}
	c.kill()
}

// part ends the connection because we go. It may be called from any goroutine.
func (c *Conn) part() {
	c.Send(closeFrame(StatusGoing))
	c.kill()
}

// flush writes what waits.
func (c *Conn) flush() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || len(c.queue) == 0 {
		return
	}
	n, err := c.link.write(c.queue)
	switch {
	case err != nil:
		c.cut()
	case n == len(c.queue):
		c.queue = nil
	case n > 0:
		c.queue = append([]byte(nil), c.queue[n:]...)
		c.stuck = time.Now()
		c.link.wake()
	}
}

// kill ends the connection; the owner notices.
func (c *Conn) kill() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed {
		c.cut()
	}
}

// cut is kill with mu held.
func (c *Conn) cut() {
	c.closed = true
	c.queue = nil
	c.link.cut()
}

// overdue ends a connection whose time is over.
func (c *Conn) overdue(now time.Time) {
	late := now.UnixNano() > c.due.Load()
	c.mu.Lock()
	defer c.mu.Unlock()
	if !late && len(c.queue) > 0 && now.Sub(c.stuck) > c.server.limits.Write {
		c.slow, late = true, true
	}
	if late && !c.closed {
		c.cut()
	}
}

// ended tells the owner to stop.
func (c *Conn) ended() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closed
}

func (c *Conn) leave() {
	if !c.left {
		c.left = true
		c.handler.Leave()
	}
}

// end is the owner's last act.
func (c *Conn) end() {
	c.kill()
	c.leave()
	c.mu.Lock()
	c.link.close()
	slow := c.slow
	c.mu.Unlock()
	c.server.forget(c)
	c.handler.Closed(slow)
	c.server.tasks.Done()
}
