package stats

import (
	"context"

	"vidiverse/instance/db"
	"vidiverse/instance/video"
)

type store struct{}

// viewed counts views for good.
func (store) viewed(ctx context.Context, tx db.Tx, id video.ID, n int64) error {
	_, err := tx.ExecContext(ctx, "UPDATE video_counter SET views = views + ? WHERE video_id = ?", n, int64(id))
	return err
}

func (store) downloaded(ctx context.Context, tx db.Tx, id video.ID) error {
	_, err := tx.ExecContext(ctx, "UPDATE video_counter SET downloads = downloads + 1 WHERE video_id = ?", int64(id))
	return err
}

// add counts views of one day, by which videos trend. A video that is gone counts
// nothing.
func (store) add(ctx context.Context, tx db.Tx, id video.ID, n, day int64) error {
	res, err := tx.ExecContext(ctx, "UPDATE video_counter SET recent_views = recent_views + ? WHERE video_id = ?", n, int64(id))
	if err != nil {
		return err
	}
	if rows, err := res.RowsAffected(); err != nil || rows == 0 {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO video_views_day (video_id, day, views) VALUES (?, ?, ?)
		ON CONFLICT (video_id, day) DO UPDATE SET views = video_views_day.views + excluded.views`, int64(id), day, n)
	return err
}

// trend counts the recent views again, from the given day on. Videos that
// nobody watched lately are not touched: most of them.
func (store) trend(ctx context.Context, tx db.Tx, since int64) error {
	_, err := tx.ExecContext(ctx, `UPDATE video_counter SET recent_views = COALESCE((SELECT SUM(d.views) FROM video_views_day d
		WHERE d.video_id = video_counter.video_id AND d.day >= ?), 0) WHERE recent_views > 0`, since)
	return err
}
