package tracker

import (
	"container/heap"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"testing"
	"time"
)

// comer is one of those who come back after a restart.
type comer struct {
	at      time.Duration // when
	addr    netip.Addr
	tries   int
	browser bool // it cannot read our advice, and goes by its own rules
}

type comers []comer

func (c comers) Len() int           { return len(c) }
func (c comers) Less(i, j int) bool { return c[i].at < c[j].at }
func (c comers) Swap(i, j int)      { c[i], c[j] = c[j], c[i] }
func (c *comers) Push(x any)        { *c = append(*c, x.(comer)) }
func (c *comers) Pop() any {
	last := (*c)[len(*c)-1]
	*c = (*c)[:len(*c)-1]
	return last
}

// TestRestartOfMany: a hundred thousand come back in the second after a
// restart. No more are let in at once than can be served, those who follow the
// advice are in within a minute, and nobody is sent away again and again.
func TestRestartOfMany(t *testing.T) {
	t.Parallel()
	const n = 100_000
	c := frozen()
	tr, _ := serve(t, Config{Public: true, Now: c.now, MaxSockets: n})
	queue := &comers{}
	for i := range n {
		heap.Push(queue, comer{
			at: rand.N(time.Second), browser: i%2 == 0,
			addr: netip.AddrFrom4([4]byte{198, 18, byte(i >> 8 & 0xff), byte(i)}),
		})
	}
	perSecond := map[int]int{}
	var advised, all, now time.Duration
	most, refused := 0, 0
	for queue.Len() > 0 {
		p := heap.Pop(queue).(comer)
		c.advance(p.at - now)
		now = p.at
		switch status, later := tr.enter(source{addr: p.addr}); status {
		case 0:
			perSecond[int(now/time.Second)]++
			if all = now; !p.browser {
				advised = now
			}
			continue
		case http.StatusServiceUnavailable:
			refused++
			p.tries++
			most = max(most, p.tries)
			p.at = now + later.Truncate(time.Second) // what is told is whole seconds
			if p.browser {
				p.at = now + 10*time.Second<<min(p.tries-1, 8) + rand.N(5*time.Minute)
			}
		default:
			t.Fatalf("got status %d", status)
		}
		heap.Push(queue, p)
	}
	t.Logf("who is told: in after %v; browsers: %v; %d were sent away, one %d times", advised, all, refused, most)
	if advised > time.Minute || all > 6*time.Minute {
		t.Errorf("in after %v and %v, want a minute, and six for browsers", advised, all)
	}
	if most > 4 || refused > 2*n {
		t.Errorf("sent away: %d in all, one %d times, want twice at most as a rule", refused, most)
	}
	for s, got := range perSecond {
		most := int(time.Second / upgradeRate.every)
		if s == 0 {
			most += int(upgradeRate.burst)
		}
		if got > most+1 {
			t.Errorf("second %d: let in %d, want %d at most", s, got, most)
		}
	}
	if got := tr.Stats().Sockets; got != n {
		t.Errorf("sockets: got %d, want %d", got, n)
	}
	for range n { // they were never more than counted
		tr.exit()
	}
}
