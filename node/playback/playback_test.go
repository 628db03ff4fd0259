package playback_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"vidiverse/node/control"
	"vidiverse/node/playback"
	"vidiverse/node/remote"
	"vidiverse/node/remote/remotetest"
)

var _ control.Playback = (*playback.Playback)(nil)

// published is a rendition's file as its server has it.
func (w *world) published(height int) []byte {
	w.Helper()
	for _, r := range w.server.Videos()[0].Renditions() {
		if r.Height == height {
			return r.Bytes
		}
	}
	w.Fatalf("no rendition of %d", height)
	return nil
}

func (w *world) save(b []byte) string {
	w.Helper()
	path := filepath.Join(w.TempDir(), "film.mp4")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		w.Fatal(err)
	}
	return path
}

// TestPlays: ffmpeg reads from the session's addresses the very frames that the
// server published, with sound in the same file and apart; and all of it is on
// disk then.
func TestPlays(t *testing.T) {
	t.Parallel()
	for name, m := range map[string]remotetest.Media{"muxed": {Segments: 4}, "split": {Segments: 4, Split: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, m)
			s := w.open(240)
			if s.Quality != 240 || s.Auto || len(s.Qualities) != 2 || s.Duration.Round(100*time.Millisecond) != 4*time.Second {
				t.Errorf("got %+v", s)
			}
			for _, url := range []string{s.Media, s.Sound} {
				if !strings.HasPrefix(url, "http://127.0.0.1:") {
					t.Errorf("got address %q", url)
				}
			}
			sound := w.published(240)
			if m.Split {
				sound = w.published(0)
			}
			if got, want := frames(t, s.Media, "v"), frames(t, w.save(w.published(240)), "v"); got != want {
				t.Errorf("picture: got %d bytes, want %d", len(got), len(want))
			}
			if got, want := frames(t, s.Sound, "a"), frames(t, w.save(sound), "a"); got != want {
				t.Errorf("sound: got %d bytes, want %d", len(got), len(want))
			}
			p := w.progress(s.ID, s.Duration)
			if len(p.Spans) != 1 || p.Spans[0].Source != control.FromServer || p.Spans[0].To != s.Duration || p.Refused != 0 || p.Waiting != "" {
				t.Errorf("got %+v", p)
			}
			for _, r := range w.film.Renditions {
				f, ok := w.blocks.Find(r.File)
				if played := r.Height != 144; played && (!ok || !f.Whole()) {
					t.Errorf("rendition of %d is not kept", r.Height)
				}
			}
		})
	}
}

// TestOriginDies: what is on disk plays on without a server.
func TestOriginDies(t *testing.T) {
	t.Parallel()
	w := newWorld(t, remotetest.Media{Segments: 4, Split: true})
	s := w.open(240)
	want := frames(t, s.Media, "v")
	frames(t, s.Sound, "a")
	if err := w.Close(t.Context(), s.ID); err != nil {
		t.Fatal(err)
	}
	w.server.Die()
	s = w.open(240)
	if got := frames(t, s.Media, "v"); got != want {
		t.Error("other frames from disk")
	}
	frames(t, s.Sound, "a")
	p := w.progress(s.ID, 0)
	if len(p.Bytes) != 1 || p.Bytes[control.FromDevice] == 0 || p.Spans[0].Source != control.FromDevice {
		t.Errorf("got %+v", p)
	}
}

// TestRanges: sizes, parts and HEAD are as a player expects them.
func TestRanges(t *testing.T) {
	t.Parallel()
	w := newWorld(t, remotetest.Media{Segments: 3})
	s := w.open(144)
	res, whole, err := w.get(s.Media)
	if err != nil || res.StatusCode != 200 || res.ContentLength != int64(len(whole)) || res.Header.Get("Content-Type") != "video/mp4" {
		t.Fatalf("got %v, %d bytes, %v", res, len(whole), err)
	}
	for spec, want := range map[string][]byte{"0-9": whole[:10], "5000-": whole[5000:], "-7": whole[len(whole)-7:]} {
		res, part, err := w.get(s.Media, ranged(spec))
		if err != nil || res.StatusCode != 206 || !bytes.Equal(part, want) {
			t.Errorf("%s: got %d bytes, %v", spec, len(part), err)
		}
	}
	if res, _, err := w.get(s.Media, ranged("99999999-")); err != nil || res.StatusCode != 416 {
		t.Errorf("got %v, %v", res, err)
	}
}

