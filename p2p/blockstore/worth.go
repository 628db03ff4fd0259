package blockstore

import (
	"math"
	"time"

	"vidiverse/p2p"
)

// What is kept is what helps: files go by the bytes that were given of them to
// others for each byte that they take. What was given counts half after a week,
// so that last year's success makes room. What is new counts as if a part of it
// had been given, and has its time to show that somebody wants it; what the user
// plays himself is new again.
const (
	halfLife = 7 * 24 * time.Hour
	newcomer = 0.5
	// grain of the ages compared: of what was used within it the order of use
	// decides, which no clock disturbs.
	grain = time.Hour
)

// worth is what f is kept by. The caller has the lock.
func (f *File) worth(now time.Time) float64 {
	return (f.earned/float64(max(1, f.bytes)) + newcomer) * fade(now.Truncate(grain).Sub(f.used.Truncate(grain)))
}

// fade is what is left of one after a time.
func fade(d time.Duration) float64 { return math.Exp2(-float64(max(0, d)) / float64(halfLife)) }

// latest is the time, unless the clock was set back: then it stands still. The
// caller has the lock.
func (s *Store) latest() time.Time {
	if now := s.cfg.Now(); now.After(s.newest) {
		s.newest = now
	}
	return s.newest
}

// age brings what f earned to the present. The caller has the lock.
func (f *File) age() {
	now := f.s.latest()
	f.earned *= fade(now.Sub(f.used))
	f.used = now
}

// Credit says that n bytes of a file were given to others. Of a file that is not
// known any more nothing is noted.
func (s *Store) Credit(id p2p.FileID, n int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, known := s.known[keyOf(id)]
	if !known || n <= 0 || s.closed {
		return
	}
	f.age()
	f.earned = min(f.earned+float64(n), 1<<60)
	if s.batch.files[f] == nil {
		s.batch.files[f] = &unsaved{nil, map[int]int64{}}
		s.batch.start(s)
	}
}
