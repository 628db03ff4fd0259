package player

import (
	"bytes"
	"errors"
	"image"
	"net/http"
	"os"
	"sync/atomic"
	"testing"
	"time"
)

// kinds are the engines that draw: each keeps the promises of Player.
var kinds = map[string]Kind{"mpv": MPV, "ffmpeg": FFmpeg}

func each(t *testing.T, test func(t *testing.T, kind Kind)) {
	for name, kind := range kinds {
		t.Run(name, func(t *testing.T) { test(t, kind) })
	}
}

// TestPlays opens a video: its pictures come in order, a seek shows the very
// picture that was asked for, and the end the last one.
func TestPlays(t *testing.T) {
	long.mp4(t)
	srv := server(t)
	each(t, func(t *testing.T, kind Kind) {
		v := watch(t, Options{Kind: kind})
		if v.Kind() != kind || v.Frame(width, height) != nil {
			t.Fatalf("got %v and a picture before Open", v.Kind())
		}
		v.open(Source{Media: srv.URL + secret + long.name, Duration: 30 * time.Second})
		a := v.see("of the film", func(n int) bool { return n >= long.first })
		b := v.see("later", func(n int) bool { return n > a+10 })
		if b >= long.first+long.frames {
			t.Fatalf("got picture %d, which the film has not", b)
		}
		s := v.until("size", func(s State) bool { return s.Width > 0 })
		if s.Duration.Round(time.Second) != 30*time.Second || s.Width != width || s.Height != height || s.Err != nil || s.Paused {
			t.Errorf("got %+v", s)
		}
		v.Pause(true)
		for _, k := range []int{300, 871, 0, 299} {
			v.Seek(time.Duration(k) * time.Second / 30)
			v.until("seek", func(s State) bool { return !s.Seeking })
			v.see("that was asked for", func(n int) bool { return n == long.first+k })
		}
		v.Pause(false)
		v.Seek(29 * time.Second)
		v.until("end", func(s State) bool { return s.Ended })
		v.see("the last", func(n int) bool { return n == long.first+long.frames-1 })
		v.Seek(5 * time.Second)
		v.see("after the end", func(n int) bool { return n > long.first+150 && n < long.first+300 })
	})
}

// TestPauses looks for anything that moves while it should not.
func TestPauses(t *testing.T) {
	long.mp4(t)
	srv := server(t)
	each(t, func(t *testing.T, kind Kind) {
		v := watch(t, Options{Kind: kind})
		v.open(Source{Media: srv.URL + secret + long.name, At: 4 * time.Second, Paused: true})
		n := v.see("at 4 s", func(n int) bool { return n == long.first+120 })
		at := v.until("rest", func(s State) bool { return !s.Buffering }).Position
		for end := time.Now().Add(500 * time.Millisecond); time.Now().Before(end); <-time.After(time.Millisecond) {
			if s := v.State(); s.Position != at || !s.Paused {
				t.Fatalf("paused at %v, got %+v", at, s)
			}
			if k := number(v.Frame(width, height)); k != n {
				t.Fatalf("paused on picture %d, got %d", n, k)
			}
		}
		v.Step(true)
		v.see("the next", func(k int) bool { return k == n+1 })
		v.Step(false)
		v.see("the one before", func(k int) bool { return k == n })
		v.Pause(false)
		v.see("later", func(k int) bool { return k > n+5 })
	})
}

// TestSpeed: at speed 2 a minute of video takes half a minute.
func TestSpeed(t *testing.T) {
	long.mp4(t)
	srv := server(t)
	each(t, func(t *testing.T, kind Kind) {
		v := watch(t, Options{Kind: kind})
		v.SetSpeed(2)
		v.open(Source{Media: srv.URL + secret + long.name})
		var got float64
		for try := range 4 { // a busy machine may spoil one
			from := v.until("play", func(s State) bool { return s.Position > time.Duration(try)*6*time.Second+time.Second/2 })
			begin := time.Now()
			to := v.until("play", func(s State) bool { return s.Position > from.Position+4*time.Second })
			got = (to.Position - from.Position).Seconds() / time.Since(begin).Seconds()
			if got > 1.95 && got < 2.05 {
				return
			}
		}
		t.Errorf("got speed %.3f, want 2.00 ± 0.05", got)
	})
}

// TestBroken: what cannot be played is an error, never an endless wait.
func TestBroken(t *testing.T) {
	whole, err := os.ReadFile(long.mp4(t))
	if err != nil {
		t.Fatal(err)
	}
	bodies := map[string][]byte{"garbage": bytes.Repeat([]byte("garbage "), 10000), "empty": {}, "cut": whole[:len(whole)*2/3]}
	srv := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if body, ok := bodies[r.URL.Path[len(secret):]]; ok {
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
			return
		}
		http.NotFound(w, r)
	}))
	each(t, func(t *testing.T, kind Kind) {
		v := watch(t, Options{Kind: kind})
		for _, name := range []string{"nothing", "garbage", "empty"} {
			v.open(Source{Media: srv.URL + secret + name})
			if s := v.until("error for "+name, func(s State) bool { return s.Err != nil }); !errors.Is(s.Err, ErrLoad) || s.Buffering {
				t.Errorf("%s: got %+v", name, s)
			}
		}
		if kind != MPV { // ffmpeg ends as if the file did
			return
		}
		v.open(Source{Media: srv.URL + secret + "cut", At: 18 * time.Second})
		if s := v.until("error for cut", func(s State) bool { return s.Err != nil }); !errors.Is(s.Err, ErrCut) {
			t.Errorf("cut: got %+v", s)
		}
		v.open(Source{Media: srv.URL + secret + "cut", Sound: srv.URL + secret + "nothing"})
		if s := v.until("error for sound", func(s State) bool { return s.Err != nil }); !errors.Is(s.Err, ErrSound) {
			t.Errorf("sound: got %+v", s)
		}
	})
}

