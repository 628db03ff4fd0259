package federation

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"strconv"

	"vidiverse/instance/account"
	"vidiverse/instance/actor"
	"vidiverse/instance/channel"
	"vidiverse/instance/db"
	"vidiverse/instance/fault"
	"vidiverse/instance/federation/object"
	"vidiverse/instance/report"
	"vidiverse/instance/video"
)

type store struct{ db *db.DB }

func number(id video.ID) string { return strconv.FormatInt(int64(id), 10) }

// channelParty reads a channel as it stands in activities, deleted ones too.
func (s store) channelParty(ctx context.Context, id channel.ID) (p object.Party, err error) {
	err = s.db.Read().QueryRowContext(ctx, `SELECT a.id, a.url, a.username, COALESCE(h.name, '') FROM channel c
		JOIN actor a ON a.id = c.actor_id LEFT JOIN host h ON h.id = a.host_id WHERE c.id = ?`, int64(id)).
		Scan(&p.ID, &p.URL, &p.Name, &p.Host)
	if errors.Is(err, sql.ErrNoRows) {
		err = fault.New(fault.NotFound, "Video channel not found")
	}
	return p, err
}

// voices are the accounts of a comment's author and of the video's owner.
func (s store) voices(ctx context.Context, comment int64) (author, owner account.ID, err error) {
	err = s.db.Read().QueryRowContext(ctx, `SELECT c.account_id, h.account_id FROM comment c JOIN video v ON v.id = c.video_id
		JOIN channel h ON h.id = v.channel_id WHERE c.id = ? AND c.account_id IS NOT NULL`, comment).Scan(&author, &owner)
	if errors.Is(err, sql.ErrNoRows) {
		err = fault.New(fault.NotFound, "Comment not found")
	}
	return author, owner, err
}

// sharersOf are the actors that announced videos of an account or channel.
func (s store) sharersOf(ctx context.Context, of actor.ID) (all []actor.ID, err error) {
	err = s.db.Read().NewRaw(`SELECT DISTINCT s.actor_id FROM video_share s JOIN video v ON v.id = s.video_id JOIN channel c ON c.id = v.channel_id
		JOIN account a ON a.id = c.account_id WHERE a.actor_id = ? OR c.actor_id = ? ORDER BY s.actor_id LIMIT 1000`, int64(of), int64(of)).Scan(ctx, &all)
	return all, err
}

// reported is a report as other servers hear of it.
type reported struct {
	by, about  object.Party
	object     string // what was reported
	reason     string
	reasons    []string
	start, end *float64
}

func (s store) report(ctx context.Context, id int64) (r reported, err error) {
	var reasons string
	var aboutHost, byHost, video, comment sql.NullString
	var start, end sql.NullFloat64
	err = s.db.Read().QueryRowContext(ctx, `SELECT b.id, b.url, bh.name, f.id, f.url, fh.name, v.url, c.url, r.reason, r.reasons, r.start_at, r.end_at
		FROM report r JOIN account ba ON ba.id = r.reporter_id JOIN actor b ON b.id = ba.actor_id LEFT JOIN host bh ON bh.id = b.host_id
		JOIN account fa ON fa.id = r.flagged_id JOIN actor f ON f.id = fa.actor_id LEFT JOIN host fh ON fh.id = f.host_id
		LEFT JOIN video v ON v.id = r.video_id LEFT JOIN comment c ON c.id = r.comment_id WHERE r.id = ?`, id).
		Scan(&r.by.ID, &r.by.URL, &byHost, &r.about.ID, &r.about.URL, &aboutHost, &video, &comment, &r.reason, &reasons, &start, &end)
	if errors.Is(err, sql.ErrNoRows) {
		return r, fault.New(fault.NotFound, "Report not found")
	}
	if err != nil {
		return r, err
	}
	r.by.Host, r.about.Host, r.object = byHost.String, aboutHost.String, r.about.URL
	switch {
	case comment.Valid:
		r.object = comment.String
	case video.Valid:
		r.object = video.String
	}
	if start.Valid {
		r.start = &start.Float64
	}
	if end.Valid {
		r.end = &end.Float64
	}
	var numbers []int
	if err := json.Unmarshal([]byte(reasons), &numbers); err != nil {
		return r, err
	}
	names := report.Reasons()
	for _, n := range numbers {
		if n >= 1 && n <= len(names) {
			r.reasons = append(r.reasons, names[n-1])
		}
	}
	return r, nil
}
