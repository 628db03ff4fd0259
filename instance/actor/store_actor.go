package actor

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/uptrace/bun"

	"vidiverse/instance/db"
)

// actorRow is an actor as the database has it.
type actorRow struct {
	ID                                    ID
	Kind                                  Kind
	Username                              string
	Host                                  *string
	URL                                   string `bun:"url"`
	InboxURL                              string `bun:"inbox_url"`
	SharedInboxURL                        string `bun:"shared_inbox_url"`
	OutboxURL                             string `bun:"outbox_url"`
	FollowersURL                          string `bun:"followers_url"`
	FollowingURL                          string `bun:"following_url"`
	PlaylistsURL                          string `bun:"playlists_url"`
	FetchedAt, RemoteCreatedAt, DeletedAt sql.NullInt64
	CreatedAt, UpdatedAt                  int64
}

const actorColumns = `SELECT t.id, t.kind, t.username, h.name AS host, t.url, t.inbox_url, t.shared_inbox_url,
	COALESCE(t.outbox_url, '') AS outbox_url, COALESCE(t.followers_url, '') AS followers_url,
	COALESCE(t.following_url, '') AS following_url, COALESCE(t.playlists_url, '') AS playlists_url,
	t.fetched_at, t.remote_created_at, t.deleted_at, t.created_at, t.updated_at
	FROM actor t LEFT JOIN host h ON h.id = t.host_id `

func (r actorRow) actor() Actor {
	a := Actor{
		ID: r.ID, Kind: r.Kind, Username: r.Username, URL: r.URL, Inbox: r.InboxURL, SharedInbox: r.SharedInboxURL,
		Outbox: r.OutboxURL, Followers: r.FollowersURL, Following: r.FollowingURL, Playlists: r.PlaylistsURL,
		FetchedAt: db.NullTime(r.FetchedAt), Published: db.NullTime(r.RemoteCreatedAt), DeletedAt: db.NullTime(r.DeletedAt),
		CreatedAt: db.Time(r.CreatedAt), UpdatedAt: db.Time(r.UpdatedAt),
	}
	if r.Host != nil {
		a.Host = *r.Host
	}
	return a
}

func (store) actors(ctx context.Context, q bun.IDB, where string, args ...any) ([]actorRow, error) {
	var rows []actorRow
	if err := q.NewRaw(actorColumns+where, args...).Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("find actors: %w", err)
	}
	return rows, nil
}

func (s store) byHandle(ctx context.Context, q bun.IDB, name, host string, kinds []Kind) ([]actorRow, error) {
	if host == "" {
		return s.actors(ctx, q, `WHERE lower(t.username) = ? AND t.host_id IS NULL AND t.deleted_at IS NULL AND t.kind IN (?)`,
			strings.ToLower(name), bun.List(kinds))
	}
	return s.actors(ctx, q, `WHERE lower(t.username) = ? AND h.name = ? AND t.deleted_at IS NULL AND t.kind IN (?)
		ORDER BY t.username <> ?, t.kind LIMIT 1`, strings.ToLower(name), strings.ToLower(host), bun.List(kinds), name)
}

// buriedName tells whether a deleted actor of ours has the name.
func (store) buriedName(ctx context.Context, q bun.IDB, name string, kinds []Kind) (bool, error) {
	if len(kinds) == 0 {
		kinds = []Kind{Application, Person, Group}
	}
	var n int
	err := q.NewRaw(`SELECT count(*) FROM actor WHERE lower(username) = ? AND host_id IS NULL AND deleted_at IS NOT NULL AND kind IN (?)`,
		strings.ToLower(name), bun.List(kinds)).Scan(ctx, &n)
	return n > 0, err
}

// remoteRow is what another server says of an actor, in order to be stored.
type remoteRow struct {
	Remote
	host int64
}

func (store) insertRemote(ctx context.Context, tx db.Tx, r remoteRow, now int64) (ID, error) {
	var id ID
	err := tx.NewRaw(`INSERT INTO actor (kind, username, host_id, url, inbox_url, shared_inbox_url, outbox_url, followers_url,
		following_url, playlists_url, fetched_at, remote_created_at, created_at, updated_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`,
		r.Kind, r.Username, r.host, r.URL, r.Inbox, r.SharedInbox, db.Text(r.Outbox), db.Text(r.Followers),
		db.Text(r.Following), db.Text(r.Playlists), now, db.Moment(r.Published), now, now).Scan(ctx, &id)
	if err != nil {
		return 0, fmt.Errorf("insert remote actor: %w", err)
	}
	_, err = tx.NewRaw(`INSERT INTO actor_counter (actor_id) VALUES (?)`, id).Exec(ctx)
	return id, err
}

