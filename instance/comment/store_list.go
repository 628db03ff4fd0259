package comment

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/uptrace/bun"

	"vidiverse/instance/account"
	"vidiverse/instance/db"
	"vidiverse/instance/video"
)

// orders is the whole list of what may follow ORDER BY.
var orders = map[string]string{
	"createdAt": "c.created_at, c.id", "-createdAt": "c.created_at DESC, c.id DESC",
	"totalReplies": "replies, c.id", "-totalReplies": "replies DESC, c.id DESC",
}

func order(sort string) string {
	if o, ok := orders[sort]; ok {
		return " ORDER BY " + o
	}
	return " ORDER BY " + orders["-createdAt"]
}

// condition collects what follows WHERE.
type condition struct {
	text []string
	args []any
}

func (w *condition) and(text string, args ...any) {
	w.text = append(w.text, text)
	w.args = append(w.args, args...)
}

func (w *condition) where() string { return " WHERE " + strings.Join(append(w.text, "1 = 1"), " AND ") }

// unmuted leaves out whom one of some accounts does not want to hear; 0 stands for
// the instance. It is said of the comment with that alias. Both lists are made once
// a statement, and are short.
func unmuted(alias string, muters []account.ID) (text string, args []any) {
	if len(muters) == 0 {
		return "1 = 1", nil
	}
	who := `(SELECT z.id FROM account z JOIN actor y ON y.id = z.actor_id WHERE y.host_id IS NULL AND lower(y.username) = 'peertube' UNION ALL
		SELECT z.id FROM account z WHERE z.id IN (?))`
	in := bun.In(muters)
	return `COALESCE(` + alias + `.account_id, 0) NOT IN (SELECT b.target_id FROM account_block b WHERE b.account_id IN ` + who + `
		UNION ALL SELECT x.id FROM host_block b JOIN actor t ON t.host_id = b.host_id JOIN account x ON x.actor_id = t.id WHERE b.account_id IN ` + who + `)`, []any{in, in}
}

// condition is the one place of what somebody sees under a video.
func (f visible) condition() *condition {
	w := &condition{}
	w.and("c.video_id = ?", int64(f.video))
	text, args := unmuted("c", f.muters)
	w.and(text, args...)
	if f.heldBy != 0 {
		w.and("(c.held = 0 OR c.account_id = ?)", int64(f.heldBy))
	}
	return w
}

func (store) totals(ctx context.Context, q bun.IDB, f visible) (threads, notDeleted int, err error) {
	w := f.condition()
	err = q.QueryRowContext(ctx, `SELECT COALESCE(SUM(CASE WHEN c.thread_id IS NULL THEN 1 ELSE 0 END), 0),
		COALESCE(SUM(CASE WHEN c.deleted_at IS NULL THEN 1 ELSE 0 END), 0) FROM comment c`+w.where(), w.args...).Scan(&threads, &notDeleted)
	return threads, notDeleted, err
}

// withReplies are the columns of a comment with what counts its replies.
func (f visible) withReplies() (text string, args []any) {
	under := `(r.thread_id = c.id OR r.parent_id = c.id)`
	seen, args := unmuted("r", f.muters)
	return columns + `, (SELECT COUNT(*) FROM comment r WHERE ` + under + ` AND r.deleted_at IS NULL AND ` + seen + `) AS replies,
		(SELECT COUNT(*) FROM comment r JOIN video v ON v.id = r.video_id JOIN channel h ON h.id = v.channel_id
		WHERE ` + under + ` AND r.account_id = h.account_id) AS owner_replies FROM comment c`, args
}

func (store) threads(ctx context.Context, q bun.IDB, f visible, by Query) ([]Comment, error) {
	text, args := f.withReplies()
	w := f.condition()
	w.and("c.thread_id IS NULL")
	return counted(ctx, q, text+w.where()+order(by.Sort)+" LIMIT ? OFFSET ?", append(append(args, w.args...), by.Count, by.Start))
}

func (store) thread(ctx context.Context, q bun.IDB, f visible, id ID) ([]Comment, error) {
	text, args := f.withReplies()
	w := f.condition()
	w.and("(c.id = ? OR c.thread_id = ?)", int64(id), int64(id))
	return counted(ctx, q, text+w.where()+" ORDER BY c.created_at, c.id LIMIT ?", append(append(args, w.args...), maxThread))
}

