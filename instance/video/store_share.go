package video

import (
	"context"
	"database/sql"
	"time"

	"github.com/uptrace/bun"

	"vidiverse/instance/actor"
	"vidiverse/instance/db"
)

func (s *store) putShare(ctx context.Context, tx db.Tx, sh Share) (fresh bool, err error) {
	at := db.Millis(sh.At)
	var n int
	err = tx.QueryRowContext(ctx, "SELECT COUNT(*) FROM video_share WHERE url = ? OR video_id = ? AND actor_id = ?",
		sh.URL, int64(sh.Video), int64(sh.Actor)).Scan(&n)
	if err != nil {
		return false, err
	}
	if n == 0 {
		_, err = tx.ExecContext(ctx, "INSERT INTO video_share (video_id, actor_id, url, created_at, updated_at) VALUES (?, ?, ?, ?, ?)",
			int64(sh.Video), int64(sh.Actor), sh.URL, at, at)
		return true, err
	}
	_, err = tx.ExecContext(ctx, "UPDATE video_share SET url = ?, updated_at = ? WHERE video_id = ? AND actor_id = ? AND updated_at <= ?",
		sh.URL, at, int64(sh.Video), int64(sh.Actor), at)
	return false, err
}

func (s *store) dropShare(ctx context.Context, tx db.Tx, url string, by actor.ID, at time.Time) error {
	_, err := tx.ExecContext(ctx, "DELETE FROM video_share WHERE url = ? AND actor_id = ? AND updated_at <= ?", url, int64(by), db.Millis(at))
	return err
}

func (s *store) sharers(ctx context.Context, q bun.IDB, id ID) (ids []actor.ID, err error) {
	err = db.Each(ctx, q, func(r *sql.Rows) error {
		var a actor.ID
		err := r.Scan(&a)
		ids = append(ids, a)
		return err
	}, "SELECT actor_id FROM video_share WHERE video_id = ? ORDER BY id", int64(id))
	return ids, err
}

func (s *store) shared(ctx context.Context, q bun.IDB, url string) (bool, error) {
	if !storable(url) {
		return false, nil
	}
	var n int
	err := q.QueryRowContext(ctx, "SELECT COUNT(*) FROM video_share WHERE url = ?", url).Scan(&n)
	return n > 0, err
}

func (s *store) keepShares(ctx context.Context, tx db.Tx, id ID, urls []string) error {
	keep := append([]string{""}, urls...) // never empty
	_, err := tx.ExecContext(ctx, `DELETE FROM video_share WHERE video_id = ? AND url NOT IN (?)
		AND actor_id IN (SELECT id FROM actor WHERE host_id IS NOT NULL)`, int64(id), bun.In(keep))
	return err
}

func (s *store) involved(ctx context.Context, q bun.IDB, id ID, unlisted bool) (ids []actor.ID, err error) {
	err = db.Each(ctx, q, func(r *sql.Rows) error {
		var a actor.ID
		err := r.Scan(&a)
		ids = append(ids, a)
		return err
	}, `SELECT a.actor_id FROM video v JOIN channel c ON c.id = v.channel_id JOIN account a ON a.id = c.account_id
		WHERE v.id = ? AND v.host_id IS NULL AND v.state IN (1, 4, 5) AND (v.privacy = 1 OR v.privacy = 2 AND ? = 1)
		UNION SELECT s.actor_id FROM video_share s JOIN video v ON v.id = s.video_id JOIN actor t ON t.id = s.actor_id
		WHERE v.id = ? AND v.host_id IS NULL AND t.host_id IS NULL AND v.state IN (1, 4, 5) AND (v.privacy = 1 OR v.privacy = 2 AND ? = 1)`,
		int64(id), db.Flag(unlisted), int64(id), db.Flag(unlisted))
	return ids, err
}
