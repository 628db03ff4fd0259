package gallery

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"vidiverse/instance/actor"
	"vidiverse/instance/db"
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

// still is where another server keeps the thumbnail of a video or playlist, empty
// for ours.
func (s store) still(ctx context.Context, file string) (string, error) {
	var url sql.NullString
	if !db.Sized(file, 1, 500) { // PostgreSQL takes neither NUL nor broken UTF-8
		return "", notFound()
	}
	err := s.db.Read().QueryRowContext(ctx, `SELECT remote_url FROM thumbnail WHERE file = ?
		UNION ALL SELECT remote_url FROM playlist_thumbnail WHERE file = ?`, file, file).Scan(&url)
	if errors.Is(err, sql.ErrNoRows) {
		err = notFound()
	}
	return url.String, err
}
