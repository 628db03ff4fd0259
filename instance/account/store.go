package account

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/uptrace/bun"

	"vidiverse/instance/actor"
	"vidiverse/instance/db"
	"vidiverse/instance/fault"
	"vidiverse/instance/user"
)

type store struct{}

// row is an account as the database has it.
type row struct {
	ID                   ID
	ActorID              actor.ID
	UserID               sql.NullInt64
	Username             string
	Host                 sql.NullString
	URL                  string `bun:"url"`
	DisplayName          string
	Description          *string
	Followers, Following int64
	CreatedAt, UpdatedAt int64
	RedundancyAllowed    int
	FetchedAt            sql.NullInt64
}

const columns = `SELECT a.id, a.actor_id, a.user_id, t.username, h.name AS host, t.url, a.display_name, a.description,
	n.followers, n.following, COALESCE(t.remote_created_at, a.created_at) AS created_at, a.updated_at,
	COALESCE(h.redundancy_allowed, 0) AS redundancy_allowed, t.fetched_at
	FROM account a JOIN actor t ON t.id = a.actor_id JOIN actor_counter n ON n.actor_id = t.id
	LEFT JOIN host h ON h.id = t.host_id `

func (r row) account(localHost string) Account {
	a := Account{
		ID: r.ID, ActorID: r.ActorID, UserID: user.ID(r.UserID.Int64), Name: r.Username, Host: localHost, URL: r.URL,
		DisplayName: r.DisplayName, Description: r.Description, Followers: r.Followers, Following: r.Following,
		CreatedAt: db.Time(r.CreatedAt), UpdatedAt: db.Time(r.UpdatedAt),
	}
	if r.Host.Valid {
		a.Host, a.RedundancyAllowed, a.FetchedAt = r.Host.String, r.RedundancyAllowed != 0, db.NullTime(r.FetchedAt)
	}
	return a
}

func (store) many(ctx context.Context, q bun.IDB, where string, args ...any) ([]row, error) {
	var rows []row
	if err := q.NewRaw(columns+where, args...).Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("find accounts: %w", err)
	}
	return rows, nil
}

func (s store) one(ctx context.Context, q bun.IDB, where string, args ...any) (row, error) {
	rows, err := s.many(ctx, q, where+` LIMIT 1`, args...)
	if err == nil && len(rows) == 0 {
		err = fault.New(fault.NotFound, "Account not found")
	}
	if err != nil {
		return row{}, err
	}
	return rows[0], nil
}

func (s store) byHandle(ctx context.Context, q bun.IDB, name, host string) (row, error) {
	if !actor.Findable(name) || !actor.Findable(host) {
		return row{}, fault.New(fault.NotFound, "Account not found")
	}
	if host == "" {
		return s.one(ctx, q, `WHERE lower(t.username) = ? AND t.host_id IS NULL AND t.deleted_at IS NULL`, strings.ToLower(name))
	}
	return s.one(ctx, q, `WHERE lower(t.username) = ? AND h.name = ? AND t.deleted_at IS NULL ORDER BY t.username <> ?`,
		strings.ToLower(name), strings.ToLower(host), name)
}

func (store) count(ctx context.Context, q bun.IDB) (n int, err error) {
	err = q.NewRaw(`SELECT count(*) FROM account a JOIN actor t ON t.id = a.actor_id WHERE t.deleted_at IS NULL`).Scan(ctx, &n)
	return n, err
}

func (s store) list(ctx context.Context, q bun.IDB, by Query) ([]row, error) {
	order := `WHERE t.deleted_at IS NULL ORDER BY a.created_at, a.id LIMIT ? OFFSET ?`
	if by.Descending {
		order = `WHERE t.deleted_at IS NULL ORDER BY a.created_at DESC, a.id DESC LIMIT ? OFFSET ?`
	}
	return s.many(ctx, q, order, by.Count, by.Start)
}

func (store) insert(ctx context.Context, tx db.Tx, a actor.ID, u user.ID, displayName string, now int64) (ID, error) {
	var id ID
	err := tx.NewRaw(`INSERT INTO account (actor_id, user_id, display_name, created_at, updated_at) VALUES (?, ?, ?, ?, ?) RETURNING id`,
		a, sql.NullInt64{Int64: int64(u), Valid: u != 0}, displayName, now, now).Scan(ctx, &id)
	if err != nil {
		return 0, fmt.Errorf("insert account %s: %w", displayName, err)
	}
	return id, nil
}

func (store) describe(ctx context.Context, tx db.Tx, r row, now int64) error {
	_, err := tx.NewRaw(`UPDATE account SET display_name = ?, description = ?, updated_at = ? WHERE id = ?`,
		r.DisplayName, r.Description, now, r.ID).Exec(ctx)
	return err
}

func (store) save(ctx context.Context, tx db.Tx, a actor.ID, displayName string, description *string, now int64) (id ID, err error) {
	err = tx.NewRaw(`INSERT INTO account (actor_id, display_name, description, created_at, updated_at) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (actor_id) DO UPDATE SET display_name = excluded.display_name, description = excluded.description,
		updated_at = excluded.updated_at RETURNING id`, a, displayName, description, now, now).Scan(ctx, &id)
	if err != nil {
		return 0, fmt.Errorf("save remote account: %w", err)
	}
	return id, nil
}
