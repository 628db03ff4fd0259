package gallery_test

import (
	"bytes"
	"fmt"
	"image/color"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"vidiverse/instance/db"
	"vidiverse/instance/db/dbtest"
	"vidiverse/instance/fault"
	"vidiverse/p2p/metainfo"
)

// torrentOf makes a torrent of some bytes, and the magnet link to it.
func torrentOf(t *testing.T, text string) (raw []byte, magnet string) {
	t.Helper()
	raw, hash, err := metainfo.Make(strings.NewReader(text), int64(len(text)), metainfo.Options{Name: "a.mp4", AnnounceList: [][]string{{"wss://far.test/tracker/socket"}}})
	if err != nil {
		t.Fatal(err)
	}
	return raw, metainfo.Magnet{Hash: hash}.String()
}

// far has a video with captions, storyboards and files at another server.
func (w *world) far(base, magnet string, names ...string) {
	w.t.Helper()
	w.write(func(tx db.Tx) error {
		for _, q := range []string{
			`INSERT INTO host (id, name, created_at) VALUES (7, 'far.test', 1)`,
			`INSERT INTO account (id, actor_id, display_name, created_at, updated_at) VALUES (7, ` + fmt.Sprint(w.of) + `, 'x', 1, 1)`,
			`INSERT INTO channel (id, actor_id, account_id, display_name, created_at, updated_at) VALUES (7, ` + fmt.Sprint(w.of) + `, 7, 'x', 1, 1)`,
		} {
			if _, err := tx.NewRaw(q).Exec(w.t.Context()); err != nil {
				return err
			}
		}
		for i, name := range names {
			id, address := 70+i, base+"/"+name
			for _, q := range []string{
				`INSERT INTO video (id, uuid, url, host_id, channel_id, name, privacy, state, created_at, updated_at, published_at) VALUES (?0, ?1, ?1, 7, 7, 'Film', 1, 1, 1, 1, 1)`,
				`INSERT INTO caption (video_id, language, file, remote_url, created_at, updated_at) VALUES (?0, 'en', ?1 || '.vtt', ?2, 1, 1)`,
				`INSERT INTO storyboard (video_id, file, remote_url, width, height, tile_width, tile_height, seconds, created_at) VALUES (?0, ?1 || '.jpg', ?2, 9, 9, 3, 3, 1, 1)`,
				`INSERT INTO remote_file (video_id, hls, url, resolution, fps, width, height, size, mime, has_audio, has_video, torrent_url, magnet, torrent, created_at)
					VALUES (?0, 0, ?2, 360, 25, 1, 1, 1, 'video/mp4', 1, 1, ?2, ?3, ?1 || '.torrent', 1)`,
			} {
				if _, err := tx.NewRaw(q, id, name, address, magnet).Exec(w.t.Context()); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// Captions, storyboards and torrents of other servers are given on as what they
// are said to be, and nothing else is.
func TestCopiesOfAttributes(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := open(t, d)
		picture, err := os.ReadFile(file(t, 9, 9, color.Black))
		if err != nil {
			t.Fatal(err)
		}
		good, magnet := torrentOf(t, "film")
		other, _ := torrentOf(t, "another film")
		const text = "WEBVTT\n\n00:01.000 --> 00:02.000\n<b>Hello</b>"
		given := map[string][]byte{
			"/picture": picture, "/good": good, "/other": other, "/text": []byte(text + "<script>alert(1)</script>"), "/page": []byte("<html><script>alert(1)</script>"),
			"/long": []byte(text + strings.Repeat("a", 6<<20)), "/huge": append(bytes.Clone(picture), make([]byte, 9<<20)...),
			"/endless": append(bytes.Clone(good), make([]byte, 11<<20)...),
		}
		srv := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			raw, ok := given[r.URL.Path]
			if !ok {
				http.NotFound(rw, r)
			}
			_, _ = rw.Write(raw)
		}))
		defer srv.Close()
		names := []string{"picture", "good", "other", "text", "page", "long", "huge", "endless", "none"}
		w.far(srv.URL, magnet, names...)
		want := map[string]string{"picture.jpg": string(picture), "good.torrent": string(good), "text.vtt": text + "alert(1)\n"}
		for _, name := range names {
			for suffix, find := range map[string]func(string) (string, error){
				".vtt":     func(f string) (string, error) { return w.Caption(t.Context(), f) },
				".jpg":     func(f string) (string, error) { return w.Storyboard(t.Context(), f) },
				".torrent": func(f string) (string, error) { key, _, err := w.Torrent(t.Context(), f); return key, err },
			} {
				key, err := find(name + suffix)
				switch expected, ok := want[name+suffix]; {
				case !ok && fault.KindOf(err) != fault.NotFound:
					t.Errorf("%s: got %s, %v; want none", name+suffix, key, err)
				case ok && err != nil:
					t.Errorf("%s: %v", name+suffix, err)
				case ok && string(w.read(key)) != expected:
					t.Errorf("%s: got %q", name+suffix, w.read(key))
				}
			}
		}
		if _, name, err := w.Torrent(t.Context(), "good.torrent"); err != nil || name != "Film-360p.torrent" {
			t.Errorf("got %q, %v", name, err)
		}
		sweep(t, w, 3)
		w.now = w.now.Add(4 * w.StillLife)
		sweep(t, w, 1)
		w.now = w.now.Add(w.SheetLife)
		sweep(t, w, 0)
	})
}
