package torrent_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"vidiverse/p2p/metainfo"
	"vidiverse/p2p/torrent"
)

// wire is a peer that speaks as it likes.
type wire struct {
	t *testing.T
	net.Conn
}

// call connects to an engine and does the handshakes.
func call(t *testing.T, address string, hash [20]byte) *wire {
	t.Helper()
	c, err := net.DialTimeout("tcp", address, patience)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() }) // it may be closed already
	w := &wire{t, c}
	w.shake(hash)
	return w
}

func (w *wire) shake(hash [20]byte) {
	w.t.Helper()
	_ = w.SetDeadline(time.Now().Add(patience)) // reads fail if it does
	id := randomHash()
	hello := "\x13BitTorrent protocol\x00\x00\x00\x00\x00\x10\x00\x00" + string(hash[:]) + string(id[:])
	if _, err := io.WriteString(w, hello); err != nil {
		w.t.Fatal(err)
	}
	if _, err := io.ReadFull(w, make([]byte, 68)); err != nil {
		w.t.Fatal(err)
	}
}

// say sends a message; that the other side closed meanwhile is not its matter.
func (w *wire) say(kind byte, body ...byte) {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(body)+1))
	_, _ = w.Write(append(append(b, kind), body...))
}

func numbers(n ...uint32) (b []byte) {
	for _, one := range n {
		b = binary.BigEndian.AppendUint32(b, one)
	}
	return b
}

// hear waits for a message of a kind; io.EOF and resets are the end.
func (w *wire) hear(kind byte) ([]byte, error) {
	for {
		var head [4]byte
		if _, err := io.ReadFull(w, head[:]); err != nil {
			return nil, err
		}
		b := make([]byte, binary.BigEndian.Uint32(head[:]))
		if _, err := io.ReadFull(w, b); err != nil {
			return nil, err
		}
		if len(b) > 0 && b[0] == kind {
			return b[1:], nil
		}
	}
}

// ended waits until the other side closed the connection.
func (w *wire) ended() error {
	_, err := io.Copy(io.Discard, w)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return err
	}
	return nil
}

// Messages that no client sends end their connection, and nothing else.
func TestHostileMessages(t *testing.T) {
	t.Parallel()
	data := film(1 << 20)
	info := made(t, data, metainfo.Options{})
	giver := holder(t, info, memory{info, data})
	address, _ := giver.meet(nil)
	deep := strings.Repeat("l", 60_000)
	for name, talk := range map[string]func(*wire){
		"a length of 4 GB":         func(w *wire) { _, _ = w.Write([]byte{0xff, 0xff, 0xff, 0xff}) },
		"a length of 1 MB":         func(w *wire) { _, _ = w.Write(append(numbers(1<<20), 7)) },
		"a have of no piece":       func(w *wire) { w.say(4, numbers(1<<31)...) },
		"a short have":             func(w *wire) { w.say(4, 1, 2) },
		"a bitfield too long":      func(w *wire) { w.say(5, make([]byte, 1000)...) },
		"a request of no piece":    func(w *wire) { w.say(6, numbers(1<<31, 0, 1)...) },
		"a request beyond a piece": func(w *wire) { w.say(6, numbers(0, 1<<31, 16384)...) },
		"a request that overflows": func(w *wire) { w.say(6, numbers(0, 0xffffffff, 16384)...) },
		"a request of 1 MB":        func(w *wire) { w.say(6, numbers(0, 0, 1<<20)...) },
		"deep bencoding":           func(w *wire) { w.say(20, append([]byte{0}, deep[:16000]...)...) },
		"metadata of nonsense":     func(w *wire) { w.say(20, append([]byte{1}, "d8:msg_type"...)...) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := call(t, address, info.Hash)
			w.say(2)
			if _, err := w.hear(1); err != nil {
				t.Fatalf("not served: %v", err)
			}
			talk(w)
			if err := w.ended(); err != nil {
				t.Errorf("the connection goes on: %v", err)
			}
		})
	}
}

// Who asks for more than a queue full, without taking it, is let go; what it
// asked for is not read ahead.
func TestRequestFlood(t *testing.T) {
	t.Parallel()
	data := film(4 << 20)
	info := made(t, data, metainfo.Options{})
	giver := holder(t, info, memory{info, data})
	address, _ := giver.meet(nil)
	w := call(t, address, info.Hash)
	if err := w.Conn.(*net.TCPConn).SetReadBuffer(4 << 10); err != nil {
		t.Fatal(err)
	}
	w.say(2)
	if _, err := w.hear(1); err != nil {
		t.Fatal(err)
	}
	for i := range uint32(20_000) {
		w.say(6, numbers(i%uint32(info.Pieces()-1), 0, 16384)...)
	}
	if n, err := io.Copy(io.Discard, w); errors.Is(err, os.ErrDeadlineExceeded) || n > 16<<20 {
		t.Errorf("the flood goes on: %d bytes, %v", n, err)
	}
}

