package main

import (
	"context"
	"crypto/rsa"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"vidiverse/instance/access"
	"vidiverse/instance/db"
	"vidiverse/instance/signature"
)

// Numbers above those of the server's own rows.
const firstHost, firstActor, firstVideo = 1000, 1_000_000, 1_000_000

// batch is how many things are written in one transaction, each kind of row of
// them in one statement.
const batch = 500

// keyPair is the key of everybody in the crowd.
type keyPair struct {
	private *rsa.PrivateKey
	public  string
}

// newDatabase makes a database of its own on a PostgreSQL, and returns what drops
// it.
func newDatabase(ctx context.Context, server string) (address string, drop func() error, err error) {
	u, err := url.Parse(server)
	if err != nil {
		return "", nil, err
	}
	admin, err := sql.Open("pgx", server)
	if err != nil {
		return "", nil, err
	}
	name := fmt.Sprint("bench_", os.Getpid())
	if _, err := admin.ExecContext(ctx, "CREATE DATABASE "+name); err != nil {
		return "", nil, errors.Join(err, admin.Close())
	}
	u.Path = "/" + name
	return u.String(), func() error {
		_, err := admin.ExecContext(context.WithoutCancel(ctx), "DROP DATABASE "+name+" WITH (FORCE)")
		return errors.Join(err, admin.Close())
	}, nil
}

// fill writes followers and videos of other servers as rows, as the server itself
// would have written them after years.
func fill(ctx context.Context, address string, o options, c *crowd) (keys keyPair, err error) {
	private, public, err := signature.NewKey()
	if err != nil {
		return keys, err
	}
	if keys.private, err = signature.ParsePrivate(private); err != nil {
		return keys, err
	}
	keys.public = public
	d, err := db.Open(ctx, db.Config{URL: address, WriteLimit: time.Hour})
	if err != nil {
		return keys, err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	var me, account int64
	if err := d.Read().QueryRowContext(ctx, "SELECT id FROM actor WHERE kind = 1 AND host_id IS NULL").Scan(&me); err != nil {
		return keys, err
	}
	if err := d.Read().QueryRowContext(ctx, "SELECT id FROM actor WHERE kind = 2 AND host_id IS NULL AND username = 'root'").Scan(&account); err != nil {
		return keys, err
	}
	for _, step := range []struct {
		n   int
		add func(rows rows, n int)
	}{
		{o.hosts, func(rows rows, n int) { rows.add("host (id, name, created_at)", firstHost+n, c.host(n), 1) }},
		{o.followers, func(rows rows, n int) {
			follower(rows, n, n%o.hosts, c.host(n%o.hosts), []int64{me, account}[n%2], keys.public)
		}},
		{o.videos, func(rows rows, n int) { film(rows, n, n%min(o.hosts, o.followers)) }},
	} {
		if err := each(ctx, d, step.n, step.add); err != nil {
			return keys, err
		}
		if err := tidy(ctx, d); err != nil {
			return keys, err
		}
	}
	return keys, nil
}

// tidy lets numbers go on behind those that were given here, and the planner know
// how much there is.
func tidy(ctx context.Context, d *db.DB) error {
	return d.Write(ctx, func(tx db.Tx) error {
		for _, table := range []string{"host", "actor", "account", "channel", "video"} {
			if !d.Postgres() {
				break
			}
			if _, err := tx.ExecContext(ctx, "SELECT setval(pg_get_serial_sequence('"+table+"', 'id'), (SELECT MAX(id) FROM "+table+"))"); err != nil {
				return err
			}
		}
		if d.Postgres() {
			_, err := tx.ExecContext(ctx, "ANALYZE")
			return err
		}
		return nil
	})
}

// rows are values by the table and columns that they are for.
type rows map[string][][]any

func (r rows) add(into string, values ...any) { r[into] = append(r[into], values) }

// tables are the order in which rows of a batch are written.
var tables = []string{"host", "actor", "actor_counter", "actor_key", "account", "channel", "follow", "video", "video_counter"}

// each writes what n calls of add add.
func each(ctx context.Context, d *db.DB, n int, add func(rows rows, n int)) error {
	for from := 0; from < n; from += batch {
		all := rows{}
		for i := from; i < min(from+batch, n); i++ {
			add(all, i)
		}
		if err := d.Write(ctx, func(tx db.Tx) error { return all.write(ctx, tx) }); err != nil {
			return err
		}
	}
	return nil
}

func (r rows) write(ctx context.Context, tx db.Tx) error {
	for _, table := range tables {
		for into, list := range r {
			if name, _, _ := strings.Cut(into, " "); name != table {
				continue
			}
			row := "(" + strings.TrimSuffix(strings.Repeat("?, ", len(list[0])), ", ") + ")"
			text := "INSERT INTO " + into + " VALUES " + strings.TrimSuffix(strings.Repeat(row+", ", len(list)), ", ")
			if _, err := tx.ExecContext(ctx, text, slices.Concat(list...)...); err != nil {
				return err
			}
		}
	}
	return nil
}

// personOf is the nth follower's address.
func personOf(n int, host string) string { return fmt.Sprintf("http://%s/accounts/p%d", host, n) }

// follower is somebody elsewhere, with a channel; who is followed follows back.
func follower(rows rows, n, at int, host string, of int64, key string) {
	id, address := firstActor+n, personOf(n, host)
	rows.add("actor (id, kind, username, host_id, url, inbox_url, shared_inbox_url, fetched_at, created_at, updated_at)",
		id, 2, fmt.Sprint("p", n), firstHost+at, address, address+"/inbox", "http://"+host+"/inbox", time.Now().UnixMilli(), 1, 1)
	rows.add("actor_counter (actor_id)", id)
	rows.add("actor_key (actor_id, public_pem)", id, key)
	rows.add("account (id, actor_id, display_name, created_at, updated_at)", id, id, "somebody", 1, 1)
	rows.add("channel (id, actor_id, account_id, display_name, created_at, updated_at)", id, id, id, "Channel of "+rare(n), 1, 1)
	rows.add("follow (follower_id, target_id, state, url, created_at, updated_at)", id, of, "accepted", address+"/follows/1", 1, 1)
	rows.add("follow (follower_id, target_id, state, url, created_at, updated_at)", of, id, "accepted", address+"/follows/2", 1, 1)
}

// rare is a word that few names have.
func rare(n int) string {
	const syllables = "ba be bi bo bu da de di do du ka ke ki ko ku la le li lo lu ma me mi mo mu na ne ni no nu ra re ri ro ru sa se si so su ta te ti to tu va ve vi vo vu"
	all := strings.Fields(syllables)
	var word strings.Builder
	for n += 125_000; n > 0; n /= len(all) {
		word.WriteString(all[n%len(all)])
	}
	return word.String()
}

// film is a video of another server.
func film(rows rows, n, by int) {
	id, uuid, at := firstVideo+n, access.NewUUID(), time.Now().Add(-time.Duration(n)*time.Minute).UnixMilli()
	rows.add("video (id, uuid, url, host_id, channel_id, name, description, category, privacy, state, duration, created_at, updated_at, published_at)",
		id, uuid, "http://elsewhere/videos/watch/"+uuid, firstHost+by, firstActor+by, fmt.Sprintf("A remote film, %s and number %d", rare(n), n),
		"About a remote film that somebody made elsewhere.", 1+n%18, 1, 1, 60, at, at, at)
	rows.add("video_counter (video_id, views, likes, recent_views, hot)", id, n%1000, n%50, n%300, float64(at)/172800000)
}
