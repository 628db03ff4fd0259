package record

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"io"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/pion/dtls/v3/pkg/crypto/selfsign"
	"github.com/pion/logging"
	"golang.org/x/sync/errgroup"
)

const patience = 30 * time.Second

// wire is one end of a network: what filter refuses is lost on its way out.
type wire struct {
	net.Conn
	mu     sync.Mutex
	filter func(datagram []byte) bool
	sent   [][]byte
}

func (w *wire) Write(p []byte) (int, error) {
	w.mu.Lock()
	w.sent = append(w.sent, bytes.Clone(p))
	ok := w.filter == nil || w.filter(p)
	w.mu.Unlock()
	if !ok {
		return len(p), nil
	}
	return w.Conn.Write(p)
}

// wires are both ends of a network of this machine.
func wires(t testing.TB) (a, b *wire) {
	t.Helper()
	own, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	at := own.LocalAddr().(*net.UDPAddr)
	own.Close()
	there, err := net.DialUDP("udp4", &net.UDPAddr{IP: at.IP}, at)
	if err != nil {
		t.Fatal(err)
	}
	here, err := net.DialUDP("udp4", at, there.LocalAddr().(*net.UDPAddr))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { here.Close(); there.Close() })
	return &wire{Conn: here}, &wire{Conn: there}
}

func config(t testing.TB, client bool) Config {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	own, err := selfsign.SelfSign(key)
	if err != nil {
		t.Fatal(err)
	}
	log := logging.NewDefaultLoggerFactory()
	log.DefaultLogLevel = logging.LogLevelDisabled
	return Config{Certificate: own, Client: client, Verify: func([]byte) error { return nil }, Log: log}
}

// pair makes a handshake over two ends.
func pair(t testing.TB, a, b *wire) (client, server *Conn) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	var g errgroup.Group
	g.Go(func() (err error) { client, err = Handshake(ctx, a, config(t, true)); return err })
	g.Go(func() (err error) { server, err = Handshake(ctx, b, config(t, false)); return err })
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	return client, server
}

func read(t testing.TB, c *Conn) []byte {
	t.Helper()
	if err := c.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	p := make([]byte, 2048)
	n, err := c.Read(p)
	if err != nil {
		t.Fatal(err)
	}
	return p[:n]
}

func write(t testing.TB, c *Conn, p []byte) {
	t.Helper()
	if _, err := c.Write(p); err != nil {
		t.Fatal(err)
	}
}

// TestConn breaks when what one says is not what the other hears, or when the
// end is not told.
func TestConn(t *testing.T) {
	t.Parallel()
	a, b := wires(t)
	client, server := pair(t, a, b)
	for i := range 2000 { // more than the window is long
		p := bytes.Repeat([]byte{byte(i)}, i%1300+1)
		for _, way := range [][2]*Conn{{client, server}, {server, client}} {
			write(t, way[0], p)
			if got := read(t, way[1]); !bytes.Equal(got, p) {
				t.Fatalf("datagram %d: got %d bytes, want %d", i, len(got), len(p))
			}
		}
	}
	if _, err := client.Write(make([]byte, maxRecord)); err == nil {
		t.Error("a datagram too long is sent")
	}
	if err := client.Close(); err != nil {
		t.Error(err)
	}
	if _, err := server.Read(make([]byte, 2048)); !errors.Is(err, io.EOF) {
		t.Errorf("after close: got %v, want io.EOF", err)
	}
	if _, err := client.Write([]byte("x")); !errors.Is(err, net.ErrClosed) {
		t.Errorf("write after close: got %v, want net.ErrClosed", err)
	}
}

