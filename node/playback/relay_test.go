package playback_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
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
	"vidiverse/p2p/swarm/window"
)

// airing is a live of a stock server, and a session that plays it.
type airing struct {
	*world
	video  *remotetest.Video
	viewer *watcher
	media  string // folder of the session's addresses
	master string // in it
	id     string
}

// watcher is somebody who watches it too, without a network.
type watcher struct {
	mu     sync.Mutex
	window *window.Window
	has    map[int][]byte
	stop   bool   // nothing comes
	found  func() // called when they are looked up
	asked  atomic.Int64
	wanted atomic.Bool
	need   time.Duration // how soon the last was needed that was asked for
	coming map[int]bool  // what was said to come from the server: whether it still does
}

func (p *watcher) Fetching(i int, on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.coming == nil {
		p.coming = map[int]bool{}
	}
	p.coming[i] = on
}

func (p *watcher) Want(active bool) { p.wanted.Store(active) }

func (p *watcher) Has(i int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.has[i] != nil
}

func (p *watcher) FetchBy(ctx context.Context, i int, due time.Time) ([]byte, error) {
	p.asked.Add(1)
	p.mu.Lock()
	p.need = time.Until(due)
	data, stop := p.has[i], p.stop
	p.mu.Unlock()
	if stop {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if data == nil {
		return nil, p2p.ErrAbsent
	}
	return data, nil
}

func (p *watcher) holds(i int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.window != nil && p.window.Has(i)
}

func onAir(t *testing.T) *airing {
	t.Helper()
	a := &airing{viewer: &watcher{has: map[int][]byte{}}}
	a.world = newWorld(t, remotetest.Media{Heights: []int{144}, Segments: 1}, func(w *world, c *playback.Config) {
		a.video = w.server.AddLive()
		a.world = w
		a.step(0, 6, 6)
		w.film = w.ask(a.video.UUID)
		c.Live = func(_ *remote.Film, _ int, w *window.Window) playback.Peers {
			a.viewer.mu.Lock()
			a.viewer.window = w
			found := a.viewer.found
			a.viewer.mu.Unlock()
			if found != nil {
				found()
			}
			return a.viewer
		}
	})
	s := a.open(0)
	a.id, a.media, a.master = s.ID, s.Media[:strings.LastIndex(s.Media, "/")+1], s.Media[strings.LastIndex(s.Media, "/")+1:]
	return a
}

// segment is what segment i is made of.
func segment(i int) []byte {
	b := make([]byte, 20_000)
	r := rand.NewPCG(9, uint64(i))
	for k := range b {
		b[k] = byte(r.Uint64())
	}
	return b
}

func tsName(i int) string { return fmt.Sprintf("0-%06d.ts", i) }

// step lets the playlist name segments from first to below end, and the list of
// digests those below told.
func (a *airing) step(first, end, told int) {
	var list bytes.Buffer
	fmt.Fprintf(&list, "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:%d\n", first)
	sums := map[string]string{}
	for i := first; i < end; i++ {
		a.video.SetFile(tsName(i), segment(i))
		fmt.Fprintf(&list, "#EXTINF:2.000000,\n%s\n", tsName(i))
		if sum := sha256.Sum256(segment(i)); i < told {
			sums[tsName(i)] = hex.EncodeToString(sum[:])
		}
	}
	digests, err := json.Marshal(sums)
	if err != nil {
		a.Fatal(err)
	}
	a.video.SetFile("segments-sha256.json", digests)
	a.video.SetFile("0.m3u8", list.Bytes())
}

// look asks for the playlists as a player does, and returns the names of the
// segments.
func (a *airing) look() (names []string) {
	a.Helper()
	for list := a.master; list != ""; {
		res, body, err := a.get(a.media + list)
		if err != nil || res.StatusCode != http.StatusOK {
			a.Fatalf("%s: %v, %v", list, res, err)
		}
		list = ""
		for line := range strings.Lines(string(body)) {
			switch line = strings.TrimSpace(line); {
			case strings.HasSuffix(line, ".m3u8"):
				list = line
			case line != "" && !strings.HasPrefix(line, "#"):
				names = append(names, line)
			}
		}
	}
	return names
}

// told waits until the session knows the digests of what is below i.
func (a *airing) told(i int) {
	a.Helper()
	for deadline := time.Now().Add(patience); ; <-time.After(10 * time.Millisecond) {
		a.viewer.mu.Lock()
		w := a.viewer.window
		a.viewer.mu.Unlock()
		if w != nil {
			if _, err := w.Extent(i - 1); err == nil {
				return
			}
		}
		if time.Now().After(deadline) {
			a.Fatal("the digests are not read")
		}
	}
}

// plays requires that a segment is played as it was published.
func (a *airing) plays(name string, i int) {
	a.Helper()
	res, body, err := a.get(a.media + name)
	if err != nil || res.StatusCode != http.StatusOK || !bytes.Equal(body, segment(i)) {
		a.Fatalf("segment %d: got %v, %d bytes, %v", i, res, len(body), err)
	}
}

// TestLiveIsGivenOn: what is played comes from people where they have it, and
// all of it is held for them until it leaves the playlist.
func TestLiveIsGivenOn(t *testing.T) {
	t.Parallel()
	a := onAir(t)
	names := a.look()
	a.told(6)
	a.viewer.has[2] = segment(2)
	a.plays(names[1], 1)
	a.plays(names[2], 2)
	if n, m := a.server.Count(tsName(1)), a.server.Count(tsName(2)); n != 1 || m != 0 {
		t.Errorf("the server was asked %d and %d times", n, m)
	}
	if p := a.progress(a.id, 0); p.Bytes[control.FromPeople] != 20_000 || p.Bytes[control.FromServer] < 20_000 {
		t.Errorf("got %v", p.Bytes)
	}
	if !a.viewer.holds(1) || !a.viewer.holds(2) || !a.viewer.wanted.Load() {
		t.Error("what was played is not held for others, or they are not looked for")
	}
	if n := a.viewer.need; n <= 0 || n > 2*time.Second {
		t.Errorf("people were told that it is needed in %v, want two seconds at most", n)
	}
	if still, told := a.viewer.coming[1]; still || !told || len(a.viewer.coming) != 1 {
		t.Errorf("people were told that these come from the server: %v, want 1, and no more", a.viewer.coming)
	}
	a.step(2, 8, 8)
	a.look()
	if a.viewer.holds(1) || !a.viewer.holds(2) {
		t.Error("a segment that left the playlist is held, or one that is in it is not")
	}
	if err := a.Close(t.Context(), a.id); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(patience); a.viewer.wanted.Load(); <-time.After(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("people are looked for after the end")
		}
	}
}

