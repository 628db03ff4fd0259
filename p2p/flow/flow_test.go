package flow

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// below is what lies below: it remembers what was written, and gives to read
// what it is told to.
type below struct {
	net.Conn
	mu   sync.Mutex
	sent [][]byte
	give chan []byte
}

func newBelow() *below { return &below{give: make(chan []byte, 100)} }

func (b *below) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sent = append(b.sent, bytes.Clone(p))
	return len(p), nil
}

func (b *below) Read(p []byte) (int, error) {
	d, ok := <-b.give
	if !ok {
		return 0, io.EOF
	}
	return copy(p, d), nil
}

func (b *below) Close() error { return nil }

// took returns what was sent since it was asked last: the TSNs.
func (b *below) took() (list []uint32) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, p := range b.sent {
		for _, piece := range pieces(nil, p) {
			list = append(list, piece.tsn)
		}
	}
	b.sent = nil
	return list
}

func chunk(kind byte, value []byte) []byte {
	b := []byte{kind, 0, 0, 0}
	binary.BigEndian.PutUint16(b[2:], uint16(4+len(value)))
	b = append(b, value...)
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}

func packetOf(chunks ...[]byte) []byte {
	p := append([]byte{0x13, 0x88, 0x13, 0x88, 1, 2, 3, 4, 9, 9, 9, 9}, slices.Concat(chunks...)...)
	sum(p)
	return p
}

func data(tsn uint32, size int) []byte {
	return chunk(chunkData, append(binary.BigEndian.AppendUint32(nil, tsn), make([]byte, 8+size)...))
}

// acks is a SACK: the last TSN, the window, pairs of what arrived behind it.
func acks(last, window uint32, gaps ...uint16) []byte {
	v := binary.BigEndian.AppendUint32(nil, last)
	v = binary.BigEndian.AppendUint32(v, window)
	v = binary.BigEndian.AppendUint16(v, uint16(len(gaps)/2))
	v = append(v, 0, 0)
	for _, g := range gaps {
		v = binary.BigEndian.AppendUint16(v, g)
	}
	return chunk(chunkSack, v)
}

// hear has the Conn read a packet, and returns what SCTP gets of it.
func hear(t testing.TB, c *Conn, b *below, p []byte) []byte {
	t.Helper()
	b.give <- p
	buf := make([]byte, 4096)
	n, err := c.Read(buf)
	if err != nil {
		t.Fatal(err)
	}
	got := bytes.Clone(buf[:n])
	whole := bytes.Clone(got)
	if sum(whole); !bytes.Equal(whole, got) {
		t.Errorf("the checksum of %x is wrong", got)
	}
	return got
}

// TestGranted breaks when SCTP may send more than the peer or the model allows,
// or learns of a loss that is not its to repair.
func TestGranted(t *testing.T) {
	t.Parallel()
	b := newBelow()
	c := New(b, 0)
	init := packetOf(chunk(chunkInitAck, append(binary.BigEndian.AppendUint32([]byte{7, 7, 7, 7}, 5<<20), make([]byte, 8)...)))
	if got := hear(t, c, b, init); binary.BigEndian.Uint32(got[packetHeader+8:]) != firstWindow {
		t.Errorf("the first window: got %x", got)
	}
	for tsn := range uint32(10) {
		if _, err := c.Write(packetOf(data(100+tsn, 1000))); err != nil {
			t.Fatal(err)
		}
	}
	heartbeat := chunk(5, []byte{1, 2, 3})
	got := hear(t, c, b, packetOf(acks(101, 5<<20, 3, 4), heartbeat))
	if want := packetOf(acks(101, 8000+uint32(c.Window())-6000), heartbeat); !bytes.Equal(got, want) {
		t.Errorf("a gap:\ngot  %x\nwant %x", got, want)
	}
	got = hear(t, c, b, packetOf(acks(101, 6500, 3, 4)))
	if want := packetOf(acks(101, 8000+500)); !bytes.Equal(got, want) {
		t.Errorf("a peer with little room:\ngot  %x\nwant %x", got, want)
	}
}

