package actor

import (
	"context"
	"fmt"
	"strings"

	"github.com/uptrace/bun"
)

// followOrders is the whole list of what may follow ORDER BY.
var followOrders = map[string]string{
	"createdAt": `f.created_at, f.id`, "-createdAt": `f.created_at DESC, f.id DESC`,
	"state": `f.state, f.id`, "-state": `f.state DESC, f.id DESC`,
	"score": `f.score, f.id`, "-score": `f.score DESC, f.id DESC`,
	"redundancyAllowed": `COALESCE(h.redundancy_allowed, 0), f.id`, "-redundancyAllowed": `COALESCE(h.redundancy_allowed, 0) DESC, f.id DESC`,
}

// matching is FROM and WHERE of a query: o is the actor on the other side.
func (q FollowQuery) matching() (text string, args []any) {
	mine, other, ids := "f.follower_id", "f.target_id", q.By
	if len(q.By) == 0 {
		mine, other, ids = "f.target_id", "f.follower_id", q.Of
	}
	text = ` FROM follow f JOIN actor o ON o.id = ` + other + ` LEFT JOIN host h ON h.id = o.host_id WHERE ` + mine + ` IN (?)`
	args = append(args, bun.List(ids))
	if q.State != "" {
		text, args = text+` AND f.state = ?`, append(args, q.State)
	}
	if len(q.Kinds) > 0 {
		text, args = text+` AND o.kind IN (?)`, append(args, bun.List(q.Kinds))
	}
	if q.Search != "" {
		like := "%" + strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(strings.ToLower(q.Search)) + "%"
		text, args = text+` AND (lower(o.username) LIKE ? ESCAPE '!' OR h.name LIKE ? ESCAPE '!')`, append(args, like, like)
	}
	return text, args
}

func (store) countFollows(ctx context.Context, q bun.IDB, by FollowQuery) (n int, err error) {
	text, args := by.matching()
	err = q.NewRaw(`SELECT count(*)`+text, args...).Scan(ctx, &n)
	return n, err
}

func (store) listFollows(ctx context.Context, q bun.IDB, by FollowQuery) ([]Follow, error) {
	order, ok := followOrders[by.Sort]
	if !ok {
		order = followOrders["-createdAt"]
	}
	text, args := by.matching()
	var rows []followRow
	err := q.NewRaw(`SELECT f.id, f.follower_id, f.target_id, f.state, f.url, f.score, f.sent_at, f.created_at, f.updated_at`+text+
		` ORDER BY `+order+` LIMIT ? OFFSET ?`, append(args, by.Count, by.Start)...).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("list follows: %w", err)
	}
	all := make([]Follow, len(rows))
	for i, r := range rows {
		all[i] = r.follow()
	}
	return all, nil
}

type sideRow struct {
	ID                   ID
	Followers, Following int64
	RedundancyAllowed    int
}

func (store) sides(ctx context.Context, q bun.IDB, ids []ID) (map[ID]sideRow, error) {
	var rows []sideRow
	err := q.NewRaw(`SELECT n.actor_id AS id, n.followers, n.following, COALESCE(h.redundancy_allowed, 0) AS redundancy_allowed
		FROM actor_counter n JOIN actor t ON t.id = n.actor_id LEFT JOIN host h ON h.id = t.host_id WHERE n.actor_id IN (?)`,
		bun.List(ids)).Scan(ctx, &rows)
	found := make(map[ID]sideRow, len(rows))
	for _, r := range rows {
		found[r.ID] = r
	}
	return found, err
}

// followTo finds a follow of somebody elsewhere by name and host; an empty name
// is the host's application.
func (s store) followTo(ctx context.Context, q bun.IDB, by ID, name, host string) (Follow, error) {
	return s.follow(ctx, q, `WHERE follower_id = ? AND target_id IN (SELECT t.id FROM actor t JOIN host h ON h.id = t.host_id
		WHERE h.name = ? AND (lower(t.username) = ? OR ? = '' AND t.kind = 1)) ORDER BY id LIMIT 1`, by, host, strings.ToLower(name), name)
}

func (s store) followFrom(ctx context.Context, q bun.IDB, of ID, name, host string) (Follow, error) {
	return s.follow(ctx, q, `WHERE target_id = ? AND follower_id IN (SELECT t.id FROM actor t JOIN host h ON h.id = t.host_id
		WHERE h.name = ? AND lower(t.username) = ?) ORDER BY id LIMIT 1`, of, host, strings.ToLower(name))
}

// followedHosts are the hosts of which an actor follows the application, or was
// refused by it.
func (store) followedHosts(ctx context.Context, q bun.IDB, by ID) (map[string]bool, error) {
	var hosts []string
	err := q.NewRaw(`SELECT DISTINCT h.name FROM follow f JOIN actor t ON t.id = f.target_id JOIN host h ON h.id = t.host_id
		WHERE f.follower_id = ? AND t.kind = 1`, by).Scan(ctx, &hosts)
	found := make(map[string]bool, len(hosts))
	for _, h := range hosts {
		found[h] = true
	}
	return found, err
}
