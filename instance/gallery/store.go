package gallery

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"

	"vidiverse/instance/actor"
	"vidiverse/instance/db"
	"vidiverse/p2p/metainfo"
)

type store struct{ db *db.DB }

// replace enters made in place of an actor's pictures of a kind, whose files it
// returns.
func (store) replace(ctx context.Context, tx db.Tx, of actor.ID, k Kind, made []actor.Image, now int64) (before []string, err error) {
	err = tx.NewRaw(`DELETE FROM actor_image WHERE actor_id = ? AND kind = ? RETURNING file`, int64(of), int(k)).Scan(ctx, &before)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("remove pictures of actor %d: %w", of, err)
	}
	for _, m := range made {
		_, err = tx.ExecContext(ctx, `INSERT INTO actor_image (actor_id, kind, width, height, file, created_at, updated_at)
			VALUES (?, ?, ?, ?, ?, ?, ?)`, int64(of), int(k), m.Width, m.Height, m.File, now, now)
		if err != nil {
			return nil, fmt.Errorf("enter picture of actor %d: %w", of, err)
		}
	}
	return before, nil
}

// still is where another server keeps the thumbnail of a video or playlist.
func (s store) still(ctx context.Context, file string) (source, error) {
	return s.source(ctx, file, `SELECT remote_url FROM thumbnail WHERE file = ?
		UNION ALL SELECT remote_url FROM playlist_thumbnail WHERE file = ?`, file)
}

func (s store) storyboard(ctx context.Context, file string) (source, error) {
	return s.source(ctx, file, "SELECT remote_url FROM storyboard WHERE file = ?")
}

func (s store) caption(ctx context.Context, file string) (source, error) {
	return s.source(ctx, file, "SELECT remote_url FROM caption WHERE file = ?")
}

// torrent is where another server keeps the .torrent that our copy has the name
// of, and which one it is.
func (s store) torrent(ctx context.Context, file string) (from source, err error) {
	if !db.Sized(file, 1, 500) {
		return source{}, notFound()
	}
	var url, magnet sql.NullString
	var title string
	var resolution int
	err = s.db.Read().QueryRowContext(ctx, `SELECT f.torrent_url, f.magnet, v.name, f.resolution
		FROM remote_file f JOIN video v ON v.id = f.video_id WHERE f.torrent = ?`, file).Scan(&url, &magnet, &title, &resolution)
	if err != nil {
		return source{}, missing(err)
	}
	m, err := metainfo.ParseMagnet(magnet.String)
	if err != nil {
		return source{}, notFound()
	}
	from = source{url: url.String, hash: m.Hash, name: title + "-" + strconv.Itoa(resolution) + "p.torrent"}
	if from.url == "" && len(m.Torrents) > 0 {
		from.url = m.Torrents[0]
	}
	if from.url == "" {
		err = notFound()
	}
	return from, err
}

func (s store) source(ctx context.Context, file, text string, more ...any) (source, error) {
	var url sql.NullString
	if !db.Sized(file, 1, 500) { // PostgreSQL takes neither NUL nor broken UTF-8
		return source{}, notFound()
	}
	err := s.db.Read().QueryRowContext(ctx, text, append([]any{file}, more...)...).Scan(&url)
	return source{url: url.String}, missing(err)
}

func missing(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return notFound()
	}
	return err
}
