package e2e

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"vidiverse/node"
	"vidiverse/node/control"
)

// insideName says to this test program that it runs in a network of its own.
const insideName = "VIDIVERSE_TEST_INSIDE"

// inside runs the test that calls it once more, in a network namespace with
// nothing but loopback in it, whose kernel counts every packet. It reports
// whether this is that run.
func inside(t *testing.T) bool {
	t.Helper()
	if os.Getenv(insideName) != "" {
		if out, err := exec.CommandContext(t.Context(), "ip", "link", "set", "lo", "up").CombinedOutput(); err != nil {
			t.Fatalf("loopback: %v\n%s", err, out)
		}
		return true
	}
	if out, err := exec.CommandContext(t.Context(), "unshare", "-rn", "true").CombinedOutput(); err != nil {
		t.Skipf("this machine lets nobody make a network namespace: %s", out)
	}
	cmd := exec.CommandContext(t.Context(), "unshare", "-rn", os.Args[0], "-test.run", "^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), insideName+"=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("in a network of its own: %v\n%s", err, out)
	}
	if !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Fatalf("in a network of its own the test did not run:\n%s", out)
	}
	t.Logf("%s", out)
	return false
}

// datagrams are all that were ever sent in this network.
func datagrams(t *testing.T) (sent int) {
	t.Helper()
	for file, field := range map[string]string{"/proc/self/net/snmp": "Udp: OutDatagrams", "/proc/self/net/snmp6": "Udp6OutDatagrams"} {
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		n, err := counter(f, field)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		sent += n
	}
	return sent
}

// counter finds a field, either "Name value" on a line, or "Table: Name" in a
// line of names above a line of values.
func counter(r io.Reader, field string) (int, error) {
	table, name, isTable := strings.Cut(field, ": ")
	var names []string
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		switch {
		case !isTable && len(words) == 2 && words[0] == field:
			return strconv.Atoi(words[1])
		case isTable && len(words) > 0 && words[0] == table+":" && names == nil:
			names = words
		case isTable && len(words) > 0 && words[0] == table+":":
			for i, n := range names {
				if n == name {
					return strconv.Atoi(words[i])
				}
			}
		}
	}
	return 0, io.ErrUnexpectedEOF
}

// opened is a node in this process.
type opened struct {
	testing.TB
	control.Services
}

func openNode(t testing.TB) opened {
	t.Helper()
	n, err := node.Open(node.Config{Data: filepath.Join(t.TempDir(), "n"), Loopback: true, LAN: true})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- n.Serve(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the node: %v", err)
		}
		if err := n.Close(); err != nil {
			t.Errorf("close the node: %v", err)
		}
	})
	return opened{t, n.Services()}
}

func (n opened) must(err error) {
	n.Helper()
	if err != nil {
		n.Fatal(err)
	}
}

// follow returns the newest video of an instance.
func (n opened) follow(s *server) control.Ref {
	n.Helper()
	_, err := n.Library.Add(n.Context(), s.url)
	n.must(err)
	page, err := n.Library.List(n.Context(), control.Query{})
	n.must(err)
	if len(page.Cards) == 0 {
		n.Fatalf("no videos: %+v", page)
	}
	return page.Cards[0].Ref
}

// plays reads a whole film as a player does, and says where its bytes were from.
func (n opened) plays(ref control.Ref) map[string]int64 {
	n.Helper()
	session, err := n.Playback.Open(n.Context(), ref, 0)
	n.must(err)
	for _, url := range []string{session.Media, session.Sound} {
		if url == "" {
			continue
		}
		res, err := http.Get(url)
		n.must(err)
		_, err = io.Copy(io.Discard, res.Body)
		n.must(err)
		n.must(res.Body.Close())
	}
	progress, err := n.Playback.Progress(n.Context(), session.ID, session.Duration)
	n.must(err)
	n.must(n.Playback.Close(n.Context(), session.ID))
	return progress.Bytes
}

// TestSilence: who does not share sends nothing to anybody but requests to the
// instance: the kernel of a network in which nothing else runs counts.
func TestSilence(t *testing.T) {
	if !inside(t) {
		return
	}
	s := newServer(t, single, "")
	s.start()
	s.signIn().publish("Silence.mp4", load(t, evening))

	holder := openNode(t)
	ref := holder.follow(s)
	holder.must(holder.Mirrors.Set(t.Context(), ref.Origin, 1<<30))
	s.eventually("the node holds the film", func() bool {
		list, err := holder.Mirrors.Holdings(t.Context())
		holder.must(err)
		return len(list) == 1 && list[0].Part == 1
	})
	holder.plays(ref)
	if n := datagrams(t); n != 0 || strings.Contains(s.log.String(), "/tracker/") {
		t.Fatalf("nobody agreed to share: got %d datagrams, want none, and no tracker asked:\n%s", n, s.log)
	}

	// That this can be seen at all: two who share.
	viewer := openNode(t)
	viewer.must(holder.Sharing.Consent(t.Context(), true))
	viewer.must(viewer.Sharing.Consent(t.Context(), true))
	viewer.follow(s)
	session, err := viewer.Playback.Open(t.Context(), ref, 0)
	viewer.must(err)
	s.eventually("both have met", func() bool {
		a, err := holder.Sharing.State(t.Context())
		holder.must(err)
		return a.People > 0
	})
	viewer.must(viewer.Playback.Close(t.Context(), session.ID))
	if datagrams(t) == 0 {
		t.Fatal("two who share sent no datagram: this test sees nothing")
	}

	for _, n := range []opened{holder, viewer} {
		n.must(n.Sharing.Consent(t.Context(), false))
		s.eventually("it has stopped", func() bool {
			st, err := n.Sharing.State(t.Context())
			n.must(err)
			return st.Reason == control.ReasonOff && st.Swarms == 0 && st.People == 0 && len(st.Addresses) == 0
		})
	}
	before := datagrams(t)
	for _, n := range []opened{holder, viewer} {
		n.plays(ref)
		_, err := n.Library.List(t.Context(), control.Query{})
		n.must(err)
	}
	if after := datagrams(t); after != before {
		t.Errorf("after both stopped sharing: got %d datagrams more, want none", after-before)
	}
}
