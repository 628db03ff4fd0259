package notify

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/uptrace/bun"

	"vidiverse/instance/account"
	"vidiverse/instance/actor"
	"vidiverse/instance/block"
	"vidiverse/instance/db"
	"vidiverse/instance/fault"
	"vidiverse/instance/user"
	"vidiverse/instance/video"
)

type store struct{}

const (
	person1        = `SELECT u.id, a.id, u.preferences FROM local_user u JOIN account a ON a.user_id = u.id `
	moderators     = person1 + `WHERE u.blocked = 0 AND u.role <= 1 ORDER BY u.id`
	administrators = person1 + `WHERE u.blocked = 0 AND u.role = 0 ORDER BY u.id`
	ofAccount      = person1 + `WHERE u.blocked = 0 AND a.id = ?`
	ownerOfVideo   = person1 + `JOIN channel c ON c.account_id = a.id JOIN video v ON v.channel_id = c.id WHERE u.blocked = 0 AND v.id = ?`
	ownerOfActor   = person1 + `WHERE u.blocked = 0 AND (a.actor_id = ? OR a.id IN (SELECT account_id FROM channel WHERE actor_id = ?))`
	follows        = person1 + `JOIN follow f ON f.follower_id = a.actor_id
		WHERE u.blocked = 0 AND f.target_id = ? AND f.state = 'accepted' AND u.id > ? ORDER BY u.id LIMIT ?`
)

// people reads receivers by one of the texts above.
func (store) people(ctx context.Context, q bun.IDB, text string, args ...any) (list []person, err error) {
	err = db.Each(ctx, q, func(r *sql.Rows) error {
		var p person
		var raw string
		if err := r.Scan(&p.id, &p.account, &raw); err != nil {
			return err
		}
		var prefs user.Preferences
		if err := json.Unmarshal([]byte(raw), &prefs); err != nil {
			return fmt.Errorf("preferences of user %d: %w", p.id, err)
		}
		p.wants = prefs.Notifications
		list = append(list, p)
		return nil
	}, text, args...)
	return list, err
}

func (s store) subscribers(ctx context.Context, q bun.IDB, of actor.ID, after user.ID, count int) ([]person, error) {
	return s.people(ctx, q, follows, of, after, count)
}

func (s store) named(ctx context.Context, q bun.IDB, names []string) ([]person, error) {
	lower := make([]string, len(names))
	for i, n := range names {
		lower[i] = strings.ToLower(n)
	}
	return s.people(ctx, q, person1+`WHERE u.blocked = 0 AND lower(u.username) IN (?) ORDER BY u.id`, bun.List(lower))
}

// insert returns 0 when the user was told before.
func (store) insert(ctx context.Context, tx db.Tx, to user.ID, n notice, now int64) (id ID, err error) {
	err = tx.NewRaw(`INSERT INTO notification (user_id, type, video_id, comment_id, report_id, follow_id, account_id, cause, created_at, updated_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING id`,
		to, int(n.kind), orNull(n.video), orNull(n.comment), orNull(n.report), orNull(n.follow), orNull(n.account), n.cause, now, now).Scan(ctx, &id)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return id, err
}

func orNull(n int64) any {
	if n == 0 {
		return nil
	}
	return n
}

type videoFacts struct {
	local, waited bool
	privacy       video.Privacy
	state         video.State
	owner         account.ID
	channelActor  actor.ID
}

func gone(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return fault.New(fault.NotFound, "gone meanwhile")
	}
	return err
}

func (store) video(ctx context.Context, q bun.IDB, id int64) (v videoFacts, err error) {
	var host sql.NullInt64
	var waited int
	err = q.NewRaw(`SELECT v.host_id, v.wait_transcoding, v.privacy, v.state, c.account_id, c.actor_id
		FROM video v JOIN channel c ON c.id = v.channel_id WHERE v.id = ?`, id).
		Scan(ctx, &host, &waited, &v.privacy, &v.state, &v.owner, &v.channelActor)
	v.local, v.waited = !host.Valid, waited != 0
	return v, gone(err)
}

type commentFacts struct {
	text       string
	by         account.ID
	video      int64
	localVideo bool
	held       bool
	remote     bool   // another server's people wrote it
	answered   string // who of this instance wrote what it answers, "" for nobody
}

