package wsock

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

// most is the longest frame of these tests.
const most = 64 << 10

// FuzzFrames: no bytes may panic the reader, and however they are cut into
// reads, the same frames come out.
func FuzzFrames(f *testing.F) {
	f.Add(masked(opText, true, "hello"), 3)
	f.Add(append(masked(opText, false, strings.Repeat("x", 200)), masked(opNext, true, "y")...), 1)
	f.Add([]byte(belowNought), 11)
	f.Add([]byte("\x88\x82\x01\x02\x03\x04\x02\xea"), 2)
	f.Fuzz(func(t *testing.T, data []byte, at int) {
		whole := frames(bytes.Clone(data))
		if at < 0 || at > len(data) {
			return
		}
		first, size, status := cut(bytes.Clone(data[:at]), most)
		switch {
		case size > at || size == 0 && first.payload != nil:
			t.Fatalf("%x: took %d of %d", data, size, at)
		case size > 0 && (len(whole) == 0 || whole[0] != string(first.payload)):
			t.Fatalf("%x: the first %d bytes read differently", data, at)
		case status != 0 && len(whole) > 0:
			t.Fatalf("%x: refused by its first %d bytes with %d", data, at, status)
		}
	})
}

// frames are the payloads of all frames in b.
func frames(b []byte) (all []string) {
	for {
		f, size, status := cut(b, most)
		if size == 0 || status != 0 {
			return all
		}
		all = append(all, string(f.payload))
		b = b[size:]
	}
}

// nowhere is a link to nobody: it counts what is written.
type nowhere struct{ written int }

func (n *nowhere) write(b []byte) (int, error) { n.written += len(b); return len(b), nil }
func (n *nowhere) wake()                       {}
func (n *nowhere) cut()                        {}
func (n *nowhere) close()                      {}

// keeper is a handler that remembers what it was told.
type keeper struct {
	messages []string
	left     int
}

func (k *keeper) Message(data []byte) { k.messages = append(k.messages, string(data)) }
func (k *keeper) Control() bool       { return true }
func (k *keeper) Leave()              { k.left++ }
func (k *keeper) Closed(bool)         {}

// FuzzFeed: no bytes may panic a connection or make it keep more than its
// limits, and however they are cut into reads, the same messages come out.
func FuzzFeed(f *testing.F) {
	f.Add(masked(opText, true, "hello"), 3)
	f.Add([]byte(belowNought), 1)
	f.Add(slices.Concat(masked(opText, false, "a"), masked(opPing, true, "b"), masked(opNext, true, "c")), 2)
	f.Add(slices.Concat(masked(opText, false, strings.Repeat("x", 60)), masked(opNext, true, strings.Repeat("y", 60))), 7)
	f.Add(slices.Concat(masked(opClose, true, "\x03\xe8"), masked(opText, true, "late")), 5)
	f.Fuzz(func(t *testing.T, data []byte, step int) {
		if step < 1 {
			return
		}
		s := &Server{limits: Limits{Message: 100}.withDefaults()}
		feed := func(step int) *keeper {
			k := &keeper{}
			c := &Conn{server: s, handler: k, link: &nowhere{}}
			for chunk := range slices.Chunk(bytes.Clone(data), step) {
				if c.ended() {
					break
				}
				c.feed(chunk)
				if len(c.message) > 100 || len(c.partial) > 100+14 {
					t.Fatalf("%x: keeps %d and %d bytes", data, len(c.message), len(c.partial))
				}
			}
			return k
		}
		if len(data) == 0 {
			return
		}
		whole, parts := feed(len(data)), feed(step)
		if whole.left > 1 || !slices.Equal(whole.messages, parts.messages) {
			t.Errorf("%x: got %q at once, %q by %d", data, whole.messages, parts.messages, step)
		}
	})
}
