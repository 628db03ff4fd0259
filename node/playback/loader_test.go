package playback_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"vidiverse/node/control"
	"vidiverse/node/playback"
	"vidiverse/node/remote"
	"vidiverse/node/remote/remotetest"
	"vidiverse/p2p"
)

// friend is somebody who holds a rendition in a file, and reads it as fast as
// they like: a Source without a network.
type friend struct {
	path    string
	extents []p2p.Extent
	delay   time.Duration // before each segment
	stop    chan struct{} // not nil: nothing comes until it is closed
	spoil   bool

	fetches atomic.Int64
	wanted  atomic.Bool

	mu     sync.Mutex
	needs  []need
	coming map[int]bool // what was said to come from the server: whether it still does
}

// need is how soon a segment was needed when it was asked for.
type need struct {
	segment int
	in      time.Duration
}

func (w *world) friend(rendition int) *friend {
	w.Helper()
	r := w.film.Renditions[rendition]
	return &friend{path: w.save(w.published(r.Height)), extents: r.Extents}
}

func (f *friend) Has(i int) bool   { return i < len(f.extents) }
func (f *friend) Want(active bool) { f.wanted.Store(active) }

func (f *friend) Fetching(i int, on bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.coming == nil {
		f.coming = map[int]bool{}
	}
	f.coming[i] = on
}

func (f *friend) FetchBy(ctx context.Context, i int, due time.Time) ([]byte, error) {
	f.fetches.Add(1)
	f.mu.Lock()
	f.needs = append(f.needs, need{i, time.Until(due)})
	f.mu.Unlock()
	if f.stop != nil {
		select {
		case <-f.stop:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	select {
	case <-time.After(f.delay):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	file, err := os.Open(f.path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	b := make([]byte, f.extents[i].Length)
	_, err = file.ReadAt(b, f.extents[i].Offset)
	if f.spoil {
		b[len(b)/2] ^= 1
	}
	return b, err
}

// rendition is the index of a height in the film.
func (w *world) rendition(height int) int {
	w.Helper()
	for i, r := range w.film.Renditions {
		if r.Height == height {
			return i
		}
	}
	w.Fatalf("no rendition of %d", height)
	return 0
}

// media tells whether a request is for bytes of a rendition.
func media(r *http.Request) bool {
	return r.Header.Get("Range") != "" && strings.HasSuffix(r.URL.Path, ".mp4")
}

// right reports an error unless the picture that is served is the published one.
func (w *world) right(s control.Session) {
	w.Helper()
	if got, want := frames(w, s.Media, "v"), frames(w, w.save(w.published(s.Quality)), "v"); got != want {
		w.Errorf("got other frames: %d bytes, want %d", len(got), len(want))
	}
}

// TestWrongBytesAreNeverPlayed: whoever sends something else than the server
// published, it is refused, fetched again, and said.
func TestWrongBytesAreNeverPlayed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, remotetest.Media{Segments: 4})
	var wrong sync.Map
	file := w.published(144)
	w.server.Intercept(func(rw http.ResponseWriter, r *http.Request) bool {
		if !media(r) {
			return false
		}
		if _, again := wrong.LoadOrStore(r.Header.Get("Range"), true); again {
			return false
		}
		var from, to int
		fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-%d", &from, &to)
		rw.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, to, len(file)))
		rw.WriteHeader(http.StatusPartialContent)
		rw.Write(append([]byte{^file[from]}, file[from+1:to+1]...))
		return true
	})
	s := w.open(144)
	w.right(s)
	p := w.progress(s.ID, 0)
	if p.Refused != 4 || p.Verified != 4 || len(p.Spans) != 1 || !p.Spans[0].Refused {
		t.Errorf("got %+v, want four refused and replaced", p)
	}
}

