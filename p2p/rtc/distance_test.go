package rtc

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sync/errgroup"
)

// far connects two hosts over a line and returns how many Mbit/s one channel
// carries over it from begin to end of the connection's life, and how many
// packets were lost. Meanwhile disturb may change the line.
func far(t *testing.T, up wire, begin, end time.Duration, disturb func(ctx context.Context, in *internet, up *wire)) (mbit float64, lost int) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		in := newInternet(1)
		a, b := New(Config{}), New(Config{})
		here, there := in.machine("8.1.1.1", up, wire{}), in.machine("8.2.2.2", wire{delay: up.delay, loss: up.loss}, wire{})
		a.ground, b.ground = here, there
		defer run(t, a)()
		defer run(t, b)()
		ca, cb := mustConnect(t, a, b)
		ctx, cancel := context.WithTimeout(t.Context(), end)
		defer cancel()
		go func() {
			message := pattern(1, MaxMessage)
			for ca.Drained(ctx, 4<<20) == nil && ca.Write(message) == nil {
			}
			<-ctx.Done()
			cb.Close()
		}()
		if disturb != nil {
			go disturb(ctx, in, &here.up)
		}
		since, got := time.Now(), 0
		buf := make([]byte, MaxMessage)
		for {
			n, err := cb.Read(buf)
			if err != nil {
				break
			}
			if time.Since(since) > begin {
				got += n
			}
		}
		if ctx.Err() == nil {
			t.Error("the channel breaks")
		}
		mbit, lost = float64(got)*8/1e6/(time.Since(since)-begin).Seconds(), here.up.lost
		ca.Close()
	})
	return mbit, lost
}

// TestDistance breaks when a far peer, or one behind a line that is slow or
// loses packets, gets less than its line bears. Time is the bubble's: the
// figures do not depend on the machine.
func TestDistance(t *testing.T) {
	const ms = time.Millisecond
	for _, c := range []struct {
		name  string
		line  wire
		least float64 // Mbit/s
	}{
		{"near", wire{delay: ms / 10, rate: 80e6 / 8, queue: 256 << 10}, 60},
		{"50 ms", wire{delay: 25 * ms, rate: 70e6 / 8, queue: 512 << 10}, 50},
		{"100 ms", wire{delay: 50 * ms, rate: 70e6 / 8, queue: 512 << 10}, 40},
		{"100 ms, lossy", wire{delay: 50 * ms, rate: 70e6 / 8, queue: 512 << 10, loss: 0.001}, 40},
		{"50 ms, very lossy", wire{delay: 25 * ms, rate: 40e6 / 8, queue: 512 << 10, loss: 0.01}, 20},
		{"10 Mbit/s", wire{delay: 25 * ms, rate: 10e6 / 8, queue: 64 << 10}, 7.5},
		{"2 Mbit/s", wire{delay: 25 * ms, rate: 2e6 / 8, queue: 32 << 10}, 1.5},
		{"2 Mbit/s, near", wire{delay: ms, rate: 2e6 / 8, queue: 32 << 10}, 1.5},
	} {
		begin := time.Now()
		got, lost := far(t, c.line, 0, 4*time.Second, nil)
		t.Logf("%s: %.1f Mbit/s, %d packets lost (%.1f s)", c.name, got, lost, time.Since(begin).Seconds())
		if got < c.least {
			t.Errorf("%s: got %.1f Mbit/s, want %.1f", c.name, got, c.least)
		}
	}
}

