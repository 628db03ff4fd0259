package player

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"vidiverse/instance/hls"
	"vidiverse/node/control"
	"vidiverse/node/playback"
	"vidiverse/node/playback/vmp4"
	"vidiverse/node/remote"
	"vidiverse/p2p"
	"vidiverse/p2p/guard"
)

// published are a film's HLS files, as PeerTube makes them.
type published struct {
	film
	muxed  bool // sound in the file of the pictures
	encode []string
	sound  []string // options before the sound's input
}

// renditions makes the files once, and describes them. The sound is a minute
// that repeats: nobody listens.
func (p published) renditions(t *testing.T) []remote.Rendition {
	t.Helper()
	dir := once(t, p.name, func(dir string) error {
		if err := os.Mkdir(dir, 0o700); err != nil {
			return err
		}
		tone := filepath.Join(dir, "tone.m4a")
		length := fmt.Sprint(float64(p.frames) / float64(p.fps))
		if err := ffmpeg("-f", "lavfi", "-i", "sine=frequency=440:sample_rate=16000:duration=60", "-c:a", "aac", "-b:a", "24k", tone); err != nil {
			return err
		}
		sound := append(append([]string{}, p.sound...), "-stream_loop", "-1", "-i", tone)
		pictures := append([]string{"-map", "0:v"}, p.encode...)
		if p.muxed {
			pictures = append(append(append(sound, pictures...), "-map", "1:a", "-c:a", "copy"), "-t", length)
		} else if err := ffmpeg(append(append(sound, "-c", "copy", "-t", length), hlsOptions(dir, "sound", 4)...)...); err != nil {
			return err
		}
		return p.pipe(append(pictures, hlsOptions(dir, "pictures", 3)...)...)
	})
	list := []remote.Rendition{rendition(t, dir, "pictures", hls.Main)}
	if !p.muxed {
		list[0].Sound = true
		list = append(list, rendition(t, dir, "sound", hls.Secondary))
	}
	return list
}

func hlsOptions(dir, name string, seconds int) []string {
	return []string{"-f", "hls", "-hls_time", fmt.Sprint(seconds), "-hls_list_size", "0", "-hls_playlist_type", "vod", "-hls_segment_type", "fmp4",
		"-hls_flags", "single_file", "-hls_segment_filename", filepath.Join(dir, name+".mp4"), filepath.Join(dir, name+".m3u8")}
}

func rendition(t *testing.T, dir, name string, kind hls.Kind) remote.Rendition {
	t.Helper()
	list, err := os.Open(filepath.Join(dir, name+".m3u8"))
	if err != nil {
		t.Fatal(err)
	}
	defer list.Close()
	media, err := hls.ReadMedia(list)
	if err != nil {
		t.Fatal(err)
	}
	r := remote.Rendition{Kind: kind, Bandwidth: 100_000, URL: filepath.Join(dir, name+".mp4"), Segments: media.Segments}
	if kind == hls.Main {
		r.Width, r.Height, r.FPS = width, height, 30
	}
	if r.Init, err = readRange(r.URL, media.Init); err != nil {
		t.Fatal(err)
	}
	return r
}

func readRange(path string, r hls.Range) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.NewSectionReader(f, r.Offset, r.Length))
}

// far is where a node gets segments from: files that take a while to come. It
// has no digests, which playback takes as a server that has none.
type far struct {
	delay time.Duration

	mu    sync.Mutex
	loads int
	held  func(i int) bool // segments that do not come
	freed chan struct{}    // closed when they do again
}

func (f *far) Source(film *remote.Film, i int) p2p.Source { return farFile{f, film.Renditions[i]} }

func (f *far) Get(context.Context, string, string, guard.Limits) ([]byte, error) {
	return nil, errors.New("there is nothing else")
}

func (f *far) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.loads
}

// holdBack lets some segments not come until free.
func (f *far) holdBack(which func(i int) bool) (free func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.held, f.freed = which, make(chan struct{})
	return func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.held = nil
		close(f.freed)
	}
}

type farFile struct {
	*far
	remote.Rendition
}

func (f farFile) Fetch(ctx context.Context, i int) ([]byte, error) {
	f.mu.Lock()
	f.loads++
	var freed chan struct{}
	if f.held != nil && f.held(i) {
		freed = f.freed
	}
	f.mu.Unlock()
	comes := time.After(f.delay)
	if freed != nil {
		comes = nil
	}
	select {
	case <-freed:
	case <-comes:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return readRange(f.URL, f.Segments[i].Range)
}

// seat is a viewer of a node's session.
type seat struct {
	*viewer
	node    *playback.Playback
	session control.Session
	far     *far
	published
	times  map[int]time.Duration // when pictures are shown; nil: 30 a second
	offset time.Duration         // where the first picture stands
}

// take opens p through a node, paused on the first picture.
func (p published) take(t *testing.T, f *far) *seat {
	t.Helper()
	list := p.renditions(t)
	tracks, err := vmp4.Tracks(list[0].Init)
	if err != nil {
		t.Fatal(err)
	}
	node := playback.New(playback.Config{Remote: f, Film: func(context.Context, control.Ref) (*remote.Film, error) {
		return &remote.Film{Origin: "https://film.test", UUID: "c0ffee00-0000-4000-8000-000000000000", Renditions: list, Fetched: time.Now()}, nil
	}})
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- node.Serve(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	s := &seat{node: node, far: f, offset: tracks[0].Delay, published: p, viewer: watch(t, Options{})}
	if s.session, err = node.Open(t.Context(), control.Ref{}, 0); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *seat) source(at time.Duration) Source {
	return Source{Media: s.session.Media, Sound: s.session.Sound, Duration: s.session.Duration, At: at, Paused: true, Caption: -1}
}

// at is when picture k of the film is shown.
func (s *seat) at(k int) time.Duration {
	if s.times != nil {
		return s.times[k]
	}
	return time.Duration(k)*time.Second/30 + s.offset
}

// jump seeks as a window does, and returns how long the picture with number n
// took. Any other picture on the way is a failure.
func (s *seat) jump(n int) time.Duration {
	s.t.Helper()
	k := n - s.first
	before := number(s.Frame(width, height))
	begin := time.Now()
	if err := s.node.Prepare(s.t.Context(), s.session.ID, s.at(k)); err != nil {
		s.t.Fatal(err)
	}
	s.Seek(s.at(k))
	s.arrive(before, n)
	return time.Since(begin)
}

func (s *seat) arrive(before, n int) {
	s.t.Helper()
	s.see(fmt.Sprint(n), func(got int) bool {
		if got != before && got != n {
			s.t.Fatalf("asked for picture %d at %v, got %d after %d", n, s.at(n-s.first), got, before)
		}
		return got == n && !s.State().Seeking
	})
}

// uneven are options for segments of 3.3 to 5.3 seconds.
func uneven(frames int) []string {
	times := rand.New(rand.NewPCG(1, 2))
	var keys []string
	for k := 0; k < frames; k += 100 + times.IntN(60) {
		keys = append(keys, fmt.Sprintf("%.3f", float64(k)/30))
	}
	return []string{"-threads", "1", "-c:v", "libx264", "-preset", "ultrafast", "-bf", "3", "-g", "100000",
		"-x264-params", "scenecut=0:qp=40", "-force_key_frames", strings.Join(keys, ",")}
}
