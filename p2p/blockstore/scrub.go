package blockstore

import (
	"cmp"
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"time"
)

// Scrub is how the disk is read through, to find what went bad before somebody
// asks for it. Zero fields are defaults.
type Scrub struct {
	Rate  int64         // bytes a second; 2 MB
	Pause time.Duration // between two rounds; a day
	After time.Duration // before the first
	// Done is told after each round what was found. Nil: nobody.
	Done func(looked, bad int)
}

// Scrub reads everything that is held, slowly, again and again until ctx ends.
// What is bad is dropped, as a read by anybody else would do; whoever asked with
// Notify hears of it, and may fetch it anew. It counts as no use of a file. A
// round begins somewhere, so that restarts do not favour some files.
func (s *Store) Scrub(ctx context.Context, cfg Scrub) error {
	cfg.Rate, cfg.Pause = cmp.Or(cfg.Rate, 2e6), cmp.Or(cfg.Pause, 24*time.Hour)
	if err := pause(ctx, cfg.After); err != nil {
		return err
	}
	for {
		looked, bad, err := s.scrubAll(ctx, cfg.Rate)
		if err != nil {
			return err
		}
		if cfg.Done != nil {
			cfg.Done(looked, bad)
		}
		if err := pause(ctx, cfg.Pause); err != nil {
			return err
		}
	}
}

const (
	leastLook  = 64 << 10 // bytes that an extent counts as, at least: looking at a small one costs too
	unmapEvery = 64
)

func (s *Store) scrubAll(ctx context.Context, rate int64) (looked, bad int, err error) {
	s.mu.Lock()
	files := make([]*File, 0, len(s.known))
	for _, f := range s.known {
		files = append(files, f)
	}
	s.mu.Unlock()
	slices.SortFunc(files, func(a, b *File) int { return slices.Compare(a.key[:], b.key[:]) })
	if len(files) > 0 {
		at := rand.IntN(len(files))
		files = slices.Concat(files[at:], files[:at])
	}
	for at, f := range files {
		if at%unmapEvery == 0 { // reading the lists of all files would map them all
			if err := s.Unmap(); err != nil {
				return looked, bad, err
			}
		}
		for _, i := range f.Held() {
			n, ok, err := s.scrub(f, i)
			if err != nil {
				return looked, bad, err
			}
			looked++
			if !ok {
				bad++
			}
			if err := pause(ctx, time.Duration(float64(max(n, leastLook))/float64(rate)*float64(time.Second))); err != nil {
				return looked, bad, err
			}
		}
	}
	return looked, bad, nil
}

// scrub looks at one extent. It is no error that it went meanwhile, nor that the
// system could not read it now.
func (s *Store) scrub(f *File, i int) (n int, ok bool, err error) {
	if !f.steady(i) {
		return 0, true, f.open()
	}
	data, err := f.read(i)
	f.letGo(i)
	if errors.Is(err, errBad) {
		data, err = s.dropBad(f, i, err)
		return len(data), err == nil, f.open()
	}
	return len(data), true, f.open()
}

// steady is hold without a use.
func (f *File) steady(i int) bool {
	f.s.mu.Lock()
	defer f.s.mu.Unlock()
	if f.removed || f.s.closed || !f.held.has(i) {
		return false
	}
	f.busy[i]++
	return true
}

// open is ErrClosed once the store is.
func (f *File) open() error {
	f.s.mu.Lock()
	defer f.s.mu.Unlock()
	if f.s.closed {
		return ErrClosed
	}
	return nil
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}
