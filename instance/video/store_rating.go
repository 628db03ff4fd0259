package video

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"vidiverse/instance/account"
	"vidiverse/instance/actor"
	"vidiverse/instance/db"
	"vidiverse/instance/fault"
)

// givenRating is a rating with its address; None has none.
type givenRating struct {
	as  Rating
	url string
}

// rating is None when the account did not rate the video.
func (s *store) rating(ctx context.Context, q bun.IDB, id ID, of account.ID) (g givenRating, err error) {
	err = q.QueryRowContext(ctx, "SELECT type, url FROM video_rate WHERE video_id = ? AND account_id = ?", int64(id), int64(of)).Scan(&g.as, &g.url)
	if errors.Is(err, sql.ErrNoRows) {
		return givenRating{as: None}, nil
	}
	return g, err
}

// putRating replaces the rating and moves the counters by the difference.
func (s *store) putRating(ctx context.Context, tx db.Tx, id ID, of account.ID, old, r Rating, url string, now time.Time) error {
	if _, err := tx.ExecContext(ctx, "DELETE FROM video_rate WHERE video_id = ? AND account_id = ?", int64(id), int64(of)); err != nil {
		return err
	}
	if r != None {
		_, err := tx.ExecContext(ctx, "INSERT INTO video_rate (video_id, account_id, type, url, created_at) VALUES (?, ?, ?, ?, ?)",
			int64(id), int64(of), string(r), url, db.Millis(now))
		if err != nil {
			return err
		}
	}
	_, err := tx.ExecContext(ctx, "UPDATE video_counter SET likes = likes + ?, dislikes = dislikes + ? WHERE video_id = ?",
		db.Flag(r == Like)-db.Flag(old == Like), db.Flag(r == Dislike)-db.Flag(old == Dislike), int64(id))
	return err
}

// rater is who rates.
type rater struct {
	account account.ID
	actor   actor.ID
	url     string
	local   bool
}

func (s *store) rater(ctx context.Context, q bun.IDB, id account.ID) (r rater, err error) {
	r.account = id
	err = q.QueryRowContext(ctx, "SELECT t.id, t.url, t.host_id IS NULL FROM account a JOIN actor t ON t.id = a.actor_id WHERE a.id = ?", int64(id)).
		Scan(&r.actor, &r.url, &r.local)
	if errors.Is(err, sql.ErrNoRows) {
		err = fault.New(fault.NotFound, "Account not found")
	}
	return r, err
}

// ratedBy refuses an address that another rating has.
func (s *store) ratedBy(ctx context.Context, tx db.Tx, url string, id ID, of account.ID) error {
	var n int
	err := tx.QueryRowContext(ctx, "SELECT COUNT(*) FROM video_rate WHERE url = ? AND (video_id <> ? OR account_id <> ?)", url, int64(id), int64(of)).Scan(&n)
	if err == nil && n > 0 {
		err = fault.New(fault.Forbidden, "This rating is somebody else's")
	}
	return err
}

// unrateAll takes an account's ratings out of the counters and returns of what.
func (s *store) unrateAll(ctx context.Context, tx db.Tx, of account.ID) (ids []ID, err error) {
	_, err = tx.ExecContext(ctx, `UPDATE video_counter SET
		likes = likes - (SELECT COUNT(*) FROM video_rate r WHERE r.video_id = video_counter.video_id AND r.account_id = ? AND r.type = 'like'),
		dislikes = dislikes - (SELECT COUNT(*) FROM video_rate r WHERE r.video_id = video_counter.video_id AND r.account_id = ? AND r.type = 'dislike')
		WHERE video_id IN (SELECT video_id FROM video_rate WHERE account_id = ?)`, int64(of), int64(of), int64(of))
	if err != nil {
		return nil, err
	}
	err = tx.NewRaw("DELETE FROM video_rate WHERE account_id = ? RETURNING video_id", int64(of)).Scan(ctx, &ids)
	return ids, err
}

// rated are the videos that an account rated and may still see.
func (s *store) rated(ctx context.Context, of account.ID, as Rating, start, count int, oldest bool) (ids []ID, ratings map[ID]Rating, total int, err error) {
	const from = ` FROM video_rate r JOIN video v ON v.id = r.video_id JOIN channel c ON c.id = v.channel_id
		WHERE r.account_id = ? AND (r.type = ? OR ? = '') AND (v.privacy IN (1, 2, 4) AND v.state = 1 OR c.account_id = ?)`
	args := []any{int64(of), string(as), string(as), int64(of)}
	if err := s.db.Read().QueryRowContext(ctx, "SELECT COUNT(*)"+from, args...).Scan(&total); err != nil || count == 0 {
		return nil, nil, total, err
	}
	ratings = map[ID]Rating{}
	err = db.Each(ctx, s.db.Read(), func(r *sql.Rows) error {
		var id ID
		var as Rating
		err := r.Scan(&id, &as)
		ids, ratings[id] = append(ids, id), as
		return err
	}, "SELECT r.video_id, r.type"+from+either(oldest, " ORDER BY r.created_at, r.id", " ORDER BY r.created_at DESC, r.id DESC")+" LIMIT ? OFFSET ?",
		append(args, count, start)...)
	return ids, ratings, total, err
}
