package torrent_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"vidiverse/p2p/metainfo"
	"vidiverse/p2p/torrent"
)

// Who has a magnet link alone gets the info and every byte from a peer that an
// HTTP tracker told of, and everything that was sent went through the gate.
func TestTCP(t *testing.T) {
	t.Parallel()
	data := film(3<<20 + 17)
	info := made(t, data, metainfo.Options{})
	tracker := announcer(t)
	giver := holder(t, info, memory{info, data}, tracker)
	giver.meet(nil)
	taker := newHome(t, nil)
	taker.meet(nil)
	one := taker.open(torrent.Spec{Hash: info.Hash, Trackers: []string{tracker}})
	if got := taker.all(one, 0); !bytes.Equal(got, data) {
		t.Fatalf("got %d other bytes", len(got))
	}
	p := one.Progress()
	if p.Bytes[torrent.ByTCP] != int64(len(data)) || p.Held != p.Length {
		t.Errorf("got %+v", p)
	}
	if sent := giver.gate.total(); sent < int64(len(data)) {
		t.Errorf("%d bytes passed the gate, %d were given", sent, len(data))
	}
	// What is held for others is closed when nobody is there.
	if s := giver.Stats(); s.Held != 1 || s.Open != 1 {
		t.Errorf("got %+v", s)
	}
}

// A reader gets its first bytes long before the rest is there, and what is far
// ahead of it is not fetched.
func TestReadAhead(t *testing.T) {
	t.Parallel()
	data := film(60 << 20)
	asked := make(chan string, 1000)
	origin := serve(t, data, asked)
	info := made(t, data, metainfo.Options{})
	taker := newHome(t, nil)
	one := taker.open(torrent.Spec{Info: info, WebSeeds: []string{origin}})
	r, err := one.NewReader(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	first := make([]byte, 1000)
	if _, err := io.ReadFull(r, first); err != nil || !bytes.Equal(first, data[:1000]) {
		t.Fatalf("%v", err)
	}
	if _, err := r.Seek(50<<20, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(r, first); err != nil || !bytes.Equal(first, data[50<<20:50<<20+1000]) {
		t.Fatalf("%v", err)
	}
	until(t, "the rest is there", func() bool { return one.Has(50<<20, 10<<20) })
	if one.Has(30<<20, 15<<20) {
		t.Error("what nobody reads was fetched")
	}
}

// serve is a web seed: Go's own file server over one file.
func serve(t *testing.T, data []byte, asked chan<- string) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked != nil {
			asked <- r.Header.Get("Range")
		}
		http.ServeContent(w, r, "film.mp4", time.Time{}, bytes.NewReader(data))
	}))
	t.Cleanup(s.Close)
	return s.URL + "/film.mp4"
}

// While nothing may be shared, nothing listens, nothing is announced and nobody
// is connected; a torrent comes from its web seeds alone.
func TestNotSharing(t *testing.T) {
	t.Parallel()
	data := film(1 << 20)
	info := made(t, data, metainfo.Options{})
	announced := make(chan string, 10)
	tracker := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { announced <- r.URL.Path }))
	defer tracker.Close()
	taker := newHome(t, nil)
	one := taker.open(torrent.Spec{Info: info, Trackers: []string{tracker.URL}, WebSeeds: []string{serve(t, data, nil)}})
	if got := taker.all(one, 0); !bytes.Equal(got, data) {
		t.Fatal("other bytes")
	}
	if taker.Port() != 0 || taker.gate.total() != 0 || len(announced) != 0 {
		t.Errorf("port %d, %d bytes sent, %d announces", taker.Port(), taker.gate.total(), len(announced))
	}
}

// A gate that shuts ends the connection before one more byte is given.
func TestGateShuts(t *testing.T) {
	t.Parallel()
	data := film(2 << 20)
	info := made(t, data, metainfo.Options{})
	giver := holder(t, info, memory{info, data})
	giver.gate.most = 300_000
	address, _ := giver.meet(nil)
	taker := newHome(t, nil)
	taker.meet(nil)
	one := taker.open(torrent.Spec{Info: info, Trackers: []string{pointer(t, address)}})
	r, err := one.NewReader(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	until(t, "some of it came", func() bool { return one.Progress().Held > 0 })
	until(t, "the giver is gone", func() bool { return one.Progress().Peers[torrent.ByTCP] == 0 })
	if held := one.Progress().Held; held > giver.gate.most {
		t.Errorf("%d bytes came through a gate that shut at %d", held, giver.gate.most)
	}
}

// What was fetched is there again when the torrent is opened anew, also offline.
func TestSpoolKeeps(t *testing.T) {
	t.Parallel()
	data := film(1 << 20)
	info := made(t, data, metainfo.Options{})
	taker := newHome(t, nil)
	one, err := taker.Open(t.Context(), torrent.Spec{Info: info, WebSeeds: []string{serve(t, data, nil)}})
	if err != nil {
		t.Fatal(err)
	}
	if got := taker.all(one, 0); !bytes.Equal(got, data) {
		t.Fatal("other bytes")
	}
	one.Close()
	until(t, "it is closed", func() bool { return taker.Stats().Open == 0 })
	again := taker.open(torrent.Spec{Hash: info.Hash})
	if got := taker.all(again, 0); !bytes.Equal(got, data) {
		t.Fatal("other bytes")
	}
}

// A port that is taken is an error of its own, and nothing goes on behind it.
func TestPortTaken(t *testing.T) {
	t.Parallel()
	first, second := newHome(t, nil), newHome(t, nil)
	address, _ := first.meet(nil)
	err := second.Meet(t.Context(), torrent.Network{Listen: address})
	if !errors.Is(err, torrent.ErrListen) || second.Port() != 0 {
		t.Errorf("got %v", err)
	}
	second.meet(nil)
}