// TestLyingFriend: the same, when a person lies: the server's bytes are played.
func TestLyingFriend(t *testing.T) {
	t.Parallel()
	w := newWorld(t, remotetest.Media{Segments: 30})
	f := w.friend(w.rendition(144))
	f.spoil = true
	w.meet(w.rendition(144), f)
	s := w.open(144)
	w.right(s)
	p := w.progress(s.ID, 0)
	if f.fetches.Load() == 0 || p.Refused == 0 || p.Bytes[control.FromPeople] != 0 || p.Verified != 30 {
		t.Errorf("got %+v after %d lies", p, f.fetches.Load())
	}
}

// TestServerThatIgnoresRanges: a 200 in answer to a range is not taken for the
// part, and the session says that the server is of no use.
func TestServerThatIgnoresRanges(t *testing.T) {
	t.Parallel()
	w := newWorld(t, remotetest.Media{Segments: 3})
	file := w.published(144)
	var good atomic.Bool
	w.server.Intercept(func(rw http.ResponseWriter, r *http.Request) bool {
		if !media(r) || good.Load() {
			return false
		}
		rw.Write(file)
		return true
	})
	s := w.open(144)
	read := make(chan string, 1)
	go func() { read <- frames(w, s.Media, "v") }()
	w.await(s.ID, 0, "nobody is told", func(p control.Progress) bool { return strings.Contains(p.Waiting, "does not answer") })
	good.Store(true)
	select {
	case got := <-read:
		if want := frames(w, w.save(file), "v"); got != want {
			t.Error("other frames")
		}
	case <-time.After(patience):
		t.Error("it does not play on")
	}
	w.await(s.ID, 0, "still said", func(p control.Progress) bool { return p.Waiting == "" })
}

// TestServerComesBack: a player is given no error and no short answer while the
// server is away; it waits, and plays on.
func TestServerComesBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, remotetest.Media{Segments: 4})
	w.server.Die()
	s := w.open(144)
	type result struct {
		res *http.Response
		n   int
		err error
	}
	read := make(chan result, 1)
	go func() {
		res, b, err := w.get(s.Media)
		read <- result{res, len(b), err}
	}()
	w.await(s.ID, 0, "nobody is told", func(p control.Progress) bool { return p.Waiting != "" })
	w.server.Revive()
	got := <-read
	if got.err != nil || got.res.StatusCode != 200 || int64(got.n) != got.res.ContentLength {
		t.Fatalf("got %+v", got)
	}
	w.right(s)
}

// TestGoneServerStillHasFriends: people bring what the server cannot.
func TestGoneServerStillHasFriends(t *testing.T) {
	t.Parallel()
	w := newWorld(t, remotetest.Media{Segments: 4})
	w.server.Die()
	f := w.friend(w.rendition(144))
	w.meet(w.rendition(144), f)
	s := w.open(144)
	w.right(s)
	p := w.progress(s.ID, 0)
	if len(p.Bytes) != 1 || p.Bytes[control.FromPeople] == 0 || !f.wanted.Load() {
		t.Errorf("got %+v, wanted %v", p, f.wanted.Load())
	}
	if err := w.Close(t.Context(), s.ID); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(patience); f.wanted.Load(); {
		if time.Now().After(end) {
			t.Fatal("people are still looked for after the end")
		}
		<-time.After(10 * time.Millisecond)
	}
}

// TestStrangersWait: nobody is met before so much is in store that their ill will
// cannot stop the film.
func TestStrangersWait(t *testing.T) {
	t.Parallel()
	w := newWorld(t, remotetest.Media{Segments: 50})
	f := w.friend(w.rendition(144))
	w.meet(w.rendition(144), f)
	let := make(chan struct{})
	var asked atomic.Int64
	w.server.Intercept(func(_ http.ResponseWriter, r *http.Request) bool {
		if media(r) && asked.Add(1) > 5 {
			select {
			case <-let:
			case <-r.Context().Done():
			}
		}
		return false
	})
	s := w.open(144)
	w.await(s.ID, 0, "nothing comes", func(p control.Progress) bool { return len(p.Spans) > 0 && asked.Load() > 5 })
	if f.wanted.Load() {
		t.Error("people are looked for at once")
	}
	close(let)
	w.await(s.ID, 0, "nobody is looked for", func(control.Progress) bool { return f.wanted.Load() })
}

