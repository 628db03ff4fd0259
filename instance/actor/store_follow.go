package actor

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/uptrace/bun"

	"vidiverse/instance/db"
)

type followRow struct {
	ID                   FollowID
	FollowerID, TargetID ID
	State                State
	URL                  string `bun:"url"`
	Score                int
	SentAt               sql.NullInt64
	CreatedAt, UpdatedAt int64
}

const followColumns = `SELECT id, follower_id, target_id, state, url, score, sent_at, created_at, updated_at FROM follow `

func (r followRow) follow() Follow {
	return Follow{
		ID: r.ID, Follower: r.FollowerID, Target: r.TargetID, State: r.State, URL: r.URL, Score: r.Score,
		SentAt: db.NullTime(r.SentAt), CreatedAt: db.Time(r.CreatedAt), UpdatedAt: db.Time(r.UpdatedAt),
	}
}

func (store) follows(ctx context.Context, q bun.IDB, where string, args ...any) ([]Follow, error) {
	var rows []followRow
	if err := q.NewRaw(followColumns+where, args...).Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("find follows: %w", err)
	}
	all := make([]Follow, len(rows))
	for i, r := range rows {
		all[i] = r.follow()
	}
	return all, nil
}

func (s store) follow(ctx context.Context, q bun.IDB, where string, args ...any) (Follow, error) {
	all, err := s.follows(ctx, q, where, args...)
	if err == nil && len(all) == 0 {
		err = noFollow()
	}
	if err != nil {
		return Follow{}, err
	}
	return all[0], nil
}

// remoteTargets are whom an actor follows on other servers.
func (store) remoteTargets(ctx context.Context, tx db.Tx, id ID) (ids []int64, err error) {
	err = tx.NewRaw(`SELECT f.target_id FROM follow f JOIN actor t ON t.id = f.target_id
		WHERE f.follower_id = ? AND t.host_id IS NOT NULL ORDER BY f.id`, id).Scan(ctx, &ids)
	return ids, err
}

// dropFollows ends whatever an actor follows, and the follows of it by actors of
// which the condition is true, in few statements: they may be many.
func (store) dropFollows(ctx context.Context, tx db.Tx, id ID, followers string) error {
	ofIt := `target_id = ? AND follower_id IN (SELECT id FROM actor WHERE ` + followers + `)`
	for _, statement := range []string{
		`UPDATE actor_counter SET followers = followers - 1 WHERE followers > 0 AND actor_id IN
			(SELECT target_id FROM follow WHERE follower_id = ? AND state = 'accepted')`,
		`UPDATE actor_counter SET following = following - 1 WHERE following > 0 AND actor_id IN
			(SELECT follower_id FROM follow WHERE ` + ofIt + ` AND state = 'accepted')`,
		`DELETE FROM follow WHERE follower_id = ?`,
		`DELETE FROM follow WHERE ` + ofIt,
		`UPDATE actor_counter SET following = 0,
			followers = (SELECT count(*) FROM follow f WHERE f.target_id = actor_id AND f.state = 'accepted') WHERE actor_id = ?`,
	} {
		if _, err := tx.NewRaw(statement, id).Exec(ctx); err != nil {
			return fmt.Errorf("end follows of actor %d: %w", id, err)
		}
	}
	return nil
}

// wished dates a follow back to the moment at which it was asked for.
func (store) wished(ctx context.Context, tx db.Tx, id FollowID, at int64) error {
	_, err := tx.ExecContext(ctx, `UPDATE follow SET created_at = ? WHERE id = ? AND created_at > ?`, at, id, at)
	return err
}

func (s store) insertFollow(ctx context.Context, tx db.Tx, follower, target ID, url string, state State, now int64) (Follow, error) {
	var id FollowID
	err := tx.NewRaw(`INSERT INTO follow (follower_id, target_id, state, url, score, created_at, updated_at)
		VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id`, follower, target, state, url, firstScore, now, now).Scan(ctx, &id)
	if err != nil {
		return Follow{}, fmt.Errorf("insert follow: %w", err)
	}
	return s.follow(ctx, tx, `WHERE id = ?`, id)
}

func (store) moveFollow(ctx context.Context, tx db.Tx, id FollowID, url string, now int64) error {
	_, err := tx.NewRaw(`UPDATE follow SET url = ?, updated_at = ? WHERE id = ?`, url, now, id).Exec(ctx)
	return err
}

