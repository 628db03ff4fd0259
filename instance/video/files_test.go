package video

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"vidiverse/instance/access"
	"vidiverse/instance/db"
	"vidiverse/instance/db/dbtest"
	"vidiverse/instance/fault"
	"vidiverse/instance/stream"
	"vidiverse/instance/user"
)

func (w *world) allowed(h [20]byte) bool {
	w.Helper()
	ok, err := w.videos.SwarmAllowed(w.ctx(), h)
	w.must(err)
	return ok
}

// current is what REST would say of the video's playlist.
func (w *world) current(v Video) *stream.Playlist {
	w.Helper()
	got, err := w.videos.Get(w.ctx(), w.root, ref(v), Credentials{})
	w.must(err)
	return got.Playlist
}

// Adding 240p turns 720p from main-0 into main-1: under the old name two
// streams would mix in one swarm. Viewers under way keep the old one for a day.
func TestEveryVariantListHasItsOwnMaster(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		v := w.create(w.alice)
		first := w.transcode(v.ID, 720)
		second := w.transcode(v.ID, 240)
		if first.Name == second.Name || w.current(v).Master != second.Name {
			t.Fatalf("got %s after %s, current %s", second.Name, first.Name, w.current(v).Master)
		}
		for _, m := range []stream.Master{first, second} {
			for _, s := range m.Swarms {
				if !w.allowed(s.Hash) {
					t.Errorf("a hash of %s is refused", m.Name)
				}
			}
			if _, err := w.videos.MediaFile(w.ctx(), stream.MediaHLS, v.UUID, m.Name); err != nil {
				t.Error(err)
			}
		}
		w.at = w.at.Add(23 * time.Hour)
		w.must(w.videos.clean(w.ctx()))
		if !w.allowed(first.Swarms[0].Hash) {
			t.Error("the retired master ended before its day")
		}
		w.at = w.at.Add(2 * time.Hour)
		if w.allowed(first.Swarms[0].Hash) || !w.allowed(second.Swarms[0].Hash) {
			t.Error("after a day the old hash must end and the new one stay")
		}
		w.must(w.videos.clean(w.ctx()))
		w.settle()
		_, err := w.videos.MediaFile(w.ctx(), stream.MediaHLS, v.UUID, first.Name)
		w.kind(err, fault.NotFound, "the retired master")
		if files := w.files(); files[stream.FolderOf(v.UUID, false)+"/"+first.Name] || !files[stream.FolderOf(v.UUID, false)+"/"+second.Name] {
			t.Errorf("got files %v", slices.Sorted(maps.Keys(files)))
		}
	})
}

// A retried job puts the same resolution twice: the second replaces the first
// and leaves no file behind.
func TestRenditionIsReplaced(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		v := w.create(w.alice)
		w.transcode(v.ID, 360)
		old := w.current(v).Renditions[0]
		w.transcode(v.ID, 360)
		w.settle()
		list := w.current(v).Renditions
		if len(list) != 1 || list[0].File == old.File {
			t.Fatalf("got %+v", list)
		}
		if w.files()[stream.FolderOf(v.UUID, false)+"/"+old.File] {
			t.Error("the replaced file is still there")
		}
		extents, err := w.videos.Extents(w.ctx(), v.ID, list[0].ID)
		if err != nil || len(extents) != 1 || extents[0].Length != 4 {
			t.Errorf("got %+v, %v", extents, err)
		}
	})
}

// Threat 51: our tracker serves our swarms only, and none of a closed video.
func TestSwarmAllowList(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		if w.allowed([20]byte{1, 2, 3}) {
			t.Error("an unknown hash is allowed")
		}
		for privacy, want := range map[Privacy]bool{Public: true, Unlisted: true, Private: false, Internal: false, PasswordProtected: false} {
			v := w.create(w.alice, func(d *Draft) {
				if d.Privacy = privacy; privacy == PasswordProtected {
					d.Passwords = []string{"secret"}
				}
			})
			m := w.transcode(v.ID, 240)
			for _, s := range m.Swarms {
				if got := w.allowed(s.Hash); got != want {
					t.Errorf("%v: got %v, want %v", privacy, got, want)
				}
			}
		}
	})
}

