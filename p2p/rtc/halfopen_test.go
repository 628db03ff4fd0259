package rtc

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"runtime"
	"testing"
	"testing/synctest"
	"time"
)

// TestHalfOpen breaks when fifty thousand that begin a connection and go no
// further, by a description or by packets, cost more than a few, stay, or keep
// out those who are there.
func TestHalfOpen(t *testing.T) {
	const many, places = 50_000, 64
	synctest.Test(t, func(t *testing.T) {
		in := newInternet(1)
		a, b, c := New(Config{}), New(Config{MaxPeers: places, MaxPerAddress: places}), New(Config{})
		here := in.machine("8.2.2.2", wire{}, wire{})
		a.ground, b.ground, c.ground = in.machine("8.1.1.1", wire{}, wire{}), here, in.machine("8.3.3.3", wire{}, wire{})
		defer run(t, a)()
		defer run(t, b)()
		defer run(t, c)()
		ca, cb := mustConnect(t, a, b)
		offer, err := a.Offer(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		d, err := parseSDP(offer.SDP(), func(netip.Addr) bool { return true })
		if err != nil {
			t.Fatal(err)
		}
		before, goroutines := used(), runtime.NumGoroutine()
		name, refused := "", 0
		for i := range many {
			d.candidates = []candidate{{passerby(i), 1 << 30, "host"}}
			d.ufrag = fmt.Sprintf("half%05d", i)
			got, err := b.Accept(t.Context(), d.String())
			switch {
			case err == nil:
				answer, err := parseSDP(got.SDP(), func(netip.Addr) bool { return true })
				if err != nil {
					t.Fatal(err)
				}
				name = answer.ufrag
			case errors.Is(err, ErrFull):
				refused++
			default:
				t.Fatal(err)
			}
		}
		knock(in, here, b.Addresses()[0], name, many)
		cost, more := used()-before, runtime.NumGoroutine()-goroutines
		t.Logf("%d refused, %d being set up: %d KB, %d goroutines", refused, b.Stats().Attempts, cost>>10, more)
		if n := b.Stats().Attempts; n > places || refused < many-places {
			t.Errorf("%d are being set up at once, %d were refused", n, refused)
		}
		if cost > 64<<20 || more > 40*places {
			t.Errorf("they cost %d KB and %d goroutines", cost>>10, more)
		}
		if err := exchange(ca, cb, 1, MaxMessage); err != nil {
			t.Errorf("who was there before: %v", err)
		}
		time.Sleep(connectTime + time.Second)
		if n := b.Stats().Attempts; n > 0 {
			t.Errorf("%d are still being set up", n)
		}
		mustConnect(t, c, b)
	})
}

// passerby is the i-th of many addresses, each of a network of its own.
func passerby(i int) netip.AddrPort {
	var ip [4]byte
	binary.BigEndian.PutUint32(ip[:], 9<<24+uint32(i)<<8+1)
	return netip.AddrPortFrom(netip.AddrFrom4(ip), 4000)
}

// knock sends a check that is not signed, and a handshake's first record, from
// many addresses.
func knock(in *internet, m *machine, to netip.AddrPort, ufrag string, many int) {
	check, _ := newQuestion()
	check = binary.BigEndian.AppendUint16(check, attrUsername)
	user := fmt.Sprintf("%s:half", ufrag)
	check = binary.BigEndian.AppendUint16(check, uint16(len(user)))
	check = append(check, user...)
	check = append(check, make([]byte, -len(user)&3)...)
	check = sign(check, []byte("a guess"))
	hello := append([]byte{22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 200}, make([]byte, 200)...)
	for i := range many {
		in.mu.Lock()
		in.deliver(check, passerby(i), to)
		in.deliver(hello, passerby(i), to)
		in.mu.Unlock()
		if i%500 == 0 {
			synctest.Wait()
		}
	}
	synctest.Wait()
}

// used is the heap in use.
func used() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
