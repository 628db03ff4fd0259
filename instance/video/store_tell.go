package video

import (
	"context"
	"database/sql"

	"github.com/uptrace/bun"

	"vidiverse/instance/access"
)

// standing reads how a video stands; shown only says whether it is ours.
func (s *store) standing(ctx context.Context, q bun.IDB, id ID) (now standing, p Privacy, st State, err error) {
	var host sql.NullInt64
	err = q.QueryRowContext(ctx, `SELECT v.host_id, v.privacy, v.state, v.channel_id, v.url, a.actor_id FROM video v
		JOIN channel c ON c.id = v.channel_id JOIN account a ON a.id = c.account_id WHERE v.id = ?`, int64(id)).
		Scan(&host, &p, &st, &now.channel, &now.was.URL, &now.was.Actor)
	now.shown, now.was.Type = !host.Valid, "Video"
	return now, p, st, access.NotFound(err)
}
