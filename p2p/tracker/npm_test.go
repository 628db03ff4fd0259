package tracker

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// stock is npm's bittorrent-tracker client, in a process of its own.
type stock struct {
	t     *testing.T
	in    io.Writer
	heard chan stockEvent
}

type stockEvent struct {
	Event string
	Value any
}

// meet starts a client that announces hash as peer at the trackers.
func meet(t *testing.T, hash, peer string, port int, announce ...string) *stock {
	t.Helper()
	dir := filepath.Join("..", "..", "app", "e2e", "npm")
	node, err := exec.LookPath("node")
	if _, there := os.Stat(filepath.Join(dir, "node_modules", "bittorrent-tracker")); err != nil || there != nil {
		t.Skip("node or the npm packages of app/e2e/npm are not installed")
	}
	options, err := json.Marshal(map[string]any{
		"infoHash": fmt.Sprintf("%x", idOf(hash)), "peerId": fmt.Sprintf("%x", idOf(peer)), "port": port, "announce": announce,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, node, "client.mjs", string(options))
	cmd.Dir, cmd.WaitDelay = dir, 5*time.Second
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s := &stock{t: t, in: in, heard: make(chan stockEvent, 256)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			var e stockEvent
			if json.Unmarshal(lines.Bytes(), &e) == nil {
				s.heard <- e
			}
		}
	}()
	t.Cleanup(func() { cancel(); <-done; _ = cmd.Wait() }) // killed, as it was told
	return s
}

// await returns the next event of a name; others are passed over, but no
// warning is.
func (s *stock) await(event string) stockEvent {
	s.t.Helper()
	end := time.After(patience)
	for {
		select {
		case e := <-s.heard:
			if e.Event == event {
				return e
			}
			if e.Event == "warning" || e.Event == "error" {
				s.t.Fatalf("the client is told %v, want %s", e.Value, event)
			}
		case <-end:
			s.t.Fatalf("the client hears no %s", event)
		}
	}
}

func (s *stock) do(what string) {
	s.t.Helper()
	if _, err := fmt.Fprintln(s.in, what); err != nil {
		s.t.Fatal(err)
	}
}

// counts are complete and incomplete of an update or scrape.
func (e stockEvent) counts() string {
	m, _ := e.Value.(map[string]any)
	return fmt.Sprint(m["complete"], " ", m["incomplete"])
}

// listenBoth serves a tracker on both loopbacks, or on one where the machine has
// no other.
func listenBoth(t *testing.T, tr *Tracker) (urls []string) {
	t.Helper()
	for _, host := range []string{"127.0.0.1:0", "[::1]:0"} {
		ln, err := net.Listen("tcp", host)
		if err != nil {
			continue
		}
		srv := &http.Server{Handler: tr}
		go func() { _ = srv.Serve(ln) }() // ends with Close
		t.Cleanup(func() { _ = srv.Close() })
		urls = append(urls, "http://"+ln.Addr().String()+"/tracker/announce")
	}
	return urls
}

// TestStockTorrentClients breaks when torrent programs do not find each other
// through us over HTTP, in either family of addresses.
func TestStockTorrentClients(t *testing.T) {
	t.Parallel()
	tr, _ := serve(t, Config{Allow: allow("film")})
	urls := listenBoth(t, tr)
	var want []string
	for i, u := range urls {
		c := meet(t, "film", fmt.Sprint("peer", i), 6881+i, u)
		if got := c.await("update").counts(); got != fmt.Sprint("0 ", i+1) {
			t.Errorf("client %d: got counts %s, want 0 %d", i, got, i+1)
		}
		want = append(want, fmt.Sprint([]string{"127.0.0.1:", "[::1]:"}[i], 6881+i))
	}
	last := meet(t, "film", "last", 7000, urls[0])
	last.await("update")
	last.do("update")
	last.await("update")
	var got []string
	for len(got) < len(want) {
		if peer := fmt.Sprint(last.await("peer").Value); !strings.HasSuffix(peer, ":7000") && !slices.Contains(got, peer) {
			got = append(got, peer)
		}
	}
	slices.Sort(got)
	if slices.Sort(want); !slices.Equal(got, want) {
		t.Errorf("peers: got %q, want %q", got, want)
	}
	last.do("complete")
	if got, want := last.await("update").counts(), fmt.Sprint("1 ", len(urls)); got != want {
		t.Errorf("completed: got counts %s, want %s", got, want)
	}
	last.do("scrape")
	if got, want := last.await("scrape").counts(), fmt.Sprint("1 ", len(urls)); got != want {
		t.Errorf("scrape: got %s, want %s", got, want)
	}
	last.do("stop")
	if got, want := last.await("update").counts(), fmt.Sprint("0 ", len(urls)); got != want {
		t.Errorf("stopped: got counts %s, want %s", got, want)
	}
}

// TestStockSocketClient breaks when npm's client does not understand us over a
// WebSocket: replies, scrapes and refusals. Its offers are met in app/e2e, where
// it has a browser.
func TestStockSocketClient(t *testing.T) {
	t.Parallel()
	tr, url := serve(t, Config{Allow: allow("film\x01\xff\x80\"\\")})
	socket := "ws" + strings.TrimPrefix(url, "http") + "/tracker/socket"
	c := meet(t, "film\x01\xff\x80\"\\", "-VD\x00\xfe\"", 6881, socket)
	if got := c.await("update").counts(); got != "0 1" {
		t.Errorf("started: got counts %s, want 0 1", got)
	}
	c.do("complete")
	if got := c.await("update").counts(); got != "1 0" {
		t.Errorf("completed: got counts %s, want 1 0", got)
	}
	c.do("scrape")
	if got := c.await("scrape").counts(); got != "1 0" {
		t.Errorf("scrape: got %s, want 1 0", got)
	}
	c.do("stop")
	if got := c.await("update").counts(); got != "0 0" {
		t.Errorf("stopped: got counts %s, want 0 0", got)
	}
	if got := tr.Stats().Refused["malformed"]; got != 0 {
		t.Errorf("frames that we did not understand: got %d", got)
	}
	other := meet(t, "other", "stray", 6882, socket)
	end := time.After(patience)
	for {
		select {
		case e := <-other.heard:
			if strings.Contains(fmt.Sprint(e.Value), "Unknown infoHash") {
				return
			}
		case <-end:
			t.Fatal("the client is not told that its hash is unknown")
		}
	}
}
