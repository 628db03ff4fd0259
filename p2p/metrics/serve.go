package metrics

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"time"
)

const lookTime = 10 * time.Second

// Handler answers GET /metrics with the numbers of the sources, and those of the
// process. A source that fails takes nothing from the others.
func Handler(log *slog.Logger, sources ...Source) http.Handler {
	turn := make(chan struct{}, 1) // two looks at a time would only be slower
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
			return
		case r.URL.Path != "/metrics":
			http.NotFound(w, r)
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), lookTime)
		defer cancel()
		select {
		case turn <- struct{}{}:
			defer func() { <-turn }()
		case <-ctx.Done():
			http.Error(w, "busy", http.StatusServiceUnavailable)
			return
		}
		p := &Page{}
		process(p)
		for _, s := range sources {
			if err := s(ctx, p); err != nil {
				log.Warn("numbers could not be read", "err", err)
			}
		}
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		_, _ = w.Write(p.text()) // who asked may have gone
	})
}

var began = time.Now()

// process puts what every program has, by the names that dashboards know.
func process(p *Page) {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	p.Gauge("go_goroutines", "Number of goroutines that currently exist.", float64(runtime.NumGoroutine()))
	p.Gauge("go_memstats_heap_inuse_bytes", "Bytes of heap in use.", float64(m.HeapInuse))
	p.Counter("go_memstats_alloc_bytes_total", "Bytes allocated, also those that were freed.", float64(m.TotalAlloc))
	p.Gauge("process_start_time_seconds", "When the program started, in seconds of Unix time.", float64(began.UnixMilli())/1000)
	if cpu, resident, ok := used(); ok {
		p.Counter("process_cpu_seconds_total", "CPU time that the program took.", cpu.Seconds())
		p.Gauge("process_resident_memory_bytes", "Memory that the program holds.", float64(resident))
	}
}

// Serve answers at l until ctx ends, and closes it.
func Serve(ctx context.Context, l net.Listener, h http.Handler) error {
	srv := &http.Server{
		Handler: h, ReadHeaderTimeout: 10 * time.Second, WriteTimeout: 3 * lookTime, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10,
		BaseContext: func(net.Listener) context.Context { return ctx }, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug),
	}
	done := make(chan error, 1)
	go func() { done <- srv.Serve(l) }()
	select {
	case err := <-done:
		return fmt.Errorf("metrics: %w", err)
	case <-ctx.Done():
	}
	err := srv.Close()
	if served := <-done; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}
