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

// old is a database that an earlier version made.
type old struct {
	*testing.T
	*DB
	url string
}

// before opens a new database as it was at a version.
func before(t *testing.T, version int) *old {
	t.Helper()
	o := &old{T: t, url: "sqlite:" + filepath.Join(t.TempDir(), "a.db")}
	o.open(Config{URL: o.url, migrations: upTo(t, version)})
	return o
}

func (o *old) open(c Config) {
	o.Helper()
	d, err := Open(o.Context(), c)
	if err != nil {
		o.Fatal(err)
	}
	o.DB = d
	o.Cleanup(func() { _ = d.Close() })
}

// upgrade opens it as this version does.
func (o *old) upgrade() {
	o.Helper()
	if err := o.Close(); err != nil {
		o.Fatal(err)
	}
	o.open(Config{URL: o.url})
}

func (o *old) run(statements ...string) {
	o.Helper()
	err := o.Write(o.Context(), func(tx Tx) error {
		for _, s := range statements {
			if _, err := tx.ExecContext(o.Context(), s); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		o.Fatal(err)
	}
}

func (o *old) count(what string) (n int) {
	o.Helper()
	if err := o.Read().QueryRowContext(o.Context(), "SELECT COUNT(*) FROM "+what).Scan(&n); err != nil {
		o.Fatal(err)
	}
	return n
}

// An instance of before there were torrents keeps its videos, and can then have
// web videos and torrents, which go with the file.
func TestInstanceOfTheFirstSchema(t *testing.T) {
	o := before(t, 1)
	o.run("INSERT INTO actor (id, kind, username, url, inbox_url, shared_inbox_url, created_at, updated_at) VALUES (1, 2, 'a', 'u', 'i', 's', 0, 0)",
		"INSERT INTO account (id, actor_id, display_name, created_at, updated_at) VALUES (1, 1, 'a', 0, 0)",
		"INSERT INTO channel (id, actor_id, account_id, display_name, created_at, updated_at) VALUES (1, 1, 1, 'c', 0, 0)",
		"INSERT INTO video (id, uuid, url, channel_id, name, privacy, state, created_at, updated_at, published_at) VALUES (1, 'v', 'vu', 1, 'film', 1, 1, 0, 0, 0)",
		"INSERT INTO media_file (id, video_id, kind, name, size, visibility, created_at) VALUES (1, 1, 'fragmented', 'f', 4, 'public', 0)",
		"INSERT INTO rendition (video_id, file_id, resolution, fps, width, height, has_audio, has_video, bandwidth, codecs, digests, created_at) VALUES (1, 1, 240, 25, 426, 240, 1, 1, 1, '', '', 0)")
	o.upgrade()
	if o.count("video WHERE name = 'film'") != 1 || o.count("rendition") != 1 || o.count("torrent") != 0 {
		t.Error("the video did not come along")
	}
	o.run("INSERT INTO torrent (file_id, name, info_hash, size, title, seeded, created_at) VALUES (1, 'x-240-hls.torrent', '01234567890123456789', 9, 'film', 1, 0)",
		"INSERT INTO media_file (id, video_id, kind, name, size, visibility, created_at) VALUES (2, 1, 'web-video', 'w', 4, 'public', 0)",
		"INSERT INTO web_video (video_id, file_id, resolution, fps, width, height, has_audio, has_video, created_at) VALUES (1, 2, 240, 25, 426, 240, 1, 1, 0)",
		"DELETE FROM media_file")
	if o.count("torrent") != 0 || o.count("web_video") != 0 || o.count("rendition") != 0 {
		t.Error("what belongs to a file stays when it goes")
	}
	if found, err := o.Check(t.Context()); err != nil || len(found) != 0 {
		t.Errorf("the migrated database has %q, %v", found, err)
	}
}

// Videos of other servers that were kept before there was a place for captions
// are read again at the next look; what they get then goes with them.
func TestInstanceBeforeAttributes(t *testing.T) {
	o := before(t, 4)
	o.run("INSERT INTO host (id, name, created_at) VALUES (1, 'far.test', 0)",
		"INSERT INTO actor (id, kind, username, host_id, url, inbox_url, shared_inbox_url, created_at, updated_at) VALUES (1, 2, 'a', 1, 'u', 'i', 's', 0, 0)",
		"INSERT INTO account (id, actor_id, display_name, created_at, updated_at) VALUES (1, 1, 'a', 0, 0)",
		"INSERT INTO channel (id, actor_id, account_id, display_name, created_at, updated_at) VALUES (1, 1, 1, 'c', 0, 0)",
		"INSERT INTO video (id, uuid, url, host_id, channel_id, name, privacy, state, created_at, updated_at, published_at) VALUES (1, 'v', 'vu', 1, 1, 'film', 1, 1, 0, 0, 0)",
		"INSERT INTO video_counter (video_id) VALUES (1)",
		"INSERT INTO video_remote (video_id, fetched_at) VALUES (1, 1790000000000)",
		"INSERT INTO remote_file (video_id, hls, url, resolution, fps, width, height, size, mime, has_audio, has_video, torrent_url, created_at) VALUES (1, 0, 'f', 1, 1, 1, 1, 1, 'video/mp4', 1, 1, 't', 0)")
	o.upgrade()
	if o.count("video_remote WHERE fetched_at = 0") != 1 || o.count("remote_file WHERE torrent_url = 't' AND torrent IS NULL") != 1 {
		t.Error("the video is not to be read again")
	}
	o.run("INSERT INTO caption (video_id, language, file, created_at, updated_at) VALUES (1, 'en', 'c', 0, 0)",
		"INSERT INTO storyboard (video_id, file, width, height, tile_width, tile_height, seconds, created_at) VALUES (1, 's', 1, 1, 1, 1, 1, 0)",
		"INSERT INTO live (video_id) VALUES (1)", "INSERT INTO live_schedule (video_id, start_at) VALUES (1, 1)", "DELETE FROM video")
	if o.count("caption")+o.count("storyboard")+o.count("live")+o.count("live_schedule") != 0 {
		t.Error("what belongs to a video stays when it goes")
	}
	if found, err := o.Check(t.Context()); err != nil || len(found) != 0 {
		t.Errorf("the migrated database has %q, %v", found, err)
	}
}

// Videos that were there before lists were kept by the database are listed as
// they were: ours, and those of whom the instance follows.
func TestInstanceBeforeLists(t *testing.T) {
	o := before(t, 3)
	o.run("INSERT INTO host (id, name, created_at) VALUES (1, 'near.test', 0), (2, 'far.test', 0)",
		`INSERT INTO actor (id, kind, username, host_id, url, inbox_url, shared_inbox_url, created_at, updated_at) VALUES
		(1, 1, 'peertube', NULL, 'u1', 'i', 's', 0, 0), (2, 2, 'a', NULL, 'u2', 'i', 's', 0, 0),
		(3, 1, 'peertube', 1, 'u3', 'i', 's', 0, 0), (4, 2, 'b', 1, 'u4', 'i', 's', 0, 0), (5, 2, 'c', 2, 'u5', 'i', 's', 0, 0)`,
		"INSERT INTO account (id, actor_id, display_name, created_at, updated_at) VALUES (1, 2, 'a', 0, 0), (2, 4, 'b', 0, 0), (3, 5, 'c', 0, 0)",
		`INSERT INTO channel (id, actor_id, account_id, display_name, created_at, updated_at) VALUES
		(1, 2, 1, 'ours', 0, 0), (2, 4, 2, 'near', 0, 0), (3, 5, 3, 'far', 0, 0)`,
		"INSERT INTO follow (id, follower_id, target_id, url, state, created_at, updated_at) VALUES (1, 1, 3, 'f', 'accepted', 0, 0)",
		`INSERT INTO video (id, uuid, url, host_id, channel_id, name, privacy, state, nsfw, created_at, updated_at, published_at) VALUES
		(1, 'v1', 'ours', NULL, 1, 'film', 1, 1, 1, 0, 0, 0), (2, 'v2', 'near', 1, 2, 'film', 1, 1, 0, 0, 0, 0),
		(3, 'v3', 'far', 2, 3, 'film', 1, 1, 0, 0, 0, 0), (4, 'v4', 'private', NULL, 1, 'film', 3, 1, 0, 0, 0, 0)`,
		"INSERT INTO video_counter (video_id) VALUES (1), (2), (3), (4)")
	o.upgrade()
	listed := "video v JOIN video_counter c ON c.video_id = v.id WHERE v.url = "
	for _, want := range []string{"'ours' AND heard = 1 AND listed = 2", "'near' AND heard = 1 AND listed = 1", "'far' AND heard = 0 AND listed = 0",
		"'private' AND heard = 1 AND listed = 0"} {
		if o.count(listed+want) != 1 {
			t.Errorf("not so: %s", want)
		}
	}
	o.run("DELETE FROM follow", "UPDATE video SET privacy = 1 WHERE url = 'private'")
	for _, want := range []string{"'near' AND heard = 0 AND listed = 0", "'private' AND listed = 1"} {
		if o.count(listed+want) != 1 {
			t.Errorf("after a change not so: %s", want)
		}
	}
}