// TestBusy breaks when a computer that is busy now and then, and loses what
// piled up meanwhile, is taken for a slow line for longer than that.
func TestBusy(t *testing.T) {
	const ms = time.Millisecond
	for _, c := range []struct {
		name               string
		delay, every, busy time.Duration
		least              float64 // Mbit/s, from the third second on
	}{
		{"50 ms, often", 25 * ms, 300 * ms, 60 * ms, 50},
		{"100 ms, often", 50 * ms, 300 * ms, 60 * ms, 42},
		{"100 ms, for long", 50 * ms, 1000 * ms, 300 * ms, 42},
	} {
		line := wire{delay: c.delay, rate: 90e6 / 8, queue: 1 << 20, burst: 80}
		got, lost := far(t, line, 2*time.Second, 6*time.Second, func(ctx context.Context, in *internet, up *wire) {
			tick := time.NewTicker(c.every)
			defer tick.Stop()
			for ctx.Err() == nil {
				select {
				case <-tick.C:
					in.set(up, func(w *wire) { w.held = time.Now().Add(c.busy) })
				case <-ctx.Done():
				}
			}
		})
		t.Logf("%s: %.1f Mbit/s, %d packets lost", c.name, got, lost)
		if got < c.least {
			t.Errorf("%s: got %.1f Mbit/s, want %.1f", c.name, got, c.least)
		}
	}
}

// TestAwake breaks when somebody who has said little for a while is sent much at
// the pace of that little.
func TestAwake(t *testing.T) {
	const ms = time.Millisecond
	synctest.Test(t, func(t *testing.T) {
		in := newInternet(1)
		a, b := New(Config{}), New(Config{})
		a.ground = in.machine("8.1.1.1", wire{delay: 50 * ms, rate: 70e6 / 8, queue: 512 << 10}, wire{})
		b.ground = in.machine("8.2.2.2", wire{delay: 50 * ms}, wire{})
		defer run(t, a)()
		defer run(t, b)()
		ca, cb := mustConnect(t, a, b)
		for range 8 {
			if err := exchange(ca, cb, 100); err != nil {
				t.Fatal(err)
			}
			time.Sleep(500 * ms)
		}
		begin := time.Now()
		if err := exchange(ca, cb, slices.Repeat([]int{50000}, 20)...); err != nil {
			t.Fatal(err)
		}
		if d := time.Since(begin); d > time.Second {
			t.Errorf("a megabyte takes %v", d)
		}
		ca.Close()
		cb.Close()
	})
}

// TestRough breaks when a message is lost, changed or stuck on a line that
// loses, mixes up and for a while carries nothing, with others under way in the
// other direction.
func TestRough(t *testing.T) {
	const ms = time.Millisecond
	for seed := range uint64(6) {
		synctest.Test(t, func(t *testing.T) {
			in := newInternet(seed)
			a, b := New(Config{}), New(Config{})
			rough := wire{delay: 20 * ms, rate: 20e6 / 8, queue: 64 << 10}
			here, there := in.machine("8.1.1.1", rough, wire{}), in.machine("8.2.2.2", rough, wire{})
			a.ground, b.ground = here, there
			defer run(t, a)()
			defer run(t, b)()
			ca, cb := mustConnect(t, a, b)
			in.set(&here.up, func(w *wire) { w.loss, w.mixed = 0.01*float64(seed), 0.02*float64(seed) })
			in.set(&there.up, func(w *wire) { w.loss, w.mixed = 0.01*float64(seed), 0.02*float64(seed) })
			random := rand.New(rand.NewPCG(seed, 1))
			sizes := make([]int, 400)
			for i := range sizes {
				if sizes[i] = 1 + random.IntN(200); i%4 == 0 {
					sizes[i] = 1 + random.IntN(MaxMessage)
				}
			}
			var g errgroup.Group
			g.Go(func() error { return exchange(ca, cb, sizes...) })
			g.Go(func() error { return exchange(cb, ca, sizes...) })
			time.Sleep(500 * ms)
			in.set(&here.up, func(w *wire) { w.loss = 1 })
			time.Sleep(8 * time.Second)
			in.set(&here.up, func(w *wire) { w.loss = 0.01 * float64(seed) })
			begin := time.Now()
			if err := g.Wait(); err != nil {
				t.Error(err)
			}
			if d := time.Since(begin); d > 40*time.Second {
				t.Errorf("seed %d: it took %v", seed, d)
			}
		})
	}
}
