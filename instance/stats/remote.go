package stats

import (
	"context"
	"maps"
	"sync"
	"time"

	"vidiverse/instance/activitypub"
	"vidiverse/instance/actor"
	"vidiverse/instance/db"
	"vidiverse/instance/federation/inbox"
	"vidiverse/instance/video"
)

// Limits of what other servers are believed (threat 22). PeerTube counts what
// each server says of its own viewers, so numbers can be invented: a server
// cannot invent more than this.
const (
	budgetOfHost   = 20_000 // views and downloads that one server may add in an hour
	budgetOfVideo  = 2_000  // … to one video
	budgetOfPerson = 20     // … that somebody else than a server may add in all
	maxClaimed     = 100_000
	maxClaimants   = 1_000 // servers and viewers that say how many watch one video
	maxClaims      = 50_000
	longestClaim   = 10 * time.Minute
	budgetSpan     = time.Hour
	maxBudgets     = 100_000
)

// claim is how many watch a video, as another server says.
type claim struct {
	viewers int
	until   time.Time
}

// spending is what somebody added in the present hour.
type spending struct {
	n      int
	until  time.Time
	warned bool
}

type purse struct {
	from  string // a host, or an actor
	video video.ID
}

// elsewhere is what other servers say of viewers. It is kept in memory: it is
// worth nothing after minutes.
type elsewhere struct {
	mu      sync.Mutex
	claims  map[video.ID]map[string]claim
	count   int // of claims
	purses  map[purse]*spending
	refused int64
}

func newElsewhere() *elsewhere {
	return &elsewhere{claims: map[video.ID]map[string]claim{}, purses: map[purse]*spending{}}
}

// spend takes one from each purse that a view of that actor is paid from, or from
// none if one is empty. odd says that one became so: somebody invents numbers, or
// is more famous than we thought.
func (e *elsewhere) spend(from actor.Actor, of video.ID, now time.Time) (ok, odd bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.purses) > maxBudgets {
		maps.DeleteFunc(e.purses, func(_ purse, s *spending) bool { return now.After(s.until) })
	}
	limits := map[purse]int{{from: from.Host}: budgetOfHost, {from: from.Host, video: of}: budgetOfVideo}
	if from.Kind != actor.Application {
		limits[purse{from: from.URL}] = budgetOfPerson
	}
	ok = len(e.purses) <= maxBudgets
	for p, limit := range limits {
		s := e.purses[p]
		if s == nil || now.After(s.until) {
			s = &spending{until: now.Add(budgetSpan)}
			e.purses[p] = s
		}
		if s.n >= limit {
			ok, odd, s.warned = false, odd || !s.warned, true
		}
	}
	if !ok {
		e.refused++
		return false, odd
	}
	for p := range limits {
		e.purses[p].n++
	}
	return true, false
}

// claim notes how many watch. Of a video of another server that one's word
// replaces all that was said before.
func (e *elsewhere) claim(of video.ID, ours bool, from string, n int, until, now time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	m := e.claims[of]
	e.count -= len(m)
	if m == nil || !ours {
		m = map[string]claim{}
	}
	maps.DeleteFunc(m, func(_ string, c claim) bool { return !now.Before(c.until) })
	_, known := m[from]
	if known || len(m) < maxClaimants && e.count < maxClaims {
		m[from] = claim{min(max(n, 0), maxClaimed), minTime(until, now.Add(longestClaim))}
	}
	e.claims[of] = m
	e.count += len(m)
	if len(m) == 0 {
		delete(e.claims, of)
	}
}

// isForeign reports whether a video's own server said how many watch: that word
// has no name.
func (e *elsewhere) isForeign(of video.ID) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	_, foreign := e.claims[of][""]
	return foreign
}

func minTime(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// claimed is how many watch, as others say; said is false where nobody says
// anything.
func (e *elsewhere) claimed(of video.ID, now time.Time) (n int, said bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	m := e.claims[of]
	for _, c := range m {
		if now.Before(c.until) {
			n, said = n+c.viewers, true
		}
	}
	return min(n, maxClaimed), said
}

// expire forgets what has had its time.
func (e *elsewhere) expire(now time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.count = 0
	for id, m := range e.claims {
		maps.DeleteFunc(m, func(_ string, c claim) bool { return !now.Before(c.until) })
		e.count += len(m)
		if len(m) == 0 {
			delete(e.claims, id)
		}
	}
	maps.DeleteFunc(e.purses, func(_ purse, s *spending) bool { return now.After(s.until) })
}

// Refused is how many views and downloads of other servers were not counted since
// the start, because they were too many.
func (s *Service) Refused() int64 {
	s.elsewhere.mu.Lock()
	defer s.elsewhere.mu.Unlock()
	return s.elsewhere.refused
}

// RemoteView counts a view that another server tells, or notes how many watch
// there. What is more than a server may say is not counted.
func (s *Service) RemoteView(ctx context.Context, tx db.Tx, v inbox.View) error {
	h, err := s.Videos.Head(ctx, tx, v.Video)
	if err != nil {
		return err
	}
	tx.AfterCommit(func() {
		now := s.Now()
		if !v.Expires.IsZero() {
			from := v.URL
			if !h.Local {
				from = ""
			}
			s.elsewhere.claim(v.Video, h.Local, from, v.Viewers, v.Expires, now)
			return
		}
		if s.mayCount(v.From, v.Video, now) {
			s.views.putBack(map[video.ID]tally{v.Video: {elsewhere: 1, ours: h.Local}})
		}
	})
	return nil
}

func (s *Service) mayCount(from actor.Actor, of video.ID, now time.Time) bool {
	ok, odd := s.elsewhere.spend(from, of, now)
	if odd {
		s.Log.Warn("a server tells of more views than are believed", "instance", from.Host, "video", int64(of))
	}
	return ok
}

// RemoteDownload counts a download that another server tells of.
func (s *Service) RemoteDownload(ctx context.Context, tx db.Tx, id video.ID, from actor.Actor) error {
	if !s.mayCount(from, id, s.Now()) {
		return nil
	}
	return s.store.downloaded(ctx, tx, id)
}

// RemoteWatch is told which parts of a video of ours somebody elsewhere watched.
// No page shows that so far, so only whether it may be is looked at.
func (s *Service) RemoteWatch(ctx context.Context, tx db.Tx, id video.ID, _ actor.Actor, _ activitypub.WatchAction) error {
	_, err := s.Videos.Head(ctx, tx, id)
	return err
}
