package mirror

import (
	"slices"
	"time"
)

// What keeps a mirror from turning over what it has.
const (
	residency = 24 * time.Hour // a video stays so long, unless it must go
	backfill  = 0.95           // of the limit: so far it is filled with what is older than all that is kept
	ceiling   = 3              // times the limit may be fetched a day, whatever happens
)

// candidate is a video as planning sees it.
type candidate struct {
	video     string
	published time.Time
	size      int64     // bytes; 0: not known yet
	kept      time.Time // since when; zero: it is not
	unwanted  bool      // not to be kept, or no more
}

// plan is what to do with candidates.
type plan struct {
	take []string // keep from now on, the newest first
	drop []string
	ask  string // whose size must be known to go on; empty: none
	more bool   // there is room for older ones than those in the list
}

// decide chooses the newest videos within a limit. The list is in any order and
// holds all that is kept; what it says of the same list twice is nothing the
// second time. A video larger than the limit is passed over. Of two that do not
// both fit the newer one is kept, but it waits until the older one has been
// there for its residency. Only what the user or the origin wants gone, and a
// limit that became smaller, goes sooner.
func decide(limit int64, list []candidate, now time.Time) (p plan) {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b candidate) int { return b.published.Compare(a.published) })
	s := shelf{limit: limit, list: list, last: len(list) - 1, now: now, plan: &p}
	s.clear()
	for i := range list {
		c := &list[i]
		if c.unwanted || !c.kept.IsZero() || c.size > limit {
			continue
		}
		older := s.older(i)
		if c.size == 0 {
			if s.total < s.mark() || older {
				p.ask = c.video
			}
			return p
		}
		room := s.mark()
		if older || s.total == 0 {
			room = limit
		}
		if !s.free(i, s.total+c.size-room) {
			return p
		}
		c.kept = now
		s.last = max(s.last, i)
		s.total += c.size
		p.take = append(p.take, c.video)
	}
	p.more = s.total < s.mark()
	return p
}

// shelf is the kept part of a list, newest first, and how full it is.
type shelf struct {
	limit int64
	total int64
	list  []candidate
	last  int // nothing behind it is kept
	now   time.Time
	plan  *plan
}

func (s *shelf) mark() int64 { return int64(float64(s.limit) * backfill) }

// clear drops what may not be kept, and the oldest beyond the limit.
func (s *shelf) clear() {
	for i, c := range s.list {
		if c.kept.IsZero() {
			continue
		}
		if s.total += c.size; c.unwanted || c.size > s.limit {
			s.drop(i)
		}
	}
	for i := len(s.list) - 1; i >= 0 && s.total > s.limit; i-- {
		if !s.list[i].kept.IsZero() {
			s.drop(i)
		}
	}
}

func (s *shelf) drop(i int) {
	c := &s.list[i]
	c.kept, c.unwanted = time.Time{}, true
	s.total -= c.size
	s.plan.drop = append(s.plan.drop, c.video)
}

// older tells whether something older than i is kept.
func (s *shelf) older(i int) bool {
	for s.last >= 0 && s.list[s.last].kept.IsZero() {
		s.last--
	}
	return s.last > i
}

// free drops the oldest videos behind i that were here long enough, until need
// bytes are free. It drops nothing if that is not enough.
func (s *shelf) free(i int, need int64) bool {
	if need <= 0 {
		return true
	}
	var out []int
	for j := len(s.list) - 1; j > i && need > 0; j-- {
		if c := s.list[j]; !c.kept.IsZero() && s.now.Sub(c.kept) >= residency {
			out = append(out, j)
			need -= c.size
		}
	}
	if need > 0 {
		return false
	}
	for _, j := range slices.Backward(out) { // a large one may have made smaller ones needless
		if size := s.list[j].size; need+size <= 0 {
			need += size
			continue
		}
		s.drop(j)
	}
	return true
}
