package limit_test

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"vidiverse/p2p/limit"
)

// uplink is a household's line: what does not go at once waits in the router.
type uplink struct {
	t     *testing.T
	mu    sync.Mutex
	speed float64 // bytes a second that it leaves us
	queue float64
	at    time.Time
	gone  float64
}

func (u *uplink) drain() {
	now := time.Now()
	out := min(u.queue, u.speed*now.Sub(u.at).Seconds())
	u.queue, u.gone, u.at = u.queue-out, u.gone+out, now
}

func (u *uplink) send(n int) (full bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.drain()
	u.queue += float64(n)
	return u.queue > 256<<10 // a connection has no more under way
}

func (u *uplink) waits() time.Duration {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.drain()
	return time.Duration(u.queue / u.speed * float64(time.Second))
}

func (u *uplink) set(speed float64) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.drain()
	u.speed = speed
}

// watch samples for a while: the mean wait of a packet of somebody else, and how
// much of the line was used.
func (u *uplink) watch(g *limit.Gate, d time.Duration) (mean time.Duration, used float64) {
	u.mu.Lock()
	u.drain()
	before := u.gone
	u.mu.Unlock()
	var sum time.Duration
	samples := 0
	for begin := time.Now(); time.Since(begin) < d; samples++ {
		for range 10 {
			time.Sleep(20 * time.Millisecond)
			sum += u.waits()
		}
		g.Felt(u.waits())
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	mean, used = sum/time.Duration(10*samples), (u.gone-before)/(u.speed*d.Seconds())
	if d >= 30*time.Second {
		u.t.Logf("of %.0f kB/s %.0f %% are used, others wait %v", u.speed/1e3, used*100, mean)
	}
	return mean, used
}

// TestYields: seeding with all that there is adds at most 10 ms to a call, gives
// way within seconds when the household needs the line, and takes it again when
// it does not.
func TestYields(t *testing.T) {
	db := database(t)
	synctest.Test(t, func(t *testing.T) {
		g := gate(t, db, limit.Config{}, limit.Limits{Asked: true, On: true})
		defer serve(t, g)()
		u := &uplink{t: t, speed: 1_250_000, at: time.Now()} // 10 Mbit/s
		stop := make(chan struct{})
		var sender sync.WaitGroup
		sender.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if err := g.Wait(t.Context(), 2400); err != nil {
					t.Error(err)
					return
				}
				for u.send(2400) {
					time.Sleep(5 * time.Millisecond)
				}
			}
		})
		u.watch(g, 20*time.Second) // it finds out how much there is
		if mean, used := u.watch(g, 30*time.Second); mean > limit.Target || used < .75 {
			t.Errorf("alone: others wait %v, %.0f %% of the line is used; want at most %v and 75 %%", mean, used*100, limit.Target)
		}
		u.set(400_000) // a call and an upload begin
		u.watch(g, 10*time.Second)
		if mean, used := u.watch(g, 30*time.Second); mean > limit.Target || used < .6 {
			t.Errorf("beside others: they wait %v, %.0f %% of what they leave is used", mean, used*100)
		}
		u.set(1_250_000)
		u.watch(g, 25*time.Second)
		if mean, used := u.watch(g, 30*time.Second); mean > limit.Target || used < .75 {
			t.Errorf("alone again: others wait %v, %.0f %% of the line is used", mean, used*100)
		}
		close(stop)
		sender.Wait()
		if g.Yields() == 0 {
			t.Error("nothing was felt")
		}
		time.Sleep(time.Minute)
		if s := g.State(); !s.Open || s.Rate != 0 {
			t.Errorf("at the end: %+v", s)
		}
	})
}

// TestYieldIsNoLimit: where nothing is felt nothing is held back, and what the
// user set is never exceeded.
func TestYieldIsNoLimit(t *testing.T) {
	db := database(t)
	synctest.Test(t, func(t *testing.T) {
		g := gate(t, db, limit.Config{}, limit.Limits{Asked: true, On: true})
		began := time.Now()
		for range 1000 {
			passes(t, g, 64<<10)
			g.Felt(time.Millisecond)
		}
		if took := time.Since(began); took > 0 {
			t.Errorf("64 MB without a limit took %v", took)
		}
		set(t, g, limit.Limits{Asked: true, On: true, Rate: 100_000})
		began = time.Now()
		for range 100 {
			passes(t, g, 10_000)
			g.Felt(0)
		}
		if took := time.Since(began); took < 9900*time.Millisecond {
			t.Errorf("1 MB at 100 kB/s took %v", took)
		}
	})
}
