package comment

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"vidiverse/instance/access"
	"vidiverse/instance/account"
	"vidiverse/instance/actor"
	"vidiverse/instance/channel"
	"vidiverse/instance/db"
	"vidiverse/instance/fault"
	"vidiverse/instance/video"
)

// store holds the SQL of comments.
type store struct{}

const columns = `SELECT c.id, c.url, c.video_id, c.account_id, c.thread_id, c.parent_id, c.text, c.held, c.approval_url,
	c.created_at, c.updated_at, c.deleted_at`

// row is where columns are read to.
type row struct {
	c                               Comment
	account, thread, parent, delete sql.NullInt64
	approval                        sql.NullString
	held, created, updated          int64
}

func (r *row) dest() []any {
	return []any{&r.c.ID, &r.c.URL, &r.c.Video, &r.account, &r.thread, &r.parent, &r.c.Text, &r.held, &r.approval,
		&r.created, &r.updated, &r.delete}
}

func (r *row) comment() Comment {
	c := r.c
	c.Account, c.Thread, c.Parent = account.ID(r.account.Int64), ID(r.thread.Int64), ID(r.parent.Int64)
	if !r.thread.Valid {
		c.Thread = c.ID
	}
	c.Held, c.Approval = r.held != 0, r.approval.String
	c.CreatedAt, c.UpdatedAt, c.DeletedAt = db.Time(r.created), db.Time(r.updated), db.NullTime(r.delete)
	return c
}

func (store) one(ctx context.Context, q bun.IDB, where string, arg any) (Comment, error) {
	var r row
	err := q.QueryRowContext(ctx, columns+" FROM comment c WHERE "+where, arg).Scan(r.dest()...)
	if errors.Is(err, sql.ErrNoRows) {
		return Comment{}, notFound()
	}
	return r.comment(), err
}

func (s store) byID(ctx context.Context, q bun.IDB, id ID) (Comment, error) {
	return s.one(ctx, q, "c.id = ?", int64(id))
}

func (s store) byURL(ctx context.Context, q bun.IDB, url string) (Comment, error) {
	return s.one(ctx, q, "c.url = ?", url)
}

// place is what a video says about comments on it.
type place struct {
	uuid       string
	local      bool
	owner      account.ID
	ownerActor actor.ID
	policy     video.CommentsPolicy
	privacy    video.Privacy
}

func (store) place(ctx context.Context, q bun.IDB, id video.ID) (p place, err error) {
	err = q.QueryRowContext(ctx, `SELECT v.uuid, v.host_id IS NULL, a.id, a.actor_id, v.comments_policy, v.privacy FROM video v
		JOIN channel c ON c.id = v.channel_id JOIN account a ON a.id = c.account_id WHERE v.id = ?`, int64(id)).
		Scan(&p.uuid, &p.local, &p.owner, &p.ownerActor, &p.policy, &p.privacy)
	return p, access.NotFound(err)
}

// insert writes a new comment; address makes its URL of its number.
func (store) insert(ctx context.Context, tx db.Tx, c *Comment, address func(ID) string) error {
	// A URL must be there before the number is known, and be nobody's.
	err := tx.QueryRowContext(ctx, `INSERT INTO comment (url, video_id, account_id, thread_id, parent_id, text, held, approval_url,
		created_at, updated_at, deleted_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`,
		access.NewUUID(), int64(c.Video), db.Number(int(c.Account)), db.Number(int(c.Thread)), db.Number(int(c.Parent)), c.Text,
		db.Flag(c.Held), db.Text(c.Approval), db.Millis(c.CreatedAt), db.Millis(c.UpdatedAt), db.Moment(c.DeletedAt)).Scan(&c.ID)
	if err != nil {
		return fmt.Errorf("insert comment: %w", err)
	}
	if c.Thread == 0 {
		c.Thread = c.ID
	}
	c.URL = address(c.ID)
	_, err = tx.ExecContext(ctx, "UPDATE comment SET url = ? WHERE id = ?", c.URL, int64(c.ID))
	return err
}

func (store) count(ctx context.Context, tx db.Tx, id video.ID, by int) error {
	_, err := tx.ExecContext(ctx, "UPDATE video_counter SET comments = CASE WHEN comments + ? < 0 THEN 0 ELSE comments + ? END WHERE video_id = ?",
		by, by, int64(id))
	return err
}

// erase leaves a tombstone of a comment.
func (store) erase(ctx context.Context, tx db.Tx, id ID, at time.Time) error {
	_, err := tx.ExecContext(ctx, `UPDATE comment SET text = '', account_id = NULL, held = 0, deleted_at = ?, updated_at = ? WHERE id = ?`,
		db.Millis(at), db.Millis(at), int64(id))
	return err
}

// eraseOf is erase for all comments of an account, counters included.
func (store) eraseOf(ctx context.Context, tx db.Tx, of account.ID, at time.Time) error {
	_, err := tx.ExecContext(ctx, `UPDATE video_counter SET comments = comments -
		(SELECT COUNT(*) FROM comment c WHERE c.video_id = video_counter.video_id AND c.account_id = ? AND c.held = 0)
		WHERE video_id IN (SELECT c.video_id FROM comment c WHERE c.account_id = ?)`, int64(of), int64(of))
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `UPDATE comment SET text = '', account_id = NULL, held = 0, deleted_at = ?, updated_at = ? WHERE account_id = ?`,
		db.Millis(at), db.Millis(at), int64(of))
	return err
}