func (store) setState(ctx context.Context, tx db.Tx, id FollowID, state State, now int64) error {
	_, err := tx.NewRaw(`UPDATE follow SET state = ?, updated_at = ? WHERE id = ?`, state, now, id).Exec(ctx)
	return err
}

func (store) markSent(ctx context.Context, tx db.Tx, id FollowID, url string, now int64) error {
	_, err := tx.NewRaw(`UPDATE follow SET url = ?, sent_at = ? WHERE id = ?`, url, now, id).Exec(ctx)
	return err
}

func (store) deleteFollow(ctx context.Context, tx db.Tx, id FollowID) error {
	_, err := tx.NewRaw(`DELETE FROM follow WHERE id = ?`, id).Exec(ctx)
	return err
}

// count moves both counters. What other servers said of their actors may be
// less than what is known here, so no counter falls below nothing; or they said
// it when they knew of the follow already, so it grows to what is known here.
func (store) count(ctx context.Context, tx db.Tx, f Follow, by int) error {
	_, err := tx.NewRaw(`UPDATE actor_counter SET
		followers = CASE WHEN actor_id = ? AND followers + ? >= 0 THEN followers + ? ELSE followers END,
		following = CASE WHEN actor_id = ? AND following + ? >= 0 THEN following + ? ELSE following END
		WHERE actor_id IN (SELECT id FROM actor WHERE id IN (?, ?) AND (host_id IS NULL OR ? < 0))`,
		f.Target, by, by, f.Follower, by, by, f.Target, f.Follower, by).Exec(ctx)
	if err != nil || by < 0 {
		return err
	}
	for _, side := range []struct {
		column, of string
		id         ID
	}{{"followers", "target_id", f.Target}, {"following", "follower_id", f.Follower}} {
		_, err := tx.NewRaw(`UPDATE actor_counter SET ? = known.n FROM (SELECT COUNT(*) AS n FROM follow WHERE ? = ? AND state = 'accepted') AS known
			WHERE actor_id = ? AND ? < known.n AND actor_id IN (SELECT id FROM actor WHERE id = ? AND host_id IS NOT NULL)`,
			bun.Ident(side.column), bun.Ident(side.of), side.id, side.id, bun.Ident(side.column), side.id).Exec(ctx)
		if err != nil {
			return err
		}
	}
	return nil
}

func (store) followerInboxes(ctx context.Context, q bun.IDB, targets []ID, except string) ([]Inbox, error) {
	var all []Inbox
	err := q.NewRaw(`SELECT DISTINCT t.shared_inbox_url AS url, h.name AS host
		FROM follow f JOIN actor t ON t.id = f.follower_id JOIN host h ON h.id = t.host_id
		WHERE f.target_id IN (?) AND f.state = 'accepted' AND t.deleted_at IS NULL AND h.name <> ?
		ORDER BY 1`, bun.List(targets), except).Scan(ctx, &all)
	if err != nil {
		return nil, fmt.Errorf("inboxes of followers: %w", err)
	}
	return all, nil
}

func (store) inboxes(ctx context.Context, q bun.IDB, ids []ID) ([]Inbox, error) {
	var all []Inbox
	err := q.NewRaw(`SELECT DISTINCT t.shared_inbox_url AS url, h.name AS host
		FROM actor t JOIN host h ON h.id = t.host_id WHERE t.id IN (?) AND t.deleted_at IS NULL ORDER BY 1`, bun.List(ids)).Scan(ctx, &all)
	return all, err
}

const (
	followersSQL = `FROM follow f JOIN actor t ON t.id = f.follower_id WHERE f.target_id = ? AND f.state = 'accepted'`
	followingSQL = `FROM follow f JOIN actor t ON t.id = f.target_id WHERE f.follower_id = ? AND f.state = 'accepted'`
)

func (store) collection(ctx context.Context, q bun.IDB, from string, id ID, page int) (urls []string, total int, err error) {
	if err := q.NewRaw(`SELECT count(*) `+from, id).Scan(ctx, &total); err != nil || page < 1 {
		return nil, total, err
	}
	err = q.NewRaw(`SELECT t.url `+from+` ORDER BY f.created_at, f.id LIMIT ? OFFSET ?`, id, PageSize, (page-1)*PageSize).Scan(ctx, &urls)
	return urls, total, err
}
