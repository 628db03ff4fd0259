package stream

import (
	"context"
	"database/sql"
	"strconv"
	"time"

	"github.com/uptrace/bun"

	"vidiverse/instance/access"
	"vidiverse/instance/db"
	"vidiverse/instance/fault"
)

func (s *store) torrentFacts(ctx context.Context, q bun.IDB, file int64) (f torrentFacts, err error) {
	var vis string
	var privacy access.Privacy
	var made, titled sql.NullString
	var seeded sql.NullInt64
	err = q.QueryRowContext(ctx, `SELECT v.id, v.uuid, v.name, v.privacy, f.kind, f.name, f.visibility, f.size, COALESCE(r.resolution, w.resolution),
		t.name, t.title, t.seeded FROM media_file f JOIN video v ON v.id = f.video_id LEFT JOIN rendition r ON r.file_id = f.id
		LEFT JOIN web_video w ON w.file_id = f.id LEFT JOIN torrent t ON t.file_id = f.id
		WHERE f.id = ? AND f.kind IN ('fragmented', 'web-video') AND v.host_id IS NULL`, file).
		Scan(&f.video, &f.uuid, &f.title, &privacy, &f.kind, &f.name, &vis, &f.size, &f.resolution, &made, &titled, &seeded)
	f.open, f.private = privacy.Open(), vis == "private"
	f.made, f.titled, f.seeded = made.String, titled.String, seeded.Int64 != 0
	return f, access.NotFound(err)
}

// torrentable are the files of a video that have or get torrents.
func (s *store) torrentable(ctx context.Context, tx db.Tx, id access.VideoID) (files []int64, err error) {
	err = db.Each(ctx, tx, func(r *sql.Rows) error {
		var f int64
		if err := r.Scan(&f); err != nil {
			return err
		}
		files = append(files, f)
		return nil
	}, "SELECT id FROM media_file WHERE video_id = ? AND kind IN ('fragmented', 'web-video') ORDER BY id", int64(id))
	return files, err
}

// staleTorrents are files, some at a time, whose torrent is missing or says
// what is no longer so.
func (s *store) staleTorrents(ctx context.Context) (list []torrentPayload, err error) {
	err = db.Each(ctx, s.db.Read(), func(r *sql.Rows) error {
		var p torrentPayload
		if err := r.Scan(&p.Video, &p.File); err != nil {
			return err
		}
		list = append(list, p)
		return nil
	}, `SELECT v.id, f.id`+stale+` ORDER BY f.id DESC LIMIT 5000`)
	return list, err
}

const stale = ` FROM media_file f JOIN video v ON v.id = f.video_id LEFT JOIN torrent t ON t.file_id = f.id
	WHERE f.kind IN ('fragmented', 'web-video') AND v.host_id IS NULL AND (t.file_id IS NULL OR t.title <> v.name
	OR t.seeded <> CASE WHEN v.privacy IN (1, 2) THEN 1 ELSE 0 END)`

// lacking counts the files of a video whose torrent is missing or old.
func (s *store) lacking(ctx context.Context, tx db.Tx, id access.VideoID) (n int, err error) {
	err = tx.QueryRowContext(ctx, "SELECT COUNT(*)"+stale+" AND v.id = ?", int64(id)).Scan(&n)
	return n, err
}

func (s *store) putTorrent(ctx context.Context, tx db.Tx, file int64, t Torrent, size int64, made torrentFacts, now time.Time) error {
	if _, err := tx.ExecContext(ctx, "DELETE FROM torrent WHERE file_id = ?", file); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, "INSERT INTO torrent (file_id, name, info_hash, size, title, seeded, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
		file, t.Name, t.Hash[:], size, made.title, db.Flag(made.open), db.Millis(now))
	return err
}

func (s *store) torrentFile(ctx context.Context, name string) (f MediaFile, filename string, err error) {
	var title string
	var resolution int
	var privacy access.Privacy
	var created int64
	err = s.db.Read().QueryRowContext(ctx, `SELECT v.id, v.name, v.privacy, COALESCE(r.resolution, w.resolution), t.size, t.created_at
		FROM torrent t JOIN media_file f ON f.id = t.file_id JOIN video v ON v.id = f.video_id LEFT JOIN rendition r ON r.file_id = f.id
		LEFT JOIN web_video w ON w.file_id = f.id WHERE t.name = ?`, name).
		Scan(&f.VideoID, &title, &privacy, &resolution, &f.Size, &created)
	if err == sql.ErrNoRows {
		err = fault.New(fault.NotFound, "Torrent file not found")
	}
	f.Key, f.Public, f.ModTime, f.ContentType = torrents+name, privacy.Open(), db.Time(created), "application/x-bittorrent"
	return f, title + "-" + strconv.Itoa(resolution) + "p.torrent", err
}

// torrentKeys are the torrents of some files, before their rows go.
func (s *store) torrentKeys(ctx context.Context, tx db.Tx, files []int64) (keys []string, err error) {
	err = db.Each(ctx, tx, func(r *sql.Rows) error {
		var name string
		if err := r.Scan(&name); err != nil {
			return err
		}
		keys = append(keys, torrents+name)
		return nil
	}, "SELECT name FROM torrent WHERE file_id IN (?)", bun.In(files))
	return keys, err
}
