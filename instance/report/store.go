package report

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/uptrace/bun"

	"vidiverse/instance/account"
	"vidiverse/instance/comment"
	"vidiverse/instance/db"
	"vidiverse/instance/fault"
	"vidiverse/instance/video"
)

type store struct{}

// row is a report as the database has it, with what lists show beside it.
type row struct {
	ID                    ID
	URL                   sql.NullString `bun:"url"`
	Kind                  Kind
	ReporterID, FlaggedID sql.NullInt64
	VideoID, CommentID    sql.NullInt64
	Snapshot              sql.NullString
	Reason, Reasons       string
	State                 State
	ModerationComment     sql.NullString
	StartAt, EndAt        *int
	CreatedAt, UpdatedAt  int64

	Messages, OfReporter, OfFlagged  int
	VideoReports, VideoReportNth     int
	VideoUUID                        sql.NullString `bun:"video_uuid"`
	VideoName                        sql.NullString
	VideoNSFW                        sql.NullInt64 `bun:"video_nsfw"`
	ChannelID, ThreadID, CommentedID sql.NullInt64
	CommentText                      sql.NullString
	CommentDeleted                   sql.NullInt64
	CommentedUUID                    sql.NullString `bun:"commented_uuid"`
	CommentedName                    sql.NullString
}

const columns = `SELECT r.id, r.url, r.kind, r.reporter_id, r.flagged_id, r.video_id, r.comment_id, r.snapshot, r.reason, r.reasons,
	r.state, r.moderation_comment, r.start_at, r.end_at, r.created_at, r.updated_at `

func (r row) report() (Report, error) {
	out := Report{
		ID: r.ID, URL: r.URL.String, Kind: r.Kind, Reporter: account.ID(r.ReporterID.Int64), Flagged: account.ID(r.FlaggedID.Int64),
		Video: video.ID(r.VideoID.Int64), Comment: comment.ID(r.CommentID.Int64), Reason: r.Reason, State: r.State,
		Note: r.ModerationComment.String, StartAt: r.StartAt, EndAt: r.EndAt,
		CreatedAt: db.Time(r.CreatedAt), UpdatedAt: db.Time(r.UpdatedAt),
	}
	var numbers []int
	if err := json.Unmarshal([]byte(r.Reasons), &numbers); err != nil {
		return out, fmt.Errorf("reasons of report %d: %w", r.ID, err)
	}
	out.Reasons = names(numbers)
	if r.Snapshot.Valid {
		if err := json.Unmarshal([]byte(r.Snapshot.String), &out.Was); err != nil {
			return out, fmt.Errorf("snapshot of report %d: %w", r.ID, err)
		}
	}
	return out, nil
}

func (store) byID(ctx context.Context, q bun.IDB, id ID) (Report, error) {
	var r row
	err := q.NewRaw(columns+`FROM report r WHERE r.id = ?`, id).Scan(ctx, &r)
	if errors.Is(err, sql.ErrNoRows) {
		return Report{}, fault.New(fault.NotFound, "Abuse not found")
	}
	if err != nil {
		return Report{}, err
	}
	return r.report()
}

func (store) byURL(ctx context.Context, q bun.IDB, url string) (id ID, err error) {
	err = q.NewRaw(`SELECT id FROM report WHERE url = ?`, url).Scan(ctx, &id)
	if errors.Is(err, sql.ErrNoRows) {
		err = fault.New(fault.NotFound, "Abuse not found")
	}
	return id, err
}

// local tells whether the account is of this instance.
func (store) local(ctx context.Context, q bun.IDB, id account.ID) (bool, error) {
	var host sql.NullInt64
	err := q.NewRaw(`SELECT t.host_id FROM account a JOIN actor t ON t.id = a.actor_id WHERE a.id = ?`, id).Scan(ctx, &host)
	if errors.Is(err, sql.ErrNoRows) {
		err = fault.New(fault.NotFound, "Account not found")
	}
	return !host.Valid, err
}

func (store) actorOf(ctx context.Context, q bun.IDB, id account.ID) (actor int64, err error) {
	err = q.NewRaw(`SELECT actor_id FROM account WHERE id = ?`, id).Scan(ctx, &actor)
	return actor, err
}

func (store) ownerOf(ctx context.Context, q bun.IDB, id video.ID) (owner account.ID, err error) {
	err = q.NewRaw(`SELECT c.account_id FROM video v JOIN channel c ON c.id = v.channel_id WHERE v.id = ?`, id).Scan(ctx, &owner)
	if errors.Is(err, sql.ErrNoRows) {
		err = fault.New(fault.NotFound, "Video not found")
	}
	return owner, err
}