// TestRepeats breaks when what is lost is not sent again soon, whatever is lost
// of it, or when SCTP's own repetitions come on top.
func TestRepeats(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBelow()
		c := New(b, 20*time.Millisecond)
		defer c.Close()
		for tsn := range uint32(6) {
			_, _ = c.Write(packetOf(data(tsn, 1000))) // below takes all
		}
		time.Sleep(20 * time.Millisecond)
		if got := b.took(); !slices.Equal(got, []uint32{0, 1, 2, 3, 4, 5}) {
			t.Fatalf("sent: %v", got)
		}
		_, _ = c.Write(packetOf(data(2, 1000))) // as above
		if got := b.took(); got != nil {
			t.Errorf("SCTP repeats: %v", got)
		}
		hear(t, c, b, packetOf(acks(1, 1<<20, 2, 4))) // 2 is missing
		time.Sleep(20 * time.Millisecond)
		hear(t, c, b, packetOf(acks(1, 1<<20, 2, 4)))
		synctest.Wait()
		if got := b.took(); !slices.Equal(got, []uint32{2}) {
			t.Errorf("after a gap: got %v, want 2", got)
		}
		time.Sleep(100 * time.Millisecond) // nothing is heard of it
		if got := b.took(); !slices.Equal(got, []uint32{2}) {
			t.Errorf("after a silence: got %v, want 2", got)
		}
		time.Sleep(20 * time.Second)
		if got := b.took(); len(got) < 3 || len(got) > 8 || got[0] != 2 {
			t.Errorf("after a long silence: %v", got)
		}
		hear(t, c, b, packetOf(acks(5, 1<<20)))
		time.Sleep(time.Minute)
		if got := b.took(); got != nil {
			t.Errorf("after all has arrived: %v", got)
		}
	})
}

// hundred is a connection with a hundred small pieces on their way.
func hundred() (*Conn, *below) {
	b := newBelow()
	c := New(b, 20*time.Millisecond)
	c.model.window = 1 << 20
	for tsn := range uint32(100) {
		_, _ = c.Write(packetOf(data(tsn, 100))) // below takes all
	}
	time.Sleep(100 * time.Millisecond)
	b.took()
	return c, b
}

// everyOther are gaps as a browser tells them: every other piece is missing, and
// what lies behind the twentieth is not told.
func everyOther() (gaps []uint16) {
	for i := range uint16(mostGaps) {
		gaps = append(gaps, 2*i+2, 2*i+2)
	}
	return gaps
}

// TestHidden breaks when a peer that reports only its first gaps, as browsers
// do, gets sent again what it has.
func TestHidden(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, b := hundred()
		defer c.Close()
		gaps := everyOther()
		hear(t, c, b, packetOf(acks(0, 1<<20, gaps...)))
		time.Sleep(30 * time.Millisecond)
		hear(t, c, b, packetOf(acks(2, 1<<20, append(gaps[:2:2], gaps[2:]...)...)))
		time.Sleep(10 * time.Millisecond)
		for _, tsn := range b.took() {
			if tsn > 2*mostGaps+3 {
				t.Errorf("%d is sent again: nobody said it is missing", tsn)
			}
		}
	})
}

// TestUntold breaks when what such a peer does not tell of, and has not got,
// waits for long.
func TestUntold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, b := hundred()
		defer c.Close()
		hear(t, c, b, packetOf(acks(0, 1<<20, everyOther()...)))
		time.Sleep(500 * time.Millisecond)
		got := b.took()
		for tsn := uint32(1); tsn < 100; tsn++ {
			if told := tsn <= 2*mostGaps && tsn%2 == 0; slices.Contains(got, tsn) == told {
				t.Errorf("%d: sent again is %v", tsn, !told)
			}
		}
	})
}

