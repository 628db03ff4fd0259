package node_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"vidiverse/node"
	"vidiverse/node/control"
	"vidiverse/node/remote/remotetest"
)

// patience is for what takes a second on a machine that does nothing else.
const patience = 30 * time.Second

// home is a node over a folder, that may be opened again.
type home struct {
	t    *testing.T
	data string
	http string // where held files are given
	page string // where numbers are
	stop func()
	near control.Services // in this process
	far  control.Services // over the socket
}

func newHome(t *testing.T) *home {
	t.Helper()
	h := &home{t: t, data: filepath.Join(t.TempDir(), "n")}
	h.open()
	t.Cleanup(func() { h.stop() })
	return h
}

func (h *home) open() {
	h.t.Helper()
	n, err := node.Open(node.Config{
		Data: h.data, HTTP: h.http, Metrics: h.page, Loopback: true, LAN: true,
		Log: slog.New(slog.NewTextHandler(h.t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	if err != nil {
		h.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- n.Serve(ctx) }()
	h.stop = func() {
		cancel()
		if err := <-done; err != nil {
			h.t.Errorf("Serve: %v", err)
		}
		if err := n.Close(); err != nil {
			h.t.Errorf("Close: %v", err)
		}
		h.stop = func() {}
	}
	h.near = n.Services()
	h.await("the socket answers", func() bool {
		h.far, err = control.Dial(h.t.Context(), filepath.Join(h.data, node.SocketName))
		return err == nil
	})
}

func (h *home) await(what string, holds func() bool) {
	h.t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); !holds(); <-tick.C {
		if time.Now().After(end) {
			st, err := h.near.Sharing.State(h.t.Context())
			h.t.Fatalf("after %v still not: %s; %+v, %v", patience, what, st, err)
		}
	}
}

func must[T any](t *testing.T, value T, err error) T {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return value
}

func (h *home) state() control.SharingState {
	h.t.Helper()
	st, err := h.near.Sharing.State(h.t.Context())
	return must(h.t, st, err)
}

// TestServices asks the same of a node in this process and of one over its
// socket.
func TestServices(t *testing.T) {
	stock := remotetest.Stock(t, remotetest.Media{Split: true, Segments: 4})
	h := newHome(t)
	for _, side := range []struct {
		name string
		s    control.Services
	}{{"in process", h.near}, {"over the socket", h.far}} {
		t.Run(side.name, func(t *testing.T) { asks(t, side.s, stock) })
	}
}

func asks(t *testing.T, s control.Services, stock *remotetest.Server) {
	ctx := t.Context()
	if _, err := s.Library.Add(ctx, "user@nowhere"); !errors.Is(err, control.ErrInvalid) {
		t.Errorf("an address that is none: got %v, want ErrInvalid", err)
	}
	in, err := s.Library.Add(ctx, stock.URL)
	must(t, in, err)
	page, err := s.Library.List(ctx, control.Query{})
	must(t, page, err)
	if len(page.Cards) != 1 || page.Cards[0].Origin != stock.URL || page.Cards[0].Title == "" {
		t.Fatalf("List: got %+v", page)
	}
	ref := page.Cards[0].Ref
	if v, err := s.Library.Video(ctx, ref); err != nil || v.Title != page.Cards[0].Title || v.Page == "" {
		t.Errorf("Video: got %+v, %v", v, err)
	}
	if b, err := s.Library.Picture(ctx, ref, page.Cards[0].Thumbnail); err != nil || http.DetectContentType(b) != "image/jpeg" {
		t.Errorf("Picture: got %d bytes, %v", len(b), err)
	}
	unknown := control.Ref{Origin: stock.URL, Video: "11111111-2222-4333-8444-555555555555"}
	if _, err := s.Library.Video(ctx, unknown); !errors.Is(err, control.ErrNotFound) {
		t.Errorf("no such video: got %v, want ErrNotFound", err)
	}

	session, err := s.Playback.Open(ctx, ref, 0)
	must(t, session, err)
	for _, url := range []string{session.Media, session.Sound} {
		res, err := http.Get(url)
		must(t, res, err)
		n, err := io.Copy(io.Discard, res.Body)
		if must(t, n, err) < 1000 || res.StatusCode != http.StatusOK {
			t.Errorf("%s: got %d, %d bytes", url, res.StatusCode, n)
		}
		_ = res.Body.Close() // it was read to its end
	}
	g, err := s.Playback.Progress(ctx, session.ID, session.Duration)
	if must(t, g, err); g.Bytes[control.FromServer]+g.Bytes[control.FromDevice] == 0 || g.Verified == 0 || g.Refused > 0 {
		t.Errorf("Progress: got %+v", g)
	}
	must(t, 0, s.Playback.Close(ctx, session.ID))
	if _, err := s.Playback.Progress(ctx, session.ID, 0); !errors.Is(err, control.ErrNotFound) {
		t.Errorf("a closed session: got %v, want ErrNotFound", err)
	}

	p, err := s.Settings.Preferences(ctx)
	must(t, p, err)
	p.UploadRate, p.Language, p.From, p.To = 2_000_000, "fr", "23:00", "07:00"
	must(t, 0, s.Settings.Set(ctx, p))
	if got, err := s.Settings.Preferences(ctx); err != nil || got != p {
		t.Errorf("preferences: got %+v, %v, want %+v", got, err, p)
	}
	for name, wrong := range map[string]control.Preferences{
		"room": {Disk: -1}, "folder": {Folder: "media"}, "theme": {Theme: "pink"}, "hour": {From: "25:00"}, "rate": {UploadRate: -1},
	} {
		if err := s.Settings.Set(ctx, wrong); !errors.Is(err, control.ErrInvalid) {
			t.Errorf("preferences with a wrong %s: got %v, want ErrInvalid", name, err)
		}
	}
	must(t, 0, s.Settings.Set(ctx, control.Preferences{}))
	must(t, 0, s.Library.Remove(ctx, stock.URL))
	if list, err := s.Library.Instances(ctx); err != nil || len(list) != 0 {
		t.Errorf("after Remove: got %+v, %v", list, err)
	}
}

// TestKeptIsShared: what a rule keeps is in its swarms as soon as it is there
// and the user agreed, also after a restart, and nowhere once its origin closed
// it.
func TestKeptIsShared(t *testing.T) {
	stock := remotetest.Stock(t, remotetest.Media{Split: true, Segments: 4})
	h := newHome(t)
	in, err := h.near.Library.Add(t.Context(), stock.URL)
	must(t, in, err)
	must(t, 0, h.near.Mirrors.Set(t.Context(), stock.URL, 1<<30))
	h.await("the video is kept", func() bool {
		list, err := h.near.Mirrors.Holdings(t.Context())
		return len(must(t, list, err)) == 1 && list[0].Part == 1
	})
	if st := h.state(); st.Reason != control.ReasonUnasked || st.Swarms != 0 || len(st.Addresses) != 0 || st.Videos != 1 {
		t.Errorf("before the question: got %+v", st)
	}
	must(t, 0, h.near.Sharing.Consent(t.Context(), true))
	h.await("every rendition is in its swarms", func() bool { return h.state().Swarms >= 3 })

	h.stop()
	h.open()
	h.await("it is shared again after a restart", func() bool { st := h.state(); return st.On && st.Swarms >= 3 && len(st.Addresses) > 0 })

	must(t, 0, h.near.Library.Remove(t.Context(), stock.URL))
	h.await("nothing is left", func() bool { st := h.state(); return st.Swarms == 0 && st.Bytes == 0 })
}

// TestOneNodeAFolder: a second one says which folder is taken.
func TestOneNodeAFolder(t *testing.T) {
	h := newHome(t)
	if n, err := node.Open(node.Config{Data: h.data}); err == nil {
		_ = n.Close()
		t.Error("a second node opened the folder of the first")
	}
}
