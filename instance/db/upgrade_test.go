package db

import (
	"io/fs"
	"path/filepath"
	"slices"
	"testing"
	"testing/fstest"
)

// upTo are the real migrations up to a version.
func upTo(t *testing.T, version int) fstest.MapFS {
	t.Helper()
	steps := fstest.MapFS{}
	names, err := fs.Glob(embedded(), "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	for _, name := range names {
		if name[:4] > "000"+string(rune('0'+version)) {
			continue
		}
		text, err := fs.ReadFile(embedded(), name)
		if err != nil {
			t.Fatal(err)
		}
		steps[name] = &fstest.MapFile{Data: text}
	}
	return steps
}

// An instance of before there were torrents keeps its videos, and can then have
// web videos and torrents, which go with the file.
func TestInstanceOfTheFirstSchema(t *testing.T) {
	url := "sqlite:" + filepath.Join(t.TempDir(), "a.db")
	d, err := Open(t.Context(), Config{URL: url, migrations: upTo(t, 1)})
	if err != nil {
		t.Fatal(err)
	}
	run := func(statements ...string) {
		t.Helper()
		err := d.Write(t.Context(), func(tx Tx) error {
			for _, s := range statements {
				if _, err := tx.ExecContext(t.Context(), s); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	run("INSERT INTO actor (id, kind, username, url, inbox_url, shared_inbox_url, created_at, updated_at) VALUES (1, 2, 'a', 'u', 'i', 's', 0, 0)",
		"INSERT INTO account (id, actor_id, display_name, created_at, updated_at) VALUES (1, 1, 'a', 0, 0)",
		"INSERT INTO channel (id, actor_id, account_id, display_name, created_at, updated_at) VALUES (1, 1, 1, 'c', 0, 0)",
		"INSERT INTO video (id, uuid, url, channel_id, name, privacy, state, created_at, updated_at, published_at) VALUES (1, 'v', 'vu', 1, 'film', 1, 1, 0, 0, 0)",
		"INSERT INTO media_file (id, video_id, kind, name, size, visibility, created_at) VALUES (1, 1, 'fragmented', 'f', 4, 'public', 0)",
		"INSERT INTO rendition (video_id, file_id, resolution, fps, width, height, has_audio, has_video, bandwidth, codecs, digests, created_at) VALUES (1, 1, 240, 25, 426, 240, 1, 1, 1, '', '', 0)")
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if d, err = Open(t.Context(), Config{URL: url}); err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	count := func(what string) (n int) {
		t.Helper()
		if err := d.Read().QueryRowContext(t.Context(), "SELECT COUNT(*) FROM "+what).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if count("video WHERE name = 'film'") != 1 || count("rendition") != 1 || count("torrent") != 0 {
		t.Error("the video did not come along")
	}
	run("INSERT INTO torrent (file_id, name, info_hash, size, title, seeded, created_at) VALUES (1, 'x-240-hls.torrent', '01234567890123456789', 9, 'film', 1, 0)",
		"INSERT INTO media_file (id, video_id, kind, name, size, visibility, created_at) VALUES (2, 1, 'web-video', 'w', 4, 'public', 0)",
		"INSERT INTO web_video (video_id, file_id, resolution, fps, width, height, has_audio, has_video, created_at) VALUES (1, 2, 240, 25, 426, 240, 1, 1, 0)",
		"DELETE FROM media_file")
	if count("torrent") != 0 || count("web_video") != 0 || count("rendition") != 0 {
		t.Error("what belongs to a file stays when it goes")
	}
	if found, err := d.Check(t.Context()); err != nil || len(found) != 0 {
		t.Errorf("the migrated database has %q, %v", found, err)
	}
}

// Videos of other servers that were kept before there was a place for captions
// are read again at the next look; what they get then goes with them.
func TestInstanceBeforeAttributes(t *testing.T) {
	url := "sqlite:" + filepath.Join(t.TempDir(), "a.db")
	d, err := Open(t.Context(), Config{URL: url, migrations: upTo(t, 4)})
	if err != nil {
		t.Fatal(err)
	}
	run := func(statements ...string) {
		t.Helper()
		err := d.Write(t.Context(), func(tx Tx) error {
			for _, s := range statements {
				if _, err := tx.ExecContext(t.Context(), s); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	run("INSERT INTO host (id, name, created_at) VALUES (1, 'far.test', 0)",
		"INSERT INTO actor (id, kind, username, host_id, url, inbox_url, shared_inbox_url, created_at, updated_at) VALUES (1, 2, 'a', 1, 'u', 'i', 's', 0, 0)",
		"INSERT INTO account (id, actor_id, display_name, created_at, updated_at) VALUES (1, 1, 'a', 0, 0)",
		"INSERT INTO channel (id, actor_id, account_id, display_name, created_at, updated_at) VALUES (1, 1, 1, 'c', 0, 0)",
		"INSERT INTO video (id, uuid, url, host_id, channel_id, name, privacy, state, created_at, updated_at, published_at) VALUES (1, 'v', 'vu', 1, 1, 'film', 1, 1, 0, 0, 0)",
		"INSERT INTO video_counter (video_id) VALUES (1)",
		"INSERT INTO video_remote (video_id, fetched_at) VALUES (1, 1790000000000)",
		"INSERT INTO remote_file (video_id, hls, url, resolution, fps, width, height, size, mime, has_audio, has_video, torrent_url, created_at) VALUES (1, 0, 'f', 1, 1, 1, 1, 1, 'video/mp4', 1, 1, 't', 0)")
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if d, err = Open(t.Context(), Config{URL: url}); err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	count := func(what string) (n int) {
		t.Helper()
		if err := d.Read().QueryRowContext(t.Context(), "SELECT COUNT(*) FROM "+what).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if count("video_remote WHERE fetched_at = 0") != 1 || count("remote_file WHERE torrent_url = 't' AND torrent IS NULL") != 1 {
		t.Error("the video is not to be read again")
	}
	run("INSERT INTO caption (video_id, language, file, created_at, updated_at) VALUES (1, 'en', 'c', 0, 0)",
		"INSERT INTO storyboard (video_id, file, width, height, tile_width, tile_height, seconds, created_at) VALUES (1, 's', 1, 1, 1, 1, 1, 0)",
		"INSERT INTO live (video_id) VALUES (1)", "INSERT INTO live_schedule (video_id, start_at) VALUES (1, 1)", "DELETE FROM video")
	if count("caption")+count("storyboard")+count("live")+count("live_schedule") != 0 {
		t.Error("what belongs to a video stays when it goes")
	}
	if found, err := d.Check(t.Context()); err != nil || len(found) != 0 {
		t.Errorf("the migrated database has %q, %v", found, err)
	}
}
