package video

import (
	"context"
	"database/sql"
	"time"

	"github.com/uptrace/bun"

	"vidiverse/instance/actor"
	"vidiverse/instance/db"
	"vidiverse/instance/fault"
)

// countMirrors counts the copies of a video beside this one.
func (s *store) countMirrors(ctx context.Context, tx db.Tx, m Mirror) (n int, err error) {
	err = tx.QueryRowContext(ctx, "SELECT COUNT(*) FROM redundancy WHERE video_id = ? AND url <> ?", int64(m.Video), m.URL).Scan(&n)
	return n, err
}

func (s *store) putMirror(ctx context.Context, tx db.Tx, m Mirror, now time.Time) error {
	res, err := tx.ExecContext(ctx, `INSERT INTO redundancy (video_id, actor_id, url, file_url, expires_at, created_at, updated_at)
		VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (url) DO UPDATE SET file_url = excluded.file_url, expires_at = excluded.expires_at,
		updated_at = excluded.updated_at WHERE redundancy.actor_id = excluded.actor_id AND redundancy.video_id = excluded.video_id`,
		int64(m.Video), int64(m.Actor), m.URL, m.Base, db.Moment(m.Expires), db.Millis(now), db.Millis(now))
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n > 0 {
		return err
	}
	return fault.New(fault.Forbidden, "The copy is of another server.")
}

func (s *store) dropMirror(ctx context.Context, tx db.Tx, url string, by actor.ID) error {
	_, err := tx.ExecContext(ctx, "DELETE FROM redundancy WHERE url = ? AND actor_id = ?", url, int64(by))
	return err
}

// dropExpiredMirrors ends the copies whose time is over.
func (s *store) dropExpiredMirrors(ctx context.Context, tx db.Tx, now time.Time) error {
	_, err := tx.ExecContext(ctx, "DELETE FROM redundancy WHERE expires_at <= ?", db.Millis(now))
	return err
}

// mirrors are where copies of some videos lie.
func (s *store) mirrors(ctx context.Context, q bun.IDB, ids []ID, now time.Time) (map[ID][]string, error) {
	out := map[ID][]string{}
	return out, db.Each(ctx, q, func(r *sql.Rows) error {
		var id ID
		var url string
		err := r.Scan(&id, &url)
		out[id] = append(out[id], mirrorBase(url))
		return err
	}, "SELECT video_id, file_url FROM redundancy WHERE video_id IN (?) AND (expires_at IS NULL OR expires_at > ?) ORDER BY video_id, id",
		bun.In(ids), db.Millis(now))
}
