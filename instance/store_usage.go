package instance

import (
	"context"
	"time"

	"vidiverse/instance/ap"
	"vidiverse/instance/db"
)

const usageQuery = `SELECT
	(SELECT count(*) FROM local_user),
	(SELECT count(*) FROM local_user WHERE last_login > ?),
	(SELECT count(*) FROM local_user WHERE last_login > ?),
	(SELECT count(*) FROM video WHERE host_id IS NULL AND privacy = 1 AND state = 1),
	(SELECT count(*) FROM comment c JOIN account a ON a.id = c.account_id JOIN actor t ON t.id = a.actor_id
		WHERE t.host_id IS NULL AND c.deleted_at IS NULL)`

// usage counts who and what is here.
func (s store) usage(ctx context.Context, now time.Time) (u ap.Usage, err error) {
	month, half := db.Millis(now.AddDate(0, -1, 0)), db.Millis(now.AddDate(0, -6, 0))
	err = s.db.Read().QueryRowContext(ctx, usageQuery, month, half).
		Scan(&u.Users, &u.ActiveMonth, &u.ActiveHalfYear, &u.Videos, &u.Comments)
	return u, err
}
