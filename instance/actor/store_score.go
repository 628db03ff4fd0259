package actor

import (
	"context"

	"vidiverse/instance/db"
)

func (store) scoreDelivery(ctx context.Context, tx db.Tx, host string, good bool) error {
	_, err := tx.NewRaw(`UPDATE host SET delivered = delivered + ?, undelivered = undelivered + ? WHERE name = ?`,
		db.Flag(good), db.Flag(!good), host).Exec(ctx)
	return err
}

// moveScores raises or lowers the follows of those on one side whose hosts were
// only good, or only bad.
func (store) moveScores(ctx context.Context, tx db.Tx, column, hosts string, by int, args ...any) error {
	_, err := tx.NewRaw(`UPDATE follow SET score = CASE WHEN score + ? > ? THEN ? ELSE score + ? END
		WHERE `+column+` IN (SELECT t.id FROM actor t JOIN host h ON h.id = t.host_id WHERE `+hosts+`)`,
		append([]any{by, topScore, topScore, by}, args...)...).Exec(ctx)
	return err
}

func (store) clearScores(ctx context.Context, tx db.Tx) error {
	_, err := tx.NewRaw(`UPDATE host SET delivered = 0, undelivered = 0 WHERE delivered + undelivered > 0`).Exec(ctx)
	return err
}

// oldFollows are follows of ours elsewhere, pending or accepted, that were not
// sent since before.
func (s store) oldFollows(ctx context.Context, tx db.Tx, before int64, max int) ([]Follow, error) {
	return s.follows(ctx, tx, `WHERE state IN ('pending', 'accepted') AND COALESCE(sent_at, created_at) < ?
		AND follower_id IN (SELECT id FROM actor WHERE host_id IS NULL AND deleted_at IS NULL)
		AND target_id IN (SELECT id FROM actor WHERE host_id IS NOT NULL AND deleted_at IS NULL)
		ORDER BY COALESCE(sent_at, created_at), id LIMIT ?`, before, max)
}

func (store) forbidRedundancy(ctx context.Context, tx db.Tx, host string) error {
	_, err := tx.NewRaw(`UPDATE host SET redundancy_allowed = 0 WHERE name = ?`, host).Exec(ctx)
	return err
}
