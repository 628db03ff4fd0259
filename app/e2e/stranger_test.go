package e2e

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"

	"vidiverse/app/e2e/browser"
)

// stranger is a server of Fedify, which knows nothing of PeerTube: nina lives
// there, and has a group, cinema.
type stranger struct {
	*server // whose test it is
	url     string
	in      io.Writer
	said    <-chan told // answers to what was asked, in order

	mu     sync.Mutex
	heard  []told // what was delivered there
	proven map[string]told
}

// told is what the program says: of a request of ours, or of a delivery.
type told struct {
	Ready, Failed, Unheard string

	N        int
	ID, Kind string
	Object   string
	Links    []string
	Items    []string
	Knocks   []string

	Heard, Actor, Name, Content, Summary, Page string
	To, CC                                     []string

	Proven, Way       string
	Request, Document bool
}

// newStranger starts stranger.mjs, which ends with the test.
func newStranger(s *server) *stranger {
	s.Helper()
	host := freeAddress(s)
	cmd := exec.CommandContext(s.Context(), "node", "stranger.mjs", host)
	cmd.Dir, cmd.Stderr, cmd.WaitDelay = browser.Packages(s), os.Stderr, 10*time.Second
	in, err := cmd.StdinPipe()
	s.must(err)
	out, err := cmd.StdoutPipe()
	s.must(err)
	s.must(cmd.Start())
	said := make(chan told, 1)
	x := &stranger{server: s, url: "http://" + host, in: in, said: said, proven: map[string]told{}}
	go x.listen(out, said)
	s.Cleanup(func() {
		_ = in.Close() // it ends
		for range said {
		}
		if err := cmd.Wait(); err != nil && !strings.Contains(err.Error(), "signal") {
			s.Error(err)
		}
	})
	if got := x.answer(); got.Ready != x.url {
		s.Fatalf("the stranger says %+v, want that it is ready", got)
	}
	return x
}

func (x *stranger) listen(out io.Reader, said chan<- told) {
	defer close(said)
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var one told
		if err := json.Unmarshal(lines.Bytes(), &one); err != nil {
			one.Failed = lines.Text()
		}
		x.mu.Lock()
		switch {
		case one.Heard != "":
			x.heard = append(x.heard, one)
		case one.Proven != "":
			x.proven[one.ID] = one
		}
		x.mu.Unlock()
		if one.Ready != "" || one.N != 0 || one.Failed != "" {
			said <- one
		}
	}
}

func (x *stranger) answer() told {
	x.Helper()
	select {
	case one := <-x.said:
		if one.Failed != "" {
			x.Fatalf("the stranger cannot: %s", one.Failed)
		}
		return one
	case <-time.After(patience):
		x.Fatal("the stranger does not answer")
		return told{}
	}
}

// words are JSON without a shape.
type words map[string]any

// does asks the stranger for something, which must succeed.
func (x *stranger) does(what string, how words) told {
	x.Helper()
	how["n"], how["what"] = 1, what
	line, err := json.Marshal(how)
	x.must(err)
	if _, err := x.in.Write(append(line, '\n')); err != nil {
		x.Fatal(err)
	}
	return x.answer()
}

// sends delivers an activity of theirs, which must be taken at the first knock.
func (x *stranger) sends(by, kind, to string, how words) told {
	x.Helper()
	how["by"], how["type"], how["to"] = by, kind, to
	got := x.does("sends", how)
	if len(got.Knocks) != 1 || !strings.HasSuffix(got.Knocks[0], " 204") {
		x.Fatalf("%s of %s: got %q, want that it is taken at once", kind, by, got.Knocks)
	}
	return got
}

// hears waits for a delivery, which must be proven by its request and by its
// own signature.
func (x *stranger) hears(what, kind, actor string, of func(told) bool) (found told) {
	x.Helper()
	x.eventually("the stranger hears "+what+" "+kind+" of "+actor, func() bool {
		x.mu.Lock()
		defer x.mu.Unlock()
		i := slices.IndexFunc(x.heard, func(h told) bool {
			return h.Heard == what && h.Kind == kind && h.Actor == actor && of(h)
		})
		if i >= 0 {
			found = x.heard[i]
		}
		return i >= 0
	})
	return found
}

func anyOf(told) bool { return true }

// allProven requires that each delivery was.
func (x *stranger) allProven(least int) {
	x.Helper()
	x.mu.Lock()
	defer x.mu.Unlock()
	if len(x.proven) < least {
		x.Errorf("%d deliveries, want %d or more", len(x.proven), least)
	}
	for id, p := range x.proven {
		if !p.Request || !p.Document {
			x.Errorf("%s %s: request proven %v, document proven %v", p.Proven, id, p.Request, p.Document)
		}
	}
}
