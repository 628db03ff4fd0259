package tracker

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
	sock   *socket
	busy   bool // guarded by sock.mu
}

const (
	// workers may all wait for the database at once without holding up more
	// than themselves.
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
func (p *poller) adopt(nc net.Conn, s *socket) *polled {
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
	_ = syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_SNDBUF, maxQueue)
	return &polled{poller: p, fd: fd, sock: s, busy: true}
}

// watch arms a connection for the first time: until then the caller owns it.
func (p *poller) watch(c *polled) error {
	c.sock.mu.Lock()
	c.busy = false
	c.sock.mu.Unlock()
	p.mu.Lock()
	p.byFD[int32(c.fd)] = c
	p.mu.Unlock()
	return syscall.EpollCtl(p.epoll, syscall.EPOLL_CTL_ADD, c.fd, c.interest(false))
}

func (c *polled) interest(write bool) *syscall.EpollEvent {
	ev := &syscall.EpollEvent{Events: syscall.EPOLLIN | syscall.EPOLLRDHUP | oneShot, Fd: int32(c.fd)}
	if write {
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
			c := p.byFD[events[i].Fd]
			p.mu.Unlock()
			if c != nil && c.claim() {
				p.ready <- c
			}
		}
	}
}

// claim makes the next worker the owner. An event that was on its way while
// the connection was armed anew finds it claimed already.
func (c *polled) claim() bool {
	c.sock.mu.Lock()
	defer c.sock.mu.Unlock()
	was := c.busy
	c.busy = true
	return !was
}

func (p *poller) work() {
	buf := make([]byte, 16<<10)
	for c := range p.ready {
		c.serve(buf)
	}
}

// serve reads what there is, then gives the connection back.
func (c *polled) serve(buf []byte) {
	s := c.sock
	for range maxReads {
		if s.ended() {
			break
		}
		n, err := syscall.Read(c.fd, buf)
		if err == syscall.EAGAIN || err == syscall.EINTR {
			break
		}
		if err != nil || n == 0 {
			s.kill()
			break
		}
		s.feed(buf[:n])
		if n < len(buf) {
			break
		}
	}
	s.flush()
	s.mu.Lock()
	over := s.closed
	if !over {
		c.busy = false
		c.arm()
	}
	s.mu.Unlock()
	if over {
		s.end()
	}
}

// arm asks for the next event. sock.mu is held.
func (c *polled) arm() {
	// The descriptor is watched as long as the socket has not ended.
	_ = syscall.EpollCtl(c.poller.epoll, syscall.EPOLL_CTL_MOD, c.fd, c.interest(len(c.sock.queue) > 0))
}

func (c *polled) write(b []byte) (int, error) {
	n, err := syscall.Write(c.fd, b)
	if err == syscall.EAGAIN || err == syscall.EINTR {
		err = nil
	}
	return max(n, 0), err
}

func (c *polled) wake() {
	if !c.busy {
		c.arm()
	}
}

// cut makes the connection ready, with nothing to read ever again.
func (c *polled) cut() { _ = syscall.Shutdown(c.fd, syscall.SHUT_RDWR) } // or it is over already

func (c *polled) close() {
	c.poller.mu.Lock()
	delete(c.poller.byFD, int32(c.fd))
	c.poller.mu.Unlock()
	_ = syscall.Close(c.fd) // nothing to save
}
