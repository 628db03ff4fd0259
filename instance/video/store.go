package video

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"vidiverse/instance/access"
	"vidiverse/instance/channel"
	"vidiverse/instance/db"
	"vidiverse/instance/fault"
	"vidiverse/instance/user"
)

// store holds the SQL of the videos' own tables.
type store struct {
	db  *db.DB
	hot hot
}

// ownsChannel refuses a channel that is not a local one of the account.
func (s *store) ownsChannel(ctx context.Context, q bun.IDB, id channel.ID, accountID int64) error {
	var n int
	err := q.QueryRowContext(ctx, `SELECT COUNT(*) FROM channel c JOIN actor a ON a.id = c.actor_id
		WHERE c.id = ? AND c.account_id = ? AND a.host_id IS NULL AND a.deleted_at IS NULL`, int64(id), accountID).Scan(&n)
	if err == nil && n == 0 {
		return fault.New(fault.Invalid, "Unknown video channel for this account").
			WithField("channelId", int64(id), "Unknown video channel for this account", "body")
	}
	return err
}

// insert writes the row of a new video and its counters.
func (s *store) insert(ctx context.Context, tx db.Tx, v *Video) error {
	err := tx.QueryRowContext(ctx, `INSERT INTO video (uuid, url, channel_id, name, description, support, category, licence, language,
		privacy, state, nsfw, nsfw_flags, nsfw_summary, comments_policy, download_enabled, wait_transcoding, duration, aspect_ratio,
		created_at, updated_at, published_at, originally_published_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`,
		v.UUID, v.URL, int64(v.ChannelID), v.Name, db.Text(v.Description), db.Text(v.Support), db.Number(v.Category), db.Number(v.Licence), db.Text(v.Language),
		int(v.Privacy), int(v.State), db.Flag(v.NSFW), int(v.NSFWFlags), db.Text(v.NSFWSummary), int(v.Comments), db.Flag(v.Downloadable), db.Flag(v.Wait),
		v.Duration, db.Ratio(v.AspectRatio), db.Millis(v.CreatedAt), db.Millis(v.UpdatedAt), db.Millis(v.PublishedAt), db.Moment(v.OriginallyAt)).
		Scan(&v.ID)
	if err != nil {
		return fmt.Errorf("insert video: %w", err)
	}
	if _, err = tx.ExecContext(ctx, "INSERT INTO video_counter (video_id) VALUES (?)", int64(v.ID)); err != nil {
		return err
	}
	return s.rank(ctx, tx, v.ID)
}

// rank writes how hot a video is, which must follow every change of what it is
// made of. A video falls one unit in two days, and rises one for each tenfold of
// what viewers did with it: the order does not depend on the present, so an
// index holds it.
func (s *store) rank(ctx context.Context, tx db.Tx, id ID) error {
	_, err := tx.ExecContext(ctx, `UPDATE video_counter SET hot = log(1 + views * 0.5 + likes * 3 + comments * 6 + dislikes) +
		(SELECT v.published_at / 172800000.0 FROM video v WHERE v.id = video_counter.video_id) WHERE video_id = ?`, int64(id))
	return err
}

// update writes what an edit may change.
func (s *store) update(ctx context.Context, tx db.Tx, id ID, d Draft, now time.Time, publish bool) error {
	_, err := tx.ExecContext(ctx, `UPDATE video SET channel_id = ?, name = ?, description = ?, support = ?, category = ?, licence = ?,
		language = ?, privacy = ?, nsfw = ?, nsfw_flags = ?, nsfw_summary = ?, comments_policy = ?, download_enabled = ?,
		wait_transcoding = ?, originally_published_at = ?, updated_at = ?, published_at = CASE WHEN ? = 1 THEN ? ELSE published_at END
		WHERE id = ?`, int64(d.ChannelID), d.Name, db.Text(d.Description), db.Text(d.Support), db.Number(d.Category), db.Number(d.Licence),
		db.Text(d.Language), int(d.Privacy), db.Flag(d.NSFW), int(d.NSFWFlags), db.Text(d.NSFWSummary), int(d.Comments), db.Flag(d.Downloadable),
		db.Flag(d.WaitTranscoding), db.Moment(d.OriginallyAt), db.Millis(now), db.Flag(publish), db.Millis(now), int64(id))
	if err != nil || !publish {
		return err
	}
	return s.rank(ctx, tx, id)
}

