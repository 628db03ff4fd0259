package playback_test

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"vidiverse/node/control"
	"vidiverse/node/remote/remotetest"
)

// TestStuckRead: a read that waits for a dead part of the file is cut when the
// player is about to seek, or FFmpeg would not seek; the target is loaded
// meanwhile, and all is well once the file is opened again.
func TestStuckRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t, remotetest.Media{Segments: 40, Split: true})
	w.server.Delay(0)
	release := make(chan struct{})
	first := w.server.Videos()[0].Renditions()[1].Media.Segments[0]
	stall := func(r *http.Request) bool { return r.Header.Get("Range") == rangeOf(first.Offset, first.End()) }
	w.server.Intercept(func(_ http.ResponseWriter, r *http.Request) bool {
		if media(r) && stall(r) {
			select {
			case <-release:
			case <-r.Context().Done():
			}
		}
		return false
	})
	s := w.open(240)
	cut := make(chan error, 1)
	go func() {
		_, _, err := w.get(s.Media)
		cut <- err
	}()
	w.await(s.ID, 0, "the read does not wait", func(p control.Progress) bool { return p.Waiting != "" && !p.Stuck })
	at := 30 * time.Second
	if err := w.Prepare(t.Context(), s.ID, at); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-cut:
		if !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("the read ended with %v", err)
		}
	case <-time.After(patience):
		t.Fatal("the read is not cut")
	}
	w.await(s.ID, at, "not stuck, or the target is not there", func(p control.Progress) bool { return p.Stuck && covers(p, at) })
	close(release)
	if res, _, err := w.get(s.Media, ranged("0-99")); err != nil || res.StatusCode != 206 {
		t.Fatalf("got %v, %v", res, err)
	}
	if p := w.progress(s.ID, at); p.Stuck {
		t.Error("still stuck after Media was opened again")
	}
	w.right(s)
}

// TestReadsNearTheTargetGoOn: a seek to where a read waits already does not cut
// it.
func TestReadsNearTheTargetGoOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, remotetest.Media{Segments: 10})
	release := make(chan struct{})
	w.server.Intercept(func(_ http.ResponseWriter, r *http.Request) bool {
		if media(r) {
			select {
			case <-release:
			case <-r.Context().Done():
			}
		}
		return false
	})
	s := w.open(144)
	read := make(chan error, 1)
	go func() {
		_, _, err := w.get(s.Media)
		read <- err
	}()
	w.await(s.ID, 0, "the read does not wait", func(p control.Progress) bool { return p.Waiting != "" })
	if err := w.Prepare(t.Context(), s.ID, time.Second); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	w.await(s.ID, time.Second, "", func(p control.Progress) bool { return time.Since(begin) > 2*time.Second })
	close(release)
	if err := <-read; err != nil {
		t.Errorf("the read was cut: %v", err)
	}
}

// TestPrepareLoadsAtOnce: picture and sound of the target, and what follows, are
// loaded in parallel before the player asks.
func TestPrepareLoadsAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, remotetest.Media{Segments: 60, Split: true})
	var now, most atomic.Int64
	w.server.Intercept(func(_ http.ResponseWriter, r *http.Request) bool {
		if media(r) {
			n := now.Add(1)
			for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
			}
			time.AfterFunc(200*time.Millisecond, func() { now.Add(-1) })
		}
		return false
	})
	w.server.Delay(200 * time.Millisecond)
	s := w.open(240)
	w.await(s.ID, 0, "nothing comes", func(p control.Progress) bool { return covers(p, 0) })
	most.Store(0)
	at := 50 * time.Second
	if err := w.Prepare(t.Context(), s.ID, at); err != nil {
		t.Fatal(err)
	}
	w.await(s.ID, at, "the target does not come", func(p control.Progress) bool { return covers(p, at) && covers(p, at+time.Second) })
	if n := most.Load(); n < 3 {
		t.Errorf("got %d loads at once, want two of each file", n)
	}
}

// TestScrubbing: while somebody drags the bar, loads begin and are dropped; a read
// that goes on meanwhile gets every byte.
func TestScrubbing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, remotetest.Media{Segments: 60, Split: true})
	w.server.Delay(20 * time.Millisecond)
	s := w.open(240)
	type result struct {
		n    int
		want int64
		err  error
	}
	read := make(chan result, 1)
	go func() {
		res, b, err := w.get(s.Media)
		if res == nil {
			res = &http.Response{}
		}
		read <- result{len(b), res.ContentLength, err}
	}()
	for {
		select {
		case got := <-read:
			if got.err != nil || int64(got.n) != got.want {
				t.Errorf("got %+v", got)
			}
			w.right(s)
			return
		case <-time.After(5 * time.Millisecond):
			if err := w.Prepare(t.Context(), s.ID, rand.N(time.Minute)); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestChoose: another quality has another address, the one before plays until
// it is opened, and the sound apart stays what it was.
func TestChoose(t *testing.T) {
	t.Parallel()
	w := newWorld(t, remotetest.Media{Segments: 3, Split: true})
	low := w.open(144)
	w.right(low)
	frames(t, low.Sound, "a")
	loaded := w.progress(low.ID, 0).Bytes[control.FromServer]
	high, err := w.Choose(t.Context(), low.ID, 240)
	if err != nil || high.Media == low.Media || high.Quality != 240 || high.Auto || high.ID != low.ID {
		t.Fatalf("got %+v, %v", high, err)
	}
	if res, _, err := w.get(low.Media); err != nil || res.StatusCode != 200 {
		t.Errorf("the old one before the new one was opened: got %v, %v", res, err)
	}
	w.right(high)
	frames(t, high.Sound, "a")
	if res, _, err := w.get(low.Media); err != nil || res.StatusCode != 404 {
		t.Errorf("the old one after the new one was opened: got %v, %v", res, err)
	}
	sound := int64(0)
	for _, f := range w.blocks.Files() {
		sound += f.Bytes
	}
	if sent := w.server.MediaBytes(); sent > sound+64<<10 || loaded == 0 {
		t.Errorf("the server sent %d bytes for %d: the sound came twice", sent, sound)
	}
	auto, err := w.Choose(t.Context(), low.ID, 0)
	if err != nil || !auto.Auto {
		t.Errorf("got %+v, %v", auto, err)
	}
	if near, err := w.Choose(t.Context(), low.ID, 200); err != nil || near.Quality != 144 {
		t.Errorf("a height that does not exist: got %+v, %v", near, err)
	}
	if _, err := w.Choose(t.Context(), low.ID, -1); !errors.Is(err, control.ErrInvalid) {
		t.Errorf("got %v, want ErrInvalid", err)
	}
	if _, err := w.Choose(t.Context(), "nobody", 0); !errors.Is(err, control.ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound", err)
	}
}

func rangeOf(from, end int64) string { return fmt.Sprintf("bytes=%d-%d", from, end-1) }
