package player

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
)

// minutes is long enough that what is sought is not loaded yet.
const minutes = 3 * 60 * 30

// forms are renditions that are awkward to seek in.
func forms() map[string]published {
	some := func(name string) published {
		return published{film: film{name: name, frames: minutes, fps: 30, first: 1000}, encode: uneven(minutes)}
	}
	split, muxed, rate, late := some("split"), some("muxed"), some("rate"), some("late")
	muxed.muxed, late.muxed = true, true
	rate.encode = append(rate.encode, "-vf", "select='lt(mod(n,97),40)+not(mod(n,3))'", "-fps_mode", "vfr")
	late.sound = []string{"-itsoffset", "0.7"}
	return map[string]published{"split": split, "muxed": muxed, "variable rate": rate, "late sound": late}
}

// shown is when each picture of a form is shown, by its place in the film, as
// ffprobe reads it from the file; what is not there was dropped.
func (p published) shown(t *testing.T) map[int]time.Duration {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "ffprobe", "-v", "error", "-select_streams", "v", "-show_entries", "packet=pts_time",
		"-of", "csv=p=0", p.renditions(t)[0].URL).Output()
	if err != nil {
		t.Fatal(err)
	}
	var times []time.Duration
	for _, word := range strings.Fields(string(out)) {
		at, err := time.ParseDuration(strings.Trim(word, ",") + "s")
		if err != nil {
			t.Fatal(err)
		}
		times = append(times, at)
	}
	slices.Sort(times)
	all := map[int]time.Duration{}
	for k := 0; k < p.frames; k++ {
		if p.name != "rate" || k%97 < 40 || k%3 == 0 {
			if len(all) < len(times) {
				all[k] = times[len(all)]
			}
		}
	}
	if len(all) != len(times) {
		t.Fatalf("%s has %d pictures, not %d", p.name, len(times), len(all))
	}
	return all
}

// TestForms seeks in each form: anywhere, and just where segments meet.
func TestForms(t *testing.T) {
	t.Parallel()
	for name, p := range forms() {
		t.Run(name, func(t *testing.T) {
			s := p.take(t, &far{delay: 20 * time.Millisecond})
			s.times = p.shown(t)
			s.open(s.source(0))
			s.arrive(-1, p.first)
			var targets []int
			places := rand.New(rand.NewPCG(5, 6))
			for range 15 {
				targets = append(targets, places.IntN(minutes))
			}
			at := time.Duration(0)
			for _, segment := range p.renditions(t)[0].Segments[:8] {
				at += segment.Duration
				k := int(math.Round(at.Seconds() * 30))
				targets = append(targets, k-1, k, k-2)
			}
			for _, k := range targets {
				for _, ok := s.times[k]; !ok; _, ok = s.times[k] {
					k--
				}
				s.jump(p.first + k)
			}
		})
	}
}

// TestScrub drags the seek bar: fifteen seeks, 60 ms apart, and the picture of
// the last one stays.
func TestScrub(t *testing.T) {
	t.Parallel()
	p := forms()["split"]
	s := p.take(t, &far{delay: 50 * time.Millisecond})
	s.open(s.source(0))
	s.arrive(-1, p.first)
	places := rand.New(rand.NewPCG(7, 8))
	for range 6 {
		var k int
		for range 15 {
			k = places.IntN(minutes)
			if err := s.node.Prepare(t.Context(), s.session.ID, s.at(k)); err != nil {
				t.Fatal(err)
			}
			s.Seek(s.at(k))
			<-time.After(60 * time.Millisecond)
		}
		begin := time.Now()
		s.until("seek", func(s State) bool { return !s.Seeking })
		s.see(fmt.Sprint(p.first+k), func(n int) bool { return n == p.first+k })
		t.Logf("settled in %v", time.Since(begin).Round(time.Millisecond))
		for end := time.Now().Add(200 * time.Millisecond); time.Now().Before(end); <-time.After(time.Millisecond) {
			if n := number(s.Frame(width, height)); n != p.first+k {
				t.Fatalf("picture %d came after the last seek's, %d", n, p.first+k)
			}
		}
	}
}

// TestTheEnd plays the last second of each form, and shows the last picture.
func TestTheEnd(t *testing.T) {
	t.Parallel()
	for name, p := range forms() {
		t.Run(name, func(t *testing.T) {
			s := p.take(t, &far{delay: 20 * time.Millisecond})
			source := s.source(s.session.Duration - time.Second)
			source.Paused = false
			s.open(source)
			s.until("end", func(s State) bool { return s.Ended })
			last := minutes - 1
			if name == "variable rate" {
				last = slices.Max(slices.Collect(maps.Keys(p.shown(t))))
			}
			s.see("the last", func(n int) bool { return n == p.first+last })
			if st := s.State(); st.Err != nil {
				t.Error(st.Err)
			}
			s.Pause(true)
			s.jump(p.first + 90)
		})
	}
}

// TestStuck seeks to a place whose segments do not come, and then to one whose
// segments do: the read that is stuck must not hold up the picture, nor leave a
// hole where it was.
func TestStuck(t *testing.T) {
	t.Parallel()
	p := published{film: film{name: "heavy", frames: minutes, fps: 30, first: 1000}, encode: append(uneven(minutes),
		"-b:v", "400k", "-minrate", "400k", "-maxrate", "400k", "-bufsize", "400k", "-x264-params", "scenecut=0:nal-hrd=cbr:filler=1")}
	far := &far{delay: 20 * time.Millisecond}
	s := p.take(t, far)
	s.open(s.source(0))
	s.arrive(-1, p.first)
	const bad, good = 2000, 4200
	free := far.holdBack(func(i int) bool { return i >= 11 && i <= 25 }) // from some 45 to 105 s
	if err := s.node.Prepare(t.Context(), s.session.ID, s.at(bad)); err != nil {
		t.Fatal(err)
	}
	s.Seek(s.at(bad))
	s.until("stuck read", func(st State) bool { return st.Seeking && far.count() > 0 })
	<-time.After(300 * time.Millisecond)

	begin := time.Now()
	if err := s.node.Prepare(t.Context(), s.session.ID, s.at(good)); err != nil {
		t.Fatal(err)
	}
	s.Seek(s.at(good))
	reloads := 0
	s.see("after the stuck read", func(n int) bool {
		progress, err := s.node.Progress(t.Context(), s.session.ID, s.at(good))
		if err != nil {
			t.Fatal(err)
		}
		if progress.Stuck && reloads == 0 {
			reloads++
			if err := s.Reload(s.source(s.at(good))); err != nil {
				t.Fatal(err)
			}
		}
		if n != p.first && n != p.first+good {
			t.Fatalf("got picture %d", n)
		}
		return n == p.first+good
	})
	t.Logf("good after %v and %d reloads", time.Since(begin).Round(time.Millisecond), reloads)
	free()
	s.until("seek", func(s State) bool { return !s.Seeking })
	for _, k := range []int{bad, bad + 1, bad + 40, good + 200, bad - 300} {
		s.jump(p.first + k)
	}
}
