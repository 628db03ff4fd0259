package wsock

import (
	"net"
	"time"
)

// stream is a connection of any kind, TLS above all, with a goroutine that
// reads and another while something waits to be written.
type stream struct {
	net     net.Conn
	conn    *Conn
	writing bool // guarded by conn.mu
}

// serve reads until the end. It is the connection's owner.
func (l *stream) serve() {
	defer l.conn.end()
	buf := make([]byte, 2<<10)
	for !l.conn.ended() {
		n, err := l.net.Read(buf)
		l.conn.feed(buf[:n])
		if err != nil {
			return
		}
	}
}

// write takes nothing: a net.Conn cannot but wait.
func (l *stream) write([]byte) (int, error) { return 0, nil }

func (l *stream) wake() {
	if !l.writing {
		l.writing = true
		l.conn.server.tasks.Go(l.pump)
	}
}

// pump writes what waits, as long as something does.
func (l *stream) pump() {
	for {
		chunk := l.next()
		if len(chunk) == 0 {
			return
		}
		_ = l.net.SetWriteDeadline(time.Now().Add(l.conn.server.limits.Write)) // shows in Write
		if _, err := l.net.Write(chunk); err != nil {
			l.conn.kill()
		}
	}
}

func (l *stream) next() []byte {
	l.conn.mu.Lock()
	defer l.conn.mu.Unlock()
	chunk := l.conn.queue
	l.conn.queue = nil
	l.writing = len(chunk) > 0
	return chunk
}

// cut closes: a read or write under way then fails. What is under TLS is closed
// and not TLS itself: that would wait five seconds to say farewell to a client
// who reads nothing, with locks held.
func (l *stream) cut() {
	nc := l.net
	if t, ok := nc.(interface{ NetConn() net.Conn }); ok {
		nc = t.NetConn()
	}
	_ = nc.Close() // nothing to save
}

func (l *stream) close() {}