func (store) comment(ctx context.Context, q bun.IDB, id int64) (c commentFacts, err error) {
	var host, from sql.NullInt64
	var answered sql.NullString
	var held int
	err = q.NewRaw(`SELECT m.text, m.account_id, m.video_id, v.host_id, m.held, t.host_id,
			(SELECT pt.username FROM comment p JOIN account pa ON pa.id = p.account_id JOIN actor pt ON pt.id = pa.actor_id
			 WHERE p.id = m.parent_id AND pt.host_id IS NULL)
		FROM comment m JOIN video v ON v.id = m.video_id JOIN account a ON a.id = m.account_id JOIN actor t ON t.id = a.actor_id
		WHERE m.id = ? AND m.deleted_at IS NULL`, id).Scan(ctx, &c.text, &c.by, &c.video, &host, &held, &from, &answered)
	c.localVideo, c.held, c.remote, c.answered = !host.Valid, held != 0, from.Valid, answered.String
	return c, gone(err)
}

type reportFacts struct{ reporter account.ID }

func (store) report(ctx context.Context, q bun.IDB, id int64) (r reportFacts, err error) {
	var by sql.NullInt64
	err = q.NewRaw(`SELECT reporter_id FROM report WHERE id = ?`, id).Scan(ctx, &by)
	r.reporter = account.ID(by.Int64)
	return r, gone(err)
}

func (store) messageBy(ctx context.Context, q bun.IDB, id int64) (account.ID, error) {
	var by sql.NullInt64
	err := q.NewRaw(`SELECT account_id FROM report_message WHERE id = ?`, id).Scan(ctx, &by)
	return account.ID(by.Int64), gone(err)
}

func (store) accountOf(ctx context.Context, q bun.IDB, id user.ID) (of account.ID, err error) {
	err = q.NewRaw(`SELECT id FROM account WHERE user_id = ?`, id).Scan(ctx, &of)
	return of, gone(err)
}

// accountBehind is the account of an actor, 0 when it has none.
func (store) accountBehind(ctx context.Context, q bun.IDB, id actor.ID) (of account.ID, err error) {
	err = q.NewRaw(`SELECT id FROM account WHERE actor_id = ?`, id).Scan(ctx, &of)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return of, err
}

func (store) markRead(ctx context.Context, tx db.Tx, of user.ID, ids []ID, now int64) error {
	_, err := tx.NewRaw(`UPDATE notification SET read = 1, updated_at = ? WHERE user_id = ? AND id IN (?) AND read = 0`, now, of, bun.List(ids)).Exec(ctx)
	return err
}

func (store) markAllRead(ctx context.Context, tx db.Tx, of user.ID, now int64) error {
	_, err := tx.NewRaw(`UPDATE notification SET read = 1, updated_at = ? WHERE user_id = ? AND read = 0`, now, of).Exec(ctx)
	return err
}

// forget deletes what one account, or all of a server, told: of everybody when
// the instance muted them.
func (store) forget(ctx context.Context, tx db.Tx, m block.Muting) error {
	muted, who := `SELECT a.id, a.actor_id FROM account a WHERE a.id = ?`, any(m.Account)
	if m.ServerID != 0 {
		muted, who = `SELECT a.id, t.id FROM actor t LEFT JOIN account a ON a.actor_id = t.id WHERE t.host_id = ?`, any(m.ServerID)
	}
	var mine string
	args := []any{who}
	if m.By != 0 {
		mine = `user_id IN (SELECT user_id FROM account WHERE id = ?) AND `
		args = append(args, m.By)
	}
	_, err := tx.NewRaw(`WITH muted (account, actor) AS (`+muted+`) DELETE FROM notification WHERE `+mine+`(
		account_id IN (SELECT account FROM muted)
		OR comment_id IN (SELECT id FROM comment WHERE account_id IN (SELECT account FROM muted))
		OR follow_id IN (SELECT id FROM follow WHERE follower_id IN (SELECT actor FROM muted))
		OR type = 1 AND video_id IN (SELECT v.id FROM video v JOIN channel c ON c.id = v.channel_id WHERE c.account_id IN (SELECT account FROM muted)))`, args...).Exec(ctx)
	return err
}
