package video

import (
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"vidiverse/instance/db"
	"vidiverse/instance/db/dbtest"
	"vidiverse/instance/fault"
	"vidiverse/instance/job"
	"vidiverse/instance/news"
	"vidiverse/instance/stream"
	"vidiverse/p2p/metainfo"
)

// allFiles are what REST would say of the video's files.
func (w *world) allFiles(v Video) []stream.Rendition {
	w.Helper()
	got, err := w.videos.Get(w.ctx(), w.root, ref(v), Credentials{})
	w.must(err)
	list := slices.Clone(got.WebVideos)
	if got.Playlist != nil {
		list = append(list, got.Playlist.Renditions...)
	}
	return list
}

// read is the torrent of a file as it lies in the store.
func (w *world) read(r stream.Rendition) metainfo.Torrent {
	w.Helper()
	f, err := w.blob.Open(w.ctx(), "torrents/"+r.Torrent.Name)
	w.must(err)
	defer f.Close()
	b, err := io.ReadAll(f)
	w.must(err)
	t, err := metainfo.Read(b)
	w.must(err)
	return t
}

// Each file has a torrent that says what the video is called now and, if
// anybody may have the file, where it lies; REST and the tracker know the same
// one. A new name makes a new torrent and ends the old.
func TestTorrents(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		v := w.published(w.alice)
		w.web(v.ID, 360)
		w.settle()
		before := w.allFiles(v)
		if len(before) != 3 {
			t.Fatalf("got %d files, want a web video and two of HLS", len(before))
		}
		for _, r := range before {
			w.checkTorrent(v, r, "A walk", Public)
			wantEnd := "-hls.torrent"
			if r.Web {
				wantEnd = "-360.torrent"
			}
			if !strings.HasSuffix(r.Torrent.Name, wantEnd) || r.Torrent.Name[:36] == r.File[:36] {
				t.Errorf("%s has the torrent %s", r.File, r.Torrent.Name)
			}
		}
		w.must(w.videos.Edit(w.ctx(), w.alice, ref(v), Patch{Name: ptr(`New: "name"/?`)}, nil))
		w.settle()
		for i, r := range w.allFiles(v) {
			w.checkTorrent(v, r, `New: "name"/?`, Public)
			if r.Torrent.Hash == before[i].Torrent.Hash || w.allowed(before[i].Torrent.Hash) {
				t.Error("the torrent of the old name is still announced")
			}
			_, _, err := w.videos.TorrentFile(w.ctx(), before[i].Torrent.Name)
			w.kind(err, fault.NotFound, "the old torrent")
			if w.files()["torrents/"+before[i].Torrent.Name] {
				t.Error("the file of the old torrent is left")
			}
		}
		w.must(w.videos.Delete(w.ctx(), w.alice, ref(v)))
		w.settle()
		for key := range w.files() {
			if strings.HasPrefix(key, "torrents/") {
				t.Errorf("%s is left of the deleted video", key)
			}
		}
		for _, r := range before {
			if w.allowed(r.Torrent.Hash) {
				t.Error("a swarm of the deleted video is allowed")
			}
		}
	})
}

// checkTorrent holds the stored torrent against what is said of it.
func (w *world) checkTorrent(v Video, r stream.Rendition, title string, p Privacy) {
	w.Helper()
	if r.Torrent.Name == "" {
		w.Fatalf("%s has no torrent", r.File)
	}
	got := w.read(r)
	wantName := metainfo.CleanName(title) + " " + r.File[37:40] + "p.mp4"
	links := w.videos.LinksOf(v.UUID, title, p, r)
	var seeds []string
	if p.Open() {
		seeds = []string{links.File}
	}
	if got.Hash != r.Torrent.Hash || got.Name != wantName || got.Length != r.Size || !slices.Equal(got.WebSeeds, seeds) {
		w.Errorf("%s: got torrent %s of %d bytes at %v, hash %x, want %s of %d at %v, %x", r.File, got.Name, got.Length, got.WebSeeds, got.Hash,
			wantName, r.Size, seeds, r.Torrent.Hash)
	}
	if w.allowed(got.Hash) != p.Open() {
		w.Errorf("%s: the tracker allows it: %v", r.File, !p.Open())
	}
	m, err := metainfo.ParseMagnet(links.Magnet)
	w.must(err)
	if m.Hash != got.Hash || m.Name != title || !slices.Equal(m.WebSeeds, seeds) || !slices.Equal(m.Torrents, []string{links.Torrent}) ||
		!slices.Equal(m.Trackers, []string{"https://one.test/tracker/announce", "wss://one.test:443/tracker/socket"}) {
		w.Errorf("%s: magnet %s", r.File, links.Magnet)
	}
	f, name, err := w.videos.TorrentFile(w.ctx(), r.Torrent.Name)
	if err != nil || f.Public != p.Open() || f.VideoID != v.ID || name != title+"-"+r.File[37:40]+"p.torrent" {
		w.Errorf("%s: got %+v called %q, %v", r.File, f, name, err)
	}
}