// Who is choked is given nothing.
func TestChoked(t *testing.T) {
	t.Parallel()
	data := film(1 << 20)
	info := made(t, data, metainfo.Options{})
	giver := holder(t, info, memory{info, data})
	address, _ := giver.meet(nil)
	w := call(t, address, info.Hash)
	w.say(6, numbers(0, 0, 16384)...) // without being interested
	if err := w.SetDeadline(time.Now().Add(2 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if b, err := w.hear(7); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("got %d bytes, %v", len(b), err)
	}
}

// called is an engine with a torrent open, and a peer that it was told of.
func called(t *testing.T, info *metainfo.Torrent, may func(netip.Addr) bool) (*torrent.Torrent, *wire) {
	t.Helper()
	taker := newHome(t, nil)
	address, _ := taker.meet(func(n *torrent.Network) { n.May = may })
	one := taker.open(torrent.Spec{Info: info})
	return one, call(t, address, info.Hash)
}

func pex(addresses ...netip.AddrPort) []byte {
	var list []byte
	for _, a := range addresses {
		list = binary.BigEndian.AppendUint16(append(list, a.Addr().AsSlice()...), a.Port())
	}
	return append([]byte{2}, fmt.Sprintf("d5:added%d:%se", len(list), list)...)
}

// Of addresses that a peer tells, few are taken, public ones alone, and it is
// heard once a minute.
func TestPEX(t *testing.T) {
	t.Parallel()
	info := made(t, film(1<<20), metainfo.Options{})
	one, w := called(t, info, nil)
	var many []netip.AddrPort
	for i := range 2000 {
		many = append(many, netip.AddrPortFrom(netip.AddrFrom4([4]byte{8, 8, byte(i >> 8), byte(i)}), 6881))
	}
	var home []netip.AddrPort
	for i := range 20 {
		home = append(home, netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 168, 0, byte(i)}), 80))
	}
	w.say(20, pex(append(home, many[:2000]...)...)...)
	until(t, "some are taken", func() bool { return one.Progress().Known > 0 })
	if n := one.Progress().Known; n > 30 {
		t.Errorf("%d addresses of one message are known, 30 of its first 50 are public", n)
	}
	w.say(20, pex(many[100:140]...)...)
	w.say(4, numbers(0)...)
	until(t, "it was heard", func() bool { return one.Progress().Peers[torrent.ByTCP] == 1 })
	if n := one.Progress().Known; n > 30 {
		t.Errorf("%d addresses are known after two messages in a minute", n)
	}
}

// Wrong bytes are never read: their giver is shut out, and the piece comes from
// somebody else.
func TestWrongBytes(t *testing.T) {
	t.Parallel()
	data := film(2 << 20)
	info := made(t, data, metainfo.Options{})
	wrong := bytes.Clone(data)
	for i := range wrong {
		wrong[i] ^= 1
	}
	honest, liar := holder(t, info, memory{info, data}), holder(t, info, memory{info, wrong})
	good, _ := honest.meet(nil)
	_, _ = liar.meet(func(n *torrent.Network) { n.Listen = "127.0.0.2:0" })
	bad := fmt.Sprintf("127.0.0.2:%d", liar.Port())
	var asked atomic.Int32
	tracker := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		list := ""
		for _, a := range []string{bad, good} {
			if asked.Load() == 0 && a == good {
				continue // the liar comes first
			}
			p := netip.MustParseAddrPort(a)
			ip := p.Addr().As4()
			list += string(ip[:]) + string([]byte{byte(p.Port() >> 8), byte(p.Port())})
		}
		asked.Add(1)
		_, _ = fmt.Fprintf(w, "d8:intervali1e5:peers%d:%se", len(list), list)
	}))
	t.Cleanup(tracker.Close)
	taker := newHome(t, nil)
	taker.meet(nil)
	one := taker.open(torrent.Spec{Info: info, Trackers: []string{tracker.URL}})
	r, err := one.NewReader(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	until(t, "the lie is found", func() bool { return one.Progress().Refused > 0 })
	until(t, "the liar is gone", func() bool { return one.Progress().Peers[torrent.ByTCP] == 0 })
	if held := one.Progress().Held; held != 0 {
		t.Errorf("%d wrong bytes are held", held)
	}
}

