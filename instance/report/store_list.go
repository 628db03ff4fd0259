package report

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/uptrace/bun"

	"vidiverse/instance/actor"
	"vidiverse/instance/channel"
	"vidiverse/instance/comment"
	"vidiverse/instance/db"
	"vidiverse/instance/video"
)

func channelID(n int64) channel.ID { return channel.ID(n) }

func commentID(n int64) comment.ID { return comment.ID(n) }

const (
	facts = columns + `, v.uuid AS video_uuid, v.name AS video_name, v.nsfw AS video_nsfw, v.channel_id,
		m.thread_id, m.text AS comment_text, m.deleted_at AS comment_deleted,
		w.id AS commented_id, w.uuid AS commented_uuid, w.name AS commented_name,
		(SELECT count(*) FROM report_message n WHERE n.report_id = r.id) AS messages,
		(SELECT count(*) FROM report o WHERE o.reporter_id = r.reporter_id) AS of_reporter,
		(SELECT count(*) FROM report o WHERE o.flagged_id = r.flagged_id) AS of_flagged,
		(SELECT count(*) FROM report o WHERE o.video_id = r.video_id) AS video_reports,
		(SELECT count(*) FROM report o WHERE o.video_id = r.video_id AND o.id <= r.id) AS video_report_nth `
	joined = `FROM report r
		LEFT JOIN account ra ON ra.id = r.reporter_id LEFT JOIN actor rt ON rt.id = ra.actor_id
		LEFT JOIN account fa ON fa.id = r.flagged_id LEFT JOIN actor ft ON ft.id = fa.actor_id
		LEFT JOIN video v ON v.id = r.video_id
		LEFT JOIN comment m ON m.id = r.comment_id LEFT JOIN video w ON w.id = m.video_id
		LEFT JOIN channel c ON c.id = COALESCE(v.channel_id, w.channel_id) LEFT JOIN actor ct ON ct.id = c.actor_id `
	// muted leaves out reports by whom the instance or a moderator muted.
	muted = `NOT EXISTS (SELECT 1 FROM account_block b WHERE b.target_id = r.reporter_id AND b.account_id IN (` + deaf + `))
		AND NOT EXISTS (SELECT 1 FROM host_block b WHERE b.host_id = rt.host_id AND b.account_id IN (` + deaf + `))`
	deaf = `SELECT i.id FROM account i JOIN actor t ON t.id = i.actor_id WHERE i.id = ? OR (t.host_id IS NULL AND t.kind = 1 AND t.username = ?)`

	ofReporter = `lower(rt.username) LIKE ? ESCAPE '!' OR lower(ra.display_name) LIKE ? ESCAPE '!'`
	ofFlagged  = `lower(ft.username) LIKE ? ESCAPE '!' OR lower(fa.display_name) LIKE ? ESCAPE '!'`
	ofVideo    = `lower(COALESCE(v.name, w.name, r.snapshot)) LIKE ? ESCAPE '!'`
	ofChannel  = `lower(ct.username) LIKE ? ESCAPE '!' OR lower(c.display_name) LIKE ? ESCAPE '!'`
)

var orders = map[string]string{"id": `r.id`, "createdAt": `r.created_at`, "state": `r.state`}

// where is the condition of a list, and its arguments.
func (q Query) where(of selection) (string, []any) {
	conditions, args := []string{}, []any{}
	add := func(condition string, values ...any) {
		conditions, args = append(conditions, `(`+condition+`)`), append(args, values...)
	}
	if of.reporter != 0 {
		add(`r.reporter_id = ?`, of.reporter)
	} else {
		add(muted, of.viewer, actor.InstanceName, of.viewer, actor.InstanceName)
	}
	if q.ID != 0 {
		add(`r.id = ?`, q.ID)
	}
	if q.Kind != "" {
		add(`r.kind = ?`, string(q.Kind))
	}
	if q.State != 0 {
		add(`r.state = ?`, q.State)
	}
	if n := numberOf(q.Reason); n != "" {
		add(`r.reasons LIKE ?`, "%"+n+"%") // they have one digit each
	}
	switch q.VideoIs {
	case "deleted":
		add(`r.kind = 'video' AND r.video_id IS NULL`)
	case "blacklisted":
		add(`1 = 0`) // no video is blocked here yet
	}
	q.search(add)
	return `WHERE ` + strings.Join(conditions, ` AND `) + ` `, args
}

func (q Query) search(add func(string, ...any)) {
	like := func(s string) string {
		return "%" + strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(strings.ToLower(s)) + "%"
	}
	if q.Search != "" {
		s := like(q.Search)
		add(ofReporter+` OR `+ofFlagged+` OR `+ofVideo+` OR `+ofChannel, s, s, s, s, s, s, s)
	}
	for _, part := range []struct{ text, condition string }{{q.Reporter, ofReporter}, {q.Flagged, ofFlagged}, {q.Video, ofVideo}, {q.Channel, ofChannel}} {
		if part.text == "" {
			continue
		}
		s := like(part.text)
		args := []any{s, s}
		add(part.condition, args[:strings.Count(part.condition, "?")]...)
	}
}

func (store) count(ctx context.Context, q bun.IDB, by Query, of selection) (n int, err error) {
	where, args := by.where(of)
	err = q.NewRaw(`SELECT count(*) `+joined+where, args...).Scan(ctx, &n)
	return n, err
}

func (store) list(ctx context.Context, q bun.IDB, by Query, of selection) ([]Item, error) {
	column, down := orders[strings.TrimPrefix(by.Sort, "-")], ""
	if column == "" {
		column, by.Sort = orders["createdAt"], "-createdAt"
	}
	if strings.HasPrefix(by.Sort, "-") {
		down = ` DESC`
	}
	where, args := by.where(of)
	var rows []row
	err := q.NewRaw(facts+joined+where+`ORDER BY `+column+down+`, r.id`+down+` LIMIT ? OFFSET ?`,
		append(args, by.Count, by.Start)...).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("list reports: %w", err)
	}
	list := make([]Item, len(rows))
	for i, r := range rows {
		if list[i], err = r.item(); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func (store) pictures(ctx context.Context, q bun.IDB, ids []video.ID) (map[video.ID][]video.Image, error) {
	found := map[video.ID][]video.Image{}
	if len(ids) == 0 {
		return found, nil
	}
	err := db.Each(ctx, q, func(r *sql.Rows) error {
		var id video.ID
		var img video.Image
		if err := r.Scan(&id, &img.Width, &img.Height, &img.File); err != nil {
			return err
		}
		found[id] = append(found[id], img)
		return nil
	}, `SELECT video_id, width, height, file FROM thumbnail WHERE video_id IN (?) ORDER BY width DESC, id`, bun.List(ids))
	return found, err
}