// updateRemote leaves kind, host and url as they are: those never change.
func (store) updateRemote(ctx context.Context, tx db.Tx, id ID, r remoteRow, now int64) error {
	_, err := tx.NewRaw(`UPDATE actor SET username = ?, inbox_url = ?, shared_inbox_url = ?, outbox_url = ?, followers_url = ?,
		following_url = ?, playlists_url = ?, fetched_at = ?, remote_created_at = COALESCE(?, remote_created_at), updated_at = ?,
		deleted_at = NULL WHERE id = ? AND host_id IS NOT NULL`,
		r.Username, r.Inbox, r.SharedInbox, db.Text(r.Outbox), db.Text(r.Followers), db.Text(r.Following), db.Text(r.Playlists),
		now, db.Moment(r.Published), now, id).Exec(ctx)
	return err
}

func (store) setCounters(ctx context.Context, tx db.Tx, id ID, followers, following int64) error {
	_, err := tx.NewRaw(`UPDATE actor_counter SET followers = ?, following = ? WHERE actor_id = ?`, followers, following, id).Exec(ctx)
	return err
}

// freeName gives the name of a deleted remote actor back.
func (store) freeName(ctx context.Context, tx db.Tx, r remoteRow) error {
	_, err := tx.NewRaw(`UPDATE actor SET username = username || '#' || id
		WHERE host_id = ? AND username = ? AND kind = ? AND url <> ? AND deleted_at IS NOT NULL`,
		r.host, r.Username, r.Kind, r.URL).Exec(ctx)
	return err
}

func (store) nameHolder(ctx context.Context, tx db.Tx, r remoteRow) (n int, err error) {
	err = tx.NewRaw(`SELECT count(*) FROM actor WHERE host_id = ? AND username = ? AND kind = ? AND url <> ?`,
		r.host, r.Username, r.Kind, r.URL).Scan(ctx, &n)
	return n, err
}

func (store) markFetched(ctx context.Context, tx db.Tx, id ID, now int64) error {
	_, err := tx.NewRaw(`UPDATE actor SET fetched_at = ? WHERE id = ? AND host_id IS NOT NULL`, now, id).Exec(ctx)
	return err
}

func (store) hostID(ctx context.Context, tx db.Tx, name string, now int64) (id int64, err error) {
	err = tx.NewRaw(`INSERT INTO host (name, created_at) VALUES (?, ?)
		ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING id`, name, now).Scan(ctx, &id)
	return id, err
}

func (store) publicKey(ctx context.Context, q bun.IDB, id ID) (public string, private *string, err error) {
	err = q.NewRaw(`SELECT public_pem, private_pem FROM actor_key WHERE actor_id = ?`, id).Scan(ctx, &public, &private)
	return public, private, err
}

// makeKey keeps the key that is there already.
func (store) makeKey(ctx context.Context, tx db.Tx, id ID, public, private string) error {
	_, err := tx.NewRaw(`INSERT INTO actor_key (actor_id, public_pem, private_pem) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`,
		id, public, private).Exec(ctx)
	return err
}

// learnKey is for remote actors alone: a row with a private key never changes.
func (store) learnKey(ctx context.Context, tx db.Tx, id ID, public string) error {
	_, err := tx.NewRaw(`INSERT INTO actor_key (actor_id, public_pem) VALUES (?, ?)
		ON CONFLICT (actor_id) DO UPDATE SET public_pem = excluded.public_pem WHERE actor_key.private_pem IS NULL`, id, public).Exec(ctx)
	return err
}

func (store) tombstone(ctx context.Context, q bun.IDB, url string) (at sql.NullInt64, err error) {
	err = q.NewRaw(`SELECT max(at) FROM tombstone WHERE url = ?`, url).Scan(ctx, &at)
	return at, err
}

func (store) bury(ctx context.Context, tx db.Tx, url, kind string, by ID, now int64) error {
	_, err := tx.NewRaw(`INSERT INTO tombstone (url, type, actor_id, at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		url, kind, db.Number(int(by)), now).Exec(ctx)
	return err
}

func (store) unbury(ctx context.Context, tx db.Tx, url string) error {
	_, err := tx.NewRaw(`DELETE FROM tombstone WHERE url = ?`, url).Exec(ctx)
	return err
}
