package stream

import (
	"context"
	"database/sql"
	"time"

	"github.com/uptrace/bun"

	"vidiverse/instance/access"
	"vidiverse/instance/db"
)

// webColumns are renditionColumns of web videos.
const webColumns = `SELECT w.video_id, f.id, w.resolution, w.fps, w.width, w.height, w.has_video, w.has_audio, f.name, NULL, f.size,
	0, 0, '', w.created_at, f.visibility, f.kind, t.name, t.info_hash
	FROM web_video w JOIN media_file f ON f.id = w.file_id LEFT JOIN torrent t ON t.file_id = f.id`

func (s *store) webVideos(ctx context.Context, q bun.IDB, ids []access.VideoID) (map[access.VideoID][]Rendition, error) {
	out := map[access.VideoID][]Rendition{}
	err := db.Each(ctx, q, func(rows *sql.Rows) error {
		id, r, err := scanRendition(rows)
		out[id] = append(out[id], r)
		return err
	}, webColumns+" WHERE w.video_id IN (?) ORDER BY w.video_id, w.resolution DESC", bun.In(ids))
	return out, err
}

func (s *store) addWebVideo(ctx context.Context, tx db.Tx, id access.VideoID, r Rendition, private bool, now time.Time) (int64, error) {
	file, err := s.addFile(ctx, tx, id, kindWebVideo, r.File, r.Size, private, now)
	if err != nil {
		return 0, err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO web_video (video_id, file_id, resolution, fps, width, height, has_audio, has_video, metadata, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, int64(id), file, r.Resolution, r.FPS, r.Width, r.Height, db.Flag(r.HasAudio), db.Flag(r.HasVideo),
		db.Text(string(r.Probe)), db.Millis(now))
	return file, err
}

// dropFiles removes rows of rendition or web_video (of is one of our own
// constants) with those of their files, and returns the keys of all that goes
// with them. A resolution or a file, if given, narrows it down.
func (s *store) dropFiles(ctx context.Context, tx db.Tx, h access.Head, of string, resolution *int, file int64) (keys []string, err error) {
	where, args := "x.video_id = ?", []any{int64(h.ID)}
	if resolution != nil {
		where, args = where+" AND x.resolution = ?", append(args, *resolution)
	}
	if file != 0 {
		where, args = where+" AND x.file_id = ?", append(args, file)
	}
	join := either(of == "rendition", "f.id = x.file_id OR f.id = x.playlist_id", "f.id = x.file_id")
	var files []int64
	err = db.Each(ctx, tx, func(rows *sql.Rows) error {
		var id int64
		var kind, name string
		if err := rows.Scan(&id, &kind, &name); err != nil {
			return err
		}
		files = append(files, id)
		// A move may be under way: it lies in one of the two folders.
		keys = append(keys, fileKey(kind, h.UUID, name, false), fileKey(kind, h.UUID, name, true))
		return nil
	}, "SELECT f.id, f.kind, f.name FROM "+of+" x JOIN media_file f ON "+join+" WHERE "+where, args...)
	if err != nil || len(files) == 0 {
		return nil, err
	}
	torrents, err := s.torrentKeys(ctx, tx, files)
	if err != nil {
		return nil, err
	}
	// The rows of x and of torrents go with the files'.
	_, err = tx.ExecContext(ctx, "DELETE FROM media_file WHERE id IN (?)", bun.In(files))
	return append(keys, torrents...), err
}
