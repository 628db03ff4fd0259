package wsock

import (
	"net"
	"sync"
	"syscall"
)

// poller watches many plain TCP connections from one goroutine. A connection
// that waits costs its socket and nothing else: no goroutine, no buffer. Each
// readiness is handled by one of a few workers, one at a time a connection:
//
//	armed ── something to read ──▶ busy (a worker is the owner) ──▶ armed
type poller struct {
	epoll int
	stop  [2]int // a pipe; closing its end wakes the poller for the last time
	ready chan *polled

	mu   sync.Mutex
	byFD map[int32]*polled
}

// polled is one connection. Its descriptor is our own: the runtime's poller
// does not know it.
type polled struct {
	poller *poller
	fd     int
	conn   *Conn
	busy   bool // guarded by conn.mu
}

const (
	// workers may all wait in a handler, for a database say, without holding up
	// more than themselves.
	workers = 32
	// maxReads bounds how long one connection keeps a worker.
	maxReads = 8
	oneShot  = 1 << 30 // EPOLLONESHOT
)

// newPoller opens a poller and starts its workers in run.
func newPoller(run func(func())) (*poller, error) {
	p := &poller{ready: make(chan *polled, workers), byFD: map[int32]*polled{}}
	var err error
	if p.epoll, err = syscall.EpollCreate1(syscall.EPOLL_CLOEXEC); err != nil {
		return nil, err
	}
	if err = syscall.Pipe2(p.stop[:], syscall.O_CLOEXEC|syscall.O_NONBLOCK); err != nil {
		_ = syscall.Close(p.epoll) // nothing in it yet
		return nil, err
	}
	ev := syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: int32(p.stop[0])}
	if err = syscall.EpollCtl(p.epoll, syscall.EPOLL_CTL_ADD, p.stop[0], &ev); err != nil {
		for _, fd := range [...]int{p.epoll, p.stop[0], p.stop[1]} {
			_ = syscall.Close(fd) // nothing in them yet
		}
		return nil, err
	}
	run(p.wait)
	for range workers {
		run(p.work)
	}
	return p, nil
}

// shut ends the poller and its workers. Every connection has ended before.
func (p *poller) shut() { _ = syscall.Close(p.stop[1]) }

// adopt takes over a connection that the poller can watch, plain TCP. The
// caller's net.Conn is used up.
func (p *poller) adopt(nc net.Conn, c *Conn) *polled {
	tc, ok := nc.(*net.TCPConn)
	if !ok {
		return nil
	}
	raw, err := tc.SyscallConn()
	if err != nil {
		return nil
	}
	fd := -1
	err = raw.Control(func(old uintptr) {
		r, _, errno := syscall.Syscall(syscall.SYS_FCNTL, old, syscall.F_DUPFD_CLOEXEC, 0)
		if errno == 0 {
			fd = int(r)
		}
	})
	if err != nil || fd < 0 {
		return nil
	}
	_ = tc.Close() // the runtime's poller forgets it; our descriptor stays
	// What the kernel keeps for a client that does not read is bounded too; a
	// default buffer would do.
	_ = syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_SNDBUF, c.server.limits.Queue)
	return &polled{poller: p, fd: fd, conn: c, busy: true}
}

// watch arms a connection for the first time: until then the caller owns it.
func (p *poller) watch(l *polled) error {
	l.conn.mu.Lock()
	defer l.conn.mu.Unlock()
	l.busy = false
	p.mu.Lock()
	p.byFD[int32(l.fd)] = l
	p.mu.Unlock()
	return syscall.EpollCtl(p.epoll, syscall.EPOLL_CTL_ADD, l.fd, l.interest())
}

// interest is what the next event may be. conn.mu is held.
func (l *polled) interest() *syscall.EpollEvent {
	ev := &syscall.EpollEvent{Events: syscall.EPOLLIN | syscall.EPOLLRDHUP | oneShot, Fd: int32(l.fd)}
	if len(l.conn.queue) > 0 {
		ev.Events |= syscall.EPOLLOUT
	}
	return ev
}

// wait hands ready connections to the workers.
func (p *poller) wait() {
	defer func() {
		close(p.ready)
		_ = syscall.Close(p.stop[0])
		_ = syscall.Close(p.epoll)
	}()
	var events [128]syscall.EpollEvent
	for {
		n, err := syscall.EpollWait(p.epoll, events[:], -1)
		if err != nil && err != syscall.EINTR {
			return // cannot be: both descriptors are ours
		}
		for i := range max(n, 0) {
			if events[i].Fd == int32(p.stop[0]) {
				return
			}
			p.mu.Lock()
			l := p.byFD[events[i].Fd]
			p.mu.Unlock()
			if l != nil && l.claim() {
				p.ready <- l
			}
		}
	}
}

// claim makes the next worker the owner. An event that was on its way while
// the connection was armed anew finds it claimed already.
func (l *polled) claim() bool {
	l.conn.mu.Lock()
	defer l.conn.mu.Unlock()
	was := l.busy
	l.busy = true
	return !was
}

func (p *poller) work() {
	buf := make([]byte, 16<<10)
	for l := range p.ready {
		l.serve(buf)
	}
}

// serve reads what there is, then gives the connection back.
func (l *polled) serve(buf []byte) {
	c := l.conn
	for range maxReads {
		if c.ended() {
			break
		}
		n, err := syscall.Read(l.fd, buf)
		if err == syscall.EAGAIN || err == syscall.EINTR {
			break
		}
		if err != nil || n == 0 {
			c.kill()
			break
		}
		c.feed(buf[:n])
		if n < len(buf) {
			break
		}
	}
	c.flush()
	c.mu.Lock()
	over := c.closed
	if !over {
		l.busy = false
		l.arm()
	}
	c.mu.Unlock()
	if over {
		c.end()
	}
}

// arm asks for the next event. conn.mu is held.
func (l *polled) arm() {
	// The descriptor is watched as long as the connection has not ended.
	_ = syscall.EpollCtl(l.poller.epoll, syscall.EPOLL_CTL_MOD, l.fd, l.interest())
}

func (l *polled) write(b []byte) (int, error) {
	n, err := syscall.Write(l.fd, b)
	if err == syscall.EAGAIN || err == syscall.EINTR {
		err = nil
	}
	return max(n, 0), err
}

func (l *polled) wake() {
	if !l.busy {
		l.arm()
	}
}

// cut makes the connection ready, with nothing to read ever again.
func (l *polled) cut() { _ = syscall.Shutdown(l.fd, syscall.SHUT_RDWR) } // or it is over already

func (l *polled) close() {
	l.poller.mu.Lock()
	delete(l.poller.byFD, int32(l.fd))
	l.poller.mu.Unlock()
	_ = syscall.Close(l.fd) // nothing to save
}
