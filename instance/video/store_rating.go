package video

import (
	"context"
	"database/sql"
	"time"

	"github.com/uptrace/bun"

	"vidiverse/instance/account"
	"vidiverse/instance/db"
)

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
		db.Flag(r == Like)-db.Flag(old == Like), db.Flag(r == Dislike)-db.Flag(old == Dislike), int64(id))
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
	err := db.Each(ctx, s.db.Read(), func(r *sql.Rows) error {
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
