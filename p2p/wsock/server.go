package wsock

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Server holds the open connections. It may be used from several goroutines.
type Server struct {
	limits Limits

	// tasks are the connections, upgrades under way included, and their
	// goroutines. New ones come only while live, or from one of them.
	tasks sync.WaitGroup

	mu    sync.Mutex
	poll  *poller // nil before Serve
	live  bool
	first *Conn
}

// New makes a server. It takes no connections until Serve runs.
func New(l Limits) *Server { return &Server{limits: l.withDefaults()} }

// Live reports whether connections are taken: Serve runs and does not end.
func (s *Server) Live() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.live
}

// Serve looks after the connections until ctx ends, then ends each of them and
// waits for their handlers. Who is not behind TLS is told: status 1001. It runs
// once.
func (s *Server) Serve(ctx context.Context) error {
	var g sync.WaitGroup
	if err := s.start(&g); err != nil {
		return err
	}
	tick := time.NewTicker(s.limits.Tick)
	defer tick.Stop()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case now := <-tick.C:
			s.each(func(c *Conn) { c.overdue(now) })
		}
	}
	s.mu.Lock()
	s.live = false
	s.mu.Unlock()
	s.each((*Conn).part)
	s.tasks.Wait()
	s.poll.shut()
	g.Wait()
	return ctx.Err()
}

func (s *Server) start(g *sync.WaitGroup) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.poll != nil {
		return errors.New("wsock: already served")
	}
	poll, err := newPoller(g.Go)
	if err != nil {
		return fmt.Errorf("wsock: %w", err)
	}
	s.poll, s.live = poll, true
	return nil
}

// enter counts a connection in; tasks.Done must follow when it reports true.
func (s *Server) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.live {
		s.tasks.Add(1)
	}
	return s.live
}

// each calls f for every connection. f must not wait.
func (s *Server) each(f func(*Conn)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := s.first; c != nil; c = c.next {
		f(c)
	}
}

// keep lists a connection; one that came too late is ended at once.
func (s *Server) keep(c *Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.next = s.first; c.next != nil {
		c.next.prev = c
	}
	s.first = c
	if !s.live {
		c.part()
	}
}

func (s *Server) forget(c *Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.prev != nil {
		c.prev.next = c.next
	} else {
		s.first = c.next
	}
	if c.next != nil {
		c.next.prev = c.prev
	}
}
