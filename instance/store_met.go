package instance

import (
	"context"

	"vidiverse/instance/account"
	"vidiverse/instance/actor"
	"vidiverse/instance/db"
)

// metQuery: whose videos somebody rated or said something below, and whom they
// answered, is on servers that keep that. One of each is enough.
const metQuery = `SELECT MIN(o.id) FROM actor o JOIN account a ON a.actor_id = o.id
	WHERE o.host_id IS NOT NULL AND a.id IN (
		SELECT ch.account_id FROM comment c JOIN video v ON v.id = c.video_id JOIN channel ch ON ch.id = v.channel_id WHERE c.account_id = ?
		UNION SELECT ch.account_id FROM video_rate r JOIN video v ON v.id = r.video_id JOIN channel ch ON ch.id = v.channel_id WHERE r.account_id = ?
		UNION SELECT p.account_id FROM comment c JOIN comment p ON p.id = c.parent_id WHERE c.account_id = ?)
	GROUP BY o.host_id`

// met are actors of the servers that hold what an account said or rated.
func (store) met(ctx context.Context, tx db.Tx, of account.ID) (ids []actor.ID, err error) {
	err = tx.NewRaw(metQuery, int64(of), int64(of), int64(of)).Scan(ctx, &ids)
	return ids, err
}