// A web seed that gives something else than the very range is found out by its
// words, not by its bytes, and another is asked.
func TestWebSeedLies(t *testing.T) {
	t.Parallel()
	data := film(100_000)
	info := made(t, data, metainfo.Options{})
	for name, lie := range map[string]http.HandlerFunc{
		"200 for 206": func(w http.ResponseWriter, r *http.Request) {
			var from, to int
			_, _ = fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-%d", &from, &to)
			_, _ = w.Write(make([]byte, to-from+1))
		},
		"another range": func(w http.ResponseWriter, r *http.Request) {
			var from, to int
			_, _ = fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-%d", &from, &to)
			w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from+1, to+1, len(data)))
			w.WriteHeader(http.StatusPartialContent)
			_, _ = w.Write(make([]byte, to-from+1))
		},
		"of a longer file": func(w http.ResponseWriter, r *http.Request) {
			var from, to int
			_, _ = fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-%d", &from, &to)
			w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, to, len(data)+1))
			w.WriteHeader(http.StatusPartialContent)
			_, _ = w.Write(make([]byte, to-from+1))
		},
		"a body without end": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Range", strings.Replace(r.Header.Get("Range"), "=", " ", 1)+fmt.Sprintf("/%d", len(data)))
			w.WriteHeader(http.StatusPartialContent)
			for r.Context().Err() == nil {
				if _, err := w.Write(make([]byte, 1<<16)); err != nil {
					return
				}
			}
		},
		"nothing": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusPartialContent) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			liar := httptest.NewServer(lie)
			t.Cleanup(liar.Close)
			taker := newHome(t, nil)
			one := taker.open(torrent.Spec{Info: info, WebSeeds: []string{liar.URL + "/f", serve(t, data, nil)}})
			if got := taker.all(one, 0); !bytes.Equal(got, data) {
				t.Error("other bytes")
			}
			if p := one.Progress(); p.Refused != 0 {
				t.Errorf("what the seed gave was believed: %+v", p)
			}
		})
	}
}

// What a torrent is made of is bounded, and no text of it names a file.
func TestSpoolNames(t *testing.T) {
	t.Parallel()
	taker := newHome(t, nil)
	huge := "d6:lengthi67108864e4:name5:a.mp412:piece lengthi67108864e6:pieces20:aaaaaaaaaaaaaaaaaaaae"
	info, err := metainfo.Read([]byte("d4:info" + huge + "e"))
	if err != nil {
		t.Fatal(err)
	}
	if one, err := taker.Open(t.Context(), torrent.Spec{Info: &info}); !errors.Is(err, torrent.ErrInvalid) {
		t.Errorf("a piece of 64 MiB: got %v, %v", one, err)
	}
	dir := t.TempDir()
	spool, err := torrent.OpenSpool(dir, room, free)
	if err != nil {
		t.Fatal(err)
	}
	data := film(1 << 20)
	film := made(t, data, metainfo.Options{Name: "con-aux film.mp4"})
	store, err := spool.Open(film)
	if err != nil {
		t.Fatal(err)
	}
	for i := range film.Pieces() {
		_, at, n := film.Piece(i)
		if err := store.Put(i, data[at:at+n]); err != nil {
			t.Fatal(err)
		}
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	names, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		if !regexp.MustCompile(`^[0-9a-f]{40}\.(data|info|held)$`).MatchString(n.Name()) {
			t.Errorf("a file is called %q", n.Name())
		}
	}
	// Damage is found at the read.
	file := dir + "/" + strings.TrimSuffix(names[0].Name(), ".data") + ".data"
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	b[0] ^= 1
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
	if store, err = spool.Open(film); err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	if _, err := store.Piece(t.Context(), 0); err == nil || store.Has(0) {
		t.Errorf("a damaged piece is given: %v", err)
	}
	if got, err := store.Piece(t.Context(), 1); err != nil || !bytes.Equal(got, data[film.PieceLength:2*film.PieceLength]) {
		t.Errorf("the next piece: %v", err)
	}
}

// The spool keeps to its room: what was used longest ago goes.
func TestSpoolRoom(t *testing.T) {
	t.Parallel()
	spool, err := torrent.OpenSpool(t.TempDir(), func() int64 { return 150_000 }, free)
	if err != nil {
		t.Fatal(err)
	}
	put := func(info *metainfo.Torrent, data []byte) error {
		store, err := spool.Open(info)
		if err != nil {
			t.Fatal(err)
		}
		defer store.Close()
		for i := range info.Pieces() {
			_, at, n := info.Piece(i)
			if err := store.Put(i, data[at:at+n]); err != nil {
				return err
			}
		}
		return nil
	}
	a, b := film(100_000), film(100_001)
	first, second := made(t, a, metainfo.Options{}), made(t, b, metainfo.Options{})
	if err := errors.Join(put(first, a), put(second, b)); err != nil {
		t.Fatal(err)
	}
	if _, known := spool.Info(first.Hash); known || spool.Used() != int64(len(b)) {
		t.Errorf("the first is kept; %d bytes are used", spool.Used())
	}
	c := film(200_000)
	if err := put(made(t, c, metainfo.Options{}), c); !errors.Is(err, torrent.ErrFull) {
		t.Errorf("more than there is room for: got %v", err)
	}
}