// A new hash must not be refused because somebody asked for it a moment too
// early: stock trackers block who announces unknown hashes.
func TestNewSwarmIsAllowedAtOnce(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	v := w.create(w.alice)
	m := w.transcode(v.ID, 240)
	hash := m.Swarms[0].Hash
	w.must(w.videos.Delete(w.ctx(), w.alice, ref(v)))
	if w.allowed(hash) {
		t.Fatal("the hash of a deleted video is allowed")
	}
	later := w.create(w.alice)
	w.must(w.db.Write(w.ctx(), func(tx db.Tx) error {
		return w.videos.PutRenditions(w.ctx(), tx, later.ID, nil, stream.Master{Name: access.NewUUID() + "-master.m3u8", Sha256Name: access.NewUUID() + ".json", Swarms: m.Swarms})
	}))
	if !w.allowed(hash) {
		t.Error("a fresh hash is refused because it was unknown before")
	}
}

// Threat 27: from the moment a video is private its bytes and its swarms are
// closed, by every path; the files follow into the private folder.
func TestMakingPrivateClosesEverything(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		v := w.published(w.alice)
		before := w.current(v)
		m := w.transcode(v.ID, 144)
		file := before.Renditions[0].File
		if f, err := w.videos.MediaFile(w.ctx(), stream.MediaHLS, v.UUID, file); err != nil || !f.Public {
			t.Fatalf("got %+v, %v", f, err)
		}
		w.allowed(m.Swarms[0].Hash)
		w.must(w.videos.Edit(w.ctx(), w.alice, ref(v), Patch{Privacy: ptr(Private)}, nil))

		f, err := w.videos.MediaFile(w.ctx(), stream.MediaHLS, v.UUID, file)
		if err != nil || f.Public {
			t.Errorf("before the files moved: got %+v, %v, want a file that is not public", f, err)
		}
		w.kind(w.videos.MayRead(w.ctx(), user.Caller{}, v.ID, Credentials{}), fault.Unauthorized, "a stranger")
		w.must(w.videos.MayRead(w.ctx(), w.alice, v.ID, Credentials{}))
		if w.allowed(m.Swarms[0].Hash) {
			t.Error("its swarm is still allowed")
		}
		w.settle()
		_, err = w.videos.MediaFile(w.ctx(), stream.MediaHLS, v.UUID, file)
		w.kind(err, fault.NotFound, "the public path")
		f, err = w.videos.MediaFile(w.ctx(), stream.MediaHLSPrivate, v.UUID, file)
		if err != nil || f.Public || f.Key != stream.FolderOf(v.UUID, true)+"/"+file {
			t.Errorf("got %+v, %v", f, err)
		}
		now := w.current(v)
		if !now.Private || now.Master == m.Name || len(now.Renditions) != 3 {
			t.Errorf("got %+v after %s", now, m.Name)
		}
		for key := range w.files() {
			if strings.HasPrefix(key, stream.FolderOf(v.UUID, false)+"/") {
				t.Errorf("%s is still in the public folder", key)
			}
		}
		w.videos.Forget()
		if w.allowed(m.Swarms[0].Hash) {
			t.Error("a swarm of the private video is allowed")
		}
		w.must(w.videos.Edit(w.ctx(), w.alice, ref(v), Patch{Privacy: ptr(Unlisted)}, nil))
		w.settle()
		if p := w.current(v); p.Private || p.Master == now.Master {
			t.Errorf("opened again: got %+v", p)
		}
		if n := w.swarmsOf(v); n == 0 {
			t.Error("the opened video has no swarm")
		}
	})
}

