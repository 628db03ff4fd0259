package object

import (
	"context"
	"database/sql"
	"time"

	"vidiverse/instance/activitypub"
	"vidiverse/instance/actor"
	"vidiverse/instance/db"
	"vidiverse/instance/video"
)

// lists are the statements behind the collections of a video.
var lists = map[List]string{
	Likes:     "FROM video_rate WHERE video_id = ? AND type = 'like'",
	Dislikes:  "FROM video_rate WHERE video_id = ? AND type = 'dislike'",
	Comments:  "FROM comment WHERE video_id = ? AND held = 0",
	Announces: "FROM video_share WHERE video_id = ?",
}

func (s store) countOf(ctx context.Context, which List, id video.ID) (n int64, err error) {
	err = s.db.Read().QueryRowContext(ctx, "SELECT COUNT(*) "+lists[which], int64(id)).Scan(&n)
	return n, err
}

func (s store) listOf(ctx context.Context, which List, id video.ID, limit, offset int) (urls []string, err error) {
	order := " ORDER BY id DESC"
	if which == Comments {
		order = " ORDER BY id"
	}
	err = s.db.Read().NewRaw("SELECT url "+lists[which]+order+" LIMIT ? OFFSET ?", int64(id), limit, offset).Scan(ctx, &urls)
	return urls, err
}

// outboxOf are the videos of an account, and those that an actor announced.
const outboxOf = `FROM video v JOIN channel c ON c.id = v.channel_id JOIN account a ON a.id = c.account_id
	WHERE v.privacy = 1 AND v.state IN (1, 4, 5) AND (a.actor_id = ? OR EXISTS (SELECT 1 FROM video_share s WHERE s.video_id = v.id AND s.actor_id = ?))`

func (s store) countOutbox(ctx context.Context, by actor.ID) (n int64, err error) {
	err = s.db.Read().QueryRowContext(ctx, "SELECT COUNT(*) "+outboxOf, int64(by), int64(by)).Scan(&n)
	return n, err
}

func (s store) outbox(ctx context.Context, by actor.ID, limit, offset int) (ids []video.ID, err error) {
	err = s.db.Read().NewRaw("SELECT v.id "+outboxOf+" ORDER BY v.published_at DESC, v.id DESC LIMIT ? OFFSET ?", int64(by), int64(by), limit, offset).
		Scan(ctx, &ids)
	return ids, err
}

const playlistsOf = `FROM playlist p JOIN account o ON o.id = p.account_id LEFT JOIN channel c ON c.id = p.channel_id
	WHERE p.privacy = 1 AND p.type = 1 AND (o.actor_id = ? OR c.actor_id = ?)`

func (s store) countPlaylists(ctx context.Context, by actor.ID) (n int64, err error) {
	err = s.db.Read().QueryRowContext(ctx, "SELECT COUNT(*) "+playlistsOf, int64(by), int64(by)).Scan(&n)
	return n, err
}

func (s store) playlistsOf(ctx context.Context, by actor.ID, limit, offset int) (urls []string, err error) {
	err = s.db.Read().NewRaw("SELECT p.url "+playlistsOf+" ORDER BY p.updated_at DESC, p.id DESC LIMIT ? OFFSET ?", int64(by), int64(by), limit, offset).
		Scan(ctx, &urls)
	return urls, err
}

// rate finds a rating by the name of an account of ours and the number of the video.
func (s store) rate(ctx context.Context, kind, account string, number int64) (by, of, url string, err error) {
	err = s.db.Read().QueryRowContext(ctx, `SELECT a.url, v.url, r.url FROM video_rate r JOIN account o ON o.id = r.account_id
		JOIN actor a ON a.id = o.actor_id JOIN video v ON v.id = r.video_id
		WHERE lower(a.username) = lower(?) AND a.host_id IS NULL AND a.deleted_at IS NULL AND r.type = ? AND r.video_id = ?
		AND (v.privacy = 1 OR v.privacy = 2 AND v.host_id IS NOT NULL)`, account, kind, number).Scan(&by, &of, &url)
	return by, of, url, missing(err, "Rate")
}

// chapters end where the next one begins, the last with the video.
func (s store) chapters(ctx context.Context, id video.ID) (all activitypub.List[activitypub.Chapter], err error) {
	var length float64
	if err = s.db.Read().QueryRowContext(ctx, "SELECT duration FROM video WHERE id = ?", int64(id)).Scan(&length); err != nil {
		return nil, missing(err, "Video")
	}
	err = db.Each(ctx, s.db.Read(), func(r *sql.Rows) error {
		var c activitypub.Chapter
		err := r.Scan(&c.StartOffset, &c.Name)
		all = append(all, c)
		return err
	}, "SELECT timecode, title FROM video_chapter WHERE video_id = ? ORDER BY timecode", int64(id))
	for i := range all {
		end := length
		if i+1 < len(all) {
			end = all[i+1].StartOffset
		}
		all[i].EndOffset = &end
	}
	return all, err
}

func (s store) theme(ctx context.Context, column string, id int64, otherwise string) (theme string, at time.Time, err error) {
	var updated int64
	err = s.db.Read().QueryRowContext(ctx, "SELECT theme, updated_at FROM player_setting WHERE "+column+" = ?", id).Scan(&theme, &updated)
	if err == sql.ErrNoRows {
		return otherwise, at, nil
	}
	return theme, db.Time(updated), err
}
