package delivery

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"vidiverse/instance/actor"
	"vidiverse/instance/db"
)

type store struct{ db *db.DB }

func (store) addOutbound(ctx context.Context, tx db.Tx, a Activity, now time.Time) (id int64, err error) {
	err = tx.QueryRowContext(ctx, "INSERT INTO outbound (actor_id, topic, body, expires_at, created_at) VALUES (?, ?, ?, ?, ?) RETURNING id",
		int64(a.From), db.Text(a.Topic), a.Body, db.Moment(a.Expires), db.Millis(now)).Scan(&id)
	if err != nil {
		return 0, fmt.Errorf("keep activity: %w", err)
	}
	return id, nil
}

func (store) dropOutbound(ctx context.Context, tx db.Tx, id int64) error {
	_, err := tx.ExecContext(ctx, "DELETE FROM outbound WHERE id = ?", id)
	return err
}

// supersede drops the activities of a topic, delivered or not.
func (store) supersede(ctx context.Context, tx db.Tx, topic string) error {
	_, err := tx.ExecContext(ctx, "DELETE FROM outbound WHERE topic = ?", topic)
	return err
}

const (
	sharedInbox = "CASE WHEN a.shared_inbox_url <> '' THEN a.shared_inbox_url ELSE a.inbox_url END"
	into        = "INSERT INTO delivery (outbound_id, host_id, inbox) SELECT DISTINCT CAST(? AS BIGINT), a.host_id, "
	remote      = " AND a.host_id IS NOT NULL AND a.deleted_at IS NULL AND h.name <> ? ORDER BY a.host_id ON CONFLICT (outbound_id, inbox) DO NOTHING"
)

// address writes who gets an activity, without reading who that is.
func (store) address(ctx context.Context, tx db.Tx, outbound int64, to Audience) error {
	for _, part := range []struct {
		ids   any
		empty bool
		query string
	}{
		{bun.List(to.FollowersOf), len(to.FollowersOf) == 0, into + sharedInbox + ` FROM follow f JOIN actor a ON a.id = f.follower_id
			JOIN host h ON h.id = a.host_id WHERE f.target_id IN (?) AND f.state = 'accepted'` + remote},
		{bun.List(to.Shared), len(to.Shared) == 0, into + sharedInbox + ` FROM actor a JOIN host h ON h.id = a.host_id WHERE a.id IN (?)` + remote},
		{bun.List(to.Personal), len(to.Personal) == 0, into + `a.inbox_url FROM actor a JOIN host h ON h.id = a.host_id WHERE a.id IN (?)` + remote},
	} {
		if part.empty {
			continue
		}
		if _, err := tx.NewRaw(part.query, outbound, part.ids, to.Except).Exec(ctx); err != nil {
			return fmt.Errorf("address activity: %w", err)
		}
	}
	return nil
}

const hostColumns = "SELECT h.id, h.name, h.failures, h.closed_until FROM host h WHERE h.id IN "

func (store) addressed(ctx context.Context, tx db.Tx, outbound int64) ([]host, error) {
	return hosts(ctx, tx, hostColumns+"(SELECT d.host_id FROM delivery d WHERE d.outbound_id = ?) ORDER BY h.id", outbound)
}

// waiting are the hosts that something waits for.
func (s store) waiting(ctx context.Context) ([]host, error) {
	return hosts(ctx, s.db.Read(), hostColumns+"(SELECT d.host_id FROM delivery d) ORDER BY h.id")
}

func hosts(ctx context.Context, q bun.IDB, query string, args ...any) (all []host, err error) {
	err = db.Each(ctx, q, func(r *sql.Rows) error {
		var h host
		var closed sql.NullInt64
		if err := r.Scan(&h.ID, &h.Name, &h.Failures, &closed); err != nil {
			return err
		}
		h.Closed = db.NullTime(closed)
		all = append(all, h)
		return nil
	}, query, args...)
	return all, err
}

