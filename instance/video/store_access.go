package video

import (
	"context"
	"database/sql"
	"time"

	"github.com/uptrace/bun"

	"vidiverse/instance/account"
	"vidiverse/instance/db"
	"vidiverse/instance/fault"
	"vidiverse/instance/user"
)

func (s *store) tokenValid(ctx context.Context, hash string, id ID, now int64) (bool, error) {
	var n int
	err := s.db.Read().QueryRowContext(ctx,
		"SELECT COUNT(*) FROM video_file_token WHERE token_hash = ? AND video_id = ? AND expires > ?", hash, int64(id), now).Scan(&n)
	return n > 0, err
}

// tokenManages reports whether a token was made by someone who may change the
// video.
func (s *store) tokenManages(ctx context.Context, hash string, h head, now int64) (bool, error) {
	var n int
	err := s.db.Read().QueryRowContext(ctx, `SELECT COUNT(*) FROM video_file_token t JOIN local_user u ON u.id = t.user_id
		LEFT JOIN account a ON a.user_id = u.id WHERE t.token_hash = ? AND t.video_id = ? AND t.expires > ? AND u.blocked = 0
		AND (u.role < 2 OR a.id = ?)`, hash, int64(h.id), now, h.owner).Scan(&n)
	return h.local && n > 0, err
}

func (s *store) addToken(ctx context.Context, tx db.Tx, hash string, id ID, by user.ID, expires time.Time) error {
	_, err := tx.ExecContext(ctx, "INSERT INTO video_file_token (token_hash, video_id, user_id, expires) VALUES (?, ?, ?, ?)",
		hash, int64(id), number(int(by)), db.Millis(expires))
	return err
}

func (s *store) dropTokens(ctx context.Context, tx db.Tx, id ID) error {
	_, err := tx.ExecContext(ctx, "DELETE FROM video_file_token WHERE video_id = ?", int64(id))
	return err
}

func (s *store) expireTokens(ctx context.Context, tx db.Tx, now time.Time) error {
	_, err := tx.ExecContext(ctx, "DELETE FROM video_file_token WHERE expires <= ?", db.Millis(now))
	return err
}

func (s *store) passwords(ctx context.Context, id ID) (list []Password, err error) {
	err = each(ctx, s.db.Read(), func(r *sql.Rows) error {
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

func (s *store) countPasswords(ctx context.Context, tx db.Tx, id ID) (n int, err error) {
	err = tx.QueryRowContext(ctx, "SELECT COUNT(*) FROM video_password WHERE video_id = ?", int64(id)).Scan(&n)
	return n, err
}

func (s *store) putPasswords(ctx context.Context, tx db.Tx, id ID, list []string, now time.Time) error {
	if _, err := tx.ExecContext(ctx, "DELETE FROM video_password WHERE video_id = ?", int64(id)); err != nil {
		return err
	}
	return s.addPasswords(ctx, tx, id, list, now)
}

func (s *store) addPasswords(ctx context.Context, tx db.Tx, id ID, list []string, now time.Time) error {
	for _, p := range list {
		_, err := tx.ExecContext(ctx, `INSERT INTO video_password (video_id, password, created_at, updated_at) VALUES (?, ?, ?, ?)
			ON CONFLICT (video_id, password) DO NOTHING`, int64(id), p, db.Millis(now), db.Millis(now))
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *store) deletePassword(ctx context.Context, tx db.Tx, id ID, number int64) error {
	res, err := tx.ExecContext(ctx, "DELETE FROM video_password WHERE video_id = ? AND id = ?", int64(id), number)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n > 0 {
		return err
	}
	return fault.New(fault.NotFound, "Video password not found")
}

// rating is "" when the account did not rate the video.
func (s *store) rating(ctx context.Context, q reader, id ID, accountID int64) (r Rating, err error) {
	err = q.QueryRowContext(ctx, "SELECT type FROM video_rate WHERE video_id = ? AND account_id = ?", int64(id), accountID).Scan(&r)
	if err == sql.ErrNoRows {
		return None, nil
	}
	return r, err
}

type reader interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// putRating replaces the rating and moves the counters by the difference.
func (s *store) putRating(ctx context.Context, tx db.Tx, id ID, accountID int64, r Rating, url string, now time.Time) error {
	old, err := s.rating(ctx, tx, id, accountID)
	if err != nil || old == r {
		return err
	}
	if _, err := tx.ExecContext(ctx, "DELETE FROM video_rate WHERE video_id = ? AND account_id = ?", int64(id), accountID); err != nil {
		return err
	}
	if r != None {
		_, err := tx.ExecContext(ctx, "INSERT INTO video_rate (video_id, account_id, type, url, created_at) VALUES (?, ?, ?, ?, ?)",
			int64(id), accountID, string(r), url, db.Millis(now))
		if err != nil {
			return err
		}
	}
	_, err = tx.ExecContext(ctx, "UPDATE video_counter SET likes = likes + ?, dislikes = dislikes + ? WHERE video_id = ?",
		flag(r == Like)-flag(old == Like), flag(r == Dislike)-flag(old == Dislike), int64(id))
	if err != nil {
		return err
	}
	return s.rank(ctx, tx, id)
}

// actorURL is the address of an account.
func (s *store) actorURL(ctx context.Context, accountID int64) (url string, err error) {
	err = s.db.Read().QueryRowContext(ctx, "SELECT a.url FROM account c JOIN actor a ON a.id = c.actor_id WHERE c.id = ?", accountID).Scan(&url)
	return url, err
}

func (s *store) ratings(ctx context.Context, of account.ID, ids []ID) (map[ID]Rating, error) {
	out := map[ID]Rating{}
	err := each(ctx, s.db.Read(), func(r *sql.Rows) error {
		var id ID
		var rating Rating
		if err := r.Scan(&id, &rating); err != nil {
			return err
		}
		out[id] = rating
		return nil
	}, "SELECT video_id, type FROM video_rate WHERE account_id = ? AND video_id IN (?)", int64(of), bun.In(ids))
	return out, err
}
