package node_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"vidiverse/node/control"
	"vidiverse/node/remote/remotetest"
	"vidiverse/p2p/guard"
	"vidiverse/p2p/ledger"
	"vidiverse/p2p/metainfo"
	"vidiverse/p2p/torrent"
)

// stranger is a torrent that another engine gives over TCP, and its tracker.
type stranger struct {
	data  []byte
	info  metainfo.Torrent
	raw   []byte
	asked atomic.Int32 // announces
	url   string
}

// whole is its store.
type whole struct{ s *stranger }

func (w whole) Has(int) bool          { return true }
func (w whole) Put(int, []byte) error { return nil }
func (w whole) Close() error          { return nil }
func (w whole) Piece(_ context.Context, i int) ([]byte, error) {
	_, at, n := w.s.info.Piece(i)
	return bytes.Clone(w.s.data[at : at+n]), nil
}

type freely struct{}

func (freely) Wait(context.Context, int) error { return nil }

func newStranger(t *testing.T) *stranger {
	t.Helper()
	s := &stranger{data: make([]byte, 3<<20+7)}
	_, _ = rand.NewChaCha8([32]byte{1}).Read(s.data) // never fails
	raw, _, err := metainfo.Make(bytes.NewReader(s.data), int64(len(s.data)), metainfo.Options{Name: "A film.mp4"})
	if err != nil {
		t.Fatal(err)
	}
	if s.raw = raw; err == nil {
		s.info, err = metainfo.Read(raw)
	}
	if err != nil {
		t.Fatal(err)
	}
	spool, err := torrent.OpenSpool(t.TempDir(), func() int64 { return 1 << 30 }, func() (int64, error) { return 1 << 40, nil })
	if err != nil {
		t.Fatal(err)
	}
	e := torrent.New(torrent.Config{HTTP: func(string) *guard.Client { return nil }, Spool: spool,
		Find: func(context.Context, [20]byte) (*metainfo.Torrent, torrent.Store, error) {
			return &s.info, whole{s}, nil
		}})
	e.Hold([]torrent.Listing{{Hash: s.info.Hash}})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 2)
	go func() { done <- e.Serve(ctx) }()
	books := ledger.New(freely{}, ledger.Config{})
	go func() {
		done <- e.Meet(ctx, torrent.Network{Listen: "127.0.0.1:0", Line: func(u ledger.Use) torrent.Line { return books.Open(u) }})
	}()
	t.Cleanup(func() { cancel(); <-done; <-done })
	tracker := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		s.asked.Add(1)
		port := e.Port()
		_, _ = fmt.Fprintf(w, "d8:intervali60e5:peers6:%se", []byte{127, 0, 0, 1, byte(port >> 8), byte(port)})
	}))
	t.Cleanup(tracker.Close)
	s.url = tracker.URL + "/announce"
	return s
}

// A magnet link plays while it comes from a stranger over TCP, once sharing was
// agreed to; before, nothing is announced and nobody is met.
func TestMagnetPlays(t *testing.T) {
	t.Parallel()
	s := newStranger(t)
	h := newHome(t)
	ctx := t.Context()
	link := metainfo.Magnet{Hash: s.info.Hash, Name: "A film", Trackers: []string{s.url}}.String()
	ref, err := h.far.Torrents.Link(ctx, link)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.far.Playback.Open(ctx, ref, 0); !errors.Is(err, control.ErrForbidden) {
		t.Fatalf("without consent: got %v", err)
	}
	if n := s.asked.Load(); n != 0 {
		t.Fatalf("%d announces without consent", n)
	}
	if err := h.far.Sharing.Consent(ctx, true); err != nil {
		t.Fatal(err)
	}
	if _, err := h.far.Library.Video(ctx, ref); err != nil {
		t.Fatal(err)
	}
	session, err := h.far.Playback.Open(ctx, ref, 0)
	if err != nil {
		t.Fatal(err)
	}
	s.play(t, session)
	p, err := h.far.Playback.Progress(ctx, session.ID, 0)
	if err != nil || p.Torrent == nil || p.Torrent.Held != int64(len(s.data)) || p.Torrent.Programs != 1 || p.Bytes[control.FromPeople] != int64(len(s.data)) {
		t.Errorf("got %+v %+v, %v", p, p.Torrent, err)
	}
	if err := h.far.Playback.Close(ctx, session.ID); err != nil {
		t.Fatal(err)
	}
	if res, err := http.Get(session.Media); err == nil {
		_ = res.Body.Close()
		if res.StatusCode != http.StatusNotFound {
			t.Errorf("the address of a closed session answers %s", res.Status)
		}
	}
}

// play reads the film as a player does: its end first, then from the beginning.
func (s *stranger) play(t *testing.T, session control.Session) {
	t.Helper()
	for _, from := range []int{len(s.data) - 1000, 0} {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, session.Media, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", from))
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if err != nil || !bytes.Equal(b, s.data[from:]) || res.Header.Get("Content-Type") != "video/mp4" {
			t.Fatalf("from %d: %d bytes, %v, %s", from, len(b), err, res.Header.Get("Content-Type"))
		}
	}
}