func (w *world) swarmsOf(v Video) (n int) {
	w.must(w.db.Read().QueryRowContext(w.ctx(), `SELECT COUNT(*) FROM swarm_hash s JOIN hls_master m ON m.id = s.master_id
		WHERE m.video_id = ? AND s.valid_until IS NULL`, int64(v.ID)).Scan(&n))
	return n
}

// The privacy may change while a transcoder writes: its files lie in the folder
// that was right when it began.
func TestPrivacyChangesWhileTranscoding(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	v := w.create(w.alice)
	work, err := w.videos.Work(w.ctx(), v.ID)
	w.must(err)
	if work.Private || work.Source.Probe.Video.Width != 640 || work.Source.Filename != "walk.mp4" {
		t.Fatalf("got %+v", work)
	}
	m := stream.Master{Name: access.NewUUID() + "-master.m3u8", Sha256Name: access.NewUUID() + "-segments-sha256.json"}
	w.put(stream.FolderOf(v.UUID, false)+"/"+m.Name, "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\na.m3u8\n")
	w.put(stream.FolderOf(v.UUID, false)+"/"+m.Sha256Name, "{}")
	w.must(w.videos.Edit(w.ctx(), w.alice, ref(v), Patch{Privacy: ptr(Private)}, nil))
	w.settle()
	w.must(w.db.Write(w.ctx(), func(tx db.Tx) error { return w.videos.PutRenditions(w.ctx(), tx, v.ID, nil, m) }))
	w.settle()
	if p := w.current(v); !p.Private || !w.files()[stream.FolderOf(v.UUID, true)+"/"+p.Master] {
		t.Errorf("got %+v, files %v", p, w.files())
	}
}

// Threat 27: a path is only a question; the row answers. Nothing of another
// video, of the other folder, or of the file system can be named.
func TestMediaFileAnswersRowsOnly(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		v, other := w.published(w.alice), w.published(w.alice, func(d *Draft) { d.Privacy = Private })
		file, hidden := w.current(v).Renditions[0], w.current(other).Renditions[0]
		f, err := w.videos.MediaFile(w.ctx(), stream.MediaHLS, v.UUID, file.File)
		if err != nil || f.Size != 4 || f.ContentType != "video/mp4" || f.VideoID != v.ID {
			t.Errorf("got %+v, %v", f, err)
		}
		for _, q := range [][3]string{
			{stream.MediaHLSPrivate, v.UUID, file.File}, {stream.MediaWebVideo, v.UUID, file.File}, {stream.MediaHLS, other.UUID, file.File},
			{stream.MediaHLS, other.UUID, hidden.File}, {stream.MediaHLS, v.UUID, hidden.File}, {stream.MediaHLS, "", file.File},
			{stream.MediaHLS, v.UUID, "../" + v.UUID + "/" + file.File}, {stream.MediaHLS, v.UUID, "%"}, {stream.MediaHLS, v.UUID, ""},
			{stream.MediaHLS, strings.ToUpper(v.UUID), file.File}, {"original", v.UUID, "x"}, {stream.MediaHLS, v.UUID, "a' OR '1'='1"},
		} {
			f, err := w.videos.MediaFile(w.ctx(), q[0], q[1], q[2])
			w.kind(err, fault.NotFound, fmt.Sprint(q, f))
		}
	})
}

// The tracker believes an answer for a minute: it is told when one changes, so
// that the first viewers of a master meet, and no stranger is introduced to a
// closed video.
func TestSwarmsAreTold(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		v := w.create(w.alice)
		m := w.transcode(v.ID, 360)
		expect := func(what string) {
			t.Helper()
			for _, s := range m.Swarms {
				if !w.told[s.Hash] {
					t.Errorf("%s: nobody was told of %x", what, s.Hash)
				}
			}
			clear(w.told)
		}
		expect("a new master")
		private, public := Private, Public
		w.must(w.videos.Edit(w.ctx(), w.alice, ref(v), Patch{Privacy: &public}, nil))
		expect("opened")
		w.settle()
		m = w.transcode(v.ID, 240)
		expect("one more resolution")
		w.must(w.videos.Edit(w.ctx(), w.alice, ref(v), Patch{Privacy: &private}, nil))
		expect("closed")
		w.must(w.videos.Edit(w.ctx(), w.alice, ref(v), Patch{Privacy: &public}, nil))
		w.settle()
		clear(w.told)
		w.must(w.videos.Delete(w.ctx(), w.alice, ref(v)))
		if len(w.told) == 0 {
			t.Error("deleted: nobody was told")
		}
	})
}

