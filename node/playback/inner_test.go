package playback

import (
	"bytes"
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"
	"time"

	"vidiverse/node/control"
)

// ladder is what PeerTube makes of a film.
var ladder = []control.Quality{{Height: 240, Bandwidth: 325_000}, {Height: 360, Bandwidth: 740_000}, {Height: 480, Bandwidth: 1_300_000},
	{Height: 720, Bandwidth: 2_800_000}, {Height: 1080, Bandwidth: 5_600_000}}

// watch plays over a line for a while: each second something is loaded, and Auto
// is asked. It returns how often Auto changed its mind and what it ended with.
func watch(line func(second int) float64, length int) (changes, end int, stalled time.Duration) {
	var a auto
	local := make([]bool, len(ladder))
	start := time.Unix(0, 0)
	estimate := 0.0
	now := a.first(ladder, local, 0)
	ahead := time.Duration(0)
	for second := range length {
		bits := line(second)
		if estimate == 0 {
			estimate = bits / 8
		}
		estimate = 0.7*estimate + 0.3*bits/8
		ahead += time.Duration(bits / float64(ladder[now].Bandwidth) * float64(time.Second))
		ahead = min(ahead, aheadTime) - time.Second
		if ahead < 0 {
			stalled, ahead = stalled-ahead, 0
		}
		if next := a.next(ladder, local, estimate, ahead, start.Add(time.Duration(second)*time.Second)); next != now {
			changes, now = changes+1, next
		}
	}
	return changes, now, stalled
}

// TestAutoSettles: on a steady line, however fast, Auto finds the best quality
// that fits and stays there.
func TestAutoSettles(t *testing.T) {
	t.Parallel()
	for range 200 {
		bits := 300_000 * (1 + 40*rand.Float64())
		changes, end, _ := watch(func(int) float64 { return bits }, 600)
		best := 0
		for i, q := range ladder {
			if float64(q.Bandwidth) <= bits*headroom {
				best = i
			}
		}
		if changes > len(ladder) || end < best || end > best && float64(ladder[end].Bandwidth) > bits {
			t.Errorf("%.0f bits a second: %d changes, ends with %d, want %d", bits, changes, ladder[end].Height, ladder[best].Height)
		}
	}
}

// TestAutoDoesNotFlap: a line that swings by half around its mean changes the
// quality seldom, and hardly ever stops the film.
func TestAutoDoesNotFlap(t *testing.T) {
	t.Parallel()
	for range 200 {
		mean := 800_000 * (1 + 10*rand.Float64())
		changes, _, stalled := watch(func(int) float64 { return mean * (0.5 + rand.Float64()) }, 600)
		if changes > 12 || stalled > 15*time.Second {
			t.Errorf("mean of %.0f bits a second: %d changes and %v stalled in ten minutes", mean, changes, stalled)
		}
	}
}

// TestAutoFollowsTheLine: when the line breaks down Auto goes down before the
// film stops for long, and comes back later.
func TestAutoFollowsTheLine(t *testing.T) {
	t.Parallel()
	line := func(second int) float64 {
		if second >= 120 && second < 240 {
			return 600_000
		}
		return 9_000_000
	}
	changes, end, stalled := watch(line, 600)
	if ladder[end].Height != 1080 || changes > 10 || stalled > 5*time.Second {
		t.Errorf("got %d changes, %d at the end, %v stalled", changes, ladder[end].Height, stalled)
	}
	a := auto{}
	if i := a.first(ladder, []bool{false, false, false, false, true}, 0); ladder[i].Height != 1080 {
		t.Errorf("what is on disk is not preferred: got %d", ladder[i].Height)
	}
}

// TestCacheBounds: the last twelve segments stay, unless they are huge.
func TestCacheBounds(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ size, want int }{{1 << 10, 100}, {5 << 20, minSegments}, {20 << 20, maxBytes / (20 << 20)}, {200 << 20, 1}} {
		var c cache
		body := make([]byte, test.size)
		for i := range 100 {
			c.put(i, body)
		}
		if got := c.order.Len(); got != test.want || !c.has(99) || len(c.at) != got || c.bytes != got*test.size {
			t.Errorf("%d bytes each: got %d, want %d", test.size, got, test.want)
		}
	}
	var c cache
	for i := range 30 {
		c.put(i, make([]byte, 4<<20))
		c.get(0)
	}
	if !c.has(0) {
		t.Error("what is used all the time was dropped")
	}
}

// FuzzRewrite: whatever a playlist says, what is left of it names only files of
// ours.
func FuzzRewrite(f *testing.F) {
	f.Add([]byte("#EXTM3U\n#EXT-X-VERSION:6\n#EXTINF:2.0,a\n0-1.ts\n"))
	f.Add([]byte("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1,RESOLUTION=1x1\n0.m3u8\n"))
	f.Add([]byte("\ufeff#EXTM3U\r\n#EXT-X-MAP:URI=\"init.mp4\",BYTERANGE=\"1@0\"\r\n#EXT-X-MEDIA:TYPE=AUDIO,URI=\"../a.m3u8\"\n"))
	f.Add([]byte("#EXTM3U\n#EXT-X-KEY:METHOD=NONE\nhttps://live.example/hls/x/0.ts?a=b#c\n"))
	base, err := url.Parse("https://live.example/hls/x/0.m3u8")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, playlist []byte) {
		out, err := rewrite(playlist, base, func(file *url.URL) string {
			if file.Host != base.Host || file.Scheme != "https" || !strings.HasPrefix(file.Path, "/hls/x/") || strings.Count(file.Path, "/") != 3 {
				t.Fatalf("named %s", file)
			}
			return "OURS"
		})
		if err != nil {
			return
		}
		for line := range strings.Lines(string(out)) {
			line = strings.TrimSuffix(line, "\n")
			if line != "OURS" && (!strings.HasPrefix(line, "#EXT") || strings.Count(line, "URI=\"") != strings.Count(line, "URI=\"OURS\"")) {
				t.Fatalf("kept %q", line)
			}
		}
	})
}

// FuzzCaptions: what comes out is WebVTT that comes out again as it is.
func FuzzCaptions(f *testing.F) {
	f.Add([]byte("WEBVTT\n\n1\n00:01.000 --> 00:02.000 line:0\nHello\n"))
	f.Add([]byte("1\r\n00:00:01,000 --> 00:00:02,000\r\nHello\r\n\r\n2\r\n00:00:03,000 --> 00:00:04,000\r\nyou\r\n"))
	f.Add([]byte("\ufeffWEBVTT - title\n\nNOTE x\n\nSTYLE\n::cue{}\n\n99999:00:00.000 --> 99999:00:00.001\n\x00\xff"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		out, err := cleanCaptions(raw)
		if err != nil {
			return
		}
		again, err := cleanCaptions(out)
		if err != nil || !bytes.Equal(out, again) {
			t.Fatalf("%q became %q, %v", out, again, err)
		}
	})
}
