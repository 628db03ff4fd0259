package torrent_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"vidiverse/app/e2e/browser"
	"vidiverse/app/e2e/stock"
	"vidiverse/p2p/metainfo"
	"vidiverse/p2p/rtc"
	"vidiverse/p2p/signal"
	"vidiverse/p2p/torrent"
)

const webtorrentPage = `<!doctype html><title>webtorrent</title><link rel="icon" href="data:,"><script type="module">
import WebTorrent from './webtorrent.min.js'
const client = new WebTorrent({ tracker: { rtcConfig: { iceServers: [] } }, dht: false, lsd: false, utPex: true })
const hex = (b) => Array.from(new Uint8Array(b), (c) => c.toString(16).padStart(2, '0')).join('')
client.on('error', (e) => { window.failed = String(e) })
window.fetched = []
window.get = (magnet) => {
  client.add(magnet, (t) => {
    t.on('done', async () => {
      const blob = await t.files[0].blob()
      const sum = hex(await crypto.subtle.digest('SHA-256', await blob.arrayBuffer()))
      window.fetched.push({ name: t.files[0].name, size: blob.size, sum })
    })
  })
  return true
}
window.give = async ({ url, announce }) => {
  const b = await (await fetch(url)).blob()
  const t = await new Promise((resolve) => client.seed(new File([b], 'page.mp4'), { announce: [announce] }, resolve))
  return t.infoHash
}
window.ready = true
</script>`

// overWebRTC lets an engine meet browsers.
func (h *home) overWebRTC() {
	h.t.Helper()
	host := rtc.New(rtc.Config{Loopback: true, LAN: true, Log: h.log})
	ready := host.Ready()
	h.run("data channels", host.Serve)
	<-ready
	signals := signal.New(signal.Config{Dial: loopback, Log: h.log})
	h.run("signalling", signals.Serve)
	h.meet(func(n *torrent.Network) { n.Host, n.Signal, n.Listen = host, signals, "" })
}

// TestBrowser breaks when a stock webtorrent in a browser cannot fetch from us
// what we hold, or we not from it.
func TestBrowser(t *testing.T) {
	t.Parallel()
	data := film(5<<20 + 321)
	page := film(3<<20 + 99)
	packages := browser.Packages(t)
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, webtorrentPage)
	})
	mux.HandleFunc("/page.mp4", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(page) })
	mux.HandleFunc("/webtorrent.min.js", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFile(w, r, filepath.Join(packages, "node_modules", "webtorrent", "dist", "webtorrent.min.js"))
	})
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	tracker := "ws://" + stock.Tracker(t, packages, stock.Bittorrent) + "/"
	p := browser.Start(t).Page(t)
	p.Goto(srv.URL)
	p.Wait(`() => window.ready`, nil)

	info := made(t, data, metainfo.Options{})
	giver := holder(t, info, memory{info, data}, tracker)
	giver.overWebRTC()
	magnet := metainfo.Magnet{Hash: info.Hash, Name: "film.mp4", Trackers: []string{tracker}}
	start := time.Now()
	p.Eval(`(m) => get(m)`, magnet.String(), nil)
	p.Wait(`() => window.fetched.length > 0 || window.failed`, nil)
	var got []struct {
		Name, Sum string
		Size      int
	}
	p.Eval(`() => window.fetched`, nil, &got)
	sum := sha256.Sum256(data)
	if len(got) != 1 || got[0].Sum != hex.EncodeToString(sum[:]) || got[0].Name != "film.mp4" {
		t.Fatalf("the browser got %+v", got)
	}
	t.Logf("the browser has %d bytes after %v; %d passed the gate", len(data), time.Since(start), giver.gate.total())

	var hash string
	p.Eval(`(a) => give(a)`, map[string]string{"url": srv.URL + "/page.mp4", "announce": tracker}, &hash)
	raw, err := hex.DecodeString(hash)
	if err != nil {
		t.Fatalf("%q: %v", hash, err)
	}
	taker := newHome(t, nil)
	taker.overWebRTC()
	start = time.Now()
	one := taker.open(torrent.Spec{Hash: [20]byte(raw), Trackers: []string{tracker}})
	if b := taker.all(one, 0); string(b) != string(page) {
		t.Fatalf("we got %d other bytes of the browser", len(b))
	}
	t.Logf("we have %d bytes after %v; %+v", len(page), time.Since(start), one.Progress())
	if n := one.Progress().Bytes[torrent.ByWebRTC]; n != int64(len(page)) {
		t.Errorf("%d bytes came over WebRTC", n)
	}
}
