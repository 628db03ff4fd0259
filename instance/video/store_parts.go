package video

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"vidiverse/instance/db"
)

func (s *store) chapters(ctx context.Context, q bun.IDB, id ID) ([]Chapter, error) {
	list := []Chapter{}
	err := db.Each(ctx, q, func(r *sql.Rows) error {
		var c Chapter
		if err := r.Scan(&c.At, &c.Title); err != nil {
			return err
		}
		list = append(list, c)
		return nil
	}, "SELECT timecode, title FROM video_chapter WHERE video_id = ? ORDER BY timecode", int64(id))
	return list, err
}

func (s *store) putChapters(ctx context.Context, tx db.Tx, id ID, list []Chapter) error {
	if _, err := tx.ExecContext(ctx, "DELETE FROM video_chapter WHERE video_id = ?", int64(id)); err != nil {
		return err
	}
	for _, c := range list {
		_, err := tx.ExecContext(ctx, "INSERT INTO video_chapter (video_id, timecode, title) VALUES (?, ?, ?)", int64(id), c.At, c.Title)
		if err != nil {
			return fmt.Errorf("insert chapter: %w", err)
		}
	}
	return nil
}

// theme is the one chosen for a row; column is video_id or channel_id.
func (s *store) theme(ctx context.Context, q bun.IDB, column string, id int64) (theme string, err error) {
	err = q.QueryRowContext(ctx, "SELECT theme FROM player_setting WHERE "+column+" = ?", id).Scan(&theme)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return theme, err
}

func (s *store) putTheme(ctx context.Context, tx db.Tx, column string, id int64, theme string, now time.Time) error {
	_, err := tx.ExecContext(ctx, "INSERT INTO player_setting ("+column+", theme, updated_at) VALUES (?, ?, ?) ON CONFLICT ("+column+
		") DO UPDATE SET theme = excluded.theme, updated_at = excluded.updated_at", id, theme, db.Millis(now))
	return err
}
