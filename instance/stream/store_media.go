package stream

import (
	"context"
	"database/sql"
	"time"

	"github.com/uptrace/bun"

	"vidiverse/instance/access"
	"vidiverse/instance/db"
	"vidiverse/instance/fault"
)

func (s *store) mediaFile(ctx context.Context, kind, uuid, name string) (f MediaFile, err error) {
	var rowKind, vis, of string
	var privacy access.Privacy
	var created int64
	err = s.db.Read().QueryRowContext(ctx, `SELECT f.kind, f.visibility, f.size, f.created_at, v.id, v.uuid, v.privacy
		FROM media_file f JOIN video v ON v.id = f.video_id WHERE f.name = ?`, name).
		Scan(&rowKind, &vis, &f.Size, &created, &f.VideoID, &of, &privacy)
	private := vis == "private"
	asked := either(rowKind == kindWebVideo, MediaWebVideo, MediaHLS) + either(private, "-private", "")
	if err == sql.ErrNoRows || (err == nil && (asked != kind || (rowKind != kindWebVideo && of != uuid))) {
		return MediaFile{}, fault.New(fault.NotFound, "File not found")
	}
	f.Key, f.ContentType, f.ModTime = fileKey(rowKind, of, name, private), contentType(name), db.Time(created)
	f.Public = privacy.Open()
	return f, err
}

// sourceFile is the original that lies under a key, and its name at home.
func (s *store) sourceFile(ctx context.Context, key string) (id access.VideoID, f MediaFile, filename string, err error) {
	var created int64
	err = s.db.Read().QueryRowContext(ctx, "SELECT video_id, size, input_filename, created_at FROM video_source WHERE blob_key = ?", key).
		Scan(&id, &f.Size, &filename, &created)
	if err == sql.ErrNoRows {
		err = fault.New(fault.NotFound, "Video source file not found")
	}
	f.Key, f.VideoID, f.ContentType, f.ModTime = key, id, "application/octet-stream", db.Time(created)
	return id, f, filename, err
}

func (s *store) swarmAllowed(ctx context.Context, hash [20]byte, now time.Time) (bool, error) {
	var n int
	err := s.db.Read().QueryRowContext(ctx, `SELECT COUNT(*) FROM video v WHERE v.privacy IN (1, 2) AND v.id IN (
		SELECT m.video_id FROM swarm_hash s JOIN hls_master m ON m.id = s.master_id WHERE s.hash = ? AND (s.valid_until IS NULL OR s.valid_until > ?)
		UNION ALL SELECT f.video_id FROM torrent t JOIN media_file f ON f.id = t.file_id WHERE t.info_hash = ?)`,
		hash[:], db.Millis(now), hash[:]).Scan(&n)
	return n > 0, err
}

// hashes are the swarms of all masters of a video and of its torrents.
func (s *store) hashes(ctx context.Context, tx db.Tx, id access.VideoID) (list [][20]byte, err error) {
	err = db.Each(ctx, tx, func(r *sql.Rows) error {
		var b []byte
		if err := r.Scan(&b); err != nil {
			return err
		}
		if len(b) == 20 {
			list = append(list, [20]byte(b))
		}
		return nil
	}, `SELECT s.hash FROM swarm_hash s JOIN hls_master m ON m.id = s.master_id WHERE m.video_id = ?
		UNION ALL SELECT t.info_hash FROM torrent t JOIN media_file f ON f.id = t.file_id WHERE f.video_id = ?`, int64(id), int64(id))
	return list, err
}

// masterHashes are the swarms of one master that are still allowed.
func (s *store) masterHashes(ctx context.Context, master string, now time.Time) (list [][20]byte, err error) {
	err = db.Each(ctx, s.db.Read(), func(r *sql.Rows) error {
		var b []byte
		if err := r.Scan(&b); err != nil {
			return err
		}
		if len(b) == 20 {
			list = append(list, [20]byte(b))
		}
		return nil
	}, `SELECT s.hash FROM swarm_hash s JOIN hls_master m ON m.id = s.master_id
		WHERE m.name = ? AND (s.valid_until IS NULL OR s.valid_until > ?) ORDER BY s.scheme, s.hash`, master, db.Millis(now))
	return list, err
}

// named is a file row.
type named struct{ kind, name string }

