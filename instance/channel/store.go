package channel

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/uptrace/bun"

	"vidiverse/instance/account"
	"vidiverse/instance/actor"
	"vidiverse/instance/db"
	"vidiverse/instance/fault"
)

type store struct{}

// row is a channel as the database has it.
type row struct {
	ID                   ID
	ActorID              actor.ID
	AccountID            account.ID
	Username             string
	Host                 sql.NullString
	URL                  string `bun:"url"`
	DisplayName          string
	Description, Support *string
	Followers, Following int64
	CreatedAt, UpdatedAt int64
	RedundancyAllowed    int
	FetchedAt            sql.NullInt64
}

const (
	columns = `SELECT c.id, c.actor_id, c.account_id, t.username, h.name AS host, t.url, c.display_name, c.description, c.support,
	n.followers, n.following, COALESCE(t.remote_created_at, c.created_at) AS created_at, c.updated_at,
	COALESCE(h.redundancy_allowed, 0) AS redundancy_allowed, t.fetched_at
	FROM channel c JOIN actor t ON t.id = c.actor_id JOIN actor_counter n ON n.actor_id = t.id
	LEFT JOIN host h ON h.id = t.host_id `
	matching = `WHERE t.deleted_at IS NULL AND (? = 0 OR c.account_id = ?)
		AND (? = '' OR lower(c.display_name) LIKE ? ESCAPE '!' OR lower(t.username) LIKE ? ESCAPE '!'
			OR c.account_id IN (SELECT o.id FROM account o WHERE lower(o.display_name) LIKE ? ESCAPE '!'))
		AND (? = 0 OR c.id IN (?)) AND (? = '' OR h.name = ? OR ? = 1 AND t.host_id IS NULL)
		AND (? = 0 OR t.host_id IS NULL OR t.host_id IN (SELECT o.host_id FROM follow w JOIN actor o ON o.id = w.target_id
			JOIN actor m ON m.id = w.follower_id WHERE m.kind = 1 AND m.host_id IS NULL AND w.state = 'accepted')) `
)

// orders is the whole list of what may follow ORDER BY: a sort that is not in
// it never reaches the database.
var orders = map[string]string{
	"id": `c.id`, "-id": `c.id DESC`,
	"name": `c.display_name, c.id`, "-name": `c.display_name DESC, c.id DESC`,
	"displayName": `lower(c.display_name), c.id`, "-displayName": `lower(c.display_name) DESC, c.id DESC`,
	"match": `c.id`, "-match": `c.id`, // where nothing is looked for all match alike
	"createdAt": `c.created_at, c.id`, "-createdAt": `c.created_at DESC, c.id DESC`,
	"updatedAt": `c.updated_at, c.id`, "-updatedAt": `c.updated_at DESC, c.id DESC`,
}

func (r row) channel(localHost string) Channel {
	c := Channel{
		ID: r.ID, ActorID: r.ActorID, AccountID: r.AccountID, Name: r.Username, Host: localHost, Local: !r.Host.Valid, URL: r.URL,
		DisplayName: r.DisplayName, Description: r.Description, Support: r.Support,
		Followers: r.Followers, Following: r.Following, CreatedAt: db.Time(r.CreatedAt), UpdatedAt: db.Time(r.UpdatedAt),
	}
	if r.Host.Valid {
		c.Host, c.RedundancyAllowed, c.FetchedAt = r.Host.String, r.RedundancyAllowed != 0, db.NullTime(r.FetchedAt)
	}
	return c
}

func (store) many(ctx context.Context, q bun.IDB, where string, args ...any) ([]row, error) {
	var rows []row
	if err := q.NewRaw(columns+where, args...).Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("find channels: %w", err)
	}
	return rows, nil
}

func (s store) one(ctx context.Context, q bun.IDB, where string, args ...any) (row, error) {
	rows, err := s.many(ctx, q, where+` LIMIT 1`, args...)
	if err == nil && len(rows) == 0 {
		err = fault.New(fault.NotFound, "Video channel not found")
	}
	if err != nil {
		return row{}, err
	}
	return rows[0], nil
}