// TestForged breaks when a datagram counts that the other side did not send, or
// sent once: repeated, changed, unsealed, or of the handshake.
func TestForged(t *testing.T) {
	t.Parallel()
	a, b := wires(t)
	client, server := pair(t, a, b)
	write(t, client, []byte("first"))
	if got := read(t, server); string(got) != "first" {
		t.Fatalf("got %q", got)
	}
	first := a.sent[len(a.sent)-1]
	a.filter = func([]byte) bool { return false }
	write(t, client, []byte("second"))
	second := a.sent[len(a.sent)-1]
	a.filter = nil
	changed := bytes.Clone(second)
	changed[len(changed)-1] ^= 1
	early := bytes.Clone(second)
	early[4] = 0 // of the epoch before there were keys
	forged := [][]byte{
		first, changed, early, second[:20], second[:headerSize-1],
		{typeAlert, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, 2, 0}, // an alert that nobody sealed
		{typeHandshake, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0},
	}
	for _, p := range forged {
		if _, err := a.Conn.Write(p); err != nil {
			t.Fatal(err)
		}
	}
	// Two records may share a datagram.
	if _, err := a.Conn.Write(slices.Concat(first, second)); err != nil {
		t.Fatal(err)
	}
	write(t, client, []byte("third"))
	for _, want := range []string{"second", "third"} {
		if got := read(t, server); string(got) != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// TestLastWords breaks when a handshake hangs because the server's last flight
// was lost, or when somebody can have it repeated without end.
func TestLastWords(t *testing.T) {
	t.Parallel()
	a, b := wires(t)
	lost := 0
	b.filter = func(p []byte) bool {
		if len(p) > 0 && p[0] == 20 && lost < 1 { // a change of keys begins it
			lost++
			return false
		}
		return true
	}
	heard := make(chan error, 1)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var g errgroup.Group
	g.Go(func() error {
		server, err := Handshake(ctx, b, config(t, false))
		if err != nil {
			return err
		}
		p := make([]byte, 2048)
		n, err := server.Read(p)
		if err == nil && string(p[:n]) != "hello" {
			err = errors.New("another word: " + string(p[:n]))
		}
		heard <- err
		words := len(b.sent)
		for range 10 * maxAgain {
			server.againAt = time.Time{}
			server.repeat()
		}
		if n := len(b.sent) - words; n > maxAgain*len(server.flight) {
			return errors.New("the last words have no end")
		}
		return nil
	})
	client, err := Handshake(ctx, a, config(t, true))
	if err != nil {
		t.Fatal(err)
	}
	write(t, client, []byte("hello"))
	if err := <-heard; err != nil {
		t.Error(err)
	}
	if err := g.Wait(); err != nil {
		t.Error(err)
	}
	if lost != 1 {
		t.Error("the last flight was not lost")
	}
}

// TestVerify breaks when a certificate is taken that the description does not
// name.
func TestVerify(t *testing.T) {
	t.Parallel()
	for _, refuses := range []string{"client", "server"} {
		a, b := wires(t)
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		refused := errors.New("somebody else")
		var g errgroup.Group
		for _, side := range []struct {
			name string
			conn *wire
		}{{"client", a}, {"server", b}} {
			cfg := config(t, side.name == "client")
			if side.name == refuses {
				cfg.Verify = func([]byte) error { return refused }
			}
			g.Go(func() error {
				_, err := Handshake(ctx, side.conn, cfg)
				if side.name == refuses && err == nil {
					return errors.New("the " + side.name + " takes it")
				}
				if side.name == refuses {
					cancel()
				}
				return nil
			})
		}
		if err := g.Wait(); err != nil {
			t.Error(err)
		}
		cancel()
	}
}

// FuzzRead breaks when a datagram of a stranger ends the process, or passes.
func FuzzRead(f *testing.F) {
	a, b := wires(f)
	client, server := pair(f, a, b)
	write(f, client, []byte("sealed"))
	sealed := a.sent[len(a.sent)-1]
	read(f, server)
	f.Add(sealed)
	f.Add(append(bytes.Clone(sealed), sealed...))
	f.Add([]byte{typeHandshake, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0})
	p := make([]byte, 2048)
	f.Fuzz(func(t *testing.T, datagram []byte) {
		n, err := server.take(p, bytes.Clone(datagram))
		if n != 0 || err != nil {
			t.Fatalf("a stranger's datagram passes: %d, %v", n, err)
		}
	})
}

// BenchmarkWrite shows that a record needs no memory.
func BenchmarkWrite(b *testing.B) {
	x, y := wires(b)
	client, _ := pair(b, x, y)
	p := make([]byte, 1191)
	dst := make([]byte, 0, maxRecord)
	b.SetBytes(int64(len(p)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := client.Append(dst, p); err != nil {
			b.Fatal(err)
		}
	}
}
