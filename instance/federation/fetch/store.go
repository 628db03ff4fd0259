package fetch

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"vidiverse/instance/account"
	"vidiverse/instance/actor"
	"vidiverse/instance/channel"
	"vidiverse/instance/db"
	"vidiverse/instance/video"
)

// store asks what no noun is asked for elsewhere.
type store struct{ db *db.DB }

// buried is when what had that address was deleted; zero is never.
func (store) buried(ctx context.Context, q bun.IDB, address string) (time.Time, error) {
	var at int64
	err := q.QueryRowContext(ctx, "SELECT at FROM tombstone WHERE url = ?", address).Scan(&at)
	if errors.Is(err, sql.ErrNoRows) {
		return time.Time{}, nil
	}
	return db.Time(at), err
}

func (store) unbury(ctx context.Context, tx db.Tx, address string) error {
	_, err := tx.ExecContext(ctx, "DELETE FROM tombstone WHERE url = ?", address)
	return err
}

func (store) bury(ctx context.Context, tx db.Tx, address, kind string, by actor.ID, at time.Time) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO tombstone (url, type, actor_id, at) VALUES (?, ?, ?, ?)
		ON CONFLICT (url) DO UPDATE SET at = excluded.at WHERE tombstone.at < excluded.at`, address, kind, db.Number(int(by)), db.Millis(at))
	return err
}

// setFollows writes how many follow an actor and how many it follows: what its
// server says, which may not know yet what is known here. Of one that is new what
// is known here counts alone, as in PeerTube.
func (store) setFollows(ctx context.Context, tx db.Tx, id actor.ID, followers, following int64, fresh bool) error {
	var in, out int64
	err := tx.QueryRowContext(ctx, `SELECT (SELECT COUNT(*) FROM follow WHERE target_id = ? AND state = 'accepted'),
		(SELECT COUNT(*) FROM follow WHERE follower_id = ? AND state = 'accepted')`, int64(id), int64(id)).Scan(&in, &out)
	if err != nil {
		return err
	}
	total := func(said, here int64) int64 {
		if fresh && here > 0 {
			return here
		}
		return max(said, here)
	}
	_, err = tx.ExecContext(ctx, "UPDATE actor_counter SET followers = ?, following = ? WHERE actor_id = ?", total(followers, in), total(following, out), int64(id))
	return err
}

func (s store) videosOf(ctx context.Context, id channel.ID, most int) (ids []video.ID, err error) {
	return numbers[video.ID](ctx, s.db.Read(), "SELECT id FROM video WHERE channel_id = ? AND host_id IS NOT NULL ORDER BY id LIMIT ?", int64(id), most)
}

// ownerOf is whose channel it is.
func (store) ownerOf(ctx context.Context, tx db.Tx, id channel.ID) (of account.ID, err error) {
	err = tx.QueryRowContext(ctx, "SELECT account_id FROM channel WHERE id = ?", int64(id)).Scan(&of)
	return of, err
}

// movePlaylists gives those of a channel to whose it is now.
func (store) movePlaylists(ctx context.Context, tx db.Tx, id channel.ID, to account.ID) error {
	_, err := tx.ExecContext(ctx, "UPDATE playlist SET account_id = ? WHERE channel_id = ? AND account_id <> ?", int64(to), int64(id), int64(to))
	return err
}

// channelsOf are the actors of an account's channels.
func (s store) channelsOf(ctx context.Context, id account.ID) ([]actor.ID, error) {
	return numbers[actor.ID](ctx, s.db.Read(), "SELECT actor_id FROM channel WHERE account_id = ? ORDER BY id", int64(id))
}

// ratingsOf are the videos that an account rated.
func (s store) ratingsOf(ctx context.Context, id account.ID, most int) ([]interaction, error) {
	return s.list(ctx, ofRating, `SELECT r.id, r.url, r.video_id, r.account_id, 0, r.type FROM video_rate r JOIN video v ON v.id = r.video_id
		WHERE r.account_id = ? AND v.host_id IS NULL ORDER BY r.id LIMIT ?`, int64(id), most)
}

func (s store) playlistsOf(ctx context.Context, id account.ID) (urls []string, err error) {
	err = db.Each(ctx, s.db.Read(), func(r *sql.Rows) error {
		var u string
		err := r.Scan(&u)
		urls = append(urls, u)
		return err
	}, "SELECT url FROM playlist WHERE account_id = ? ORDER BY id", int64(id))
	return urls, err
}

func numbers[T ~int64](ctx context.Context, q bun.IDB, query string, args ...any) (ids []T, err error) {
	err = db.Each(ctx, q, func(r *sql.Rows) error {
		var id int64
		err := r.Scan(&id)
		ids = append(ids, T(id))
		return err
	}, query, args...)
	return ids, err
}

// The statements of clean: what others did with videos of ours.
const (
	remoteRatings = `SELECT r.id, r.url, r.video_id, r.account_id, a.actor_id, r.type FROM video_rate r JOIN video v ON v.id = r.video_id
		JOIN account a ON a.id = r.account_id JOIN actor t ON t.id = a.actor_id
		WHERE v.host_id IS NULL AND t.host_id IS NOT NULL AND r.id > ? ORDER BY r.id LIMIT ?`
	remoteShares = `SELECT s.id, s.url, s.video_id, 0, s.actor_id, '' FROM video_share s JOIN video v ON v.id = s.video_id
		JOIN actor t ON t.id = s.actor_id WHERE v.host_id IS NULL AND t.host_id IS NOT NULL AND s.id > ? ORDER BY s.id LIMIT ?`
	remoteComments = `SELECT c.id, c.url, c.video_id, c.account_id, a.actor_id, '' FROM comment c JOIN video v ON v.id = c.video_id
		JOIN account a ON a.id = c.account_id JOIN actor t ON t.id = a.actor_id
		WHERE v.host_id IS NULL AND t.host_id IS NOT NULL AND c.deleted_at IS NULL AND c.id > ? ORDER BY c.id LIMIT ?`
)

func (s store) interactions(ctx context.Context, kind string, after int64, most int) (list []interaction, err error) {
	query := map[string]string{ofRating: remoteRatings, ofShare: remoteShares, ofComment: remoteComments}[kind]
	return s.list(ctx, kind, query, after, most)
}

func (s store) list(ctx context.Context, kind, query string, args ...any) (list []interaction, err error) {
	err = db.Each(ctx, s.db.Read(), func(r *sql.Rows) error {
		i := interaction{kind: kind}
		err := r.Scan(&i.id, &i.url, &i.video, &i.account, &i.actor, &i.rating)
		list = append(list, i)
		return err
	}, query, args...)
	return list, err
}

// unanswered counts in how many weeks an object could not be read.
func (store) unanswered(ctx context.Context, tx db.Tx, address string) (weeks int, err error) {
	err = tx.QueryRowContext(ctx, `INSERT INTO unanswered (url, weeks) VALUES (?, 1)
		ON CONFLICT (url) DO UPDATE SET weeks = unanswered.weeks + 1 RETURNING weeks`, address).Scan(&weeks)
	return weeks, err
}

// moved gives an interaction another address, unless something has it already.
func (store) moved(ctx context.Context, tx db.Tx, i interaction, address string) error {
	table := map[string]string{ofRating: "video_rate", ofShare: "video_share", ofComment: "comment"}[i.kind]
	_, err := tx.ExecContext(ctx, "UPDATE ? SET url = ? WHERE id = ? AND NOT EXISTS (SELECT 1 FROM ? AS other WHERE other.url = ?)",
		bun.Ident(table), address, i.id, bun.Ident(table), address)
	return err
}

// closed tells whether a server is known not to answer for now.
func (s store) closed(ctx context.Context, host string, now time.Time) (bool, error) {
	var until sql.NullInt64
	err := s.db.Read().QueryRowContext(ctx, "SELECT closed_until FROM host WHERE name = ?", host).Scan(&until)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return until.Valid && db.Time(until.Int64).After(now), err
}

func (store) answered(ctx context.Context, tx db.Tx, address string) error {
	_, err := tx.ExecContext(ctx, "DELETE FROM unanswered WHERE url = ?", address)
	return err
}
