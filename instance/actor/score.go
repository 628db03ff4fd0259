package actor

import (
	"context"
	"sync"

	"github.com/uptrace/bun"

	"vidiverse/instance/db"
)

// Scores of follows, as PeerTube counts since 8.2. At 0 a follow ends: with a
// run every 20 hours, after a week of silence.
const (
	firstScore = 5000
	topScore   = 10_000
	scoreStep  = 1000
)

// scoreJob changes the scores by what was noted since it last ran.
const scoreJob = "actor-update-scores"

// ScoreHost notes whether a delivery to a host[:port] arrived.
func (s *Service) ScoreHost(ctx context.Context, tx db.Tx, host string, arrived bool) error {
	return s.store.scoreDelivery(ctx, tx, host, arrived)
}

// sources is which hosts answered, and how often, since scores last changed. It
// is not kept over a restart: a score is no more than a hint.
type sources struct {
	mu     sync.Mutex // guards the next
	counts map[string]*struct{ good, bad int }
}

// maxSources bounds how many hosts are counted; more are not looked at.
const maxSources = 10_000

// ScoreSource notes whether a host[:port] answered when something of it was
// read. Whom we follow there is scored by it.
func (s *Service) ScoreSource(host string, answered bool) {
	s.sources.mu.Lock()
	defer s.sources.mu.Unlock()
	c := s.sources.counts[host]
	if c == nil {
		if len(s.sources.counts) >= maxSources {
			return
		}
		if s.sources.counts == nil {
			s.sources.counts = map[string]*struct{ good, bad int }{}
		}
		c = &struct{ good, bad int }{}
		s.sources.counts[host] = c
	}
	if answered {
		c.good++
	} else {
		c.bad++
	}
}

// take returns the hosts that always answered, and those that never did.
func (c *sources) take() (good, bad []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for host, n := range c.counts {
		switch {
		case n.bad == 0:
			good = append(good, host)
		case n.good == 0:
			bad = append(bad, host)
		}
	}
	c.counts = nil
	return good, bad
}

// UpdateScores raises the scores of followers whose servers took everything
// since it last ran, lowers those of servers that took nothing, and ends
// follows whose score is used up; so for those whom we follow, by whether their
// servers answered. Where some arrived and some did not, nothing changes.
func (s *Service) UpdateScores(ctx context.Context) error {
	good, bad := s.sources.take()
	return s.db.Write(ctx, func(tx db.Tx) error {
		for _, m := range []struct {
			column, hosts string
			by            int
			args          []any
		}{
			{"follower_id", "h.delivered > 0 AND h.undelivered = 0", scoreStep, nil},
			{"follower_id", "h.delivered = 0 AND h.undelivered > 0", -scoreStep, nil},
			{"target_id", "h.name IN (?)", scoreStep, []any{bun.List(good)}},
			{"target_id", "h.name IN (?)", -scoreStep, []any{bun.List(bad)}},
		} {
			if err := s.store.moveScores(ctx, tx, m.column, m.hosts, m.by, m.args...); err != nil {
				return err
			}
		}
		spent, err := s.store.follows(ctx, tx, `WHERE score <= 0`)
		if err != nil {
			return err
		}
		for _, f := range spent {
			if err := s.EndFollow(ctx, tx, f.ID); err != nil {
				return err
			}
		}
		return s.store.clearScores(ctx, tx)
	})
}
