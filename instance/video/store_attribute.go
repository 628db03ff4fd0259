package video

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"vidiverse/instance/access"
	"vidiverse/instance/db"
)

// The statements of captions, storyboards and lives.

func (s *store) captions(ctx context.Context, q bun.IDB, id ID) (list []Caption, err error) {
	err = db.Each(ctx, q, func(r *sql.Rows) error {
		var c Caption
		var address, playlist sql.NullString
		var updated int64
		err := r.Scan(&c.Language, &c.Automatic, &c.File, &address, &playlist, &updated)
		c.Address, c.PlaylistURL, c.UpdatedAt = address.String, playlist.String, db.Time(updated)
		list = append(list, c)
		return err
	}, "SELECT language, automatic, file, remote_url, playlist, updated_at FROM caption WHERE video_id = ? ORDER BY language", int64(id))
	return list, err
}

// putRemoteCaptions replaces the captions of a remote video: one whose address
// is new gets a new name, so that nobody keeps showing the old one.
func (s *store) putRemoteCaptions(ctx context.Context, tx db.Tx, id ID, list []Caption, now time.Time) error {
	before, err := s.captions(ctx, tx, id)
	if err != nil {
		return err
	}
	known := map[string]Caption{}
	for _, c := range before {
		known[c.Language] = c
	}
	for _, c := range list {
		old, ok := known[c.Language]
		delete(known, c.Language)
		c.File, c.UpdatedAt = old.File, old.UpdatedAt
		if c == old {
			continue
		}
		if !ok || c.Address != old.Address {
			c.File = access.NewUUID() + "-" + c.Language + ".vtt"
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO caption (video_id, language, automatic, file, remote_url, playlist, created_at, updated_at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (video_id, language) DO UPDATE SET automatic = excluded.automatic, file = excluded.file,
			remote_url = excluded.remote_url, playlist = excluded.playlist, updated_at = excluded.updated_at`,
			int64(id), c.Language, db.Flag(c.Automatic), c.File, c.Address, db.Text(c.PlaylistURL), db.Millis(now), db.Millis(now))
		if err != nil {
			return err
		}
	}
	for language := range known {
		if _, err := tx.ExecContext(ctx, "DELETE FROM caption WHERE video_id = ? AND language = ?", int64(id), language); err != nil {
			return err
		}
	}
	return nil
}

// storyboard is nil where a video has none.
func (s *store) storyboard(ctx context.Context, id ID) (*Storyboard, error) {
	return s.storyboardIn(ctx, s.db.Read(), id)
}

func (s *store) storyboardIn(ctx context.Context, q bun.IDB, id ID) (*Storyboard, error) {
	var b Storyboard
	var address sql.NullString
	err := q.QueryRowContext(ctx, "SELECT file, remote_url, width, height, tile_width, tile_height, seconds FROM storyboard WHERE video_id = ?", int64(id)).
		Scan(&b.File, &address, &b.Width, &b.Height, &b.TileWidth, &b.TileHeight, &b.Seconds)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	b.Address = address.String
	return &b, err
}

// putRemoteStoryboard replaces the storyboard of a remote video; nil removes it.
func (s *store) putRemoteStoryboard(ctx context.Context, tx db.Tx, id ID, b *Storyboard, now time.Time) error {
	old, err := s.storyboardIn(ctx, tx, id)
	if err != nil || b == nil && old == nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "DELETE FROM storyboard WHERE video_id = ?", int64(id)); err != nil || b == nil {
		return err
	}
	file := access.NewUUID() + ".jpg"
	if old != nil && old.Address == b.Address {
		file = old.File
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO storyboard (video_id, file, remote_url, width, height, tile_width, tile_height, seconds, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`, int64(id), file, b.Address, b.Width, b.Height, b.TileWidth, b.TileHeight, b.Seconds, db.Millis(now))
	return err
}

// live is nil where a video is none.
func (s *store) live(ctx context.Context, id ID) (*Live, error) {
	var l Live
	err := s.db.Read().QueryRowContext(ctx, "SELECT permanent, save_replay, latency, dvr FROM live WHERE video_id = ?", int64(id)).
		Scan(&l.Permanent, &l.SaveReplay, &l.Latency, &l.DVR)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	starts, err := s.starts(ctx, []ID{id})
	l.Starts = starts[id]
	return &l, err
}

// putLive writes what a live has, in place of what it had; nil removes it.
func (s *store) putLive(ctx context.Context, tx db.Tx, id ID, l *Live) error {
	if _, err := tx.ExecContext(ctx, "DELETE FROM live WHERE video_id = ?", int64(id)); err != nil || l == nil {
		return err
	}
	_, err := tx.ExecContext(ctx, "INSERT INTO live (video_id, permanent, save_replay, latency, dvr) VALUES (?, ?, ?, ?, ?)",
		int64(id), db.Flag(l.Permanent), db.Flag(l.SaveReplay), int(l.Latency), l.DVR)
	if err != nil {
		return err
	}
	for _, at := range l.Starts {
		if _, err := tx.ExecContext(ctx, "INSERT INTO live_schedule (video_id, start_at) VALUES (?, ?)", int64(id), db.Millis(at)); err != nil {
			return err
		}
	}
	return nil
}

func (s *store) state(ctx context.Context, id ID) (st State, err error) {
	err = s.db.Read().QueryRowContext(ctx, "SELECT state FROM video WHERE id = ?", int64(id)).Scan(&st)
	return st, access.NotFound(err)
}

// starts are when lives are to begin, the earliest first.
func (s *store) starts(ctx context.Context, ids []ID) (map[ID][]time.Time, error) {
	out := map[ID][]time.Time{}
	err := db.Each(ctx, s.db.Read(), func(r *sql.Rows) error {
		var id ID
		var at int64
		err := r.Scan(&id, &at)
		out[id] = append(out[id], db.Time(at))
		return err
	}, "SELECT video_id, start_at FROM live_schedule WHERE video_id IN (?) ORDER BY start_at", bun.In(ids))
	return out, err
}
