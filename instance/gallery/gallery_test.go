package gallery_test

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"vidiverse/instance/actor"
	"vidiverse/instance/blob"
	"vidiverse/instance/db"
	"vidiverse/instance/db/dbtest"
	"vidiverse/instance/fault"
	"vidiverse/instance/gallery"
	"vidiverse/p2p/guard"
)

type world struct {
	*gallery.Service
	t    *testing.T
	db   *db.DB
	blob *blob.Folder
	of   actor.ID
	now  time.Time
}

func open(t *testing.T, d *db.DB) *world {
	t.Helper()
	w := &world{t: t, db: d, now: time.Now()}
	var err error
	if w.blob, err = blob.OpenFolder(t.TempDir()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.blob.Close() })
	actors := actor.New(d, &url.URL{Scheme: "https", Host: "one.test"}, time.Now)
	w.write(func(tx db.Tx) error {
		c, err := actors.Create(t.Context(), tx, actor.Group, "sea")
		w.of = c.ID
		return err
	})
	w.Service = gallery.New(gallery.Config{
		DB: d, Blob: w.blob, Dir: w.blob.TempDir(), Actors: actors, Now: func() time.Time { return w.now },
		Remote: guard.New(guard.Config{Policy: guard.Policy{Plain: true, Allow: guard.Loopback()}}),
	})
	return w
}

func (w *world) write(do func(db.Tx) error) {
	w.t.Helper()
	if err := w.db.Write(w.t.Context(), do); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) read(key string) []byte {
	w.t.Helper()
	path, ok := w.blob.Path(key)
	if !ok {
		w.t.Fatalf("%s is not there", key)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		w.t.Fatal(err)
	}
	return b
}

func (w *world) keys(prefix string) (keys []string) {
	w.t.Helper()
	for info, err := range w.blob.List(w.t.Context(), prefix) {
		if err != nil {
			w.t.Fatal(err)
		}
		keys = append(keys, info.Key)
	}
	return keys
}

// file writes a picture of one colour.
func file(t *testing.T, width, height int, c color.Color) string {
	t.Helper()
	var b bytes.Buffer
	img := image.NewNRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			img.Set(x, y, c)
		}
	}
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "chosen")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// A chosen picture is there in every size, in place of the one before, and one
// can see through it where one could.
func TestPick(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := open(t, d)
		if _, err := w.Pick(t.Context(), w.of, gallery.Avatar, file(t, 40, 80, color.NRGBA{R: 200, A: 100})); err != nil {
			t.Fatal(err)
		}
		got, err := w.Pick(t.Context(), w.of, gallery.Avatar, file(t, 300, 100, color.NRGBA{G: 200, A: 255}))
		if err != nil {
			t.Fatal(err)
		}
		banner, err := w.Pick(t.Context(), w.of, gallery.Banner, file(t, 300, 100, color.NRGBA{G: 200, A: 100}))
		if err != nil || len(got) != 4 || len(banner) != 2 {
			t.Fatalf("got %v, %v, %v", got, banner, err)
		}
		for _, g := range got {
			key, err := w.Face(t.Context(), g.File)
			if err != nil {
				t.Fatal(err)
			}
			img, err := jpeg.Decode(bytes.NewReader(w.read(key)))
			if err != nil || img.Bounds().Size() != image.Pt(g.Width, g.Height) {
				t.Errorf("%+v: got %v, %v", g, img.Bounds(), err)
			}
		}
		if img, err := png.Decode(bytes.NewReader(w.read("avatars/" + banner[0].File))); err != nil {
			t.Error(err)
		} else if _, _, _, a := img.At(1, 1).RGBA(); a == 0xffff {
			t.Error("nothing shines through")
		}
		if all := w.keys("avatars/"); len(all) != 6 {
			t.Errorf("files: %q", all)
		}
		if err := w.Remove(t.Context(), w.of, gallery.Avatar); err != nil {
			t.Fatal(err)
		}
		if all := w.keys("avatars/"); len(all) != 2 {
			t.Errorf("files: %q", all)
		}
		if _, err := w.Face(t.Context(), got[0].File); fault.KindOf(err) != fault.NotFound {
			t.Errorf("a picture that was taken away: %v", err)
		}
	})
}

