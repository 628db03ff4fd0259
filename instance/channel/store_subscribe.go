package channel

import (
	"context"
	"strings"

	"github.com/uptrace/bun"

	"vidiverse/instance/actor"
)

// ofFollower are the channels that an actor follows and that did not refuse.
const ofFollower = `JOIN follow f ON f.target_id = c.actor_id AND f.follower_id = ? AND f.state <> 'rejected' `

var subscriptionOrders = map[string]string{
	"id": `f.id`, "-id": `f.id DESC`,
	"createdAt": `f.created_at, f.id`, "-createdAt": `f.created_at DESC, f.id DESC`,
	"channelUpdatedAt": `c.updated_at, f.id`, "-channelUpdatedAt": `c.updated_at DESC, f.id DESC`,
}

func (store) countSubscriptions(ctx context.Context, q bun.IDB, by actor.ID, of Query) (n int, err error) {
	err = q.NewRaw(`SELECT count(*) FROM channel c JOIN actor t ON t.id = c.actor_id LEFT JOIN host h ON h.id = t.host_id `+ofFollower+matching,
		append([]any{by}, of.args()...)...).Scan(ctx, &n)
	return n, err
}

func (s store) subscriptions(ctx context.Context, q bun.IDB, by actor.ID, of Query) ([]row, error) {
	order, ok := subscriptionOrders[of.Sort]
	if !ok {
		order = subscriptionOrders["-createdAt"]
	}
	args := append(append([]any{by}, of.args()...), of.Count, of.Start)
	return s.many(ctx, q, ofFollower+matching+`ORDER BY `+order+` LIMIT ? OFFSET ?`, args...)
}

// subscribed are the handles, name@host, of what an actor follows; names of this
// server in small letters.
func (store) subscribed(ctx context.Context, q bun.IDB, by actor.ID, local string) (map[string]bool, error) {
	var rows []struct {
		Username string
		Host     *string
	}
	err := q.NewRaw(`SELECT t.username, h.name AS host FROM follow f JOIN channel c ON c.actor_id = f.target_id
		JOIN actor t ON t.id = c.actor_id LEFT JOIN host h ON h.id = t.host_id
		WHERE f.follower_id = ? AND f.state <> 'rejected'`, by).Scan(ctx, &rows)
	handles := make(map[string]bool, len(rows))
	for _, r := range rows {
		if r.Host == nil {
			handles[strings.ToLower(r.Username)+"@"+local] = true
			continue
		}
		handles[r.Username+"@"+*r.Host] = true
	}
	return handles, err
}
