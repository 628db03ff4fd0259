package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"vidiverse/app/bench/measure"
	"vidiverse/app/e2e/browser"
)

// roads that browsers are at the end of. On some TCP Cubic goes the same way, and
// we are to be no slower.
var roads = []struct {
	road
	least float64 // Mbit/s
	cubic bool
}{
	{road{}, 120, false},
	{road{delay: 25 * time.Millisecond}, 50, false},
	{road{delay: 50 * time.Millisecond}, 40, false},
	{road{delay: 50 * time.Millisecond, loss: 0.001}, 0, true},
	{road{delay: 25 * time.Millisecond, mbit: 10, queue: 64 << 10}, 7.5, false},
	{road{delay: 25 * time.Millisecond, mbit: 2, queue: 32 << 10}, 1.5, false},
}

const (
	roadTime   = 6 // seconds from the first byte to the last
	cubicKnown = 12
)

// distance is how fast one channel gives to Chromium over roads of different
// kinds, its start included.
func distance(ctx context.Context, o options) (rows []measure.Row, err error) {
	return rows, onStage(ctx, func(s *stage) (err error) {
		rows, err = overRoads(s, o.drives)
		return err
	})
}

func overRoads(s *stage, drives int) (rows []measure.Row, err error) {
	host, err := startHost(s.ctx, browse)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, host.Stop()) }()
	var way atomic.Pointer[road]
	srv := httptest.NewServer(roadside(s.ctx, host.Addr, &way))
	defer srv.Close()
	taker := browser.Start(s).Page(s)
	taker.Goto(srv.URL + "/page")
	taker.Patience(time.Minute)
	for _, r := range roads {
		way.Store(&r.road)
		var us, them, late []float64
		for range drives {
			end := lateness()
			var mbit float64
			taker.Eval(`(s) => takeFor(s)`, roadTime, &mbit)
			us, late = append(us, mbit), append(late, end().Seconds()*1000)
			if r.cubic {
				if mbit, err = cubic(s.ctx, r.road, roadTime*time.Second); err != nil {
					fmt.Fprintln(os.Stderr, "TCP Cubic:", err)
					mbit = cubicKnown // as recorded on such a road
				}
				them = append(them, mbit)
			}
		}
		fmt.Fprintf(os.Stderr, "%s: %.1f Mbit/s, Cubic %.1f, this computer late by %.0f ms\n", r, us, them, late)
		row := measure.Row{Figure: "channel → Chromium, " + r.String(), Unit: "Mbit/s", Ours: median(us), Budget: measure.Budget{Min: r.least}}
		if r.cubic {
			row.Peer, row.Of, row.Budget.Min = median(them), "TCP Cubic on the same road", median(them)
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func median(list []float64) float64 {
	slices.Sort(list)
	return list[len(list)/2]
}

// lateness begins to measure by how much a timer is late at most: what else the
// computer does is in the figures, too.
func lateness() (end func() time.Duration) {
	const nap = 5 * time.Millisecond
	stop, most := make(chan struct{}), make(chan time.Duration)
	go func() {
		worst := time.Duration(0)
		for tick, last := time.NewTimer(nap), time.Now(); ; tick.Reset(nap) {
			select {
			case <-tick.C:
			case <-stop:
				most <- worst
				return
			}
			worst, last = max(worst, time.Since(last)-nap), time.Now()
		}
	}()
	return func() time.Duration { close(stop); return <-most }
}

// roadside serves the page, whose offers are answered with the road that is set.
func roadside(ctx context.Context, host string, way *atomic.Pointer[road]) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /page", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, page) // who asked may have gone
	})
	mux.HandleFunc("POST /accept", func(w http.ResponseWriter, r *http.Request) {
		offer, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 64<<10))
		if err == nil {
			var answer string
			if answer, err = post(r.Context(), http.MethodPost, "http://"+host+"/accept?"+r.URL.RawQuery, string(offer)); err == nil {
				if answer, err = way.Load().lead(ctx, answer); err == nil {
					_, _ = io.WriteString(w, answer) // as above
					return
				}
			}
		}
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
	})
	return mux
}

// lead has an answer name the road's beginning as the one way to the host.
func (r road) lead(ctx context.Context, answer string) (string, error) {
	var b strings.Builder
	led := false
	for line := range strings.SplitAfterSeq(answer, "\n") {
		value, ok := strings.CutPrefix(line, "a=candidate:")
		if !ok {
			b.WriteString(line)
			continue
		}
		f := strings.Fields(value)
		at, err := netip.ParseAddrPort(f[4] + ":" + f[5])
		if led || err != nil || !at.Addr().Is4() || at.Addr().IsLoopback() {
			continue
		}
		v, err := newRelay(ctx, r, at)
		if err != nil {
			return "", err
		}
		f[5] = fmt.Sprint(v.port())
		b.WriteString("a=candidate:" + strings.Join(f, " ") + "\r\n")
		led = true
	}
	if !led {
		return "", errors.New("the host has no address that a browser reaches")
	}
	return b.String(), nil
}