// TestSessionsEnd: a closed session's address is worthless, reads in it end, and
// there are only so many sessions.
func TestSessionsEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t, remotetest.Media{})
	var all []control.Session
	for range 8 {
		all = append(all, w.open(0))
	}
	if _, err := w.Open(t.Context(), control.Ref{}, 0); !errors.Is(err, control.ErrUnavailable) {
		t.Errorf("a ninth session: got %v", err)
	}
	if err := w.Close(t.Context(), all[0].ID); err != nil {
		t.Fatal(err)
	}
	if res, _, err := w.get(all[0].Media); err != nil || res.StatusCode != 404 {
		t.Errorf("a closed session: got %v, %v", res, err)
	}
	if _, err := w.Progress(t.Context(), all[0].ID, 0); !errors.Is(err, control.ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound", err)
	}
	w.open(0)
	w.end()
	if _, _, err := w.get(all[1].Media); err == nil {
		t.Error("somebody answers after the end")
	}
}

// TestIdleSessionsEnd: sessions that a window forgot do not stand in the way.
func TestIdleSessionsEnd(t *testing.T) {
	t.Parallel()
	var later atomic.Int64
	w := newWorld(t, remotetest.Media{}, func(_ *world, c *playback.Config) {
		c.Now = func() time.Time { return time.Now().Add(time.Duration(later.Load())) }
	})
	used, idle := w.open(0), w.open(0)
	for range 6 {
		w.open(0)
	}
	later.Store(int64(9 * time.Minute))
	w.progress(used.ID, 0)
	later.Store(int64(12 * time.Minute))
	w.open(0)
	if _, err := w.Progress(t.Context(), idle.ID, 0); !errors.Is(err, control.ErrNotFound) {
		t.Errorf("an idle session: got %v, want ErrNotFound", err)
	}
	w.progress(used.ID, 0)
}

// TestOpenRefuses: a film that cannot be had or played is an error with the right
// name, not a session.
func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	var film remote.Film
	var failure error
	w := newWorld(t, remotetest.Media{}, func(_ *world, c *playback.Config) {
		c.Film = func(context.Context, control.Ref) (*remote.Film, error) { return &film, failure }
	})
	one := func(change func(r *remote.Rendition)) remote.Film {
		r := w.film.Renditions[0]
		r.Extents = slices.Clone(r.Extents)
		change(&r)
		return remote.Film{Renditions: []remote.Rendition{r}}
	}
	for name, test := range map[string]struct {
		film remote.Film
		err  error
		want error
	}{
		"gone":            {remote.Film{}, remote.ErrGone, control.ErrNotFound},
		"private":         {remote.Film{}, remote.ErrClosed, control.ErrForbidden},
		"no answer":       {remote.Film{}, remote.ErrUnavailable, control.ErrUnavailable},
		"nothing to play": {remote.Film{}, nil, control.ErrInvalid},
		"no header":       {one(func(r *remote.Rendition) { r.Init = nil }), nil, control.ErrInvalid},
		"no segments":     {one(func(r *remote.Rendition) { r.Segments, r.Extents = nil, nil }), nil, control.ErrInvalid},
		"other digests":   {one(func(r *remote.Rendition) { r.Extents[1].Length++ }), nil, control.ErrInvalid},
	} {
		film, failure = test.film, test.err
		if s, err := w.Open(t.Context(), control.Ref{}, 0); !errors.Is(err, test.want) {
			t.Errorf("%s: got %+v, %v, want %v", name, s, err, test.want)
		}
	}
}
