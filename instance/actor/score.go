package actor

import (
	"context"

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

// ScoreSource notes whether a host[:port] answered when something that we
// follow there was read again.
func (s *Service) ScoreSource(ctx context.Context, tx db.Tx, host string, answered bool) error {
	return s.store.scoreAnswer(ctx, tx, host, answered)
}

// UpdateScores raises the scores of followers whose servers took everything
// since it last ran, lowers those of servers that took nothing, and ends
// follows whose score is used up; so for those whom we follow, by whether their
// servers answered. Where some arrived and some did not, nothing changes.
func (s *Service) UpdateScores(ctx context.Context) error {
	return s.db.Write(ctx, func(tx db.Tx) error {
		if err := s.store.moveScores(ctx, tx); err != nil {
			return err
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