func (store) release(ctx context.Context, tx db.Tx, id ID, approval string, at time.Time) error {
	_, err := tx.ExecContext(ctx, "UPDATE comment SET held = 0, approval_url = ?, updated_at = ? WHERE id = ?",
		db.Text(approval), db.Millis(at), int64(id))
	return err
}

// seen notes what a remote comment says now; an approval that is known stays.
func (store) seen(ctx context.Context, tx db.Tx, id ID, text, approval string, at time.Time) error {
	_, err := tx.ExecContext(ctx, "UPDATE comment SET text = ?, approval_url = COALESCE(?, approval_url), updated_at = ? WHERE id = ?",
		text, db.Text(approval), db.Millis(at), int64(id))
	return err
}

// author is the actor behind an account, and whether it is one of ours.
func (store) author(ctx context.Context, q bun.IDB, id account.ID) (by actor.ID, local bool, err error) {
	err = q.QueryRowContext(ctx, "SELECT t.id, t.host_id IS NULL FROM account a JOIN actor t ON t.id = a.actor_id WHERE a.id = ?", int64(id)).Scan(&by, &local)
	if errors.Is(err, sql.ErrNoRows) {
		err = fault.New(fault.NotFound, "Account not found")
	}
	return by, local, err
}

func (s store) actorOf(ctx context.Context, q bun.IDB, id account.ID) (actor.ID, error) {
	by, _, err := s.author(ctx, q, id)
	return by, err
}

func (store) ownerOf(ctx context.Context, q bun.IDB, id channel.ID) (owner account.ID, err error) {
	err = q.QueryRowContext(ctx, "SELECT account_id FROM channel WHERE id = ?", int64(id)).Scan(&owner)
	if errors.Is(err, sql.ErrNoRows) {
		err = fault.New(fault.NotFound, "Video channel not found")
	}
	return owner, err
}

// authors are the actors of the comments above one, the first of the thread first.
func (store) authors(ctx context.Context, q bun.IDB, id ID) (list []actor.ID, err error) {
	err = db.Each(ctx, q, func(r *sql.Rows) error {
		var a actor.ID
		if err := r.Scan(&a); err != nil {
			return err
		}
		if !slices.Contains(list, a) {
			list = append(list, a)
		}
		return nil
	}, `WITH RECURSIVE up (id, parent_id, depth) AS (
			SELECT id, parent_id, 0 FROM comment WHERE id = ?
			UNION ALL SELECT c.id, c.parent_id, up.depth + 1 FROM comment c JOIN up ON c.id = up.parent_id WHERE up.depth < ?
		) SELECT a.actor_id FROM up JOIN comment c ON c.id = up.id JOIN account a ON a.id = c.account_id
		WHERE up.depth > 0 ORDER BY up.depth DESC`, int64(id), maxParents)
	return list, err
}

// involved are the actors whose followers hear of what happens under a video: its
// owner and who shares it.
func (store) involved(ctx context.Context, q bun.IDB, id video.ID) (list []int64, err error) {
	err = db.Each(ctx, q, func(r *sql.Rows) error {
		var a int64
		err := r.Scan(&a)
		list = append(list, a)
		return err
	}, `SELECT a.actor_id FROM video v JOIN channel c ON c.id = v.channel_id JOIN account a ON a.id = c.account_id WHERE v.id = ?
		UNION SELECT actor_id FROM video_share WHERE video_id = ? ORDER BY 1`, int64(id), int64(id))
	return list, err
}

func (store) unseen(ctx context.Context, q bun.IDB, v video.ID, since time.Time, most int) (ids []ID, err error) {
	err = db.Each(ctx, q, func(r *sql.Rows) error {
		var id ID
		err := r.Scan(&id)
		ids = append(ids, id)
		return err
	}, `SELECT c.id FROM comment c JOIN account a ON a.id = c.account_id JOIN actor t ON t.id = a.actor_id
		WHERE c.video_id = ? AND c.updated_at < ? AND c.deleted_at IS NULL AND t.host_id IS NOT NULL ORDER BY c.id LIMIT ?`,
		int64(v), db.Millis(since), most)
	return ids, err
}

func (store) ofAccount(ctx context.Context, q bun.IDB, what removal, most int) (list []Comment, err error) {
	err = db.Each(ctx, q, func(r *sql.Rows) error {
		var one row
		err := r.Scan(one.dest()...)
		list = append(list, one.comment())
		return err
	}, columns+` FROM comment c JOIN video v ON v.id = c.video_id JOIN channel h ON h.id = v.channel_id
		WHERE c.account_id = ? AND (? = 0 OR h.account_id = ?) ORDER BY c.id LIMIT ?`,
		int64(what.Of), int64(what.Owner), int64(what.Owner), most)
	return list, err
}
