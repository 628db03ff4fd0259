package stream

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/uptrace/bun"

	"vidiverse/instance/access"
	"vidiverse/instance/db"
)

// store holds the SQL of a video's files.
type store struct {
	db      *db.DB
	ofVideo *db.Statement // its renditions and web videos: asked all the time
}

func newStore(d *db.DB) *store {
	return &store{db: d, ofVideo: d.Statement(renditionColumns + " WHERE r.video_id = ? UNION ALL " + webColumns + " WHERE w.video_id = ? ORDER BY 3 DESC")}
}

// Kinds of media_file rows.
const (
	kindFragmented = "fragmented"
	kindPlaylist   = "playlist"
	kindMaster     = "master"
	kindSha256     = "sha256"
	kindWebVideo   = "web-video"
)

func visibility(private bool) string { return either(private, "private", "public") }

func (s *store) putSource(ctx context.Context, tx db.Tx, id access.VideoID, src Source, now time.Time) error {
	probe, err := json.Marshal(src.Probe)
	if err != nil {
		return fmt.Errorf("store probe: %w", err)
	}
	var width, height int
	var fps float64
	if v := src.Probe.Video; v != nil {
		width, height = v.Size()
		fps = v.FPS
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO video_source (video_id, input_filename, blob_key, size, resolution, width, height, fps, metadata, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, int64(id), db.Storable(src.Filename), db.Text(src.Key), src.Size, min(width, height), width, height, fps,
		string(probe), db.Millis(now))
	return err
}

// dropSource returns the key that the source had.
func (s *store) dropSource(ctx context.Context, tx db.Tx, id access.VideoID) (string, error) {
	var key sql.NullString
	err := tx.QueryRowContext(ctx, "SELECT blob_key FROM video_source WHERE video_id = ?", int64(id)).Scan(&key)
	if err != nil {
		return "", access.NotFound(err)
	}
	_, err = tx.ExecContext(ctx, "UPDATE video_source SET blob_key = NULL WHERE video_id = ?", int64(id))
	return key.String, err
}

func (s *store) sources(ctx context.Context, ids []access.VideoID) (map[access.VideoID]SourceInfo, error) {
	out := map[access.VideoID]SourceInfo{}
	err := db.Each(ctx, s.db.Read(), func(r *sql.Rows) error {
		var id access.VideoID
		var i SourceInfo
		var key, probe sql.NullString
		var created int64
		if err := r.Scan(&id, &i.Filename, &key, &i.Size, &i.Resolution, &i.Width, &i.Height, &i.FPS, &probe, &created); err != nil {
			return err
		}
		var p Probe
		if err := json.Unmarshal([]byte(probe.String), &p); err != nil {
			return fmt.Errorf("read probe of video %d: %w", id, err)
		}
		i.Key, i.Metadata, i.CreatedAt = key.String, p.Metadata, db.Time(created)
		out[id] = i
		return nil
	}, `SELECT video_id, input_filename, blob_key, size, COALESCE(resolution, 0), COALESCE(width, 0), COALESCE(height, 0),
		COALESCE(fps, 0), metadata, created_at FROM video_source WHERE video_id IN (?)`, bun.In(ids))
	return out, err
}

// playlists are the current HLS playlists of some videos, best rendition first.
func (s *store) playlists(ctx context.Context, q bun.IDB, ids []access.VideoID) (map[access.VideoID]*Playlist, error) {
	out := map[access.VideoID]*Playlist{}
	err := db.Each(ctx, q, func(r *sql.Rows) error {
		var id access.VideoID
		var p Playlist
		var vis string
		if err := r.Scan(&id, &p.ID, &p.Master, &p.Sha256, &vis); err != nil {
			return err
		}
		p.Private = vis == "private"
		out[id] = &p
		return nil
	}, `SELECT m.video_id, m.id, m.name, m.sha256_name, f.visibility FROM hls_master m
		JOIN media_file f ON f.name = m.name AND f.kind = 'master' WHERE m.retired_at IS NULL AND m.video_id IN (?)`, bun.In(ids))
	if err != nil || len(out) == 0 {
		return out, err
	}
	return out, db.Each(ctx, q, func(rows *sql.Rows) error {
		id, r, err := scanRendition(rows)
		if p := out[id]; p != nil {
			p.Renditions = append(p.Renditions, r)
		}
		return err
	}, renditionColumns+` WHERE r.video_id IN (?) ORDER BY r.video_id, r.resolution DESC`, bun.In(ids))
}

const renditionColumns = `SELECT r.video_id, f.id, r.resolution, r.fps, r.width, r.height, r.has_video, r.has_audio, f.name, p.name, f.size,
	COALESCE(p.size, 0), r.bandwidth, r.codecs, r.created_at, f.visibility, f.kind, t.name, t.info_hash
	FROM rendition r JOIN media_file f ON f.id = r.file_id LEFT JOIN media_file p ON p.id = r.playlist_id LEFT JOIN torrent t ON t.file_id = f.id`

func scanRendition(rows *sql.Rows) (id access.VideoID, r Rendition, err error) {
	var playlist, torrent sql.NullString
	var created int64
	var vis, kind string
	var hash []byte
	err = rows.Scan(&id, &r.ID, &r.Resolution, &r.FPS, &r.Width, &r.Height, &r.HasVideo, &r.HasAudio, &r.File, &playlist, &r.Size,
		&r.PlaylistSize, &r.Bandwidth, &r.Codecs, &created, &vis, &kind, &torrent, &hash)
	r.Playlist, r.CreatedAt = playlist.String, db.Time(created)
	r.Private, r.Web, r.Torrent.Name = vis == "private", kind == kindWebVideo, torrent.String
	copy(r.Torrent.Hash[:], hash)
	return id, r, err
}

// ofOne are the HLS files and the web videos of a video.
func (s *store) ofOne(ctx context.Context, id access.VideoID) (list, web []Rendition, err error) {
	rows, err := s.ofVideo.Query(ctx, int64(id), int64(id))
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close()
	for rows.Next() {
		_, r, err := scanRendition(rows)
		if err != nil {
			return nil, nil, err
		}
		if r.Web {
			web = append(web, r)
		} else {
			list = append(list, r)
		}
	}
	return list, web, rows.Err()
}

// listed are the numbers of a video's HLS files, in order.
func (s *store) listed(ctx context.Context, tx db.Tx, id access.VideoID) (files []int64, err error) {
	err = db.Each(ctx, tx, func(r *sql.Rows) error {
		var f int64
		if err := r.Scan(&f); err != nil {
			return err
		}
		files = append(files, f)
		return nil
	}, "SELECT file_id FROM rendition WHERE video_id = ? ORDER BY file_id", int64(id))
	return files, err
}

// digests and metadata of one file.
func (s *store) digests(ctx context.Context, id access.VideoID, file int64) (extents []byte, metadata string, err error) {
	var m sql.NullString
	err = s.db.Read().QueryRowContext(ctx, `SELECT digests, metadata FROM rendition WHERE video_id = ? AND file_id = ?
		UNION ALL SELECT NULL, metadata FROM web_video WHERE video_id = ? AND file_id = ?`, int64(id), file, int64(id), file).
		Scan(&extents, &m)
	return extents, m.String, access.NotFound(err)
}

func (s *store) addRendition(ctx context.Context, tx db.Tx, id access.VideoID, r Rendition, digests []byte, private bool, now time.Time) (int64, error) {
	file, err := s.addFile(ctx, tx, id, kindFragmented, r.File, r.Size, private, now)
	if err != nil {
		return 0, err
	}
	playlist, err := s.addFile(ctx, tx, id, kindPlaylist, r.Playlist, r.PlaylistSize, private, now)
	if err != nil {
		return 0, err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO rendition (video_id, file_id, playlist_id, resolution, fps, width, height, has_audio, has_video,
		bandwidth, codecs, digests, metadata, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		int64(id), file, playlist, r.Resolution, r.FPS, r.Width, r.Height, db.Flag(r.HasAudio), db.Flag(r.HasVideo), r.Bandwidth, r.Codecs,
		digests, db.Text(string(r.Probe)), db.Millis(now))
	return file, err
}

func (s *store) addFile(ctx context.Context, tx db.Tx, id access.VideoID, kind, name string, size int64, private bool, now time.Time) (n int64, err error) {
	err = tx.QueryRowContext(ctx, `INSERT INTO media_file (video_id, kind, name, size, visibility, created_at)
		VALUES (?, ?, ?, ?, ?, ?) RETURNING id`, int64(id), kind, name, size, visibility(private), db.Millis(now)).Scan(&n)
	if err != nil {
		err = fmt.Errorf("add %s file: %w", kind, err)
	}
	return n, err
}

// retireMasters ends the current master; it and its hashes stay valid until.
func (s *store) retireMasters(ctx context.Context, tx db.Tx, id access.VideoID, now, until time.Time) error {
	_, err := tx.ExecContext(ctx, `UPDATE swarm_hash SET valid_until = ? WHERE valid_until IS NULL
		AND master_id IN (SELECT id FROM hls_master WHERE video_id = ?)`, db.Millis(until), int64(id))
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "UPDATE hls_master SET retired_at = ? WHERE video_id = ? AND retired_at IS NULL", db.Millis(now), int64(id))
	return err
}

func (s *store) addMaster(ctx context.Context, tx db.Tx, id access.VideoID, m Master, now time.Time) error {
	if _, err := s.addFile(ctx, tx, id, kindMaster, m.Name, m.Size, m.Private, now); err != nil {
		return err
	}
	if _, err := s.addFile(ctx, tx, id, kindSha256, m.Sha256Name, m.Sha256Size, m.Private, now); err != nil {
		return err
	}
	var master int64
	err := tx.QueryRowContext(ctx, "INSERT INTO hls_master (video_id, name, sha256_name, created_at) VALUES (?, ?, ?, ?) RETURNING id",
		int64(id), m.Name, m.Sha256Name, db.Millis(now)).Scan(&master)
	if err != nil {
		return err
	}
	for _, h := range m.Swarms {
		_, err := tx.ExecContext(ctx, "INSERT INTO swarm_hash (hash, master_id, scheme) VALUES (?, ?, ?) ON CONFLICT (hash, master_id) DO NOTHING",
			h.Hash[:], master, "G"+strconv.Itoa(int(h.Scheme)))
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *store) thumbnailFiles(ctx context.Context, tx db.Tx, id access.VideoID) (keys []string, chosen bool, err error) {
	err = db.Each(ctx, tx, func(r *sql.Rows) error {
		var file string
		var automatic bool
		if err := r.Scan(&file, &automatic); err != nil {
			return err
		}
		keys, chosen = append(keys, thumbnailKey(file)), chosen || !automatic
		return nil
	}, "SELECT file, automatic FROM thumbnail WHERE video_id = ?", int64(id))
	return keys, chosen, err
}

func (s *store) putThumbnails(ctx context.Context, tx db.Tx, id access.VideoID, list []Thumbnail, now time.Time) error {
	if _, err := tx.ExecContext(ctx, "DELETE FROM thumbnail WHERE video_id = ?", int64(id)); err != nil {
		return err
	}
	for _, t := range list {
		_, err := tx.ExecContext(ctx, "INSERT INTO thumbnail (video_id, width, height, file, automatic, created_at) VALUES (?, ?, ?, ?, ?, ?)",
			int64(id), t.Width, t.Height, t.File, db.Flag(t.Automatic), db.Millis(now))
		if err != nil {
			return err
		}
	}
	return nil
}