func (s store) byHandle(ctx context.Context, q bun.IDB, name, host string) (row, error) {
	if !actor.Findable(name) || !actor.Findable(host) {
		return row{}, fault.New(fault.NotFound, "Video channel not found")
	}
	if host == "" {
		return s.one(ctx, q, `WHERE lower(t.username) = ? AND t.host_id IS NULL AND t.deleted_at IS NULL`, strings.ToLower(name))
	}
	return s.one(ctx, q, `WHERE lower(t.username) = ? AND h.name = ? AND t.deleted_at IS NULL ORDER BY t.username <> ?`,
		strings.ToLower(name), strings.ToLower(host), name)
}

func (q Query) args() []any {
	like := "%" + strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(strings.ToLower(q.Search)) + "%"
	host := strings.ToLower(q.Host)
	return []any{
		q.Account, q.Account, q.Search, like, like, like, len(q.IDs), bun.List(q.IDs),
		host, host, db.Flag(host == q.here), db.Flag(q.Near),
	}
}

func (store) count(ctx context.Context, q bun.IDB, by Query) (n int, err error) {
	err = q.NewRaw(`SELECT count(*) FROM channel c JOIN actor t ON t.id = c.actor_id LEFT JOIN host h ON h.id = t.host_id `+matching, by.args()...).Scan(ctx, &n)
	return n, err
}

// numbers are those of all channels that match.
func (store) numbers(ctx context.Context, q bun.IDB, by Query) (ids []int64, err error) {
	err = q.NewRaw(`SELECT c.id FROM channel c JOIN actor t ON t.id = c.actor_id LEFT JOIN host h ON h.id = t.host_id `+matching, by.args()...).Scan(ctx, &ids)
	return ids, err
}

func (s store) list(ctx context.Context, q bun.IDB, by Query) ([]row, error) {
	order, ok := orders[by.Sort]
	if !ok {
		order = orders["-createdAt"]
	}
	return s.many(ctx, q, matching+`ORDER BY `+order+` LIMIT ? OFFSET ?`, append(by.args(), by.Count, by.Start)...)
}

func (store) insert(ctx context.Context, tx db.Tx, a actor.ID, owner account.ID, d Draft, now int64) (ID, error) {
	var id ID
	err := tx.NewRaw(`INSERT INTO channel (actor_id, account_id, display_name, description, support, created_at, updated_at)
		VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id`, a, owner, d.DisplayName, d.Description, d.Support, now, now).Scan(ctx, &id)
	if err != nil {
		return 0, fmt.Errorf("insert channel %s: %w", d.Name, err)
	}
	return id, nil
}

func (store) update(ctx context.Context, tx db.Tx, r row, now int64) error {
	_, err := tx.NewRaw(`UPDATE channel SET display_name = ?, description = ?, support = ?, updated_at = ? WHERE id = ?`,
		r.DisplayName, r.Description, r.Support, now, r.ID).Exec(ctx)
	return err
}

func (store) delete(ctx context.Context, tx db.Tx, id ID) error {
	_, err := tx.NewRaw(`DELETE FROM channel WHERE id = ?`, id).Exec(ctx)
	return err
}

func (store) save(ctx context.Context, tx db.Tx, r row, now int64) (id ID, err error) {
	err = tx.NewRaw(`INSERT INTO channel (actor_id, account_id, display_name, description, support, created_at, updated_at)
		VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (actor_id) DO UPDATE SET account_id = excluded.account_id,
		display_name = excluded.display_name, description = excluded.description, support = excluded.support,
		updated_at = excluded.updated_at RETURNING id`,
		r.ActorID, r.AccountID, r.DisplayName, r.Description, r.Support, now, now).Scan(ctx, &id)
	if err != nil {
		return 0, fmt.Errorf("save remote channel: %w", err)
	}
	return id, nil
}