// Other servers hear of torrents when the last of a video's files has one: once,
// however many files there are.
func TestOthersAreToldOfTorrents(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.listen()
		v := w.create(w.alice)
		w.transcode(v.ID, 360, 240)
		w.web(v.ID, 360)
		w.must(d.Write(w.ctx(), func(tx db.Tx) error { return w.videos.Publish(w.ctx(), tx, v.ID) }))
		told := func(what string, want int) {
			t.Helper()
			w.settle()
			n := 0
			list, _, err := w.jobs.List(w.ctx(), job.Filter{Type: "ear", Count: 100})
			w.must(err)
			for _, j := range list {
				if strings.Contains(string(j.Payload), string(news.VideoChanged)) {
					n++
				}
			}
			if n != want {
				t.Errorf("%s: told %d times, want %d", what, n, want)
			}
		}
		told("three torrents", 1)
		w.must(w.videos.Edit(w.ctx(), w.alice, ref(v), Patch{Name: ptr("Another walk")}, nil))
		told("a new name, and three other torrents", 3)
	})
}

// What becomes private is no longer announced from that moment on, and its
// torrents soon name no address.
func TestTorrentsOfClosedVideos(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		v := w.published(w.alice)
		w.web(v.ID, 360)
		w.settle()
		before := w.allFiles(v)
		for _, r := range before {
			w.allowed(r.Torrent.Hash) // remembered
		}
		clear(w.told)
		w.must(w.videos.Edit(w.ctx(), w.alice, ref(v), Patch{Privacy: ptr(Private)}, nil))
		for _, r := range before {
			if w.allowed(r.Torrent.Hash) || !w.told[r.Torrent.Hash] {
				t.Error("closed: its torrent is still announced, or the tracker was not told")
			}
			if f, _, err := w.videos.TorrentFile(w.ctx(), r.Torrent.Name); err != nil || f.Public {
				t.Errorf("closed: got %+v, %v", f, err)
			}
		}
		w.settle()
		for _, r := range w.allFiles(v) {
			if r.Web && !w.files()["web-videos/private/"+r.File] {
				t.Errorf("the web video did not move: %v", slices.Sorted(maps.Keys(w.files())))
			}
			w.checkTorrent(v, r, "A walk", Private)
		}
		w.must(w.videos.Edit(w.ctx(), w.alice, ref(v), Patch{Privacy: ptr(Public)}, nil))
		w.settle()
		for _, r := range w.allFiles(v) {
			w.checkTorrent(v, r, "A walk", Public)
		}
	})
}

// Torrents that are missing, because they were switched off or the program was
// older, are made when files are swept; a video that is gone has none.
func TestMissingTorrentsAreMade(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		v := w.published(w.alice)
		w.settle()
		w.must(d.Write(w.ctx(), func(tx db.Tx) error {
			_, err := tx.ExecContext(w.ctx(), "DELETE FROM torrent")
			return err
		}))
		for _, r := range w.allFiles(v) {
			if l := w.videos.LinksOf(v.UUID, v.Name, Public, r); l.Magnet != "" || l.Torrent != "" || l.File == "" {
				t.Errorf("without a torrent: got %+v", l)
			}
		}
		w.must(w.videos.Sweep(w.ctx()))
		w.settle()
		for _, r := range w.allFiles(v) {
			w.checkTorrent(v, r, "A walk", Public)
		}
		w.must(d.Write(w.ctx(), func(tx db.Tx) error { return w.videos.Retitled(w.ctx(), tx, v.ID) }))
		w.must(w.videos.Delete(w.ctx(), w.alice, ref(v)))
		w.settle()
		w.at = w.at.Add(2 * time.Hour)
		w.must(w.videos.Sweep(w.ctx())) // the files whose rows this test took
		for key := range w.files() {
			if strings.HasPrefix(key, "torrents/") {
				t.Errorf("%s is left", key)
			}
		}
	})
}

// Files of either kind go by themselves, with what belongs to them, and never
// take others along.
func TestDroppedFiles(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		v := w.published(w.alice)
		w.web(v.ID, 240, 360)
		w.settle()
		drop := func(do func(tx db.Tx) error) []stream.Rendition {
			t.Helper()
			w.must(d.Write(w.ctx(), do))
			w.settle()
			return w.allFiles(v)
		}
		files := w.allFiles(v)
		gone := files[0]
		left := drop(func(tx db.Tx) error { return w.videos.DropWebVideos(w.ctx(), tx, v.ID, gone.ID) })
		if len(left) != 3 || left[0].ID != files[1].ID || w.files()["web-videos/"+gone.File] || w.files()["torrents/"+gone.Torrent.Name] || w.allowed(gone.Torrent.Hash) {
			t.Errorf("one web video dropped: got %+v", left)
		}
		if left = drop(func(tx db.Tx) error { return w.videos.DropPlaylist(w.ctx(), tx, v.ID) }); len(left) != 1 || !left[0].Web {
			t.Errorf("playlist dropped: got %+v", left)
		}
		w.web(v.ID, 360)
		w.settle()
		if again := w.allFiles(v); len(again) != 2 {
			t.Errorf("one more: got %+v", again)
		}
		if left = drop(func(tx db.Tx) error { return w.videos.DropWebVideos(w.ctx(), tx, v.ID, 0) }); len(left) != 0 {
			t.Errorf("web videos dropped: got %+v", left)
		}
		for key := range w.files() {
			if !strings.HasPrefix(key, "original-video-files/") {
				t.Errorf("%s is left", key)
			}
		}
	})
}
