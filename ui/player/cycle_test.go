package player

import (
	"bytes"
	"math/rand/v2"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"testing"
	"time"
)

// TestCycles opens, seeks and leaves a hundred videos: memory stays where it is
// after fifty, nothing goes on running, and no picture of the video before is
// ever shown after Open.
func TestCycles(t *testing.T) {
	all := []film{short, second, long}
	for _, f := range all {
		f.mp4(t)
	}
	srv := server(t)
	before := runtime.NumGoroutine()
	v := watch(t, Options{})
	var half int64
	for i := range 100 {
		f := all[i%len(all)]
		v.open(Source{Media: srv.URL + secret + f.name, At: time.Duration(rand.IntN(f.frames/2)) * time.Second / 30})
		v.seeOnly(f)
		if i%4 != 3 { // sometimes it is left at once
			v.Seek(time.Duration(rand.IntN(f.frames)) * time.Second / 30)
			v.until("seek", func(s State) bool { v.mustBe(f); return !s.Seeking })
		}
		if i%10 == 9 { // sometimes the player too
			v.Close()
			v = watch(t, Options{})
		}
		if i == 49 {
			half = resident(t)
		}
	}
	v.Close()
	grown := resident(t) - half
	t.Logf("resident %d MB after 50, %+d MB after 100", half>>20, grown>>20)
	if !raced && grown > 15<<20 {
		t.Errorf("memory grew by %d MB in 50 videos", grown>>20)
	}
	srv.CloseClientConnections()
	deadline := time.Now().Add(patience)
	for runtime.NumGoroutine() > before+2 { // of the server, which still listens
		if time.Now().After(deadline) {
			buf := make([]byte, 1<<16)
			t.Fatalf("%d goroutines before, %d after\n%s", before, runtime.NumGoroutine(), buf[:runtime.Stack(buf, true)])
		}
		<-time.After(time.Millisecond)
	}
}

// mustBe fails if another film than f is shown.
func (v *viewer) mustBe(f film) bool {
	v.t.Helper()
	n := number(v.Frame(width, height))
	if n >= 0 && (n < f.first || n >= f.first+f.frames) {
		v.t.Fatalf("got picture %d, which is not of %s", n, f.name)
	}
	return n >= 0
}

// seeOnly waits for a picture of f, and accepts no other.
func (v *viewer) seeOnly(f film) {
	v.t.Helper()
	v.until("picture of "+f.name, func(State) bool { return v.mustBe(f) })
}

// TestQuickOpens changes its mind faster than engines start.
func TestQuickOpens(t *testing.T) {
	all := []film{short, second, long}
	for _, f := range all {
		f.mp4(t)
	}
	srv := server(t)
	each(t, func(t *testing.T, kind Kind) {
		v := watch(t, Options{Kind: kind})
		for i := range 30 {
			f := all[i%len(all)]
			v.open(Source{Media: srv.URL + secret + f.name})
			v.Seek(time.Second)
			v.mustBe(f)
			if i%5 == 4 {
				v.seeOnly(f)
			}
		}
		v.open(Source{Media: srv.URL + secret + long.name, Paused: true})
		v.Seek(7 * time.Second)
		v.see("of the last Seek", func(n int) bool { return n == long.first+210 })
	})
}

// TestReload keeps the picture until the next is there, and shows the very one
// where it goes on.
func TestReload(t *testing.T) {
	long.mp4(t)
	srv := server(t)
	each(t, func(t *testing.T, kind Kind) {
		v := watch(t, Options{Kind: kind})
		v.open(Source{Media: srv.URL + secret + long.name, Paused: true, At: time.Second})
		v.see("at 1 s", func(n int) bool { return n == long.first+30 })
		if err := v.Reload(Source{Media: srv.URL + secret + long.name, Paused: true, At: 20 * time.Second, Caption: -1}); err != nil {
			t.Fatal(err)
		}
		v.see("at 20 s", func(n int) bool {
			if n != long.first+30 && n != long.first+600 {
				t.Fatalf("got picture %d between", n)
			}
			return n == long.first+600
		})
	})
}

// resident is what the process has in memory now.
func resident(t *testing.T) int64 {
	t.Helper()
	debug.FreeOSMemory()
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Fatal(err)
	}
	pages, err := strconv.ParseInt(string(bytes.Fields(b)[1]), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return pages * int64(os.Getpagesize())
}
