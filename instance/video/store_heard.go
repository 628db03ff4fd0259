package video

import (
	"context"
	"database/sql"

	"vidiverse/instance/db"
)

// heardChanges are whom the instance came to follow, or ceased to, since Rehear
// last looked.
func (s *store) heardChanges(ctx context.Context) (actors []int64, err error) {
	err = db.Each(ctx, s.db.Read(), func(r *sql.Rows) error {
		var a int64
		err := r.Scan(&a)
		actors = append(actors, a)
		return err
	}, "SELECT actor_id FROM heard_change ORDER BY actor_id LIMIT 1000")
	return actors, err
}

// misheard reports whether lists do not show yet what they should of an actor's
// videos, or still show what they should not.
func (s *store) misheard(ctx context.Context, tx db.Tx, actor int64) (more bool, err error) {
	err = tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM (
			SELECT v.id, v.heard FROM actor a JOIN video v ON v.host_id = a.host_id WHERE a.id = ? AND a.kind = 1
			UNION ALL SELECT v.id, v.heard FROM channel c JOIN video v ON v.channel_id = c.id WHERE c.actor_id = ?
			UNION ALL SELECT v.id, v.heard FROM account o JOIN channel c ON c.account_id = o.id JOIN video v ON v.channel_id = c.id WHERE o.actor_id = ?
			UNION ALL SELECT v.id, v.heard FROM video_share h JOIN video v ON v.id = h.video_id WHERE h.actor_id = ?
		) x JOIN video_heard e ON e.id = x.id
		WHERE x.heard = CASE WHEN EXISTS (SELECT 1 FROM followed w WHERE w.actor_id = ?) THEN 0 ELSE 1 END AND e.heard <> x.heard)`,
		actor, actor, actor, actor, actor).Scan(&more)
	return more, err
}

// rehear has the database look after another batch, or after none any more.
func (s *store) rehear(ctx context.Context, tx db.Tx, actor int64, more bool) error {
	_, err := tx.ExecContext(ctx, "DELETE FROM heard_change WHERE actor_id = ?", actor)
	if err == nil && more {
		_, err = tx.ExecContext(ctx, "INSERT INTO heard_change (actor_id) VALUES (?)", actor)
	}
	return err
}
