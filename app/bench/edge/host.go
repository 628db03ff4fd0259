package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"runtime"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/pion/webrtc/v4"

	"vidiverse/p2p/rtc"
)

// host is the process that is measured: it answers offers over HTTP. Its
// connections idle, or get as many bytes as the offer's query says.
//
//	POST /accept?bytes=N   an offer → the answer
//	GET  /state            state
//	GET  /page             a page that takes bytes (channel.go)
type host struct {
	accept func(ctx context.Context, sdp string, bytes int) (string, error)
	open   atomic.Int64
}

// state is what a host says of itself.
type state struct {
	Open       int64 // connections
	Goroutines int
	Heap       uint64 // bytes in use after a collection
}

// Kinds of hosts.
const (
	ours   = "ours"    // our package, on loopback
	plain  = "pion"    // pion as it comes, on loopback: a port for each connection
	browse = "browser" // our package, on every address, for browsers
)

// serveHost runs a host until ctx ends.
func serveHost(ctx context.Context, kind, listen string) error {
	h := &host{}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /accept", func(w http.ResponseWriter, r *http.Request) {
		offer, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 64<<10))
		if err == nil {
			bytes, _ := strconv.Atoi(r.URL.Query().Get("bytes")) // none is 0
			var answer string
			if answer, err = h.accept(ctx, string(offer), bytes); err == nil {
				_, _ = io.WriteString(w, answer) // who asked may have gone
				return
			}
		}
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
	})
	mux.HandleFunc("GET /state", func(w http.ResponseWriter, _ *http.Request) {
		runtime.GC()
		runtime.GC() // pools are emptied by the second
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		_ = json.NewEncoder(w).Encode(state{h.open.Load(), runtime.NumGoroutine(), m.HeapAlloc}) // as above
	})
	mux.HandleFunc("GET /page", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, page) // as above
	})
	ready := make(chan struct{})
	mux.HandleFunc("GET /ready", func(http.ResponseWriter, *http.Request) { <-ready })
	ln, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	go func() { _ = http.Serve(ln, mux) }() // ends with the process
	if kind == plain {
		h.accept = h.acceptPlain
		close(ready)
		<-ctx.Done()
		return nil
	}
	cfg := rtc.Config{Loopback: true, LAN: true, MaxPeers: 2048, MaxPerAddress: 2048}
	if kind == ours {
		cfg.Addresses = []netip.Addr{netip.MustParseAddr("127.0.0.1")}
	}
	r := rtc.New(cfg)
	h.accept = func(ctx context.Context, sdp string, bytes int) (string, error) {
		return h.acceptOurs(ctx, r, sdp, bytes)
	}
	go func() { <-r.Ready(); close(ready) }()
	_ = r.Serve(ctx) // ended as it was told to
	return nil
}

func (h *host) acceptOurs(ctx context.Context, r *rtc.Host, sdp string, bytes int) (string, error) {
	a, err := r.Accept(ctx, sdp)
	if err != nil {
		return "", err
	}
	go func() {
		defer a.Close()
		c, err := a.Conn(ctx)
		if err != nil {
			return
		}
		defer c.Close()
		h.open.Add(1)
		defer h.open.Add(-1)
		if bytes > 0 && give(ctx, c, bytes) != nil {
			return
		}
		buf := make([]byte, 256) // as the swarm waits
		for err == nil {
			_, err = c.Read(buf)
		}
	}()
	return a.SDP(), nil
}

// mark is what may be under way to somebody fast and far: at 100 ms it bears
// 300 Mbit/s.
const mark = 4 << 20

// give sends bytes as the swarm does to somebody fast.
func give(ctx context.Context, c *rtc.Conn, bytes int) error {
	message := make([]byte, rtc.MaxMessage)
	for left := bytes; left > 0; left -= min(left, len(message)) {
		if err := c.Drained(ctx, mark); err != nil {
			return err
		}
		if err := c.Write(message[:min(left, len(message))]); err != nil {
			return err
		}
	}
	return nil
}

func (h *host) acceptPlain(ctx context.Context, sdp string, _ int) (string, error) {
	var e webrtc.SettingEngine
	e.SetIncludeLoopbackCandidate(true)
	e.SetIPFilter(net.IP.IsLoopback)
	e.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	pc, err := webrtc.NewAPI(webrtc.WithSettingEngine(e)).NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		return "", err
	}
	pc.OnDataChannel(func(dc *webrtc.DataChannel) { dc.OnOpen(func() { h.open.Add(1) }) })
	if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: sdp}); err != nil {
		return "", err
	}
	answer, err := pc.CreateAnswer(nil)
	if err != nil {
		return "", err
	}
	return gather(ctx, pc, answer)
}

// gather sets a connection's own description and waits for its candidates.
func gather(ctx context.Context, pc *webrtc.PeerConnection, d webrtc.SessionDescription) (string, error) {
	complete := webrtc.GatheringCompletePromise(pc)
	if err := pc.SetLocalDescription(d); err != nil {
		return "", err
	}
	select {
	case <-complete:
		return pc.LocalDescription().SDP, nil
	case <-time.After(10 * time.Second):
		return "", fmt.Errorf("no candidates in 10 s")
	case <-ctx.Done():
		return "", ctx.Err()
	}
}
