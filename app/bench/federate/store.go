package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"vidiverse/instance/access"
	"vidiverse/instance/db"
)

// Numbers above those of the server's own rows.
const firstActor, firstVideo = 1_000_000, 1_000_000

// batch is how many rows are written in one transaction.
const batch = 5000

// fill writes followers and videos of other servers as rows, as the server itself
// would have written them after years.
func fill(ctx context.Context, data string, o options, c *crowd) (err error) {
	d, err := db.Open(ctx, db.Config{URL: "sqlite:" + filepath.Join(data, "vidiverse.sqlite"), WriteLimit: time.Minute})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	var me, account int64
	if err := d.Read().QueryRowContext(ctx, "SELECT id FROM actor WHERE kind = 1 AND host_id IS NULL").Scan(&me); err != nil {
		return err
	}
	if err := d.Read().QueryRowContext(ctx, "SELECT id FROM actor WHERE kind = 2 AND host_id IS NULL AND username = 'root'").Scan(&account); err != nil {
		return err
	}
	if err := each(ctx, d, o.hosts, func(tx db.Tx, n int) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO host (id, name, created_at) VALUES (?, ?, 1)", n+1, c.host(n))
		return err
	}); err != nil {
		return err
	}
	if err := each(ctx, d, o.followers, func(tx db.Tx, n int) error {
		return follower(ctx, tx, n, n%o.hosts, c.host(n%o.hosts), []int64{me, account}[n%2])
	}); err != nil {
		return err
	}
	return each(ctx, d, o.videos, func(tx db.Tx, n int) error { return film(ctx, tx, n, n%min(o.hosts, o.followers)) })
}

// each writes n rows.
func each(ctx context.Context, d *db.DB, n int, row func(tx db.Tx, n int) error) error {
	for from := 0; from < n; from += batch {
		err := d.Write(ctx, func(tx db.Tx) error {
			for i := from; i < min(from+batch, n); i++ {
				if err := row(tx, i); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// follower is somebody elsewhere, with a channel if it is the first of a server.
func follower(ctx context.Context, tx db.Tx, n, at int, host string, of int64) error {
	id, url := firstActor+n, fmt.Sprintf("http://%s/accounts/p%d", host, n)
	for _, q := range []struct {
		text string
		args []any
	}{
		{`INSERT INTO actor (id, kind, username, host_id, url, inbox_url, shared_inbox_url, created_at, updated_at) VALUES (?, 2, ?, ?, ?, ?, ?, 1, 1)`,
			[]any{id, fmt.Sprint("p", n), at + 1, url, url + "/inbox", "http://" + host + "/inbox"}},
		{"INSERT INTO actor_counter (actor_id) VALUES (?)", []any{id}},
		{"INSERT INTO account (id, actor_id, display_name, created_at, updated_at) VALUES (?, ?, 'somebody', 1, 1)", []any{id, id}},
		{"INSERT INTO channel (id, actor_id, account_id, display_name, created_at, updated_at) VALUES (?, ?, ?, 'channel', 1, 1)", []any{id, id, id}},
		{"INSERT INTO follow (follower_id, target_id, state, url, created_at, updated_at) VALUES (?, ?, 'accepted', ?, 1, 1)", []any{id, of, url + "/follows/1"}},
		{"INSERT INTO follow (follower_id, target_id, state, url, created_at, updated_at) VALUES (?, ?, 'accepted', ?, 1, 1)", []any{of, id, url + "/follows/2"}},
	} {
		if _, err := tx.ExecContext(ctx, q.text, q.args...); err != nil {
			return err
		}
	}
	return nil
}

// film is a video of another server.
func film(ctx context.Context, tx db.Tx, n, by int) error {
	id, uuid, at := firstVideo+n, access.NewUUID(), time.Now().Add(-time.Duration(n)*time.Minute).UnixMilli()
	_, err := tx.ExecContext(ctx, `INSERT INTO video (id, uuid, url, host_id, channel_id, name, description, privacy, state, duration, created_at, updated_at, published_at)
		VALUES (?, ?, ?, ?, ?, ?, 'About a remote film that somebody made elsewhere.', 1, 1, 60, ?, ?, ?)`,
		id, uuid, "http://elsewhere/videos/watch/"+uuid, by+1, firstActor+by, fmt.Sprintf("A remote film, number%d", n), at, at, at)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "INSERT INTO video_counter (video_id, views, hot) VALUES (?, ?, ?)", id, n%1000, float64(at)/172800000)
	return err
}