// draft reads back what an edit may change.
func (s *store) draft(ctx context.Context, q bun.IDB, id ID) (d Draft, err error) {
	var description, support, language, summary sql.NullString
	var category, licence, originally sql.NullInt64
	err = q.QueryRowContext(ctx, `SELECT channel_id, name, description, support, category, licence, language, privacy, nsfw, nsfw_flags,
		nsfw_summary, comments_policy, download_enabled, wait_transcoding, originally_published_at FROM video WHERE id = ?`, int64(id)).
		Scan(&d.ChannelID, &d.Name, &description, &support, &category, &licence, &language, &d.Privacy, &d.NSFW, &d.NSFWFlags,
			&summary, &d.Comments, &d.Downloadable, &d.WaitTranscoding, &originally)
	d.Description, d.Support, d.Language, d.NSFWSummary = description.String, support.String, language.String, summary.String
	d.Category, d.Licence, d.OriginallyAt = int(category.Int64), int(licence.Int64), db.NullTime(originally)
	return d, access.NotFound(err)
}

func (s *store) setPrivacy(ctx context.Context, tx db.Tx, id ID, p Privacy, now time.Time, publish bool) error {
	_, err := tx.ExecContext(ctx, `UPDATE video SET privacy = ?, updated_at = ?,
		published_at = CASE WHEN ? = 1 THEN ? ELSE published_at END WHERE id = ?`,
		int(p), db.Millis(now), db.Flag(publish), db.Millis(now), int64(id))
	if err != nil || !publish {
		return err
	}
	return s.rank(ctx, tx, id)
}

func (s *store) setState(ctx context.Context, tx db.Tx, id ID, st State, reason string, now time.Time, publish bool) error {
	res, err := tx.ExecContext(ctx, `UPDATE video SET state = ?, state_reason = ?, updated_at = ?,
		published_at = CASE WHEN ? = 1 THEN ? ELSE published_at END WHERE id = ?`,
		int(st), db.Text(reason), db.Millis(now), db.Flag(publish), db.Millis(now), int64(id))
	if err != nil {
		return err
	}
	n, err := res.RowsAffected()
	switch {
	case err != nil:
		return err
	case n == 0:
		return access.NotFound(sql.ErrNoRows)
	case publish:
		return s.rank(ctx, tx, id)
	}
	return nil
}

func (s *store) putTags(ctx context.Context, tx db.Tx, id ID, tags []string) error {
	if _, err := tx.ExecContext(ctx, "DELETE FROM video_tag WHERE video_id = ?", int64(id)); err != nil {
		return err
	}
	for _, t := range tags {
		if _, err := tx.ExecContext(ctx, "INSERT INTO video_tag (video_id, name) VALUES (?, ?)", int64(id), t); err != nil {
			return err
		}
	}
	return nil
}

func (s *store) tags(ctx context.Context, ids []ID) (map[ID][]string, error) {
	out := map[ID][]string{}
	err := db.Each(ctx, s.db.Read(), func(r *sql.Rows) error {
		var id ID
		var name string
		if err := r.Scan(&id, &name); err != nil {
			return err
		}
		out[id] = append(out[id], name)
		return nil
	}, "SELECT video_id, name FROM video_tag WHERE video_id IN (?) ORDER BY video_id, name", bun.In(ids))
	return out, err
}

func (s *store) putSchedule(ctx context.Context, tx db.Tx, id ID, plan *Schedule) error {
	if _, err := tx.ExecContext(ctx, "DELETE FROM video_schedule WHERE video_id = ?", int64(id)); err != nil || plan == nil {
		return err
	}
	_, err := tx.ExecContext(ctx, "INSERT INTO video_schedule (video_id, update_at, privacy) VALUES (?, ?, ?)",
		int64(id), db.Millis(plan.UpdateAt), db.Number(int(plan.Privacy)))
	return err
}

