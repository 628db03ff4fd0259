package control

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// shelf is a library of one video whose instance is never online, enough to see
// values and errors cross a socket.
type shelf struct {
	video Video
	asked []any
}

func (s *shelf) Add(_ context.Context, address string) (Instance, error) {
	if address == "" {
		return Instance{}, fmt.Errorf("%w: type an address", ErrInvalid)
	}
	return Instance{}, fmt.Errorf("%w: %s does not answer", ErrUnavailable, address)
}
func (s *shelf) Remove(context.Context, string) error { return ErrForbidden }
func (s *shelf) Instances(ctx context.Context) ([]Instance, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}
func (s *shelf) List(_ context.Context, q Query) (Page, error) {
	s.asked = append(s.asked, q)
	return Page{Cards: []Card{s.video.Card}, Total: 1}, nil
}
func (s *shelf) Video(_ context.Context, ref Ref) (Video, error) {
	if ref != s.video.Ref {
		return Video{}, fmt.Errorf("%w: no such video", ErrNotFound)
	}
	return s.video, nil
}
func (s *shelf) Resolve(context.Context, string) (Ref, error) { return s.video.Ref, nil }
func (s *shelf) Picture(_ context.Context, ref Ref, name string) ([]byte, error) {
	return bytes.Repeat([]byte(name), 1<<20), nil
}

type quiet struct{}

func (quiet) State(context.Context) (SharingState, error) {
	return SharingState{Reason: ReasonUnasked}, nil
}
func (quiet) Consent(context.Context, bool) error    { return nil }
func (quiet) Pause(context.Context, time.Time) error { return nil }
func (quiet) Peers(context.Context) ([]Peer, error)  { return nil, errors.New("a reason of its own") }
func (quiet) Use(context.Context) (Use, error)       { return Use{}, nil }
func (quiet) Events(_ context.Context, q EventQuery) ([]Event, error) {
	return []Event{{Number: q.After + 1, Took: time.Second, Peer: q.Peer}}, nil
}

// world is a node's socket with a shelf behind it.
func world(t *testing.T) (*shelf, Services, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "run", "node.sock")
	l, err := Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	s := &shelf{video: Video{
		Card:        Card{Ref: Ref{"https://mare.video", "e6b078bc-3feb-4c72-8f4f-aff5828507e1"}, Title: "Le fleuve ‮ à l'envers", Duration: 7*time.Minute + 32*time.Second, Published: time.UnixMilli(1795294647123).UTC()},
		Description: strings.Repeat("é\x00", 1000), Tags: []string{"a", ""}, Captions: []Caption{{Language: "fr", Label: "French"}},
	}}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- Serve(ctx, l, Services{s, clientPlayback{}, quiet{}, clientMirrors{}, clientSettings{}, clientTorrents{}, make(pipe)})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	services, err := Dial(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	return s, services, path
}

func TestValuesCrossTheSocket(t *testing.T) {
	shelf, far, _ := world(t)
	got, err := far.Library.Video(t.Context(), shelf.video.Ref)
	if diff := cmp.Diff(shelf.video, got); err != nil || diff != "" {
		t.Errorf("Video: %v, differs (-sent +got):\n%s", err, diff)
	}
	q := Query{Search: "tides & \"ponds\"", Start: 24, Count: 12}
	page, err := far.Library.List(t.Context(), q)
	if err != nil || page.Total != 1 || !cmp.Equal(page.Cards[0], shelf.video.Card) || !cmp.Equal(shelf.asked, []any{q}) {
		t.Errorf("List: got %+v, %v; asked %+v", page, err, shelf.asked)
	}
	picture, err := far.Library.Picture(t.Context(), Ref{}, "8 MiB it")
	if err != nil || len(picture) != 8<<20 || !bytes.HasSuffix(picture, []byte("8 MiB it")) {
		t.Errorf("Picture: got %d bytes, %v, want 8 MiB", len(picture), err)
	}
}

