package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"vidiverse/app/e2e/browser"
)

// heard is one thing that happened to a page.
type heard struct {
	Name, What, Why string
	Data            struct {
		Type    int
		Account struct{ Name string }
	}
}

// PeerTube's own client library is told of news over every transport, is refused
// without a log-in, and is cut off with it at once.
func TestSocket(t *testing.T) {
	s := newServer(t, "signup:\n  enabled: true\n  limit: -1\n  requires_approval: false\n", "")
	s.start()
	root := s.signIn()
	root.post("/api/v1/users", `{"username":"mod","password":"a good password","email":"mod@one.test","role":1}`)
	lines := s.pages(s.signInAs("mod", "a good password").token)

	all := []string{"polling", "websocket", "upgraded", "auth", "second"}
	open := slices.Clone(all)
	want := map[string]string{
		"nobody refused": "No access token provided", "stranger refused": "Invalid access token.", "nowhere refused": "Invalid namespace",
		"live connect": "", "upgraded upgrade": "websocket",
	}
	for _, name := range open {
		want[name+" connect"] = ""
	}
	for len(want) > 0 {
		h := s.next(lines)
		why, ok := want[h.Name+" "+h.What]
		if h.Name == "auth" && h.What == "upgrade" {
			continue
		}
		if !ok || why != h.Why {
			t.Fatalf("got %+v, want one of %v", h, want)
		}
		delete(want, h.Name+" "+h.What)
	}
	person{server: s}.post("/api/v1/users/register", `{"username":"carol","password":"a good password","email":"carol@one.test"}`)
	for range all {
		h := s.next(lines)
		at := slices.Index(open, h.Name)
		if at < 0 || h.What != "new-notification" || h.Data.Type != 9 || h.Data.Account.Name != "carol" {
			t.Fatalf("got %+v, want a notification of carol for one of %v", h, open)
		}
		open = slices.Delete(open, at, at+1)
	}
	began := time.Now()
	root.post("/api/v1/users/2/block", `{}`)
	open = append(slices.Clone(all), "live") // which shares its connection with another
	for len(open) > 0 {
		h := s.next(lines)
		at := slices.Index(open, h.Name)
		if at < 0 || h.What != "disconnect" {
			t.Fatalf("got %+v, want the end of one of %v", h, open)
		}
		open = slices.Delete(open, at, at+1)
	}
	if took := time.Since(began); took > 10*time.Second { // it is to be one second
		t.Errorf("a blocked user was cut off after %v", took)
	} else {
		t.Logf("cut off after %v", took.Round(time.Millisecond))
	}
}

// post sends JSON and requires success.
func (p person) post(path, body string) {
	p.Helper()
	header := []string{"Content-Type", "application/json"}
	if p.token != "" {
		header = append(header, "Authorization", "Bearer "+p.token)
	}
	if a := p.request(http.MethodPost, path, []byte(body), header...); a.status/100 != 2 {
		p.Fatalf("%s: got %d %s", path, a.status, a.body)
	}
}

func (s *server) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// pages opens them in node, and returns what happens to them.
func (s *server) pages(token string) <-chan heard {
	s.Helper()
	cmd := exec.CommandContext(s.Context(), "node", "socket.mjs", s.url, token)
	cmd.Dir, cmd.Stderr, cmd.WaitDelay = browser.Packages(s), os.Stderr, 10*time.Second
	in, err := cmd.StdinPipe()
	s.must(err)
	out, err := cmd.StdoutPipe()
	s.must(err)
	s.must(cmd.Start())
	lines := make(chan heard, 100)
	go func() {
		defer close(lines)
		scan := bufio.NewScanner(out)
		for scan.Scan() {
			h := heard{}
			if err := json.Unmarshal(scan.Bytes(), &h); err != nil {
				h.What = fmt.Sprintf("no JSON: %s", scan.Text())
			}
			lines <- h
		}
	}()
	s.Cleanup(func() {
		_ = in.Close() // it ends
		for range lines {
		}
		if err := cmd.Wait(); err != nil && !strings.Contains(err.Error(), "signal") {
			s.Error(err)
		}
	})
	return lines
}

func (s *server) next(lines <-chan heard) heard {
	s.Helper()
	select {
	case h := <-lines:
		return h
	case <-time.After(patience):
		s.Fatalf("nothing happens; the log:\n%s", s.log)
		return heard{}
	}
}
