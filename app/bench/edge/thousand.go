package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"vidiverse/app/bench/measure"
	"vidiverse/instance/rest"
	"vidiverse/p2p/tracker"
)

// thousand is a node that holds many films and shares them, some time after its
// start: in that minute it looked at its instance's whole list and entered the
// swarms of all films.
func thousand(ctx context.Context, o options) (rows []measure.Row, err error) {
	dir, err := os.MkdirTemp("", "bench-edge")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	tr := tracker.New(tracker.Config{Public: true})
	serving, stop := context.WithCancel(ctx)
	defer stop()
	go func() { _ = tr.Serve(serving) }() // ends with the benchmark
	mux := http.NewServeMux()
	srv := httptest.NewServer(mux)
	defer srv.Close()
	l := newLibrary(srv.URL, o.videos, o.segments)
	mux.Handle("/tracker/", tr)
	mux.HandleFunc("GET /api/v1/config", l.config)
	mux.HandleFunc("GET /api/v1/videos", l.list)
	data := filepath.Join(dir, "n")
	begin := time.Now()
	if err := l.keep(ctx, data); err != nil {
		return nil, err
	}
	fmt.Fprintf(os.Stderr, "%d videos kept in %.0f s\n", o.videos, time.Since(begin).Seconds())

	n, err := measure.StartNode(ctx, o.binary, data, []string{"--bind", "127.0.0.1", "--lan"}, nil)
	if err != nil {
		return nil, err
	}
	rows, err = l.watch(ctx, n, o.settle)
	if stopped := n.Stop(); err == nil {
		err = stopped
	}
	if err != nil {
		log, _ := os.ReadFile(data + ".log") // for the message alone
		err = fmt.Errorf("%w\n%s", err, log[max(0, len(log)-2000):])
	}
	return rows, err
}

func (l *library) watch(ctx context.Context, n *measure.Node, settle time.Duration) ([]measure.Row, error) {
	swarms := 0
	begin := time.Now()
	for deadline := time.Now().Add(2 * time.Minute); ; measure.Settle(ctx, 200*time.Millisecond) {
		state, err := n.Sharing.State(ctx)
		if err != nil {
			return nil, err
		}
		if swarms = state.Swarms; swarms == 2*renditions*l.videos && state.Videos == l.videos {
			break
		}
		if time.Now().After(deadline) {
			return nil, fmt.Errorf("after %v the node holds %d videos and is in %d swarms (%q), want %d videos", time.Since(begin), state.Videos, swarms, state.Reason, l.videos)
		}
	}
	joined := time.Since(begin)
	measure.Settle(ctx, settle)
	cpu := n.CPU()
	what := fmt.Sprintf("node with %d films", l.videos)
	rows := []measure.Row{
		{Figure: what + ", RSS", Unit: "MB", Ours: n.RSS(), Budget: measure.Budget{Max: 80}},
		{Figure: "  of that its own", Unit: "MB", Ours: n.Memory("RssAnon")},
		{Figure: "  of that pages of files", Unit: "MB", Ours: n.Memory("RssFile")},
		{Figure: fmt.Sprintf("  start → in %d swarms", swarms), Unit: "s", Ours: (n.Ready + joined).Seconds()},
		{Figure: "  CPU until then and now", Unit: "s", Ours: cpu.Seconds()},
	}
	all, err := n.Mirrors.Holdings(ctx)
	if err != nil {
		return rows, err
	}
	for _, h := range all {
		if h.Part != 1 {
			return rows, fmt.Errorf("%s is there in part: %v", h.Title, h.Part)
		}
	}
	if len(all) != l.videos {
		return rows, fmt.Errorf("the node keeps %d videos, want %d", len(all), l.videos)
	}
	return rows, nil
}

func (l *library) config(w http.ResponseWriter, _ *http.Request) {
	answer(w, map[string]any{"serverVersion": "8.2.0", "instance": map[string]any{"name": "Mare"}})
}

// list answers as an instance does.
func (l *library) list(w http.ResponseWriter, r *http.Request) {
	start, _ := strconv.Atoi(r.URL.Query().Get("start")) // the node's own words
	count, _ := strconv.Atoi(r.URL.Query().Get("count"))
	page := rest.Page[rest.Video]{Total: l.videos, Data: []rest.Video{}}
	for n := start; n < min(start+count, l.videos); n++ {
		v := l.video(l.videos - 1 - n)
		page.Data = append(page.Data, rest.Video{VideoBase: rest.VideoBase{
			UUID: v.UUID, ShortUUID: v.ShortUUID, URL: l.origin + "/videos/watch/" + v.UUID, Name: v.Title, Privacy: rest.Label[int]{ID: 1},
			IsLocal: true, Duration: int(v.Duration.Seconds()), CreatedAt: rest.Time(v.Published), UpdatedAt: rest.Time(v.Updated), PublishedAt: rest.Time(v.Published),
		}})
	}
	answer(w, page)
}

func answer(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(value) // who asked may have gone
}
