package tracker

import (
	"net"
	"time"
)

// stream is a connection of any kind, TLS above all, with a goroutine that
// reads and another while something waits to be written.
type stream struct {
	net     net.Conn
	sock    *socket
	writing bool // guarded by sock.mu
}

// serve reads until the end. It is the socket's owner.
func (c *stream) serve() {
	defer c.sock.end()
	buf := make([]byte, 2<<10)
	for !c.sock.ended() {
		n, err := c.net.Read(buf)
		c.sock.feed(buf[:n])
		if err != nil {
			return
		}
	}
}

// write takes nothing: a net.Conn cannot but wait.
func (c *stream) write([]byte) (int, error) { return 0, nil }

func (c *stream) wake() {
	if !c.writing {
		c.writing = true
		c.sock.tracker.tasks.Go(c.pump)
	}
}

// pump writes what waits, as long as something does.
func (c *stream) pump() {
	for {
		chunk := c.next()
		if len(chunk) == 0 {
			return
		}
		_ = c.net.SetWriteDeadline(time.Now().Add(c.sock.tracker.times.write)) // shows in Write
		if _, err := c.net.Write(chunk); err != nil {
			c.sock.kill()
		}
	}
}

func (c *stream) next() []byte {
	c.sock.mu.Lock()
	defer c.sock.mu.Unlock()
	chunk := c.sock.queue
	c.sock.queue = nil
	c.writing = len(chunk) > 0
	return chunk
}

// cut closes: a read or write under way then fails.
func (c *stream) cut() { _ = c.net.Close() } // nothing to save

func (c *stream) close() {}