// misplaced are the files, masters apart, that lie in the wrong folder.
func (s *store) misplaced(ctx context.Context, id access.VideoID, vis string) (list []named, err error) {
	err = db.Each(ctx, s.db.Read(), func(r *sql.Rows) error {
		var f named
		if err := r.Scan(&f.kind, &f.name); err != nil {
			return err
		}
		list = append(list, f)
		return nil
	}, "SELECT kind, name FROM media_file WHERE video_id = ? AND visibility <> ? AND kind NOT IN ('master', 'sha256') ORDER BY id", int64(id), vis)
	return list, err
}

func (s *store) place(ctx context.Context, tx db.Tx, id access.VideoID, vis string) error {
	_, err := tx.ExecContext(ctx, "UPDATE media_file SET visibility = ? WHERE video_id = ? AND kind NOT IN ('master', 'sha256')", vis, int64(id))
	return err
}

// dropMasters deletes masters with their swarms and files' rows, and returns
// the keys of the files. where is one of our own constants.
func (s *store) dropMasters(ctx context.Context, tx db.Tx, where string, arg int64) (keys []string, err error) {
	var masters, files []int64
	err = db.Each(ctx, tx, func(r *sql.Rows) error {
		var master, file int64
		var uuid, name, vis string
		if err := r.Scan(&master, &file, &uuid, &name, &vis); err != nil {
			return err
		}
		masters, files = append(masters, master), append(files, file)
		keys = append(keys, FolderOf(uuid, vis == "private")+"/"+name)
		return nil
	}, `SELECT m.id, f.id, v.uuid, f.name, f.visibility FROM hls_master m JOIN video v ON v.id = m.video_id
		JOIN media_file f ON f.video_id = m.video_id AND ((f.kind = 'master' AND f.name = m.name) OR (f.kind = 'sha256' AND f.name = m.sha256_name))
		WHERE `+where+" LIMIT 1000", arg)
	if err != nil || len(masters) == 0 {
		return nil, err
	}
	if _, err := tx.ExecContext(ctx, "DELETE FROM hls_master WHERE id IN (?)", bun.In(masters)); err != nil {
		return nil, err
	}
	_, err = tx.ExecContext(ctx, "DELETE FROM media_file WHERE id IN (?)", bun.In(files))
	return keys, err
}

// allKeys are the files of a video, in every folder they may lie in: a move may
// be under way.
func (s *store) allKeys(ctx context.Context, tx db.Tx, h access.Head) (keys []string, err error) {
	err = db.Each(ctx, tx, func(r *sql.Rows) error {
		var kind, name string
		if err := r.Scan(&kind, &name); err != nil {
			return err
		}
		switch kind {
		case "thumbnail":
			keys = append(keys, thumbnailKey(name))
		case "source":
			keys = append(keys, name)
		case "torrent":
			keys = append(keys, torrents+name)
		default:
			keys = append(keys, fileKey(kind, h.UUID, name, false), fileKey(kind, h.UUID, name, true))
		}
		return nil
	}, `SELECT kind, name FROM media_file WHERE video_id = ? UNION ALL SELECT 'thumbnail', file FROM thumbnail WHERE video_id = ?
		UNION ALL SELECT 'source', blob_key FROM video_source WHERE video_id = ? AND blob_key IS NOT NULL
		UNION ALL SELECT 'torrent', t.name FROM torrent t JOIN media_file f ON f.id = t.file_id WHERE f.video_id = ?`,
		int64(h.ID), int64(h.ID), int64(h.ID), int64(h.ID))
	return keys, err
}

// knownFiles tells which of the keys, or last elements of keys, some row names.
func (s *store) knownFiles(ctx context.Context, keys []string) (map[string]bool, error) {
	names := make([]string, len(keys))
	for i, k := range keys {
		names[i] = baseName(k)
	}
	known := map[string]bool{}
	err := db.Each(ctx, s.db.Read(), func(r *sql.Rows) error {
		var name string
		if err := r.Scan(&name); err != nil {
			return err
		}
		known[name] = true
		return nil
	}, `SELECT name FROM media_file WHERE name IN (?) UNION ALL SELECT file FROM thumbnail WHERE file IN (?)
		UNION ALL SELECT name FROM torrent WHERE name IN (?) UNION ALL SELECT file FROM playlist_thumbnail WHERE file IN (?)
		UNION ALL SELECT blob_key FROM video_source WHERE blob_key IN (?)`, bun.In(names), bun.In(names), bun.In(names), bun.In(names), bun.In(keys))
	return known, err
}
