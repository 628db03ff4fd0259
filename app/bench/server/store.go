package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"vidiverse/instance/db"
)

const (
	batch   = 1000
	fileLen = 64 << 20 // of the one video that has a file
)

// one is the uuid of the video that is asked for alone.
const one = "00000000-0000-4000-8000-000000000001"

const fileName = "f-720-fragmented.mp4"

// seed fills an instance that has started once with videos, the first with a
// file of its own.
func seed(ctx context.Context, data string, videos int) error {
	d, err := db.Open(ctx, db.Config{URL: "sqlite:" + filepath.Join(data, "vidiverse.sqlite")})
	if err != nil {
		return err
	}
	defer d.Close()
	for first := 1; first <= videos; first += batch {
		err := d.Write(ctx, func(tx db.Tx) error {
			for n := first; n < min(first+batch, videos+1); n++ {
				if err := insert(ctx, tx, n); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("seed from %d: %w", first, err)
		}
	}
	folder := filepath.Join(data, "storage/streaming-playlists/hls", one)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, fileName), make([]byte, fileLen), 0o644)
}

func insert(ctx context.Context, tx db.Tx, n int) error {
	uuid := fmt.Sprintf("00000000-0000-4000-8000-%012d", n)
	at := time.Date(2026, 1, 1, 0, 0, n, 0, time.UTC).UnixMilli()
	for _, s := range []struct {
		query string
		args  []any
	}{
		{`INSERT INTO video (id, uuid, url, channel_id, name, description, privacy, state, duration, aspect_ratio, created_at, updated_at, published_at)
			SELECT ?, ?, ?, min(id), ?, 'A description of some length, as people write them.', 1, 1, 600, 1.7778, ?, ?, ? FROM channel`,
			[]any{n, uuid, "http://localhost/videos/watch/" + uuid, fmt.Sprintf("Video number %d", n), at, at, at}},
		{`INSERT INTO video_counter (video_id, views) VALUES (?, ?)`, []any{n, n % 977}},
		{`INSERT INTO thumbnail (video_id, width, height, file, created_at) VALUES (?, 280, 157, ?, ?), (?, 850, 480, ?, ?)`,
			[]any{n, uuid + "-s.jpg", at, n, uuid + "-m.jpg", at}},
		{`INSERT INTO media_file (video_id, kind, name, size, visibility, created_at) VALUES (?, 'fragmented', ?, ?, 'public', ?)`,
			[]any{n, fmt.Sprintf("%d-", n) + fileName, fileLen, at}},
	} {
		if _, err := tx.ExecContext(ctx, s.query, s.args...); err != nil {
			return err
		}
	}
	if n == 1 {
		_, err := tx.ExecContext(ctx, `UPDATE media_file SET name = ? WHERE video_id = 1`, fileName)
		return err
	}
	return nil
}