// TestLiveWithoutDigest: a segment whose digest is not known comes from the server
// at once, and is held once the digest is.
func TestLiveWithoutDigest(t *testing.T) {
	t.Parallel()
	a := onAir(t)
	a.step(0, 7, 6)
	names := a.look()
	a.told(6)
	a.viewer.has[6] = []byte("anything")
	a.plays(names[6], 6)
	if a.viewer.holds(6) || a.viewer.asked.Load() != 0 {
		t.Error("people were asked for, or are given, what nobody can check")
	}
	a.step(0, 7, 7)
	a.look()
	a.told(7)
	if !a.viewer.holds(6) {
		t.Error("it is not held when its digest is known")
	}
}

// TestLiveFromLiars: what people send wrong, or too late, comes from the server;
// what the server itself sends wrong is not played.
func TestLiveFromLiars(t *testing.T) {
	t.Parallel()
	a := onAir(t)
	names := a.look()
	a.told(6)
	a.viewer.has[1] = append([]byte{}, segment(3)...)
	a.plays(names[1], 1)
	a.viewer.has[2], a.viewer.stop = segment(2), true
	a.plays(names[2], 2)
	a.viewer.has[3] = segment(3)
	a.plays(names[3], 3)
	if n := a.viewer.asked.Load(); n != 2 {
		t.Errorf("people were asked %d times, want no more after two that were in vain", n)
	}
	a.video.SetFile(tsName(4), segment(5))
	if res, body, err := a.get(a.media + names[4]); err != nil || res.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("got %v, %d bytes, %v: wrong bytes are played", res, len(body), err)
	}
}

// TestLiveContradictsItself: where the playlist begins anew, or digests are none,
// nothing is given on any more, and the live goes on from its server.
func TestLiveContradictsItself(t *testing.T) {
	t.Parallel()
	for name, turn := range map[string]func(a *airing){
		"it begins anew": func(a *airing) { a.step(0, 8, 8) },
		"no digests":     func(a *airing) { a.step(21, 27, 26); a.video.SetFile("segments-sha256.json", []byte("<html>")) },
	} {
		t.Run(name, func(t *testing.T) {
			a := onAir(t)
			a.step(20, 26, 26)
			a.look()
			a.told(26)
			turn(a)
			names := a.look()
			for deadline := time.Now().Add(patience); a.viewer.wanted.Load(); <-time.After(time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatal("people are still looked for")
				}
			}
			i := map[string]int{"it begins anew": 5, "no digests": 26}[name]
			a.viewer.has[i] = segment(i)
			a.plays(names[5], i)
			if a.viewer.asked.Load() != 0 {
				t.Error("people were asked")
			}
		})
	}
}

// TestLiveEndsWhileAsked: who leaves while the playlist is on its way looks for
// nobody afterwards.
func TestLiveEndsWhileAsked(t *testing.T) {
	t.Parallel()
	a := onAir(t)
	a.viewer.found = func() {
		if err := a.Close(t.Context(), a.id); err != nil {
			t.Error(err)
		}
		<-time.After(50 * time.Millisecond) // the session ends meanwhile
	}
	res, body, err := a.get(a.media + a.master)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatal(res, err)
	}
	list := ""
	for line := range strings.Lines(string(body)) {
		if line = strings.TrimSpace(line); strings.HasSuffix(line, ".m3u8") {
			list = line
		}
	}
	_, _, _ = a.get(a.media + list) // whether it comes is not the question
	if a.viewer.wanted.Load() {
		t.Error("people are looked for after the end")
	}
}

// TestLiveOfNobody: without sharing a live plays as before.
func TestLiveOfNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t, remotetest.Media{Heights: []int{144}, Segments: 1})
	a := &airing{world: w, video: w.server.AddLive(), viewer: &watcher{}}
	a.step(0, 3, 3)
	w.film = w.ask(a.video.UUID)
	if len(w.film.Streams) != 1 || len(w.film.Streams[0].Swarms) != 1 {
		t.Fatalf("got streams %+v", w.film.Streams)
	}
	s, before := a.open(0), a.server.Count("segments-sha256.json")
	a.id, a.media, a.master = s.ID, s.Media[:strings.LastIndex(s.Media, "/")+1], s.Media[strings.LastIndex(s.Media, "/")+1:]
	a.plays(a.look()[2], 2)
	if n := a.server.Count("segments-sha256.json") - before; n != 0 {
		t.Errorf("the digests were read %d times, want never", n)
	}
}
