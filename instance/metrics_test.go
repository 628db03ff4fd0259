package instance

import (
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// Whoever runs the server sees its numbers by the names that their dashboards
// for PeerTube have, and nobody's name.
func TestMetrics(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	cfg := testConfig(t)
	cfg.Metrics = l.Addr().String()
	_ = l.Close() // the instance takes the port
	address, stop := serving(t, cfg)
	defer func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
		if _, err := http.Get("http://" + cfg.Metrics + "/metrics"); err == nil {
			t.Error("the port is still open")
		}
	}()
	if res, err := http.Get("http://" + address + "/metrics"); err != nil || res.StatusCode == http.StatusOK && strings.HasPrefix(res.Header.Get("Content-Type"), "text/plain") {
		t.Errorf("the public address answers with numbers: %v %v", res, err)
	}
	var body []byte
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for range 3000 { // it is a service among others: it may come a moment later
		<-tick.C
		if res, err := http.Get("http://" + cfg.Metrics + "/metrics"); err == nil {
			body, err = io.ReadAll(res.Body)
			_ = res.Body.Close()
			if err != nil {
				t.Fatal(err)
			}
			break
		}
	}
	for _, want := range []string{
		"peertube_users_total 1\n", `peertube_channels_total{channelOrigin="local"} 1`, `peertube_video_views_total{viewOrigin="local"} 0`,
		`peertube_viewers_total{viewerOrigin="local",videoOrigin="local"} 0`, "peertube_bittorrent_tracker_peers_total 0\n",
		`vidiverse_tracker_refused_total{reason="unknown_hash"} 0`, "process_resident_memory_bytes ",
	} {
		if !strings.Contains(string(body), want) {
			t.Errorf("%q is not there", want)
		}
	}
	if t.Failed() || strings.Contains(string(body), "root") {
		t.Logf("%s", body)
	}
}
