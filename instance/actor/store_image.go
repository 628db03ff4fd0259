package actor

import (
	"context"
	"database/sql"
	"errors"

	"github.com/uptrace/bun"

	"vidiverse/instance/db"
	"vidiverse/instance/fault"
)

const (
	avatarKind = 1
	bannerKind = 2
)

// remoteImages are the names of an actor's pictures by where they are read from.
func (store) remoteImages(ctx context.Context, tx db.Tx, id ID, kind int) (map[string]string, error) {
	var rows []struct{ File, RemoteURL string }
	err := tx.NewRaw(`SELECT file, COALESCE(remote_url, '') AS remote_url FROM actor_image WHERE actor_id = ? AND kind = ?`, id, kind).Scan(ctx, &rows)
	known := make(map[string]string, len(rows))
	for _, r := range rows {
		known[r.RemoteURL] = r.File
	}
	return known, err
}

func (store) insertRemoteImage(ctx context.Context, tx db.Tx, id ID, kind int, file string, img RemoteImage, now int64) error {
	_, err := tx.NewRaw(`INSERT INTO actor_image (actor_id, kind, width, height, file, remote_url, created_at, updated_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)`, id, kind, img.Width, img.Height, file, img.URL, now, now).Exec(ctx)
	return err
}

func (store) deleteImage(ctx context.Context, tx db.Tx, file string) error {
	_, err := tx.NewRaw(`DELETE FROM actor_image WHERE file = ?`, file).Exec(ctx)
	return err
}

func (store) imageSource(ctx context.Context, q bun.IDB, file string) (url string, err error) {
	err = q.NewRaw(`SELECT COALESCE(remote_url, '') FROM actor_image WHERE file = ?`, file).Scan(ctx, &url)
	if errors.Is(err, sql.ErrNoRows) {
		return "", fault.New(fault.NotFound, "File not found")
	}
	return url, err
}
