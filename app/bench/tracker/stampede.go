package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"vidiverse/app/bench/measure"
)

// stampede is what a server needed after a restart to which everybody comes back
// at once.
type stampede struct {
	back  float64 // s until everybody is in and announced
	cpu   float64 // CPU-s of the server until then
	p99   float64 // ms from announce to reply of those who were in already
	tries float64 // upgrades a peer
}

// restarted kills the server, starts another at its port, and has all peers come
// back at once: those who are told a time keep to it.
func (s *server) restarted(ctx context.Context, list []*peer) (r stampede, err error) {
	for _, p := range list {
		p.conn.Close()
	}
	s.stop()
	if err := s.start(); err != nil {
		return r, err
	}
	cpu, begin := measure.CPU(s.pid()), time.Now()
	var tries, in atomic.Int64
	watching, enough := context.WithCancel(ctx)
	took := make(chan float64, 1)
	go func() { took <- inside(watching, list, &in) }()
	var wg sync.WaitGroup
	errs := make(chan error, len(list))
	order := make(chan int) // of arrival: the first are measured by inside
	go func() {
		for i := range list {
			order <- i
		}
		close(order)
	}()
	for range 256 { // the machine's own backlog of half-open connections
		wg.Go(func() {
			for i := range order {
				tries.Add(1)
				p, err := dial(ctx, s.addr(), s.path, i)
				var later laterError
				if errors.As(err, &later) {
					wg.Go(func() { errs <- s.later(ctx, list, i, time.Duration(later), &tries, &in) })
					continue
				}
				errs <- enter(list, i, p, err, &in)
			}
		})
	}
	wg.Wait()
	enough()
	r = stampede{
		back: time.Since(begin).Seconds(), cpu: (measure.CPU(s.pid()) - cpu).Seconds(), p99: <-took,
		tries: float64(tries.Load()) / float64(len(list)),
	}
	close(errs)
	for err := range errs {
		if err != nil {
			return r, err
		}
	}
	return r, ctx.Err()
}

// later comes back when it was told to, as often as it is told.
func (s *server) later(ctx context.Context, list []*peer, i int, wait time.Duration, tries, in *atomic.Int64) error {
	for {
		settle(ctx, wait)
		tries.Add(1)
		p, err := dial(ctx, s.addr(), s.path, i)
		var later laterError
		if errors.As(err, &later) {
			wait = time.Duration(later)
			continue
		}
		return enter(list, i, p, err, in)
	}
}

// enter announces; the first in are left to inside.
func enter(list []*peer, i int, p *peer, err error, in *atomic.Int64) error {
	if err != nil {
		return fmt.Errorf("peer %d: %w", i, err)
	}
	if err := p.announce(0); err != nil {
		return err
	}
	list[i] = p
	if i < sample {
		in.Add(1)
	}
	return nil
}

// sample is how many peers go on announcing while the others come.
const sample = 200

// inside announces with the first peers in turn until ctx ends, and reports the
// p99 of the replies in ms.
func inside(ctx context.Context, list []*peer, in *atomic.Int64) float64 {
	var took []time.Duration
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for i := 0; ; i++ {
		select {
		case <-ctx.Done():
			if slices.Sort(took); len(took) == 0 {
				return 0
			}
			return float64(took[len(took)*99/100].Microseconds()) / 1000
		case <-tick.C:
		}
		if in.Load() < sample {
			continue
		}
		begin := time.Now()
		if list[i%sample].announce(5) == nil {
			took = append(took, time.Since(begin))
		}
	}
}

// server is one that is measured, in a process of its own.
type server struct {
	name string
	path string // of its socket
	make func(port string) *exec.Cmd

	cmd  *exec.Cmd
	port string
}

func (s *server) addr() string { return "127.0.0.1:" + s.port }
func (s *server) pid() int     { return s.cmd.Process.Pid }

func (s *server) start() (err error) {
	if s.port == "" {
		s.port = "0"
	}
	s.cmd = s.make(s.port)
	s.port, err = start(s.cmd)
	return err
}

func (s *server) stop() {
	_ = s.cmd.Process.Kill() // it served its purpose
	_ = s.cmd.Wait()
}