func (s *store) schedules(ctx context.Context, ids []ID) (map[ID]*Schedule, error) {
	return s.planned(ctx, "video_id IN (?)", bun.In(ids))
}

// due are the changes whose time has come.
func (s *store) due(ctx context.Context, now time.Time) (map[ID]*Schedule, error) {
	return s.planned(ctx, "update_at <= ?", db.Millis(now))
}

func (s *store) planned(ctx context.Context, where string, arg any) (map[ID]*Schedule, error) {
	out := map[ID]*Schedule{}
	err := db.Each(ctx, s.db.Read(), func(r *sql.Rows) error {
		var id ID
		var at int64
		var privacy sql.NullInt64
		if err := r.Scan(&id, &at, &privacy); err != nil {
			return err
		}
		out[id] = &Schedule{UpdateAt: db.Time(at), Privacy: Privacy(privacy.Int64)}
		return nil
	}, "SELECT video_id, update_at, privacy FROM video_schedule WHERE "+where+" LIMIT 1000", arg)
	return out, err
}

// quotaUsed sums what a user's videos take on disk.
func (s *store) quotaUsed(ctx context.Context, id user.ID, since time.Time) (total, daily int64, err error) {
	err = s.db.Read().QueryRowContext(ctx, `SELECT COALESCE(SUM(f.size), 0), COALESCE(SUM(CASE WHEN f.created_at >= ? THEN f.size ELSE 0 END), 0)
		FROM account a JOIN channel c ON c.account_id = a.id JOIN video v ON v.channel_id = c.id JOIN (
			SELECT video_id, size, created_at FROM media_file
			UNION ALL SELECT video_id, size, created_at FROM video_source WHERE blob_key IS NOT NULL
		) f ON f.video_id = v.id WHERE a.user_id = ?`, db.Millis(since), int64(id)).Scan(&total, &daily)
	return total, daily, err
}

func (s *store) work(ctx context.Context, id ID) (w Work, err error) {
	var privacy Privacy
	var filename, key, probe sql.NullString
	var size sql.NullInt64
	err = s.db.Read().QueryRowContext(ctx, `SELECT v.id, v.uuid, v.name, v.privacy, v.state, v.wait_transcoding, v.duration,
		s.input_filename, s.blob_key, s.size, s.metadata
		FROM video v LEFT JOIN video_source s ON s.video_id = v.id WHERE v.id = ?`, int64(id)).
		Scan(&w.ID, &w.UUID, &w.Name, &privacy, &w.State, &w.WaitTranscoding, &w.Duration, &filename, &key, &size, &probe)
	if err != nil {
		return w, access.NotFound(err)
	}
	w.Private = !privacy.Open()
	w.Source = WorkSource{Filename: filename.String, Key: key.String, Size: size.Int64}
	if probe.Valid {
		err = json.Unmarshal([]byte(probe.String), &w.Source.Probe)
	}
	return w, err
}

// bury deletes the row of a video, and all that hangs on it, and remembers its
// address.
func (s *store) bury(ctx context.Context, tx db.Tx, h access.Head, now time.Time) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO tombstone (url, type, actor_id, at)
		SELECT ?, 'Video', c.actor_id, ? FROM channel c WHERE c.id = ? ON CONFLICT (url) DO NOTHING`, h.URL, db.Millis(now), h.Channel)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "DELETE FROM video WHERE id = ?", int64(h.ID))
	return err
}

func (s *store) ofChannel(ctx context.Context, tx db.Tx, id channel.ID) (ids []ID, err error) {
	err = db.Each(ctx, tx, func(r *sql.Rows) error {
		var v ID
		if err := r.Scan(&v); err != nil {
			return err
		}
		ids = append(ids, v)
		return nil
	}, "SELECT id FROM video WHERE channel_id = ? ORDER BY id", int64(id))
	return ids, err
}

func (s *store) setSupport(ctx context.Context, tx db.Tx, id channel.ID, support *string, now time.Time) error {
	var value any
	if support != nil {
		value = db.Text(*support)
	}
	_, err := tx.ExecContext(ctx, "UPDATE video SET support = ?, updated_at = ? WHERE channel_id = ?", value, db.Millis(now), int64(id))
	return err
}