func counted(ctx context.Context, q bun.IDB, text string, args []any) (list []Comment, err error) {
	err = db.Each(ctx, q, func(r *sql.Rows) error {
		var one row
		var replies, owners int
		if err := r.Scan(append(one.dest(), &replies, &owners)...); err != nil {
			return err
		}
		c := one.comment()
		c.Replies, c.OwnerReplies = replies, owners
		list = append(list, c)
		return nil
	}, text, args...)
	if err != nil {
		err = fmt.Errorf("list comments: %w", err)
	}
	return list, err
}

// urls are the addresses of the comments under a video, oldest first.
func (store) urls(ctx context.Context, q bun.IDB, f visible, start, count int) (list []string, total int, err error) {
	f.muters = []account.ID{0}
	w := f.condition()
	if err := q.QueryRowContext(ctx, "SELECT COUNT(*) FROM comment c"+w.where(), w.args...).Scan(&total); err != nil {
		return nil, 0, err
	}
	err = db.Each(ctx, q, func(r *sql.Rows) error {
		var u string
		err := r.Scan(&u)
		list = append(list, u)
		return err
	}, "SELECT c.url FROM comment c"+w.where()+" ORDER BY c.created_at, c.id LIMIT ? OFFSET ?", append(w.args, count, start)...)
	return list, total, err
}

const listTables = ` FROM comment c JOIN video v ON v.id = c.video_id JOIN channel h ON h.id = v.channel_id
	JOIN account a ON a.id = c.account_id JOIN actor t ON t.id = a.actor_id`

// list is the comments of many videos that a filter describes.
func (store) list(ctx context.Context, q bun.IDB, f Filter, v video.ID, owner account.ID, muters []account.ID) (list []Listed, total int, err error) {
	w := f.condition(v, owner)
	text, args := unmuted("c", muters)
	w.and(text, args...)
	if err := q.QueryRowContext(ctx, "SELECT COUNT(*)"+listTables+w.where(), w.args...).Scan(&total); err != nil || f.Count == 0 {
		return nil, total, err
	}
	sort := "-createdAt"
	if f.Sort == "createdAt" {
		sort = f.Sort
	}
	err = db.Each(ctx, q, func(r *sql.Rows) error {
		var one row
		var l Listed
		if err := r.Scan(append(one.dest(), &l.VideoUUID, &l.VideoName, &l.Channel)...); err != nil {
			return err
		}
		l.Comment = one.comment()
		list = append(list, l)
		return nil
	}, columns+", v.uuid, v.name, h.id"+listTables+w.where()+order(sort)+" LIMIT ? OFFSET ?", append(w.args, f.Count, f.Start)...)
	if err != nil {
		err = fmt.Errorf("list comments: %w", err)
	}
	return list, total, err
}

func (f Filter) condition(v video.ID, owner account.ID) *condition {
	w := &condition{}
	w.and("c.deleted_at IS NULL")
	if v != 0 {
		w.and("c.video_id = ?", int64(v))
	}
	if owner != 0 {
		w.and("h.account_id = ?", int64(owner))
	}
	if f.Channel != 0 {
		w.and("h.id = ?", int64(f.Channel))
	}
	w.either(f.Local, "t.host_id IS NULL", "t.host_id IS NOT NULL")
	w.either(f.OnLocalVideo, "v.host_id IS NULL", "v.host_id IS NOT NULL")
	w.either(f.Held, "c.held = 1", "c.held = 0")
	if f.Tagged {
		w.and("1 = 0")
	}
	w.search(f.Search, "c.text", "t.username", "a.display_name", "v.name")
	w.search(f.SearchAccount, "t.username", "a.display_name")
	w.search(f.SearchVideo, "v.name")
	return w
}

func (w *condition) either(want *bool, yes, no string) {
	switch {
	case want == nil:
	case *want:
		w.and(yes)
	default:
		w.and(no)
	}
}

// search keeps rows with a text in one of the columns.
func (w *condition) search(text string, in ...string) {
	if text == "" {
		return
	}
	like := "%" + strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(strings.ToLower(text)) + "%"
	var found []string
	for _, column := range in {
		found = append(found, "lower("+column+") LIKE ? ESCAPE '!'")
		w.args = append(w.args, like)
	}
	w.text = append(w.text, "("+strings.Join(found, " OR ")+")")
}