// TestSettings reads from mpv itself what was set, before and after Open.
func TestSettings(t *testing.T) {
	long.mp4(t)
	srv := server(t)
	v := watch(t, Options{})
	v.SetVolume(40)
	v.SetMuted(true)
	v.open(Source{Media: srv.URL + secret + long.name})
	v.see("of the film", func(n int) bool { return true })
	p := v.Player.(*mpvPlayer)
	p.mu.Lock()
	c := p.core
	p.mu.Unlock()
	has := func(what string, ok bool) {
		t.Helper()
		if !ok {
			t.Errorf("%s: volume %v, muted %v, speed %v; State %+v", what, c.number("volume"), c.flag("mute"), c.number("speed"), v.State())
		}
	}
	has("before", c.number("volume") == 40 && c.flag("mute") && c.number("speed") == 1)
	v.SetVolume(1000)
	v.SetMuted(false)
	v.SetSpeed(0)
	s := v.until("volume", func(s State) bool { return c.number("volume") == MaxVolume && c.number("speed") == MinSpeed })
	has("after", !c.flag("mute") && s.Volume == MaxVolume && !s.Muted && s.Speed == MinSpeed)
}

// TestNews: however slow the listener is, there is one call at a time for it.
func TestNews(t *testing.T) {
	long.mp4(t)
	srv := server(t)
	each(t, func(t *testing.T, kind Kind) {
		var frames, states atomic.Int32
		v := watch(t, Options{Kind: kind, OnFrame: func() { frames.Add(1) }, OnState: func() { states.Add(1) }})
		v.open(Source{Media: srv.URL + secret + long.name})
		end := time.Now().Add(patience)
		for frames.Load() == 0 || states.Load() == 0 {
			if time.Now().After(end) {
				t.Fatal("nobody was told")
			}
			<-time.After(time.Millisecond)
		}
		<-time.After(300 * time.Millisecond) // some ten pictures
		if f, s := frames.Load(), states.Load(); f != 1 || s != 1 {
			t.Errorf("told %d and %d times before an answer", f, s)
		}
		v.Frame(width, height)
		for frames.Load() < 2 {
			if time.Now().After(end) {
				t.Fatal("nobody was told again")
			}
			<-time.After(time.Millisecond)
		}
	})
}

// TestPlaces asks for pictures of other sizes: bars where the shape differs,
// opaque, and no larger than is useful.
func TestPlaces(t *testing.T) {
	long.mp4(t)
	srv := server(t)
	each(t, func(t *testing.T, kind Kind) {
		v := watch(t, Options{Kind: kind})
		v.open(Source{Media: srv.URL + secret + long.name, Paused: true})
		v.see("of the film", func(n int) bool { return true })
		deadline := time.Now().Add(patience)
		for {
			img := v.Frame(2*width, 4*width)
			if img != nil && img.Rect.Dx()*2 == img.Rect.Dy() {
				middle := img.RGBAAt(img.Rect.Dx()/20, img.Rect.Dy()/2-1)
				bar := img.RGBAAt(img.Rect.Dx()/20, img.Rect.Dy()/8)
				if middle.R < 200 || bar.R != 0 || bar.A != 255 || img.Stride != 4*img.Rect.Dx() {
					t.Errorf("got %v in the picture and %v in the bar, stride %d", middle, bar, img.Stride)
				}
				return
			}
			if time.Now().After(deadline) {
				t.Fatal("the size of the pictures does not follow")
			}
			<-time.After(time.Millisecond)
		}
	})
}

func TestFit(t *testing.T) {
	for _, c := range []struct{ w, h, vw, vh, x, y int }{
		{1280, 720, 1920, 1080, 1280, 720},
		{1920, 1080, 1280, 720, 1280, 720},
		{1920, 1080, 640, 360, 1280, 720},
		{1080, 1920, 1280, 720, 1080, 1920},
		{7680, 4320, 7680, 4320, 3840, 2160},
		{800, 600, 0, 0, 800, 600},
		{8000, 1, 100, 100, 8000, 1},
	} {
		if got := fit(image.Pt(c.w, c.h), c.vw, c.vh); got != image.Pt(c.x, c.y) {
			t.Errorf("place %dx%d of video %dx%d: got %v, want %dx%d", c.w, c.h, c.vw, c.vh, got, c.x, c.y)
		}
	}
}