// What is no picture changes nothing.
func TestPickNone(t *testing.T) {
	w := open(t, dbtest.SQLite(t))
	before, err := w.Pick(t.Context(), w.of, gallery.Avatar, file(t, 9, 9, color.Black))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "none")
	if err := os.WriteFile(path, []byte("<svg onload=alert(1)>"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Pick(t.Context(), w.of, gallery.Avatar, path); fault.KindOf(err) != fault.Unsupported {
		t.Errorf("got %v", err)
	}
	if key, err := w.Face(t.Context(), before[0].File); err != nil || key != "avatars/"+before[0].File {
		t.Errorf("got %s, %v", key, err)
	}
}

// A picture of another server is fetched once, when somebody looks, kept for a
// while, and a server that has none is not asked again and again.
func TestCopies(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := open(t, d)
		raw, err := os.ReadFile(file(t, 9, 9, color.Black))
		if err != nil {
			t.Fatal(err)
		}
		var asked atomic.Int32
		far := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			asked.Add(1)
			switch r.URL.Path {
			case "/a.png":
				_, _ = rw.Write(raw)
			case "/page.png":
				rw.Header().Set("Content-Type", "image/png")
				_, _ = rw.Write([]byte("<html><script>alert(1)</script>"))
			case "/huge.png":
				_, _ = rw.Write(append(raw, make([]byte, 9<<20)...))
			default:
				http.NotFound(rw, r)
			}
		}))
		defer far.Close()
		for _, name := range []string{"a.png", "page.png", "huge.png", "none.png"} {
			w.write(func(tx db.Tx) error {
				_, err := tx.NewRaw(`INSERT INTO actor_image (actor_id, kind, width, height, file, remote_url, created_at, updated_at)
					VALUES (?, 1, 48, 48, ?, ?, 0, 0)`, w.of, name, far.URL+"/"+name).Exec(t.Context())
				return err
			})
		}
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				if key, err := w.Face(t.Context(), "a.png"); err != nil || key != "cache/avatars/a.png" {
					t.Errorf("got %s, %v", key, err)
				}
			})
		}
		wg.Wait()
		if n := asked.Swap(0); n != 1 {
			t.Errorf("eight looked, %d were asked for", n)
		}
		if !bytes.Equal(w.read("cache/avatars/a.png"), raw) {
			t.Error("the copy differs")
		}
		for _, name := range []string{"page.png", "huge.png", "none.png"} {
			for range 2 {
				if _, err := w.Face(t.Context(), name); fault.KindOf(err) != fault.NotFound {
					t.Errorf("%s: %v", name, err)
				}
			}
		}
		if n := asked.Swap(0); n != 3 {
			t.Errorf("three that cannot be had were asked for %d times", n)
		}
		w.now = w.now.Add(6 * 24 * time.Hour)
		sweep(t, w, 1)
		w.now = w.now.Add(2 * 24 * time.Hour)
		sweep(t, w, 0)
		if _, err := w.Face(t.Context(), "a.png"); err != nil || asked.Load() != 1 {
			t.Errorf("after it was forgotten: %v, asked %d times", err, asked.Load())
		}
	})
}

func sweep(t *testing.T, w *world, left int) {
	t.Helper()
	if err := w.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if all := w.keys("cache/"); len(all) != left {
		t.Errorf("copies: %q", all)
	}
}

// Who goes away while a picture comes does not take it from those who wait.
func TestFirstViewerLeaves(t *testing.T) {
	w := open(t, dbtest.SQLite(t))
	raw, err := os.ReadFile(file(t, 9, 9, color.Black))
	if err != nil {
		t.Fatal(err)
	}
	asked, answer := make(chan struct{}), make(chan struct{})
	far := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		close(asked)
		<-answer
		_, _ = rw.Write(raw)
	}))
	defer far.Close()
	w.write(func(tx db.Tx) error {
		_, err := tx.NewRaw(`INSERT INTO actor_image (actor_id, kind, width, height, file, remote_url, created_at, updated_at)
			VALUES (?, 1, 48, 48, 'a.png', ?, 0, 0)`, w.of, far.URL).Exec(t.Context())
		return err
	})
	ctx, leave := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := w.Face(ctx, "a.png")
		done <- err
	}()
	<-asked
	leave()
	close(answer)
	if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if !bytes.Equal(w.read("cache/avatars/a.png"), raw) {
		t.Error("the copy differs")
	}
}

func FuzzNames(f *testing.F) {
	for _, s := range []string{"", "a.png", "../x", "\x00", "\xff", strings.Repeat("a", 600)} {
		f.Add(s)
	}
	d := dbtest.SQLite(f)
	folder, err := blob.OpenFolder(f.TempDir())
	if err != nil {
		f.Fatal(err)
	}
	s := gallery.New(gallery.Config{DB: d, Blob: folder, Actors: actor.New(d, &url.URL{Scheme: "https", Host: "one.test"}, time.Now)})
	torrent := func(ctx context.Context, file string) (string, error) {
		key, _, err := s.Torrent(ctx, file)
		return key, err
	}
	f.Fuzz(func(t *testing.T, name string) {
		for _, find := range []func(context.Context, string) (string, error){s.Face, s.Still, s.Caption, s.Storyboard, torrent} {
			if key, err := find(t.Context(), name); fault.KindOf(err) != fault.NotFound {
				t.Errorf("%q: got %q, %v", name, key, err)
			}
		}
	})
}
