package share_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"math/rand/v2"
	"net"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"vidiverse/node/control"
	"vidiverse/node/share"
	"vidiverse/p2p"
	"vidiverse/p2p/blockstore"
	"vidiverse/p2p/ledger"
	"vidiverse/p2p/limit"
	"vidiverse/p2p/rtc"
	"vidiverse/p2p/tracker"
)

// patience is for what takes a second on a machine that does nothing else.
const patience = 30 * time.Second

// film is a file of random bytes in twelve segments.
var film, extents = func() (data []byte, list []p2p.Extent) {
	r := rand.NewChaCha8([32]byte{7})
	for range 12 {
		segment := make([]byte, 100_000)
		_, _ = r.Read(segment) // cannot fail
		list = append(list, p2p.Extent{Offset: int64(len(data)), Length: int64(len(segment)), Sum: sha256.Sum256(segment)})
		data = append(data, segment...)
	}
	return data, list
}()

var (
	ref  = control.Ref{Origin: "https://mare.video", Video: "e6b078bc-3feb-4c72-8f4f-aff5828507e1"}
	file = p2p.FileID{Origin: "mare.video", Video: ref.Video, Name: "720.mp4", Version: p2p.VersionOf(extents)}
	hash = [20]byte([]byte("twenty letters of it"))
)

func startTracker(t *testing.T) (url string) {
	t.Helper()
	tr := tracker.New(tracker.Config{Public: true})
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { _ = tr.Serve(ctx) }) // ends with ctx
	srv := httptest.NewServer(tr)
	t.Cleanup(func() { cancel(); wg.Wait(); srv.Close() })
	return "ws" + strings.TrimPrefix(srv.URL, "http") + "/tracker/socket"
}

// side is one of two who share.
type side struct {
	*share.Share
	t      *testing.T
	gate   *limit.Gate
	stream share.Stream
	book   *ledger.Ledger
}

func newSide(t *testing.T, trackerURL string, holds bool) *side {
	t.Helper()
	dir := t.TempDir()
	db, err := bbolt.Open(filepath.Join(dir, "db"), 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	blocks, err := blockstore.Open(filepath.Join(dir, "media"), blockstore.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = blocks.Close() })
	held, err := blocks.File(file, extents)
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range extents {
		if !holds {
			break
		}
		if err := held.Put(i, film[e.Offset:e.Offset+e.Length]); err != nil {
			t.Fatal(err)
		}
	}
	s := &side{t: t, stream: share.Stream{Ref: ref, Title: "Le fleuve", File: file, Trackers: []string{trackerURL}, Hashes: [][20]byte{hash}}}
	if s.gate, err = limit.Open(db, limit.Config{}); err != nil {
		t.Fatal(err)
	}
	s.book = ledger.New(s.gate, ledger.Config{})
	s.Share = share.New(share.Config{
		Gate: s.gate, Ledger: s.book, Blocks: blocks, Dial: (&net.Dialer{}).DialContext,
		Network: func() rtc.Config { return rtc.Config{Loopback: true, LAN: true} },
		Held: func(context.Context) ([]share.Stream, error) {
			if holds {
				return []share.Stream{s.stream}, nil
			}
			return nil, nil
		},
	})
	s.run()
	return s
}

func (s *side) run() {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { _ = s.gate.Serve(ctx) }) // ends with ctx
	wg.Go(func() {
		if err := s.Serve(ctx); err != nil {
			s.t.Errorf("Serve: %v", err)
		}
	})
	s.t.Cleanup(func() { cancel(); wg.Wait() })
}

func (s *side) set(on bool) {
	s.t.Helper()
	if err := s.gate.Set(limit.Limits{Asked: true, On: on}); err != nil {
		s.t.Fatal(err)
	}
}

func (s *side) await(what string, holds func() bool) {
	s.t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); !holds(); <-tick.C {
		if time.Now().After(end) {
			s.t.Fatalf("after %v still not: %s; %+v", patience, what, s.State())
		}
	}
}

// peers are those of the stream once sharing goes on, and wanted.
func (s *side) peers() (p *share.Peers) {
	s.t.Helper()
	s.await("sharing begins", func() bool { p = s.Peers(s.stream); return p != nil })
	p.Want(true)
	return p
}

// takes fetches the whole film from others.
func (s *side) takes(p *share.Peers) {
	s.t.Helper()
	s.await("somebody has the film", func() bool { return p.Has(len(extents) - 1) })
	for i, e := range extents {
		got, err := p.Fetch(s.t.Context(), i)
		if err != nil || !bytes.Equal(got, film[e.Offset:e.Offset+e.Length]) {
			s.t.Fatalf("segment %d: got %d bytes, %v", i, len(got), err)
		}
	}
}

// TestOpenAndShut: what is held goes to who asks for it while both may share,
// and nothing of a network is left when one may not.
func TestOpenAndShut(t *testing.T) {
	url := startTracker(t)
	holder, viewer := newSide(t, url, true), newSide(t, url, false)
	if holder.State().Running || viewer.Peers(viewer.stream) != nil {
		t.Error("nobody was asked, and a network is open")
	}
	holder.set(true)
	viewer.set(true)
	p := viewer.peers()
	viewer.takes(p)
	if got := holder.book.Lines(); len(got) != 1 || got[0].File != file || got[0].Transport != ledger.MediaLoader || got[0].Sent < int64(len(film)) {
		t.Errorf("connections: got %+v, want one by which %d bytes went", got, len(film))
	}
	if got := viewer.book.ByFile()[file].Received; got < int64(len(film)) {
		t.Errorf("the viewer counts %d bytes, want %d", got, len(film))
	}

	holder.set(false)
	holder.await("the holder is gone", func() bool { st := holder.State(); return !st.Running && len(st.Addresses) == 0 })
	if sums := holder.book.ByTransport()[ledger.MediaLoader]; sums.Line != holder.gate.State().Month || sums.Open != 0 {
		t.Errorf("got %+v, want all of the gate's %d bytes and nobody connected", sums, holder.gate.State().Month)
	}
	viewer.await("the holder is missed", func() bool { return !p.Has(0) })
	if _, err := p.Fetch(t.Context(), 0); !errors.Is(err, p2p.ErrAbsent) {
		t.Errorf("fetch from nobody: got %v, want ErrAbsent", err)
	}

	holder.set(true)
	viewer.takes(p)
	p.Want(false)
	viewer.await("who wants nothing and has nothing leaves", func() bool { return viewer.State().Swarms == 0 })
}