// next are the first deliveries of a host that are not over yet. What is over is
// always the beginning.
func (s store) next(ctx context.Context, host int64, n int, over []int64) (all []one, err error) {
	after := int64(0)
	if len(over) > 0 {
		after = over[len(over)-1]
	}
	err = db.Each(ctx, s.db.Read(), func(r *sql.Rows) error {
		var o one
		var created int64
		var expires sql.NullInt64
		if err := r.Scan(&o.id, &o.outbound, &o.actor, &o.inbox, &o.attempts, &created, &expires); err != nil {
			return err
		}
		o.created, o.expires = db.Time(created), db.NullTime(expires)
		all = append(all, o)
		return nil
	}, `SELECT d.id, d.outbound_id, o.actor_id, d.inbox, d.attempts, o.created_at, o.expires_at
		FROM delivery d JOIN outbound o ON o.id = d.outbound_id WHERE d.host_id = ? AND d.id > ? ORDER BY d.id LIMIT ?`, host, after, n)
	return all, err
}

func (s store) body(ctx context.Context, outbound int64) (b []byte, err error) {
	err = s.db.Read().QueryRowContext(ctx, "SELECT body FROM outbound WHERE id = ?", outbound).Scan(&b)
	return b, err
}

func (store) drop(ctx context.Context, tx db.Tx, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	_, err := tx.NewRaw("DELETE FROM delivery WHERE id IN (?)", bun.List(ids)).Exec(ctx)
	return err
}

func (store) tried(ctx context.Context, tx db.Tx, id int64) error {
	_, err := tx.ExecContext(ctx, "UPDATE delivery SET attempts = attempts + 1 WHERE id = ?", id)
	return err
}

func (store) waits(ctx context.Context, tx db.Tx, host int64) (bool, error) {
	var n int
	err := tx.QueryRowContext(ctx, "SELECT 1 FROM delivery WHERE host_id = ? LIMIT 1", host).Scan(&n)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return n == 1, err
}

func (store) failures(ctx context.Context, tx db.Tx, host int64) (n int, err error) {
	err = tx.QueryRowContext(ctx, "SELECT failures FROM host WHERE id = ?", host).Scan(&n)
	return n, err
}

func (store) close(ctx context.Context, tx db.Tx, h host) error {
	_, err := tx.ExecContext(ctx, "UPDATE host SET failures = ?, closed_until = ? WHERE id = ?", h.Failures, db.Millis(h.Closed), h.ID)
	return err
}

// open notes that a host is there again.
func (store) open(ctx context.Context, tx db.Tx, host int64) error {
	_, err := tx.ExecContext(ctx, "UPDATE host SET failures = 0, closed_until = NULL WHERE id = ? AND failures > 0", host)
	return err
}

// dropDelivered removes activities that wait for nothing, some at a time, and
// reports whether there may be more.
func (store) dropDelivered(ctx context.Context, tx db.Tx, before time.Time) (more bool, err error) {
	const some = 500
	res, err := tx.ExecContext(ctx, `DELETE FROM outbound WHERE id IN (SELECT o.id FROM outbound o WHERE o.created_at < ?
		AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.outbound_id = o.id) LIMIT ?)`, db.Millis(before), some)
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n == some, err
}

// reaches reports whether anybody elsewhere is in an audience.
func (s store) reaches(ctx context.Context, to Audience) (bool, error) {
	if len(to.FollowersOf) > 0 {
		ok, err := s.any(ctx, `SELECT 1 FROM follow f JOIN actor a ON a.id = f.follower_id WHERE f.target_id IN (?) AND f.state = 'accepted'
			AND a.host_id IS NOT NULL AND a.deleted_at IS NULL LIMIT 1`, to.FollowersOf)
		if ok || err != nil {
			return ok, err
		}
	}
	if named := slices.Concat(to.Shared, to.Personal); len(named) > 0 {
		return s.any(ctx, "SELECT 1 FROM actor a WHERE a.id IN (?) AND a.host_id IS NOT NULL AND a.deleted_at IS NULL LIMIT 1", named)
	}
	return false, nil
}

func (s store) any(ctx context.Context, query string, ids []actor.ID) (bool, error) {
	var n int
	err := s.db.Read().NewRaw(query, bun.List(ids)).Scan(ctx, &n)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return n == 1, err
}
