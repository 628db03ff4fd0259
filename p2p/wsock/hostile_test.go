package wsock

import (
	"crypto/tls"
	"net"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// belowNought is the frame for which this package was written: text, masked,
// with a 64-bit length of all ones. lxzan/gws 1.8.9 reads that as -1, which
// passes its check of the longest message, and ends the whole process with
// "slice bounds out of range [:-1]" from the goroutine that reads.
const belowNought = "\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00x"

// tooBig and the like are the close frames that a client sees.
const (
	protocolError = "\x88\x02\x03\xea"
	policy        = "\x88\x02\x03\xf0"
	tooBig        = "\x88\x02\x03\xf1"
	going         = "\x88\x02\x03\xe9"
)

// TestLengthBelowNought: one frame must not end everybody's connection.
func TestLengthBelowNought(t *testing.T) {
	t.Parallel()
	both(t, Limits{}, func(t *testing.T, w *world) {
		other := w.dial(t, "")
		other.say(t, "before")
		for _, at := range []int{2, 9, 10, len(belowNought)} { // where the reads part
			bad := w.dial(t, "")
			bad.say(t, "hello")
			bad.pour([]string{belowNought[:at], belowNought[at:]}, false)
			bad.expect(t, tooBig)
			bad.pour([]string{string(masked(opClose, true, ""))}, false)
			bad.gone(t)
		}
		w.dial(t, belowNought).expect(t, tooBig) // right behind the request
		other.say(t, "after")
	})
}

// gone waits until the server has ended the connection.
func (c *client) gone(t *testing.T) {
	t.Helper()
	if b, err := c.br.ReadByte(); err == nil {
		t.Errorf("got %x, want the end", b)
	}
}

// TestBadConnections: what a client may not do, and how soon it ends.
func TestBadConnections(t *testing.T) {
	t.Parallel()
	// A frame that is announced to be as long as may be, and does not come.
	long := string([]byte{0x81, 0x80 | 127, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0})
	tests := []struct {
		name  string
		hello bool
		send  []string // pieces, a millisecond apart
		again bool     // the last piece is repeated for ever
		want  string   // the close frame; empty where it is just cut off
	}{
		{"says nothing", false, nil, false, ""},
		{"says nothing but pings", false, []string{string(masked(opPing, true, "x"))}, true, ""},
		{"says nothing that is welcome", false, []string{text("silence")}, true, ""},
		{"half a header", false, []string{"\x81"}, false, ""},
		{"a long frame that does not come", true, []string{long}, false, ""},
		{"the same, hidden behind a ping", true, []string{string(masked(opPing, true, "")) + long}, false, ""},
		{"a frame in drops", true, []string{long, "x"}, true, ""},
		{"fragments without end", true, []string{string(masked(opText, false, "x")), string(masked(opNext, false, "xxxxxxxxxxxxxxxx"))}, true, ""},
		{"a length below nought", true, []string{belowNought}, false, tooBig},
		{"a length of a byte too many", true, []string{"\x82\xff\x00\x00\x00\x00\x00\x01\x00\x01\x00\x00\x00\x00"}, false, tooBig},
		{"a message within a message", true, []string{string(masked(opText, false, "x")), text("x")}, false, protocolError},
		{"a continuation of nothing", true, []string{string(masked(opNext, true, "x"))}, false, protocolError},
		{"compressed", true, []string{string(masked(0x40|opText, true, "x"))}, false, protocolError},
		{"not masked", true, []string{"\x81\x01x"}, false, protocolError},
		{"an opcode of no meaning", true, []string{string(masked(0x3, true, "x"))}, false, protocolError},
		{"a ping in fragments", true, []string{string(masked(opPing, false, "x"))}, false, protocolError},
		{"a ping too long", true, []string{string(masked(opPing, true, strings.Repeat("x", 126)))}, false, protocolError},
	}
	const soon = 200 * time.Millisecond
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			both(t, Limits{Hello: soon, Frame: soon, Close: soon, Tick: 5 * time.Millisecond}, func(t *testing.T, w *world) {
				c := w.dial(t, "")
				if tt.hello {
					c.say(t, "hello")
				}
				go c.pour(tt.send, tt.again)
				if tt.want != "" {
					c.expect(t, tt.want)
				}
				await(t, "the connection to end", func() bool { return w.now().closed == 1 })
			})
		})
	}
}

// flood is more than the kernel keeps for a client, and not more than a test
// may take.
func flood() []string { return slices.Repeat([]string{text(strings.Repeat("x", 32<<10))}, 512) }

// TestSlowReader: who does not read is cut off, and holds nobody up.
func TestSlowReader(t *testing.T) {
	t.Parallel()
	both(t, Limits{Write: time.Hour}, func(t *testing.T, w *world) {
		slow := w.dial(t, "")
		go slow.pour(flood(), false)
		await(t, "the slow reader to be cut off", func() bool { return w.now().slow == 1 && w.now().closed == 1 })
		w.dial(t, "").say(t, "hello")
	})
}

// TestStuckReader: little that waits may not wait long either.
func TestStuckReader(t *testing.T) {
	t.Parallel()
	both(t, Limits{Queue: 1 << 30, Write: 100 * time.Millisecond, Tick: 5 * time.Millisecond}, func(t *testing.T, w *world) {
		go w.dial(t, "").pour(flood(), false)
		await(t, "the stuck reader to be cut off", func() bool { return w.now().closed == 1 })
	})
}

// TestFarewell: who reads nothing is cut off at once under TLS too. Locks are
// held then: everybody would wait for whom we say farewell to.
func TestFarewell(t *testing.T) {
	t.Parallel()
	certified := httptest.NewTLSServer(nil)
	defer certified.Close()
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		defer theirs.Close()
		server := tls.Server(ours, &tls.Config{Certificates: certified.TLS.Certificates, SessionTicketsDisabled: true})
		client := tls.Client(theirs, &tls.Config{InsecureSkipVerify: true}) // our own server
		shaken := make(chan error, 1)
		go func() { shaken <- client.Handshake() }()
		if err := server.Handshake(); err != nil {
			t.Fatal(err)
		}
		if err := <-shaken; err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		(&stream{net: server}).cut()
		if took := time.Since(start); took != 0 {
			t.Errorf("waited for %v", took)
		}
	})
}
