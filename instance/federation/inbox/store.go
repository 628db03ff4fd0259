package inbox

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"vidiverse/instance/account"
	"vidiverse/instance/actor"
	"vidiverse/instance/db"
	"vidiverse/instance/video"
)

// store holds the SQL of what was delivered.
type store struct{ db *db.DB }

// delivered is a row that is to be worked on.
type delivered struct {
	id       int64
	hash     []byte
	raw      []byte
	worded   []byte
	signer   string
	host     string
	target   actor.ID
	at       time.Time
	attempts int
}

// seen are those of some hashes that were worked on already.
func (s store) seen(ctx context.Context, tx db.Tx, items []item) (map[string]bool, error) {
	hashes := make([][]byte, len(items))
	for k := range items {
		hashes[k] = items[k].hash[:]
	}
	known := map[string]bool{}
	return known, db.Each(ctx, tx, func(r *sql.Rows) error {
		var h []byte
		err := r.Scan(&h)
		known[string(h)] = true
		return err
	}, "SELECT body_hash FROM inbox_seen WHERE body_hash IN (?)", bun.In(hashes))
}

// add writes a row unless it is there.
func (s store) add(ctx context.Context, tx db.Tx, i item, now time.Time) (fresh bool, err error) {
	var worded any
	if i.worded != nil {
		worded = i.worded
	}
	res, err := tx.ExecContext(ctx, `INSERT INTO inbox (body_hash, raw, worded, signer, host, target_id, received_at)
		VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (body_hash) DO NOTHING`,
		i.hash[:], i.raw, worded, i.by.URL, i.host, db.Number(int(i.target)), db.Millis(now))
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n > 0, err
}

// answers notes that a server which was given up for a while is there again: it
// may be read from.
func (store) answers(ctx context.Context, tx db.Tx, host string) error {
	_, err := tx.ExecContext(ctx, "UPDATE host SET closed_until = NULL WHERE name = ? AND closed_until IS NOT NULL", host)
	return err
}

// next are the first rows of a host that may be tried now.
func (s store) next(ctx context.Context, host string, attempts, most int, now time.Time) (list []delivered, err error) {
	err = db.Each(ctx, s.db.Read(), func(r *sql.Rows) error {
		d := delivered{host: host}
		var target sql.NullInt64
		var at int64
		if err := r.Scan(&d.id, &d.hash, &d.raw, &d.worded, &d.signer, &target, &at, &d.attempts); err != nil {
			return err
		}
		d.target, d.at = actor.ID(target.Int64), db.Time(at)
		list = append(list, d)
		return nil
	}, `SELECT id, body_hash, raw, worded, signer, target_id, received_at, attempts FROM inbox
		WHERE host = ? AND attempts < ? AND next_at <= ? ORDER BY id LIMIT ?`, host, attempts, db.Millis(now), most)
	return list, err
}

// rest tells of the rows of a host that may be tried: whether one may now, else
// when the first may; zero is never.
func (s store) rest(ctx context.Context, tx db.Tx, host string, attempts int) (first time.Time, any bool, err error) {
	var at sql.NullInt64
	err = tx.QueryRowContext(ctx, "SELECT MIN(next_at) FROM inbox WHERE host = ? AND attempts < ?", host, attempts).Scan(&at)
	return db.Time(at.Int64), at.Valid, err
}

// done ends a row; its hash is remembered. It reports whether it was there.
func (s store) done(ctx context.Context, tx db.Tx, d delivered, now time.Time) (bool, error) {
	res, err := tx.ExecContext(ctx, "DELETE FROM inbox WHERE id = ?", d.id)
	if err != nil {
		return false, err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return false, err
	}
	_, err = tx.ExecContext(ctx, "INSERT INTO inbox_seen (body_hash, at) VALUES (?, ?) ON CONFLICT (body_hash) DO NOTHING", d.hash, db.Millis(now))
	return true, err
}