func (store) snapshot(ctx context.Context, q bun.IDB, id video.ID) (s Snapshot, err error) {
	var nsfw int
	err = q.NewRaw(`SELECT id, uuid, name, nsfw, channel_id FROM video WHERE id = ?`, id).Scan(ctx, &s.VideoID, &s.UUID, &s.Name, &nsfw, &s.ChannelID)
	s.NSFW = nsfw != 0
	return s, err
}

func (store) pending(ctx context.Context, q bun.IDB, by account.ID) (n int, err error) {
	err = q.NewRaw(`SELECT count(*) FROM report WHERE reporter_id = ? AND state = ?`, by, Pending).Scan(ctx, &n)
	return n, err
}

func (store) insert(ctx context.Context, tx db.Tx, r Report, numbers []int, now int64) (id ID, err error) {
	chosen, err := json.Marshal(numbers)
	if err != nil {
		return 0, err
	}
	var was any
	if r.Was.VideoID != 0 {
		b, err := json.Marshal(r.Was)
		if err != nil {
			return 0, err
		}
		was = string(b)
	}
	err = tx.NewRaw(`INSERT INTO report (url, reporter_id, flagged_id, video_id, comment_id, kind, snapshot, reason, reasons, state,
		start_at, end_at, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`,
		db.Text(r.URL), orNull(r.Reporter), orNull(r.Flagged), orNull(r.Video), orNull(r.Comment), string(r.Kind), was, r.Reason,
		string(chosen), Pending, r.StartAt, r.EndAt, now, now).Scan(ctx, &id)
	if err != nil {
		return 0, fmt.Errorf("insert report: %w", err)
	}
	return id, nil
}

func orNull[T ~int64](v T) any {
	if v == 0 {
		return nil
	}
	return int64(v)
}

func (store) update(ctx context.Context, tx db.Tx, r Report, decided bool, now int64) error {
	_, err := tx.NewRaw(`UPDATE report SET state = ?, moderation_comment = ?, updated_at = ?,
		processed_at = CASE WHEN ? = 1 THEN COALESCE(processed_at, ?) ELSE processed_at END WHERE id = ?`,
		r.State, db.Text(r.Note), now, db.Flag(decided), now, r.ID).Exec(ctx)
	return err
}

func (store) delete(ctx context.Context, tx db.Tx, id ID) error {
	_, err := tx.NewRaw(`DELETE FROM report WHERE id = ?`, id).Exec(ctx)
	return err
}

func (store) countMessages(ctx context.Context, q bun.IDB, id ID) (n int, err error) {
	err = q.NewRaw(`SELECT count(*) FROM report_message WHERE report_id = ?`, id).Scan(ctx, &n)
	return n, err
}

func (store) say(ctx context.Context, tx db.Tx, id ID, by account.ID, moderator bool, text string, now int64) (m MessageID, err error) {
	err = tx.NewRaw(`INSERT INTO report_message (report_id, account_id, by_moderator, message, created_at)
		VALUES (?, ?, ?, ?, ?) RETURNING id`, id, by, db.Flag(moderator), text, now).Scan(ctx, &m)
	return m, err
}

func (store) messages(ctx context.Context, q bun.IDB, id ID) (list []Message, err error) {
	err = db.Each(ctx, q, func(r *sql.Rows) error {
		var m Message
		var by sql.NullInt64
		var moderator, at int64
		if err := r.Scan(&m.ID, &by, &moderator, &m.Text, &at); err != nil {
			return err
		}
		m.Account, m.ByModerator, m.CreatedAt = account.ID(by.Int64), moderator != 0, db.Time(at)
		list = append(list, m)
		return nil
	}, `SELECT id, account_id, by_moderator, message, created_at FROM report_message WHERE report_id = ? ORDER BY id`, id)
	return list, err
}

func (s store) saidBy(ctx context.Context, q bun.IDB, id ID, m MessageID) (account.ID, error) {
	by, _, err := s.said(ctx, q, id, m)
	return by, err
}

func (store) said(ctx context.Context, q bun.IDB, id ID, m MessageID) (by account.ID, moderator bool, err error) {
	var author sql.NullInt64
	var mod int
	err = q.NewRaw(`SELECT account_id, by_moderator FROM report_message WHERE id = ? AND report_id = ?`, m, id).Scan(ctx, &author, &mod)
	if errors.Is(err, sql.ErrNoRows) {
		err = fault.New(fault.NotFound, "Abuse message not found")
	}
	return account.ID(author.Int64), mod != 0, err
}

func (store) unsay(ctx context.Context, tx db.Tx, m MessageID) error {
	_, err := tx.NewRaw(`DELETE FROM report_message WHERE id = ?`, m).Exec(ctx)
	return err
}
