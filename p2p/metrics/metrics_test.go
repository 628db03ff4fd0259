package metrics_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"

	"vidiverse/p2p/metrics"
)

// Numbers are read as Prometheus reads them; a source that fails takes nothing
// from the others.
func TestPage(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	fine := func(_ context.Context, p *metrics.Page) error {
		p.Gauge("vidiverse_held_bytes", "bytes on disk", 7)
		p.Counter("vidiverse_sent_bytes_total", "bytes sent", 5, "transport", "http")
		p.Counter("vidiverse_sent_bytes_total", "bytes sent", 6, "transport", "a \"b\"\n")
		return nil
	}
	broken := func(context.Context, *metrics.Page) error { return errors.New("the disk is gone") }
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- metrics.Serve(ctx, l, metrics.Handler(slog.New(slog.DiscardHandler), fine, broken)) }()
	url := "http://" + l.Addr().String()
	res, err := http.Get(url + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	if err != nil || res.StatusCode != http.StatusOK || !strings.HasPrefix(res.Header.Get("Content-Type"), "text/plain") {
		t.Fatalf("got %d, %v, %v", res.StatusCode, res.Header, err)
	}
	for _, want := range []string{
		"# HELP vidiverse_held_bytes bytes on disk\n# TYPE vidiverse_held_bytes gauge\nvidiverse_held_bytes 7\n", `vidiverse_sent_bytes_total{transport="http"} 5`,
		`vidiverse_sent_bytes_total{transport="a \"b\"\n"} 6`, "go_goroutines ",
	} {
		if !strings.Contains(string(body), want) {
			t.Errorf("%q is not there", want)
		}
	}
	if res, err := http.Get(url); err != nil || res.StatusCode != http.StatusNotFound {
		t.Errorf("elsewhere: got %v, %v", res, err)
	}
	if res, err := http.Post(url+"/metrics", "", nil); err != nil || res.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST: got %v, %v", res, err)
	}
	cancel()
	if err := <-done; err != nil {
		t.Errorf("Serve: %v", err)
	}
}