func (s store) tried(ctx context.Context, tx db.Tx, id int64, attempts int, next time.Time) error {
	_, err := tx.ExecContext(ctx, "UPDATE inbox SET attempts = ?, next_at = ? WHERE id = ?", attempts, db.Millis(next), id)
	return err
}

// hosts are those of which something may be tried at some time.
func (s store) hosts(ctx context.Context, attempts int) (all []string, err error) {
	err = db.Each(ctx, s.db.Read(), func(r *sql.Rows) error {
		var h string
		err := r.Scan(&h)
		all = append(all, h)
		return err
	}, "SELECT DISTINCT host FROM inbox WHERE attempts < ? LIMIT 10000", attempts)
	return all, err
}

// sweep forgets hashes that nobody can send again, and what was set aside long
// ago.
func (s store) sweep(ctx context.Context, tx db.Tx, seen, aside time.Time, attempts int) error {
	if _, err := tx.ExecContext(ctx, "DELETE FROM inbox_seen WHERE at < ?", db.Millis(seen)); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, "DELETE FROM inbox WHERE attempts >= ? AND received_at < ?", attempts, db.Millis(aside))
	return err
}

// sweepGraves leaves each server its newest graves. Those of actors stay.
func (s store) sweepGraves(ctx context.Context, tx db.Tx, most int) error {
	_, err := tx.ExecContext(ctx, `DELETE FROM tombstone WHERE url IN (SELECT url FROM (
		SELECT t.url, ROW_NUMBER() OVER (PARTITION BY a.host_id ORDER BY t.at DESC, t.url) AS place FROM tombstone t JOIN actor a ON a.id = t.actor_id
		WHERE a.host_id IS NOT NULL AND t.type NOT IN ('Application', 'Person', 'Group')) AS graves WHERE place > ?)`, most)
	return err
}

func (s store) count(ctx context.Context) (n int, err error) {
	err = s.db.Read().QueryRowContext(ctx, "SELECT COUNT(*) FROM inbox").Scan(&n)
	return n, err
}

// countOf counts the rows of a host, up to most.
func (s store) countOf(ctx context.Context, host string, most int) (n int, err error) {
	err = s.db.Read().QueryRowContext(ctx, "SELECT COUNT(*) FROM (SELECT 1 FROM inbox WHERE host = ? LIMIT ?) AS waiting", host, most).Scan(&n)
	return n, err
}

// buried is when what had that address was deleted or undone; zero is never.
func (s store) buried(ctx context.Context, tx db.Tx, address string) (time.Time, error) {
	var at int64
	err := tx.QueryRowContext(ctx, "SELECT at FROM tombstone WHERE url = ?", address).Scan(&at)
	if errors.Is(err, sql.ErrNoRows) {
		return time.Time{}, nil
	}
	return db.Time(at), err
}

func (s store) unbury(ctx context.Context, tx db.Tx, address string) error {
	_, err := tx.ExecContext(ctx, "DELETE FROM tombstone WHERE url = ?", address)
	return err
}

// rated is the video that has a rating of an account by that address, and which;
// 0 is none.
func (s store) rated(ctx context.Context, tx db.Tx, address string, of account.ID) (id video.ID, as video.Rating, err error) {
	err = tx.QueryRowContext(ctx, "SELECT video_id, type FROM video_rate WHERE url = ? AND account_id = ?", address, int64(of)).Scan(&id, &as)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return id, as, err
}

// begin, release and back are about a part of a transaction: release keeps it,
// back undoes it alone.
func (store) begin(ctx context.Context, tx db.Tx) error { return exec(ctx, tx, "SAVEPOINT activity") }

func (store) release(ctx context.Context, tx db.Tx) error {
	return exec(ctx, tx, "RELEASE SAVEPOINT activity")
}

func (store) back(ctx context.Context, tx db.Tx) error {
	if err := exec(ctx, tx, "ROLLBACK TO SAVEPOINT activity"); err != nil {
		return err
	}
	return exec(ctx, tx, "RELEASE SAVEPOINT activity")
}

func exec(ctx context.Context, tx db.Tx, query string) error {
	_, err := tx.ExecContext(ctx, query)
	return err
}