// TestPeoplePreferred: what is needed later comes from people, so that the server
// sends less; what is needed at once comes from the server, as in browsers.
func TestPeoplePreferred(t *testing.T) {
	t.Parallel()
	w := newWorld(t, remotetest.Media{Segments: 50})
	w.meet(w.rendition(144), w.friend(w.rendition(144)))
	s := w.open(144)
	p := w.await(s.ID, 0, "nothing is fetched ahead", func(p control.Progress) bool {
		return len(p.Spans) > 0 && p.Spans[len(p.Spans)-1].To == s.Duration
	})
	if p.Spans[0].Source != control.FromServer || p.Bytes[control.FromPeople] < 2*p.Bytes[control.FromServer] {
		t.Errorf("got %+v", p)
	}
}

// TestSlowFriend: somebody who claims to hold everything and delivers nothing is
// overtaken before the film stops, and asked second after that.
func TestSlowFriend(t *testing.T) {
	t.Parallel()
	w := newWorld(t, remotetest.Media{Segments: 50})
	f := w.friend(w.rendition(144))
	f.stop = make(chan struct{})
	w.meet(w.rendition(144), f)
	s := w.open(144)
	for at := time.Duration(0); at < 30*time.Second; at += 10 * time.Second {
		start := time.Now()
		if err := w.Prepare(t.Context(), s.ID, at); err != nil {
			t.Fatal(err)
		}
		w.await(s.ID, at, "held up", func(p control.Progress) bool { return covers(p, at) })
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("at %v: %v were waited for a segment", at, took)
		}
	}
	w.right(s)
	if p := w.progress(s.ID, 0); p.Bytes[control.FromPeople] != 0 || p.Verified != 50 {
		t.Errorf("got %+v", p)
	}
}

// covers tells whether a time is loaded.
func covers(p control.Progress, at time.Duration) bool {
	for _, s := range p.Spans {
		if s.From <= at && at < s.To {
			return true
		}
	}
	return false
}

// TestNoDigests: what cannot be checked comes from the server alone, and is
// neither kept nor shared.
func TestNoDigests(t *testing.T) {
	t.Parallel()
	w := newWorld(t, remotetest.Media{Segments: 20})
	i := w.rendition(144)
	f := w.friend(i)
	w.meet(i, f)
	w.film.Renditions[i].Extents, w.film.Renditions[i].File = nil, p2p.FileID{}
	w.server.Die()
	s := w.open(144)
	read := make(chan error, 1)
	go func() {
		_, _, err := w.get(s.Media)
		read <- err
	}()
	w.await(s.ID, 0, "nobody waits", func(p control.Progress) bool { return p.Waiting != "" })
	w.server.Revive()
	if err := <-read; err != nil {
		t.Fatal(err)
	}
	w.right(s)
	if p := w.progress(s.ID, 0); p.Verified != 0 || p.Bytes[control.FromServer] == 0 {
		t.Errorf("got %+v", p)
	}
	if files := w.blocks.Files(); len(files) != 0 || f.fetches.Load() != 0 || f.wanted.Load() {
		t.Errorf("got %d files on disk, %d fetches from people", len(files), f.fetches.Load())
	}
}

// TestFullDisk: a disk without room is no reason not to play; but no more is
// fetched ahead than memory holds, or it would be fetched again and again.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	w := newWorld(t, remotetest.Media{Segments: 20})
	w.blocks.SetQuota(1)
	loads := w.loads()
	s := w.open(144)
	begin := time.Now()
	w.await(s.ID, 0, "nothing is fetched ahead", func(p control.Progress) bool {
		return covers(p, 5*time.Second) && time.Since(begin) > 1500*time.Millisecond
	})
	if n := loads.Load(); n > 6 {
		t.Errorf("got %d segments ahead in memory, want at most 6", n)
	}
	w.right(s)
	if p := w.progress(s.ID, 0); p.Verified != 20 {
		t.Errorf("got %+v", p)
	}
}

