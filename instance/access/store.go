package access

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"vidiverse/instance/db"
	"vidiverse/instance/fault"
	"vidiverse/instance/user"
)

// store holds the SQL of rights.
type store struct{ db *db.DB }

func (s *store) resolve(ctx context.Context, p Address) (id VideoID, err error) {
	if p.UUID != "" {
		err = s.db.Read().QueryRowContext(ctx, "SELECT id FROM video WHERE uuid = ?", p.UUID).Scan(&id)
	} else {
		err = s.db.Read().QueryRowContext(ctx, "SELECT id FROM video WHERE id = ?", int64(p.ID)).Scan(&id)
	}
	return id, NotFound(err)
}

// NotFound says of a missing row that the video is not there.
func NotFound(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return fault.New(fault.NotFound, "Video not found")
	}
	return err
}

func (s *store) head(ctx context.Context, q bun.IDB, id VideoID) (h Head, err error) {
	var host sql.NullInt64
	err = q.QueryRowContext(ctx, `SELECT v.id, v.uuid, v.url, v.privacy, v.state = 1, v.host_id, c.account_id, v.channel_id, v.is_live, v.duration
		FROM video v JOIN channel c ON c.id = v.channel_id WHERE v.id = ?`, int64(id)).
		Scan(&h.ID, &h.UUID, &h.URL, &h.Privacy, &h.Published, &host, &h.Owner, &h.Channel, &h.Live, &h.Seconds)
	h.Local = !host.Valid
	return h, NotFound(err)
}

func (s *store) tokenValid(ctx context.Context, hash string, id VideoID, now int64) (bool, error) {
	var n int
	err := s.db.Read().QueryRowContext(ctx,
		`SELECT COUNT(*) FROM video_file_token t LEFT JOIN local_user u ON u.id = t.user_id
			WHERE t.token_hash = ? AND t.video_id = ? AND t.expires > ? AND COALESCE(u.blocked, 0) = 0`, hash, int64(id), now).Scan(&n)
	return n > 0, err
}

// tokenManages reports whether a token was made by someone who may change the
// video.
func (s *store) tokenManages(ctx context.Context, hash string, h Head, now int64) (bool, error) {
	var n int
	err := s.db.Read().QueryRowContext(ctx, `SELECT COUNT(*) FROM video_file_token t JOIN local_user u ON u.id = t.user_id
		LEFT JOIN account a ON a.user_id = u.id WHERE t.token_hash = ? AND t.video_id = ? AND t.expires > ? AND u.blocked = 0
		AND (u.role < 2 OR a.id = ?)`, hash, int64(h.ID), now, h.Owner).Scan(&n)
	return h.Local && n > 0, err
}

func (s *store) addToken(ctx context.Context, tx db.Tx, hash string, id VideoID, by user.ID, expires time.Time) error {
	_, err := tx.ExecContext(ctx, "INSERT INTO video_file_token (token_hash, video_id, user_id, expires) VALUES (?, ?, ?, ?)",
		hash, int64(id), db.Number(int(by)), db.Millis(expires))
	return err
}

func (s *store) dropTokens(ctx context.Context, tx db.Tx, id VideoID) error {
	_, err := tx.ExecContext(ctx, "DELETE FROM video_file_token WHERE video_id = ?", int64(id))
	return err
}

func (s *store) expireTokens(ctx context.Context, tx db.Tx, now time.Time) error {
	_, err := tx.ExecContext(ctx, "DELETE FROM video_file_token WHERE expires <= ?", db.Millis(now))
	return err
}

func (s *store) passwords(ctx context.Context, id VideoID) (list []Password, err error) {
	err = db.Each(ctx, s.db.Read(), func(r *sql.Rows) error {
		p := Password{VideoID: id}
		var created, updated int64
		if err := r.Scan(&p.ID, &p.Password, &created, &updated); err != nil {
			return err
		}
		p.CreatedAt, p.UpdatedAt = db.Time(created), db.Time(updated)
		list = append(list, p)
		return nil
	}, "SELECT id, password, created_at, updated_at FROM video_password WHERE video_id = ? ORDER BY id", int64(id))
	return list, err
}

func (s *store) countPasswords(ctx context.Context, tx db.Tx, id VideoID) (n int, err error) {
	err = tx.QueryRowContext(ctx, "SELECT COUNT(*) FROM video_password WHERE video_id = ?", int64(id)).Scan(&n)
	return n, err
}

func (s *store) putPasswords(ctx context.Context, tx db.Tx, id VideoID, list []string, now time.Time) error {
	if _, err := tx.ExecContext(ctx, "DELETE FROM video_password WHERE video_id = ?", int64(id)); err != nil {
		return err
	}
	return s.addPasswords(ctx, tx, id, list, now)
}

func (s *store) addPasswords(ctx context.Context, tx db.Tx, id VideoID, list []string, now time.Time) error {
	for _, p := range list {
		_, err := tx.ExecContext(ctx, `INSERT INTO video_password (video_id, password, created_at, updated_at) VALUES (?, ?, ?, ?)
			ON CONFLICT (video_id, password) DO NOTHING`, int64(id), p, db.Millis(now), db.Millis(now))
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *store) deletePassword(ctx context.Context, tx db.Tx, id VideoID, number int64) error {
	res, err := tx.ExecContext(ctx, "DELETE FROM video_password WHERE video_id = ? AND id = ?", int64(id), number)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n > 0 {
		return err
	}
	return fault.New(fault.NotFound, "Video password not found")
}
