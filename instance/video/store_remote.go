package video

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"vidiverse/instance/access"
	"vidiverse/instance/db"
	"vidiverse/instance/fault"
)

// The statements of videos of other servers.

func (s *store) remoteState(ctx context.Context, q bun.IDB, url string) (r RemoteState, err error) {
	if !storable(url) {
		return r, access.NotFound(sql.ErrNoRows)
	}
	var host, fetched sql.NullInt64
	var updated int64
	var likes, dislikes, shares, comments, chapters, settings sql.NullString
	err = q.QueryRowContext(ctx, `SELECT v.id, v.url, v.name, v.host_id, v.channel_id, v.state, v.updated_at, r.fetched_at, COALESCE(r.failures, 0),
		r.likes_url, r.dislikes_url, r.shares_url, r.comments_url, r.chapters_url, r.settings_url
		FROM video v LEFT JOIN video_remote r ON r.video_id = v.id WHERE v.url = ?`, url).
		Scan(&r.ID, &r.URL, &r.Name, &host, &r.Channel, &r.State, &updated, &fetched, &r.Failures, &likes, &dislikes, &shares, &comments, &chapters, &settings)
	r.Local, r.UpdatedAt, r.FetchedAt = !host.Valid, db.Time(updated), db.NullTime(fetched)
	r.Collections = Collections{
		Likes: likes.String, Dislikes: dislikes.String, Shares: shares.String, Comments: comments.String,
		Chapters: chapters.String, Settings: settings.String,
	}
	return r, access.NotFound(err)
}

// insertRemote writes the row of a new remote video and its counters.
func (s *store) insertRemote(ctx context.Context, tx db.Tx, d RemoteDraft) (id ID, err error) {
	err = tx.QueryRowContext(ctx, `INSERT INTO video (uuid, url, host_id, channel_id, name, description, support, category, licence, language,
		privacy, state, nsfw, nsfw_flags, nsfw_summary, comments_policy, download_enabled, wait_transcoding, duration, aspect_ratio, is_live,
		updated_at, published_at, originally_published_at, created_at)
		SELECT ?, ?, a.host_id, c.id, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, CAST(? AS BIGINT), ?
		FROM channel c JOIN actor a ON a.id = c.actor_id WHERE c.id = ? AND a.host_id = ?
		ON CONFLICT DO NOTHING RETURNING id`, append(append([]any{d.UUID, d.URL}, d.columns()...),
		db.Millis(d.PublishedAt), int64(d.Channel), d.Host)...).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, fault.New(fault.Forbidden, "Another video has the UUID of this one, or its channel is of another server.")
	}
	if err != nil {
		return 0, fmt.Errorf("insert remote video: %w", err)
	}
	_, err = tx.ExecContext(ctx, "INSERT INTO video_counter (video_id, views, downloads) VALUES (?, ?, ?)", int64(id), d.Views, d.Downloads)
	return id, err
}

// columns are the values from name to originally_published_at, but for created_at.
func (d RemoteDraft) columns() []any {
	return []any{
		d.Name, db.Text(d.Description), db.Text(d.Support), db.Number(d.Category), db.Number(d.Licence), db.Text(d.Language),
		int(d.Privacy), int(d.State), db.Flag(d.NSFW), int(d.NSFWFlags), db.Text(d.NSFWSummary), int(d.Comments), db.Flag(d.Downloadable),
		db.Flag(d.Wait), d.Duration, db.Ratio(d.AspectRatio), db.Flag(d.IsLive),
		db.Millis(d.UpdatedAt), db.Millis(d.PublishedAt), db.Moment(d.OriginallyAt),
	}
}

// updateRemote leaves created_at as it was: it is when the video was first told of.
func (s *store) updateRemote(ctx context.Context, tx db.Tx, id ID, d RemoteDraft) error {
	_, err := tx.ExecContext(ctx, `UPDATE video SET name = ?, description = ?, support = ?, category = ?, licence = ?, language = ?,
		privacy = ?, state = ?, nsfw = ?, nsfw_flags = ?, nsfw_summary = ?, comments_policy = ?, download_enabled = ?,
		wait_transcoding = ?, duration = ?, aspect_ratio = ?, is_live = ?, updated_at = ?, published_at = ?,
		originally_published_at = ?, channel_id = ? WHERE id = ? AND host_id = ?`,
		append(d.columns(), int64(d.Channel), int64(id), d.Host)...)
	if err != nil {
		return fmt.Errorf("update remote video: %w", err)
	}
	// Views and downloads only grow: what was counted here since is in neither.
	_, err = tx.ExecContext(ctx, `UPDATE video_counter SET views = CASE WHEN views < ? THEN ? ELSE views END,
		downloads = CASE WHEN downloads < ? THEN ? ELSE downloads END WHERE video_id = ?`, d.Views, d.Views, d.Downloads, d.Downloads, int64(id))
	return err
}

