package e2e

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"vidiverse/node"
	"vidiverse/node/control"
	"vidiverse/node/remote/remotetest"
	"vidiverse/p2p/pml"
)

// claims says that it has everything, and hands what is asked for to serve,
// until that returns false.
func claims(segments int, serve func(c *talk, request pml.Command) bool) func(*talk) {
	all := make([]int, segments)
	for i := range all {
		all[i] = i
	}
	return func(c *talk) {
		if c.say(pml.Command{Kind: pml.Announcement, Loaded: all}) != nil {
			return
		}
		for {
			command, _, err := c.hear()
			if err != nil || command != nil && command.Kind == pml.Request && !serve(c, *command) {
				return
			}
		}
	}
}

// hostile are people that no swarm needs. Each counts what it was asked for.
func hostile(r remotetest.Rendition, asked map[string]*atomic.Int64) map[string]func(*talk) {
	n := len(r.Media.Segments)
	begin := func(c *talk, q pml.Command) int {
		size := r.Media.Segments[min(q.Segment, n-1)].Length
		_ = c.say(pml.Command{Kind: pml.Data, Segment: q.Segment, Request: q.Request, Size: size}) // Read says if it ended
		return int(size)
	}
	noise := func(size int) []byte {
		b := make([]byte, size)
		for i := range b {
			b[i] = byte(rand.Uint32())
		}
		return b
	}
	kinds := map[string]func(*talk, pml.Command) bool{
		"liar": func(c *talk, q pml.Command) bool {
			for b := noise(begin(c, q)); len(b) > 0; {
				var message []byte
				message, b = pml.Slice(b, pml.MaxMessage)
				if c.Write(message) != nil {
					return false
				}
			}
			return c.say(pml.Command{Kind: pml.Completed, Segment: q.Segment, Request: q.Request}) == nil
		},
		"staller": func(c *talk, q pml.Command) bool {
			begin(c, q)
			return c.Write(noise(1000)) == nil
		},
		"vanisher": func(c *talk, q pml.Command) bool {
			_ = c.Write(noise(begin(c, q) / 2)[:1000]) // it goes anyhow
			return false
		},
		"mute": func(*talk, pml.Command) bool { return true },
	}
	all := map[string]func(*talk){"flooder": flood, "deaf": deaf}
	for name, serve := range kinds {
		count := new(atomic.Int64)
		asked[name] = count
		all[name] = claims(n, func(c *talk, q pml.Command) bool {
			count.Add(1)
			return serve(c, q)
		})
	}
	return all
}

// flood says as much as the line takes.
func flood(c *talk) {
	var many []int
	for i := range 30_000 {
		many = append(many, i*7)
	}
	words := [][]byte{[]byte("cstr\x00l\xffcend"), []byte("dstr----dend"), make([]byte, 1000)}
	for _, command := range []pml.Command{{Kind: pml.Announcement, Loaded: many}, {Kind: pml.Request, Segment: 1, Request: 1}, {Kind: pml.Cancel, Segment: 1, Request: 1}} {
		words = append(words, command.Chunks(pml.MaxMessage)...)
	}
	for i := 0; c.Drained(context.Background(), 1<<20) == nil; i++ {
		if c.Write(words[i%len(words)]) != nil {
			return
		}
	}
}

// deaf asks for something and does not listen.
func deaf(c *talk) {
	_ = c.say(pml.Command{Kind: pml.Request, Segment: 1, Request: 1}) // Done says if it ended
	<-c.Done()
}

// watched is how it was to watch.
type watched struct {
	media   []byte
	longest time.Duration // that the picture stood still
	control.Progress
}

// watches plays a video at the speed of life.
func (n opened) watches(ref control.Ref) (w watched) {
	n.Helper()
	session, err := n.Playback.Open(n.Context(), ref, 0)
	n.must(err)
	res, err := http.Get(session.Media)
	n.must(err)
	defer res.Body.Close()
	seconds := int64(session.Duration / time.Second)
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	var media bytes.Buffer
	for i := range seconds {
		began := time.Now()
		if _, err := io.CopyN(&media, res.Body, res.ContentLength/seconds); err != nil {
			n.Fatal(err)
		}
		w.longest = max(w.longest, time.Since(began))
		w.Progress, err = n.Playback.Progress(n.Context(), session.ID, time.Duration(i)*time.Second)
		n.must(err)
		<-tick.C
	}
	_, err = io.Copy(&media, res.Body)
	n.must(err)
	w.media = media.Bytes()
	n.must(n.Playback.Close(n.Context(), session.ID))
	return w
}

// memory is what a process has of it, in bytes.
func memory(t *testing.T, pid int) int64 {
	t.Helper()
	statm, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		t.Fatal(err)
	}
	var all, resident int64
	if _, err := fmt.Sscan(string(statm), &all, &resident); err != nil {
		t.Fatal(err)
	}
	return resident * int64(os.Getpagesize())
}

// TestHostilePeers: in a swarm full of people who lie, stall, flood, vanish, ask
// and do not listen, a viewer sees the video without standing still and without
// one wrong byte, and the node that serves the swarm stays small and alive.
func TestHostilePeers(t *testing.T) {
	t.Parallel()
	s := remotetest.Stock(t, remotetest.Media{Heights: []int{144}, Segments: 40, Rate: 400})
	video := s.Videos()[0]
	r := video.Renditions()[0]
	holder := newEdge(t)
	holder.start("--follow", s.URL, "--lan")
	holder.holds(1)
	pid := holder.process.Process.Pid
	before := memory(t, pid)

	asked := map[string]*atomic.Int64{}
	var leave []func()
	for name, meets := range hostile(r, asked) {
		for range map[string]int{"liar": 1, "deaf": 3}[name] + 1 {
			leave = append(leave, newGuest(t, trackerOf(s), video.Hashes()[0], meets))
		}
	}
	s.Delay(200 * time.Millisecond)
	viewer := running(t, node.Config{})
	viewer.must(viewer.Sharing.Consent(t.Context(), true))
	_, err := viewer.Library.Add(t.Context(), s.URL)
	viewer.must(err)
	page, err := viewer.Library.List(t.Context(), control.Query{})
	viewer.must(err)
	w := viewer.watches(page.Cards[0].Ref)

	for i, e := range r.Media.Segments {
		if tail := r.Bytes[e.End()-1000 : e.End()]; !bytes.Contains(w.media, tail) {
			t.Errorf("segment %d came wrong", i)
		}
	}
	met := int64(0)
	for name, n := range asked {
		t.Logf("the %s was asked %d times", name, n.Load())
		met += n.Load()
	}
	if met == 0 {
		t.Error("nobody hostile was asked for anything: this test sees nothing")
	}
	after := memory(t, pid)
	t.Logf("longest wait %v; bytes %v, %d refused; the node has %d MB, before %d MB", w.longest, w.Bytes, w.Refused, after>>20, before>>20)
	if w.longest > 10*time.Second {
		t.Errorf("the picture stood still for %v", w.longest)
	}
	if after > before+100<<20 {
		t.Errorf("the node grew from %d to %d bytes", before, after)
	}
	for _, leave := range leave {
		leave()
	}
	holder.eventually("only the viewer is left", func(ctx context.Context) bool {
		st, err := holder.Sharing.State(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return st.People <= 1
	})
	holder.stop()
}