// TestLate breaks when all that was on its way through a long pause, and arrives
// after it, leaves the window as small as a silence makes it.
func TestLate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBelow()
		c := New(b, 20*time.Millisecond)
		defer c.Close()
		for tsn := range uint32(20) {
			_, _ = c.Write(packetOf(data(tsn, 1000))) // below takes all
		}
		time.Sleep(20 * time.Millisecond)
		hear(t, c, b, packetOf(acks(1, 1<<20)))
		before := c.Window()
		time.Sleep(1200 * time.Millisecond)
		if w := c.Window(); w != leastWindow {
			t.Fatalf("after a silence the window is %d", w)
		}
		hear(t, c, b, packetOf(acks(15, 1<<20)))
		if w := c.Window(); w < before/2 {
			t.Errorf("the window was %d and is %d", before, w)
		}
	})
}

// TestTooMany breaks when more pieces than are remembered make the rest hang, or
// go unrepeated.
func TestTooMany(t *testing.T) {
	t.Parallel()
	b := newBelow()
	c := New(b, 0)
	defer c.Close()
	tsn := uint32(1<<32 - 100)
	write := func() {
		var list [][]byte
		for range 50 {
			list = append(list, data(tsn, 1))
			tsn++
		}
		_, _ = c.Write(packetOf(list...)) // below takes all
	}
	for range maxPieces/50 + 10 {
		write()
	}
	last := tsn - 1
	gap := packetOf(acks(last-500, 1<<20, 2, 9))
	if got := hear(t, c, b, gap); len(got) != len(gap) {
		t.Error("what is SCTP's to repeat is hidden from it")
	}
	got := hear(t, c, b, packetOf(acks(last, 1<<20)))
	if window := binary.BigEndian.Uint32(got[packetHeader+8:]); window != firstWindow && window != uint32(c.Window()) {
		t.Errorf("window: got %d", window)
	}
	write()
	if c.ledger.skipped || c.ledger.outstanding != 50 {
		t.Errorf("after all has arrived: %d bytes are known", c.ledger.outstanding)
	}
}

// TestOrder breaks when what carries no data waits behind data, or when an
// acknowledgement of ours is too long for a packet.
func TestOrder(t *testing.T) {
	t.Parallel()
	b := newBelow()
	c := New(b, time.Second)
	defer c.Close()
	for tsn := range uint32(20) {
		_, _ = c.Write(packetOf(data(tsn, 1100))) // below takes all
	}
	abort := packetOf(chunk(6, nil))
	_, _ = c.Write(abort) // as above
	b.mu.Lock()
	if last := b.sent[len(b.sent)-1]; !bytes.Equal(last, abort) || len(b.sent) > 20 {
		t.Errorf("an abort comes after %d packets", len(b.sent))
	}
	b.mu.Unlock()
	gaps := make([]uint16, 1000)
	for i := range gaps {
		gaps[i] = uint16(2 + 2*i)
	}
	_, _ = c.Write(packetOf(acks(7, 1000, gaps...), chunk(5, []byte("1234")))) // as above
	b.mu.Lock()
	defer b.mu.Unlock()
	last := b.sent[len(b.sent)-1]
	if len(last) > packet || !bytes.HasSuffix(last, chunk(5, []byte("1234"))) {
		t.Errorf("a long acknowledgement: %d bytes", len(last))
	}
}

// FuzzLook breaks when a packet of the peer's crashes us, grows, or keeps us
// busy.
func FuzzLook(f *testing.F) {
	f.Add(packetOf(acks(3, 1000, 1, 1, 3, 9)))
	f.Add(packetOf(acks(3, 1000, 1, 65535, 1, 65535), data(5, 3)))
	f.Add(packetOf(chunk(chunkInit, make([]byte, 16))))
	f.Fuzz(func(t *testing.T, p []byte) {
		c := New(newBelow(), 0)
		defer c.Close()
		for tsn := range uint32(8) {
			_, _ = c.Write(packetOf(data(tsn, 100))) // below takes all
		}
		before := c.ledger.outstanding
		if n := c.look(bytes.Clone(p)); n > len(p) {
			t.Errorf("%d bytes become %d", len(p), n)
		}
		l := &c.ledger
		if l.outstanding < 0 || l.outstanding > before || l.flight < 0 || l.flight > l.outstanding || l.ahead < 0 || l.waits < 0 {
			t.Errorf("accounts: %+v", l)
		}
		_, _ = c.Write(bytes.Clone(p)) // as above
	})
}
