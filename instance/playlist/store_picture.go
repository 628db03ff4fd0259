package playlist

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"vidiverse/instance/db"
	"vidiverse/instance/video"
)

func (store) putPictures(ctx context.Context, tx db.Tx, id ID, list []picture, now time.Time) error {
	for _, p := range list {
		_, err := tx.ExecContext(ctx, `INSERT INTO playlist_thumbnail (playlist_id, width, height, file, video_id, remote_url, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
			int64(id), p.Width, p.Height, p.File, db.Number(int(p.video)), db.Text(p.remote), db.Millis(now))
		if err != nil {
			return err
		}
	}
	return nil
}

func (store) dropPictures(ctx context.Context, tx db.Tx, id ID) error {
	_, err := tx.ExecContext(ctx, "DELETE FROM playlist_thumbnail WHERE playlist_id = ?", int64(id))
	return err
}

// files are the pictures of a playlist that lie here.
func (store) files(ctx context.Context, q bun.IDB, id ID) (list []string, err error) {
	err = q.NewRaw("SELECT file FROM playlist_thumbnail WHERE playlist_id = ? AND remote_url IS NULL", int64(id)).Scan(ctx, &list)
	return list, err
}

func (store) remotePicture(ctx context.Context, q bun.IDB, id ID) (address string, err error) {
	var url sql.NullString
	err = q.QueryRowContext(ctx, "SELECT remote_url FROM playlist_thumbnail WHERE playlist_id = ? LIMIT 1", int64(id)).Scan(&url)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return url.String, err
}

// wanted says from which video a playlist's picture should be, and whether it is
// from another now; no video means no picture. One that somebody chose stays.
func (s store) wanted(ctx context.Context, q bun.IDB, id ID) (from video.ID, file string, need bool, err error) {
	if _, err := s.one(ctx, q, "p.id = ? AND t.host_id IS NULL", int64(id)); err != nil {
		return 0, "", false, err
	}
	var has sql.NullInt64
	err = q.QueryRowContext(ctx, "SELECT video_id FROM playlist_thumbnail WHERE playlist_id = ? LIMIT 1", int64(id)).Scan(&has)
	there := err == nil
	if err != nil && !errors.Is(err, sql.ErrNoRows) || there && !has.Valid {
		return 0, "", false, err
	}
	// The picture of a video that is not open is for some people only.
	err = q.QueryRowContext(ctx, `SELECT v.id, (SELECT t.file FROM thumbnail t WHERE t.video_id = v.id AND t.width > t.height ORDER BY t.width DESC LIMIT 1) AS file
		FROM playlist_element e JOIN video v ON v.id = e.video_id WHERE e.playlist_id = ? AND v.privacy IN (1, 2)
		AND EXISTS (SELECT 1 FROM thumbnail t WHERE t.video_id = v.id AND t.width > t.height) ORDER BY e.position, e.id LIMIT 1`, int64(id)).Scan(&from, &file)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, "", there, nil
	}
	return from, file, int64(from) != has.Int64, err
}
