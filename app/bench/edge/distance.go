package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"time"

	"vidiverse/app/bench/measure"
	"vidiverse/app/e2e/browser"
)

// roads that browsers are at the end of, with what TCP Cubic got on such a one
// where that was recorded, in Mbit/s.
var roads = []struct {
	road
	least, cubic float64
}{
	{road{}, 120, 0},
	{road{delay: 25 * time.Millisecond}, 50, 0},
	{road{delay: 50 * time.Millisecond}, 40, 0},
	{road{delay: 50 * time.Millisecond, loss: 0.001}, 12, 12},
	{road{delay: 25 * time.Millisecond, mbit: 10, queue: 64 << 10}, 7.5, 0},
	{road{delay: 25 * time.Millisecond, mbit: 2, queue: 32 << 10}, 1.5, 0},
}

const roadTime = 6 // seconds from the first byte to the last

// distance is how fast one channel gives to Chromium over roads of different
// kinds, its start included.
func distance(ctx context.Context, _ options) (rows []measure.Row, err error) {
	return rows, onStage(ctx, func(s *stage) (err error) {
		rows, err = overRoads(s)
		return err
	})
}

func overRoads(s *stage) (rows []measure.Row, err error) {
	host, err := startHost(s.ctx, browse)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, host.Stop()) }()
	var mu sync.Mutex
	var way road
	mux := http.NewServeMux()
	mux.HandleFunc("GET /page", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, page) // who asked may have gone
	})
	mux.HandleFunc("POST /accept", func(w http.ResponseWriter, r *http.Request) {
		offer, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 64<<10))
		if err == nil {
			var answer string
			if answer, err = post(r.Context(), http.MethodPost, "http://"+host.Addr+"/accept?"+r.URL.RawQuery, string(offer)); err == nil {
				mu.Lock()
				at := way
				mu.Unlock()
				if answer, err = at.lead(s.ctx, answer); err == nil {
					_, _ = io.WriteString(w, answer) // as above
					return
				}
			}
		}
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
	})
	srv := httptest.NewServer(mux)
	defer srv.Close()
	taker := browser.Start(s).Page(s)
	taker.Goto(srv.URL + "/page")
	taker.Patience(time.Minute)
	for _, r := range roads {
		mu.Lock()
		way = r.road
		mu.Unlock()
		var mbit float64
		taker.Eval(`(s) => takeFor(s)`, roadTime, &mbit)
		row := measure.Row{Figure: "channel → Chromium, " + r.String(), Unit: "Mbit/s", Ours: mbit, Budget: measure.Budget{Min: r.least}}
		if r.cubic > 0 {
			row.Peer, row.Of = r.cubic, "TCP Cubic, recorded"
		}
		rows = append(rows, row)
	}
	return rows, nil
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
