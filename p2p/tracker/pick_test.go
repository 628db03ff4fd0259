package tracker

import (
	"fmt"
	"net/netip"
	"testing"
	"time"
)

// crowd is a swarm of one member a socket, at the addresses given.
func crowd(addrs ...string) (w *swarm, all []*member) {
	w = &swarm{byID: map[id]*member{}}
	for i, a := range addrs {
		src := source{addr: netip.MustParseAddr(a)}
		m := &member{sock: &socket{src: src, network: networkOf(src)}, swarm: w, id: idOf(fmt.Sprint(i))}
		w.insert(m)
		all = append(all, m)
	}
	return w, all
}

// TestPick: offers go to distinct others, and in time to all of them.
func TestPick(t *testing.T) {
	t.Parallel()
	now := frozen().now()
	for _, size := range []int{0, 1, 2, 3, 6, 7, 100} {
		addrs := []string{"192.0.2.1"}
		for i := range size {
			addrs = append(addrs, []string{"192.0.2.9", "198.51.100.1", "2001:db8::1"}[i%3])
		}
		w, all := crowd(addrs...)
		met := map[*member]int{}
		for range 500 {
			now = now.Add(time.Minute)
			got := w.pick(nil, picking{me: all[0], now: now}, 5)
			seen := map[*member]bool{}
			for _, m := range got {
				if m == all[0] || seen[m] {
					t.Fatalf("size %d: picked itself or one twice", size)
				}
				seen[m] = true
				met[m]++
			}
			if len(got) != min(5, size) {
				t.Fatalf("size %d: picked %d, want %d", size, len(got), min(5, size))
			}
		}
		if len(met) < size {
			t.Errorf("size %d: met only %d in 500 tries", size, len(met))
		}
	}
}

// TestSameNetwork breaks when neighbours are not introduced first, or only
// neighbours are: their line would carry a film once for each of them, or the
// swarm would fall apart.
func TestSameNetwork(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, me, near, far string
		strangers           int
	}{
		{"IPv4", "192.0.2.1", "192.0.2.%d", "198.51.%d.7", 200},
		{"a small swarm", "192.0.2.1", "192.0.2.%d", "198.51.%d.7", 30},
		{"IPv6", "2001:db8:7::1", "2001:db8:7:%x::2", "2001:db8:%x00::1", 200},
	}
	for _, tt := range tests {
		addrs := []string{tt.me}
		for i := range 8 {
			addrs = append(addrs, fmt.Sprintf(tt.near, 10+i))
		}
		for i := range tt.strangers {
			addrs = append(addrs, fmt.Sprintf(tt.far, 10+i%90))
		}
		w, all := crowd(addrs...)
		now, home := frozen().now(), 0
		for range 100 {
			now = now.Add(time.Hour)
			got := w.pick(nil, picking{me: all[0], now: now}, 5)
			n := 0
			for i, m := range got {
				if m.sock.network != all[0].sock.network {
					continue
				}
				if n++; i != n-1 {
					t.Fatalf("%s: a neighbour comes after a stranger", tt.name)
				}
			}
			if n < 2 || n > 3 || len(got) != 5 {
				t.Fatalf("%s: got %d neighbours of %d, want 2 or 3 of 5", tt.name, n, len(got))
			}
			home += n
		}
		if home == 200 || home == 300 {
			t.Errorf("%s: got %d neighbours in 100 searches for 5, want half", tt.name, home)
		}
		// A node that offers one at a time meets both.
		var one [2]int
		for range 100 {
			now = now.Add(time.Hour)
			if w.pick(nil, picking{me: all[0], now: now}, 1)[0].sock.network == all[0].sock.network {
				one[0]++
			} else {
				one[1]++
			}
		}
		if one[0] == 0 || one[1] == 0 {
			t.Errorf("%s: single offers went to %d neighbours and %d strangers", tt.name, one[0], one[1])
		}
	}
}

// TestNetworks: who is near whom.
func TestNetworks(t *testing.T) {
	t.Parallel()
	of := func(a string) network { return networkOf(source{addr: netip.MustParseAddr(a)}) }
	tests := []struct {
		a, b string
		near bool
	}{
		{"192.0.2.1", "192.0.2.254", true},
		{"192.0.2.1", "192.0.3.1", false},
		{"2001:db8:7::1", "2001:db8:7:ffff::1", true},
		{"2001:db8:7::1", "2001:db8:8::1", false},
		{"0.0.0.1", "::1", false},
	}
	for _, tt := range tests {
		if got := of(tt.a) == of(tt.b); got != tt.near {
			t.Errorf("%s and %s: got %v, want %v", tt.a, tt.b, got, tt.near)
		}
	}
	if n := networkOf(source{addr: netip.MustParseAddr("127.0.0.1"), proxy: true}); n != 0 {
		t.Errorf("behind a proxy that names nobody: got network %x, want none", n)
	}
}

// TestLists: members leave the lists they are in, and no others, in any order.
func TestLists(t *testing.T) {
	t.Parallel()
	addrs := []string{}
	for i := range 300 {
		addrs = append(addrs, fmt.Sprintf("192.0.%d.1", i%7))
	}
	w, all := crowd(addrs...)
	for i, m := range all {
		w.setMirror(m, i%3 == 0)
	}
	for i := range all {
		w.remove(all[i*7%300])
		nearby := 0
		for of, l := range w.near {
			for at, m := range l {
				if m.gone || m.sock.network != of || int(m.at[inNear]) != at {
					t.Fatal("a member is in a list that it left, or in another's")
				}
			}
			nearby += len(l)
		}
		mirrors := 0
		for at, m := range w.members {
			if m.gone || int(m.at[inAll]) != at {
				t.Fatal("a member that left is listed")
			}
			if m.mirror {
				mirrors++
			}
		}
		want := 299 - i
		if w.near == nil {
			nearby = want // all are looked at
		}
		if len(w.members) != want || nearby != want || len(w.byID) != want || len(w.mirrors) != mirrors {
			t.Fatalf("after %d left: got %d, %d near, %d mirrors of %d", i+1, len(w.members), nearby, len(w.mirrors), mirrors)
		}
	}
	if w.near != nil {
		t.Errorf("networks: got %d, want none", len(w.near))
	}
}