func TestErrorsCrossTheSocket(t *testing.T) {
	_, far, _ := world(t)
	_, invalid := far.Library.Add(t.Context(), "")
	_, gone := far.Library.Add(t.Context(), "mare.video")
	_, missing := far.Library.Video(t.Context(), Ref{})
	_, other := far.Sharing.Peers(t.Context())
	cases := []struct {
		got, want error
		text      string
	}{
		{invalid, ErrInvalid, "type an address"},
		{gone, ErrUnavailable, "mare.video does not answer"},
		{missing, ErrNotFound, "no such video"},
		{far.Library.Remove(t.Context(), ""), ErrForbidden, "not allowed"},
	}
	for _, c := range cases {
		if !errors.Is(c.got, c.want) || !strings.Contains(c.got.Error(), c.text) {
			t.Errorf("got %v, want %v with %q", c.got, c.want, c.text)
		}
	}
	if other == nil || other.Error() != "a reason of its own" {
		t.Errorf("an error without a kind: got %v", other)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := far.Library.Instances(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a question that is given up: got %v", err)
	}
}

// A link crosses the socket in both directions: to the node, and on to the window
// that waits there.
func TestLinksCrossTheSocket(t *testing.T) {
	_, far, _ := world(t)
	const link = "magnet:?xt=urn:btih:08ada5a7a6183aae1e09d831df6748d566095a10&dn=\"A walk\""
	next := make(chan string, 1)
	go func() {
		got, err := far.Links.Next(t.Context())
		if err != nil {
			t.Error(err)
		}
		next <- got
	}()
	if err := far.Links.Hand(t.Context(), link); err != nil {
		t.Fatal(err)
	}
	if got := <-next; got != link {
		t.Errorf("got %q", got)
	}
}

// The socket is the only lock on the node's door.
func TestSocketIsTheUsersAlone(t *testing.T) {
	_, _, path := world(t)
	socket, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	folder, err := os.Stat(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	if socket.Mode().Perm() != 0o600 || folder.Mode().Perm() != 0o700 {
		t.Errorf("permissions: socket %v in %v, want those of the owner alone", socket.Mode(), folder.Mode())
	}
}

func TestOneNodeASocket(t *testing.T) {
	_, _, path := world(t)
	if _, err := Listen(path); err == nil || !strings.Contains(err.Error(), "another node answers") {
		t.Errorf("a second node: got %v", err)
	}
	dead := filepath.Join(t.TempDir(), "node.sock")
	left, err := net.ListenUnix("unix", &net.UnixAddr{Name: dead, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	left.SetUnlinkOnClose(false) // as a killed node leaves it
	if err := left.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Dial(t.Context(), dead); !errors.Is(err, ErrNoNode) {
		t.Errorf("a socket that nobody answers: got %v, want ErrNoNode", err)
	}
	if _, err := Dial(t.Context(), dead+"er"); !errors.Is(err, ErrNoNode) {
		t.Errorf("no socket: got %v, want ErrNoNode", err)
	}
	again, err := Listen(dead)
	if err != nil {
		t.Fatalf("a socket that a killed node left: %v", err)
	}
	_ = again.Close()
	file := filepath.Join(t.TempDir(), "letter")
	if err := os.WriteFile(file, []byte("dear"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Listen(file); err == nil {
		t.Error("a file in the socket's place was replaced")
	}
}

func TestOtherVersionsAreTurnedAway(t *testing.T) {
	_, _, path := world(t)
	old := &client{http.Client{Transport: versioned{"0", &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", path)
		},
	}}}}
	if _, err := (clientSharing{old}).State(t.Context()); !errors.Is(err, ErrVersion) {
		t.Errorf("an older program: got %v, want ErrVersion", err)
	}
}

// versioned speaks another version.
type versioned struct {
	version string
	next    http.RoundTripper
}

func (v versioned) RoundTrip(r *http.Request) (*http.Response, error) {
	r.Header.Set(versionHeader, v.version)
	return v.next.RoundTrip(r)
}

func TestArgumentsAreBounded(t *testing.T) {
	_, far, _ := world(t)
	if _, err := far.Library.Add(t.Context(), strings.Repeat("a", maxArguments)); !errors.Is(err, ErrInvalid) {
		t.Errorf("an address of 64 KiB: got %v, want ErrInvalid", err)
	}
}

// pipe hands links over.
type pipe chan string

func (p pipe) Hand(_ context.Context, link string) error { p <- link; return nil }
func (p pipe) Next(context.Context) (string, error)      { return <-p, nil }