// sameServer refuses to give a video to a channel of another server.
func (s *store) sameServer(ctx context.Context, tx db.Tx, id ID, d RemoteDraft) error {
	var n int
	err := tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM video v JOIN channel c ON c.id = ? JOIN actor a ON a.id = c.actor_id
		WHERE v.id = ? AND v.host_id = a.host_id AND v.host_id = ?`, int64(d.Channel), int64(id), d.Host).Scan(&n)
	if err == nil && n == 0 {
		err = fault.New(fault.Forbidden, "The video belongs to another server.")
	}
	return err
}

func (s *store) putRemote(ctx context.Context, tx db.Tx, id ID, d RemoteDraft, now time.Time) error {
	hashes := make([]string, len(d.Media.Hashes))
	for i, h := range d.Media.Hashes {
		hashes[i] = hex.EncodeToString(h[:])
	}
	c := d.Collections
	_, err := tx.ExecContext(ctx, `INSERT INTO video_remote (video_id, fetched_at, embed_url, likes_url, dislikes_url, shares_url, comments_url,
		chapters_url, settings_url, playlist_url, sha256_url, hashes, trackers) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (video_id) DO UPDATE SET fetched_at = excluded.fetched_at, failures = 0, embed_url = excluded.embed_url,
		likes_url = excluded.likes_url, dislikes_url = excluded.dislikes_url, shares_url = excluded.shares_url,
		comments_url = excluded.comments_url, chapters_url = excluded.chapters_url, settings_url = excluded.settings_url,
		playlist_url = excluded.playlist_url, sha256_url = excluded.sha256_url, hashes = excluded.hashes, trackers = excluded.trackers`,
		int64(id), db.Millis(now), db.Text(d.EmbedURL), db.Text(c.Likes), db.Text(c.Dislikes), db.Text(c.Shares), db.Text(c.Comments),
		db.Text(c.Chapters), db.Text(c.Settings), db.Text(d.Media.PlaylistURL), db.Text(d.Media.DigestsURL), strings.Join(hashes, ","),
		strings.Join(d.Media.Trackers, "\n"))
	return err
}

// putRemoteFiles replaces the files whose address is new; those that stay keep
// their numbers.
func (s *store) putRemoteFiles(ctx context.Context, tx db.Tx, id ID, m RemoteMedia, now time.Time) error {
	known := map[string]RemoteFile{} // by kind and address
	err := db.Each(ctx, tx, func(r *sql.Rows) error {
		var f RemoteFile
		var hls string
		var torrent, magnet, copied sql.NullString
		err := r.Scan(&f.ID, &hls, &f.URL, &torrent, &magnet, &copied)
		f.TorrentURL, f.Magnet, f.Torrent = torrent.String, magnet.String, copied.String
		known[hls+f.URL] = f
		return err
	}, "SELECT id, CAST(hls AS TEXT), url, torrent_url, magnet, torrent FROM remote_file WHERE video_id = ?", int64(id))
	if err != nil {
		return err
	}
	for kind, files := range map[int][]RemoteFile{0: m.Web, 1: m.HLS} {
		for _, f := range files {
			key := fmt.Sprint(kind) + f.URL
			old, ok := known[key]
			delete(known, key)
			// The copy of another torrent has another name.
			if f.Torrent = old.Torrent; f.Torrent == "" || f.TorrentURL != old.TorrentURL || f.Magnet != old.Magnet {
				f.Torrent = f.torrentName(kind == 1)
			}
			if ok {
				err = s.updateRemoteFile(ctx, tx, old.ID, f)
			} else {
				err = s.addRemoteFile(ctx, tx, id, kind, f, now)
			}
			if err != nil {
				return err
			}
		}
	}
	for _, f := range known {
		if _, err := tx.ExecContext(ctx, "DELETE FROM remote_file WHERE id = ?", f.ID); err != nil {
			return err
		}
	}
	return nil
}

func (f RemoteFile) columns() []any {
	return []any{
		f.Resolution, f.FPS, f.Width, f.Height, f.Size, f.MIME, db.Flag(f.HasAudio), db.Flag(f.HasVideo),
		db.Text(f.MetadataURL), db.Text(f.TorrentURL), db.Text(f.Magnet), db.Text(f.Torrent),
	}
}

func (s *store) addRemoteFile(ctx context.Context, tx db.Tx, id ID, hls int, f RemoteFile, now time.Time) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO remote_file (resolution, fps, width, height, size, mime, has_audio, has_video, metadata_url,
		torrent_url, magnet, torrent, video_id, hls, url, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		append(f.columns(), int64(id), hls, f.URL, db.Millis(now))...)
	return err
}

func (s *store) updateRemoteFile(ctx context.Context, tx db.Tx, n int64, f RemoteFile) error {
	_, err := tx.ExecContext(ctx, `UPDATE remote_file SET resolution = ?, fps = ?, width = ?, height = ?, size = ?, mime = ?, has_audio = ?,
		has_video = ?, metadata_url = ?, torrent_url = ?, magnet = ?, torrent = ? WHERE id = ?`, append(f.columns(), n)...)
	return err
}

// putRemoteImages replaces the pictures whose address is new: the names that
// pages and caches know stay.
func (s *store) putRemoteImages(ctx context.Context, tx db.Tx, id ID, list []RemoteImage, now time.Time) error {
	var keep []string
	known := map[string]bool{}
	err := db.Each(ctx, tx, func(r *sql.Rows) error {
		var url sql.NullString
		err := r.Scan(&url)
		known[url.String] = true
		return err
	}, "SELECT remote_url FROM thumbnail WHERE video_id = ?", int64(id))
	if err != nil {
		return err
	}
	for _, i := range list {
		if keep = append(keep, i.URL); known[i.URL] {
			continue
		}
		known[i.URL] = true
		_, err := tx.ExecContext(ctx, `INSERT INTO thumbnail (video_id, width, height, file, automatic, remote_url, created_at)
			VALUES (?, ?, ?, ?, 1, ?, ?)`, int64(id), i.Width, i.Height, access.NewUUID()+extension(i.URL), i.URL, db.Millis(now))
		if err != nil {
			return err
		}
	}
	if len(keep) == 0 {
		keep = []string{""}
	}
	_, err = tx.ExecContext(ctx, "DELETE FROM thumbnail WHERE video_id = ? AND remote_url NOT IN (?)", int64(id), bun.In(keep))
	return err
}

// extension is that of a picture's own name; names are of our making.
func extension(address string) string {
	if e := strings.ToLower(path.Ext(address)); slices.Contains([]string{".png", ".webp", ".gif", ".avif"}, e) {
		return e
	}
	return ".jpg"
}

func (s *store) markFetched(ctx context.Context, tx db.Tx, id ID, now time.Time) error {
	_, err := tx.ExecContext(ctx, "UPDATE video_remote SET fetched_at = ?, failures = 0 WHERE video_id = ?", db.Millis(now), int64(id))
	return err
}

func (s *store) countFailure(ctx context.Context, tx db.Tx, id ID, now time.Time) error {
	_, err := tx.ExecContext(ctx, "UPDATE video_remote SET fetched_at = ?, failures = failures + 1 WHERE video_id = ?", db.Millis(now), int64(id))
	return err
}

func (s *store) setRates(ctx context.Context, tx db.Tx, id ID, likes, dislikes int64) error {
	_, err := tx.ExecContext(ctx, `UPDATE video_counter SET likes = CASE WHEN ? < 0 THEN likes ELSE ? END,
		dislikes = CASE WHEN ? < 0 THEN dislikes ELSE ? END
		WHERE video_id IN (SELECT id FROM video WHERE id = ? AND host_id IS NOT NULL)`, likes, likes, dislikes, dislikes, int64(id))
	if err != nil {
		return err
	}
	return s.rank(ctx, tx, id)
}

// remoteMedia are the files of some remote videos, best first.
func (s *store) remoteMedia(ctx context.Context, q bun.IDB, ids []ID) (map[ID]*RemoteMedia, error) {
	out := map[ID]*RemoteMedia{}
	err := db.Each(ctx, q, func(r *sql.Rows) error {
		var id ID
		var playlist, digests sql.NullString
		var hashes, trackers string
		var fetched int64
		if err := r.Scan(&id, &playlist, &digests, &hashes, &trackers, &fetched); err != nil {
			return err
		}
		m := &RemoteMedia{PlaylistURL: playlist.String, DigestsURL: digests.String, FetchedAt: db.Time(fetched)}
		for h := range strings.SplitSeq(hashes, ",") {
			if b, err := hex.DecodeString(h); err == nil && len(b) == 20 {
				m.Hashes = append(m.Hashes, [20]byte(b))
			}
		}
		if trackers != "" {
			m.Trackers = strings.Split(trackers, "\n")
		}
		out[id] = m
		return nil
	}, "SELECT video_id, playlist_url, sha256_url, hashes, trackers, fetched_at FROM video_remote WHERE video_id IN (?)", bun.In(ids))
	if err != nil {
		return nil, err
	}
	return out, db.Each(ctx, q, func(r *sql.Rows) error { return scanRemoteFile(r, out) }, `SELECT video_id, id, hls, url, resolution, fps,
		width, height, size, mime, has_audio, has_video, metadata_url, torrent_url, magnet, torrent
		FROM remote_file WHERE video_id IN (?) ORDER BY video_id, resolution DESC, id`, bun.In(ids))
}

func scanRemoteFile(r *sql.Rows, out map[ID]*RemoteMedia) error {
	var id ID
	var f RemoteFile
	var hls, audio, picture int
	var metadata, torrent, magnet, copied sql.NullString
	err := r.Scan(&id, &f.ID, &hls, &f.URL, &f.Resolution, &f.FPS, &f.Width, &f.Height, &f.Size, &f.MIME, &audio, &picture,
		&metadata, &torrent, &magnet, &copied)
	f.HasAudio, f.HasVideo = audio == 1, picture == 1
	f.MetadataURL, f.TorrentURL, f.Magnet, f.Torrent = metadata.String, torrent.String, magnet.String, copied.String
	if m := out[id]; m != nil && hls == 1 {
		m.HLS = append(m.HLS, f)
	} else if m != nil {
		m.Web = append(m.Web, f)
	}
	return err
}