// loads counts the requests for bytes of media from now on.
func (w *world) loads() *atomic.Int64 {
	var n atomic.Int64
	w.server.Intercept(func(_ http.ResponseWriter, r *http.Request) bool {
		if media(r) {
			n.Add(1)
		}
		return false
	})
	return &n
}

// TestFormThatCannotBePlayed: a segment that is what was published, but no moof
// and mdat, is not asked for again and again, and people are told.
func TestFormThatCannotBePlayed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, remotetest.Media{Segments: 3})
	i := w.rendition(144)
	r := &w.film.Renditions[i]
	at := r.Segments[1]
	odd := make([]byte, at.Length)
	r.Extents[1].Sum = sha256.Sum256(odd)
	r.File.Version = p2p.VersionOf(r.Extents)
	var asked atomic.Int64
	w.server.Intercept(func(rw http.ResponseWriter, req *http.Request) bool {
		if !media(req) || req.Header.Get("Range") != rangeOf(at.Offset, at.End()) {
			return false
		}
		asked.Add(1)
		rw.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", at.Offset, at.End()-1, r.Size))
		rw.WriteHeader(http.StatusPartialContent)
		rw.Write(odd)
		return true
	})
	s := w.open(144)
	ended := make(chan error, 1)
	go func() {
		_, _, err := w.get(s.Media)
		ended <- err
	}()
	w.await(s.ID, 0, "nobody is told", func(p control.Progress) bool { return strings.Contains(p.Waiting, "cannot be played") })
	if n := asked.Load(); n != 1 {
		t.Errorf("it was asked for %d times", n)
	}
	if err := w.Close(t.Context(), s.ID); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err == nil {
		t.Error("the player got something")
	}
}

// TestFewLoadsAtOpen: a film opens with one segment of the picture and one of the
// sound: nothing else delays the first frame.
func TestFewLoadsAtOpen(t *testing.T) {
	t.Parallel()
	var loads atomic.Int64
	release := make(chan struct{})
	w := newWorld(t, remotetest.Media{Segments: 6, Split: true})
	w.server.Intercept(func(_ http.ResponseWriter, r *http.Request) bool {
		if media(r) {
			loads.Add(1)
			<-release
		}
		return false
	})
	s := w.open(240)
	for _, url := range []string{s.Media, s.Sound} {
		if _, b, err := w.get(url, ranged("0-799")); err != nil || len(b) != 800 {
			t.Errorf("the header waits: got %d bytes, %v", len(b), err)
		}
	}
	read := make(chan error, 2)
	for _, url := range []string{s.Media, s.Sound} {
		go func() {
			_, _, err := w.get(url)
			read <- err
		}()
	}
	w.await(s.ID, 0, "nobody waits", func(p control.Progress) bool { return p.Waiting != "" })
	if n := loads.Load(); n != 2 {
		t.Errorf("got %d loads before the first segment, want 2", n)
	}
	close(release)
	for range 2 {
		if err := <-read; err != nil {
			t.Error(err)
		}
	}
}

// TestTwoFilesOneSegment: picture and sound of one file share what was fetched.
func TestTwoFilesOneSegment(t *testing.T) {
	t.Parallel()
	w := newWorld(t, remotetest.Media{Segments: 5}, func(_ *world, c *playback.Config) { c.Blocks = nil })
	loads := w.loads()
	s := w.open(144)
	var both sync.WaitGroup
	for _, url := range []string{s.Media, s.Sound} {
		both.Go(func() {
			if _, _, err := w.get(url); err != nil {
				t.Error(err)
			}
		})
	}
	both.Wait()
	if n := loads.Load(); n != 5 {
		t.Errorf("got %d loads of five segments", n)
	}
}

var _ playback.Remote = (*remote.Client)(nil)
