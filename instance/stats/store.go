package stats

import (
	"context"

	"vidiverse/instance/db"
	"vidiverse/instance/video"
)

type store struct{}

// add counts views of one day. A video that is gone counts nothing.
func (store) add(ctx context.Context, tx db.Tx, id video.ID, n, day int64) error {
	res, err := tx.ExecContext(ctx, "UPDATE video_counter SET views = views + ?, recent_views = recent_views + ? WHERE video_id = ?", n, n, int64(id))
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