// A .torrent with a web seed plays without sharing: nothing listens, nothing is
// announced.
func TestTorrentFilePlaysAlone(t *testing.T) {
	t.Parallel()
	s := newStranger(t)
	seed := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(s.data))
	}))
	t.Cleanup(seed.Close)
	raw, _, err := metainfo.Rewrite(s.raw, metainfo.Options{Name: "A film.mp4", AnnounceList: [][]string{{s.url}}, URLList: []string{seed.URL + "/f.mp4"}})
	if err != nil {
		t.Fatal(err)
	}
	h := newHome(t)
	ref, err := h.far.Torrents.File(t.Context(), raw)
	if err != nil {
		t.Fatal(err)
	}
	v, err := h.far.Library.Video(t.Context(), ref)
	if err != nil || v.Title != "A film.mp4" {
		t.Fatalf("got %q, %v", v.Title, err)
	}
	session, err := h.far.Playback.Open(t.Context(), ref, 0)
	if err != nil {
		t.Fatal(err)
	}
	s.play(t, session)
	p, err := h.far.Playback.Progress(t.Context(), session.ID, 0)
	if err != nil || !p.Torrent.Alone || p.Bytes[control.FromServer] != int64(len(s.data)) || p.Peers != 0 {
		t.Errorf("got %+v %+v, %v", p, p.Torrent, err)
	}
	if n := s.asked.Load(); n != 0 {
		t.Errorf("%d announces without consent", n)
	}
	for _, bad := range []string{"", "magnet:?xt=urn:btih:12", "magnet:?dn=x", "https://mare.example/x.torrent"} {
		if _, err := h.far.Torrents.Link(t.Context(), bad); !errors.Is(err, control.ErrInvalid) {
			t.Errorf("%q: got %v", bad, err)
		}
	}
	if _, err := h.far.Torrents.File(t.Context(), []byte("d4:infoe")); !errors.Is(err, control.ErrInvalid) {
		t.Errorf("got %v", err)
	}
}

// What is held of a followed instance is given as the torrents that the instance
// published: to who has the magnet link alone, over TCP, checked by piece.
func TestHeldTorrents(t *testing.T) {
	stock := remotetest.Stock(t, remotetest.Media{Segments: 4, Rate: 800})
	h := newHome(t)
	in, err := h.near.Library.Add(t.Context(), stock.URL)
	must(t, in, err)
	must(t, 0, h.near.Mirrors.Set(t.Context(), stock.URL, 1<<30))
	h.await("the video is kept", func() bool {
		list, err := h.near.Mirrors.Holdings(t.Context())
		return len(must(t, list, err)) == 1 && list[0].Part == 1
	})
	must(t, 0, h.near.Sharing.Consent(t.Context(), true))
	h.await("its torrents are announced", func() bool { return stock.Count("/tracker/announce?") >= 2 })
	video := stock.Videos()[0]
	film := video.Renditions()[1]
	link := video.Magnet(film)
	spool, err := torrent.OpenSpool(t.TempDir(), func() int64 { return 1 << 30 }, func() (int64, error) { return 1 << 40, nil })
	must(t, spool, err)
	plain := guard.New(guard.Config{Policy: guard.Policy{Plain: true, Allow: guard.Loopback()}})
	e := torrent.New(torrent.Config{HTTP: func(string) *guard.Client { return plain }, Spool: spool,
		Log: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 2)
	go func() { done <- e.Serve(ctx) }()
	books := ledger.New(freely{}, ledger.Config{})
	home := guard.Policy{Allow: guard.Loopback()}
	go func() {
		done <- e.Meet(ctx, torrent.Network{Listen: "127.0.0.1:0", Line: func(u ledger.Use) torrent.Line { return books.Open(u) },
			Dial: home.Dial(net.Dialer{}), May: home.Permits})
	}()
	t.Cleanup(func() { cancel(); <-done; <-done })
	one, err := e.Open(t.Context(), torrent.Spec{Hash: link.Hash, Trackers: link.Trackers})
	must(t, one, err)
	defer one.Close()
	wait, stop := context.WithTimeout(t.Context(), patience)
	defer stop()
	if _, err := one.Info(wait); err != nil {
		t.Fatalf("%v; %+v", err, one.Progress())
	}
	r, err := one.NewReader(wait, 0)
	must(t, r, err)
	defer r.Close()
	got, err := io.ReadAll(r)
	if must(t, got, err); !bytes.Equal(got, film.Bytes) {
		t.Errorf("got %d bytes, want the origin's %d", len(got), len(film.Bytes))
	}
	if n := one.Progress().Bytes[torrent.ByTCP]; n != int64(len(film.Bytes)) {
		t.Errorf("%d bytes came from the node", n)
	}
	h.await("it counts as given", func() bool {
		list, err := h.near.Mirrors.Holdings(t.Context())
		return must(t, list, err)[0].Sent >= int64(len(film.Bytes))
	})
}