// Deleting leaves nothing: no row, no file, no swarm; and the address is known
// to be gone.
func TestDelete(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		v := w.published(w.alice, func(d *Draft) { d.Tags = []string{"tag"} })
		keep := w.published(w.alice)
		w.web(v.ID, 240, 360)
		w.settle()
		w.put("thumbnails/t.jpg", "picture")
		w.must(d.Write(w.ctx(), func(tx db.Tx) error {
			return w.videos.PutThumbnails(w.ctx(), tx, v.ID, []stream.Thumbnail{{Width: 1, Height: 1, File: "t.jpg"}})
		}))
		w.must(w.videos.Rate(w.ctx(), w.bob, ref(v), Credentials{}, Like))
		w.must(w.videos.Delete(w.ctx(), w.alice, ref(v)))
		_, err := w.videos.Get(w.ctx(), w.alice, ref(v), Credentials{})
		w.kind(err, fault.NotFound, "the deleted video")
		w.settle()
		for key := range w.files() {
			if strings.Contains(key, v.UUID) || strings.HasPrefix(key, "thumbnails/") || strings.HasPrefix(key, "web-videos/") {
				t.Errorf("%s is left", key)
			}
		}
		if n := len(w.current(keep).Renditions); n != 2 || !w.files()[stream.FolderOf(keep.UUID, false)+"/"+w.current(keep).Renditions[0].File] {
			t.Error("the other video lost its files")
		}
		for _, table := range []string{"media_file", "rendition", "web_video", "hls_master", "video_tag", "video_rate", "video_counter", "video_source", "thumbnail"} {
			var n int
			w.must(d.Read().QueryRowContext(w.ctx(), "SELECT COUNT(*) FROM "+table+" WHERE video_id = ?", int64(v.ID)).Scan(&n))
			if n != 0 {
				t.Errorf("%d rows are left in %s", n, table)
			}
		}
		var url string
		w.must(d.Read().QueryRowContext(w.ctx(), "SELECT url FROM tombstone WHERE type = 'Video'").Scan(&url))
		if url != v.URL {
			t.Errorf("got tombstone %s", url)
		}
		w.must(d.Write(w.ctx(), func(tx db.Tx) error { return w.videos.RemoveOfChannel(w.ctx(), tx, keep.ChannelID) }))
		w.settle()
		if files := w.files(); len(files) != 0 {
			t.Errorf("after the channel's videos went: got %v", files)
		}
	})
}

// What a crash left without a row goes; what has a row, or is too young to have
// one, stays.
func TestSweep(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	v := w.published(w.alice)
	w.web(v.ID, 240)
	w.settle()
	want := w.files()
	orphans := []string{stream.FolderOf(v.UUID, false) + "/lost-240-fragmented.mp4", stream.FolderOf(access.NewUUID(), true) + "/lost-master.m3u8",
		"thumbnails/lost.jpg", "original-video-files/lost.mp4", "web-videos/lost.mp4", "torrents/lost.torrent"}
	for _, key := range orphans {
		w.put(key, "lost")
	}
	w.must(w.videos.Sweep(w.ctx()))
	if got := len(w.files()); got != len(want)+len(orphans) {
		t.Errorf("young files are gone: %d are left", got)
	}
	w.at = w.at.Add(2 * time.Hour)
	w.must(w.videos.Sweep(w.ctx()))
	if got := w.files(); !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
	}
}
