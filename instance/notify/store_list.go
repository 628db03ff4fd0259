package notify

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/uptrace/bun"

	"vidiverse/instance/account"
	"vidiverse/instance/actor"
	"vidiverse/instance/channel"
	"vidiverse/instance/comment"
	"vidiverse/instance/db"
	"vidiverse/instance/fault"
	"vidiverse/instance/report"
	"vidiverse/instance/user"
	"vidiverse/instance/video"
)

// facts reads notifications with what they are about: v is the video, that of
// the comment, or that of the report.
const facts = `SELECT n.id, n.user_id, n.type, n.read, n.created_at, n.updated_at, n.account_id, n.video_id, n.comment_id,
	v.id, v.uuid, v.name, v.state, v.channel_id, m.id, COALESCE(m.thread_id, m.id), m.account_id, m.held,
	r.id, r.state, r.kind, r.flagged_id, f.id, f.state,
	ft.id, ft.kind, fa.id, fc.id, ft.username, fh.name, COALESCE(fa.display_name, fc.display_name),
	tt.id, tt.kind, ta.id, tc.id, tt.username, th.name, COALESCE(ta.display_name, tc.display_name)
	FROM notification n LEFT JOIN report r ON r.id = n.report_id
	LEFT JOIN comment m ON m.id = COALESCE(n.comment_id, r.comment_id) AND m.deleted_at IS NULL
	LEFT JOIN video v ON v.id = COALESCE(n.video_id, r.video_id, m.video_id)
	LEFT JOIN follow f ON f.id = n.follow_id
	LEFT JOIN actor ft ON ft.id = f.follower_id LEFT JOIN host fh ON fh.id = ft.host_id
	LEFT JOIN account fa ON fa.actor_id = ft.id LEFT JOIN channel fc ON fc.actor_id = ft.id
	LEFT JOIN actor tt ON tt.id = f.target_id LEFT JOIN host th ON th.id = tt.host_id
	LEFT JOIN account ta ON ta.actor_id = tt.id LEFT JOIN channel tc ON tc.actor_id = tt.id `

// row is one row of facts.
type row struct {
	n                            Notification
	kind, read                   int
	created, updated             int64
	account, videoOf, commentOf  sql.NullInt64
	video, state, channel        sql.NullInt64
	uuid, name                   sql.NullString
	comment, thread, by, held    sql.NullInt64
	report, reportState, flagged sql.NullInt64
	reportKind, followState      sql.NullString
	follow                       sql.NullInt64
	follower, target             sideRow
}

type sideRow struct {
	actor, kind, account, channel sql.NullInt64
	name, host, display           sql.NullString
}

func (s *sideRow) fields() []any {
	return []any{&s.actor, &s.kind, &s.account, &s.channel, &s.name, &s.host, &s.display}
}

func (s sideRow) side() Side {
	return Side{
		Actor: actor.ID(s.actor.Int64), Kind: actor.Kind(s.kind.Int64), Account: account.ID(s.account.Int64), Channel: channel.ID(s.channel.Int64),
		Name: s.name.String, Host: s.host.String, Display: s.display.String,
	}
}

func (r *row) scan(rows *sql.Rows) error {
	fields := append([]any{
		&r.n.ID, &r.n.User, &r.kind, &r.read, &r.created, &r.updated, &r.account, &r.videoOf, &r.commentOf,
		&r.video, &r.uuid, &r.name, &r.state, &r.channel, &r.comment, &r.thread, &r.by, &r.held,
		&r.report, &r.reportState, &r.reportKind, &r.flagged, &r.follow, &r.followState,
	}, r.follower.fields()...)
	return rows.Scan(append(fields, r.target.fields()...)...)
}

func (r row) notification() Notification {
	n := r.n
	n.Type, n.Read, n.Account = Type(r.kind), r.read != 0, account.ID(r.account.Int64)
	n.CreatedAt, n.UpdatedAt = db.Time(r.created), db.Time(r.updated)
	v := Video{
		ID: video.ID(r.video.Int64), UUID: r.uuid.String, Name: r.name.String,
		State: video.State(r.state.Int64), Channel: channel.ID(r.channel.Int64),
	}
	switch {
	case r.report.Valid:
		n.Report = &Report{ID: report.ID(r.report.Int64), State: report.State(r.reportState.Int64), Kind: report.Kind(r.reportKind.String)}
		if r.video.Valid {
			n.Report.Video = &v
		}
		n.Report.Thread = comment.ID(r.thread.Int64)
		if n.Report.Kind == report.OfAccount {
			n.Report.Of = account.ID(r.flagged.Int64)
		}
	case r.commentOf.Valid && r.comment.Valid:
		n.Comment = &Comment{
			ID: comment.ID(r.comment.Int64), Thread: comment.ID(r.thread.Int64), Account: account.ID(r.by.Int64), Video: v, Held: r.held.Int64 != 0,
		}
	case r.videoOf.Valid && r.video.Valid:
		n.Video = &v
	case r.follow.Valid:
		n.Follow = &Follow{
			ID: actor.FollowID(r.follow.Int64), State: actor.State(r.followState.String), Follower: r.follower.side(), Target: r.target.side(),
		}
	}
	return n
}

func (store) read(ctx context.Context, q bun.IDB, text string, args ...any) (list []Notification, err error) {
	err = db.Each(ctx, q, func(rows *sql.Rows) error {
		var r row
		if err := r.scan(rows); err != nil {
			return err
		}
		list = append(list, r.notification())
		return nil
	}, facts+text, args...)
	if err != nil {
		return nil, fmt.Errorf("read notifications: %w", err)
	}
	return list, nil
}

func (s store) byID(ctx context.Context, q bun.IDB, id ID) (Notification, error) {
	list, err := s.read(ctx, q, `WHERE n.id = ?`, id)
	if err == nil && len(list) == 0 {
		err = fault.New(fault.NotFound, "Notification not found")
	}
	if err != nil {
		return Notification{}, err
	}
	return list[0], nil
}

var orders = map[string]string{
	"createdAt": `n.id`, "-createdAt": `n.id DESC`, // numbers grow with time
	"read": `n.read, n.id DESC`, "-read": `n.read DESC, n.id DESC`,
}

func (q Query) where(of user.ID) (string, []any) {
	text, args := `WHERE n.user_id = ? `, []any{of}
	if q.Unread != nil {
		text += `AND n.read = ? `
		args = append(args, db.Flag(!*q.Unread))
	}
	if len(q.Types) > 0 {
		text += `AND n.type IN (?) `
		args = append(args, bun.List(q.Types))
	}
	return text, args
}

func (store) count(ctx context.Context, q bun.IDB, of user.ID, by Query) (n int, err error) {
	where, args := by.where(of)
	err = q.NewRaw(`SELECT count(*) FROM notification n `+where, args...).Scan(ctx, &n)
	return n, err
}

func (s store) list(ctx context.Context, q bun.IDB, of user.ID, by Query) ([]Notification, error) {
	order, ok := orders[by.Sort]
	if !ok {
		order = orders["-createdAt"]
	}
	where, args := by.where(of)
	return s.read(ctx, q, where+`ORDER BY `+order+` LIMIT ? OFFSET ?`, append(args, by.Count, by.Start)...)
}
