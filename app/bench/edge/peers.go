package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/webrtc/v4"
	"golang.org/x/sync/errgroup"

	"vidiverse/app/bench/measure"
)

// cost is what peers that do nothing cost a host.
type cost struct {
	accepts    float64 // a second
	rss, heap  float64 // MB for each
	goroutines float64 // for each
	cpu        float64 // ms to accept one
	clients    float64 // ms of those who come, for one
	idle       float64 // ms a second for a thousand that do nothing
}

// peers connects many clients of this process to one host after the other.
func peers(ctx context.Context, o options) ([]measure.Row, error) {
	us, err := idle(ctx, ours, o.peers)
	if err != nil {
		return nil, fmt.Errorf("our host: %w", err)
	}
	pion, err := idle(ctx, plain, o.peers)
	if err != nil {
		return nil, fmt.Errorf("plain pion: %w", err)
	}
	const of = "pion as it comes, a port each, now"
	return []measure.Row{
		// The clients, pion as it comes, need more of the same processors than the
		// host does: what the host could take alone is in the second row.
		{Figure: "accepts, 16 at once, clients beside", Unit: "1/s", Ours: us.accepts, Peer: pion.accepts, Of: of},
		{Figure: "  for a second of the host's CPU", Unit: "1/s", Ours: 1000 / us.cpu, Peer: 1000 / pion.cpu, Of: of, Budget: measure.Budget{Min: 400}},
		{Figure: "  the clients' CPU for one", Unit: "ms", Ours: us.clients, Peer: pion.clients, Of: of},
		{Figure: fmt.Sprintf("idle peer of %d on one port, RSS", o.peers), Unit: "MB", Ours: us.rss, Peer: pion.rss, Of: of, Budget: measure.Budget{Max: 0.2}},
		{Figure: "  heap", Unit: "MB", Ours: us.heap, Peer: pion.heap, Of: of},
		{Figure: "  goroutines", Unit: "", Ours: us.goroutines, Peer: pion.goroutines, Of: of},
		{Figure: "  CPU of a thousand", Unit: "ms/s", Ours: us.idle, Peer: pion.idle, Of: of, Budget: measure.Budget{Max: 60}},
	}, nil
}

// calmTime is until set-ups are over, and who was met is only kept; idleTime is a
// few rounds of that.
const (
	calmTime = 20 * time.Second
	idleTime = 20 * time.Second
)

// churn has many clients come and go, some hundred at a time, and tells what is
// left of them.
func churn(ctx context.Context, o options) (rows []measure.Row, err error) {
	p, err := startHost(ctx, ours)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.Stop()) }()
	const some = 200
	if err := comeAndGo(ctx, p.Addr, some); err != nil { // what is made once is made now
		return nil, err
	}
	before, err := quiet(ctx, p.Addr)
	if err != nil {
		return nil, err
	}
	rss := p.RSS()
	for left := o.churn; left > 0; left -= some {
		if err := comeAndGo(ctx, p.Addr, min(some, left)); err != nil {
			return nil, err
		}
	}
	after, err := quiet(ctx, p.Addr)
	if err != nil {
		return nil, err
	}
	what := fmt.Sprintf("after %d that came and went, ", o.churn)
	return []measure.Row{
		{Figure: what + "heap", Unit: "MB", Ours: float64(after.Heap) / (1 << 20), Peer: float64(before.Heap) / (1 << 20), Of: "before"},
		{Figure: "  goroutines", Unit: "", Ours: float64(after.Goroutines), Peer: float64(before.Goroutines), Of: "before"},
		{Figure: "  RSS", Unit: "MB", Ours: p.RSS(), Peer: rss, Of: "before"},
	}, nil
}

func comeAndGo(ctx context.Context, addr string, count int) error {
	all := &clients{host: addr}
	defer all.close()
	return all.connect(ctx, count, 16)
}

// quiet is a host's state once nobody is connected any more.
func quiet(ctx context.Context, addr string) (s state, err error) {
	for range 60 {
		if s, err = stateOf(ctx, addr); err != nil || s.Open == 0 {
			break
		}
		measure.Settle(ctx, time.Second)
	}
	measure.Settle(ctx, 2*time.Second) // for what ends behind them
	return stateOf(ctx, addr)
}

// startHost runs this program as a host.
func startHost(ctx context.Context, kind string) (*measure.Process, error) {
	addr, err := measure.FreeAddr()
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self, "-host", kind, "-listen", addr)
	cmd.Stderr = os.Stderr
	return measure.Start(ctx, cmd, addr, "/ready")
}

func idle(ctx context.Context, kind string, count int) (c cost, err error) {
	p, err := startHost(ctx, kind)
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, p.Stop()) }()
	all := &clients{host: p.Addr}
	defer all.close()
	if err := all.connect(ctx, 16, 16); err != nil { // what is made once is made now
		return c, err
	}
	before, err := stateOf(ctx, p.Addr)
	if err != nil {
		return c, err
	}
	rss, cpu, own, begin := p.RSS(), p.CPU(), measure.CPU(os.Getpid()), time.Now()
	if err := all.connect(ctx, count, 16); err != nil {
		return c, err
	}
	n := float64(count)
	c.accepts = n / time.Since(begin).Seconds()
	c.cpu = float64((p.CPU() - cpu).Microseconds()) / 1000 / n
	c.clients = float64((measure.CPU(os.Getpid()) - own).Microseconds()) / 1000 / n
	measure.Settle(ctx, 5*time.Second)
	c.rss = (p.RSS() - rss) / n
	measure.Settle(ctx, calmTime)
	cpu, begin = p.CPU(), time.Now()
	measure.Settle(ctx, idleTime)
	c.idle = float64((p.CPU() - cpu).Microseconds()) / time.Since(begin).Seconds() / n // µs/s of one are ms/s of a thousand
	after, err := stateOf(ctx, p.Addr)
	if err != nil {
		return c, err
	}
	if after.Open != int64(count+16) {
		return c, fmt.Errorf("%d of %d connections are open", after.Open, count+16)
	}
	c.heap = float64(int64(after.Heap)-int64(before.Heap)) / (1 << 20) / n
	c.goroutines = float64(after.Goroutines-before.Goroutines) / n
	return c, nil
}

func stateOf(ctx context.Context, addr string) (s state, err error) {
	body, err := post(ctx, http.MethodGet, "http://"+addr+"/state", "")
	if err != nil {
		return s, err
	}
	return s, json.Unmarshal([]byte(body), &s)
}

// post sends a request and reads the answer.
func post(ctx context.Context, method, url, text string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(text))
	if err != nil {
		return "", err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s %s", url, res.Status, body)
	}
	return string(body), err
}

// clients are connections to a host, each from a port of its own, as browsers
// have them, and from many addresses: a host lets one address have few.
type clients struct {
	host string

	mu   sync.Mutex
	list []*client
}

type client struct {
	pc   *webrtc.PeerConnection
	conn *net.UDPConn
	mux  ice.UDPMux
}

func (c *clients) connect(ctx context.Context, count, atOnce int) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(atOnce)
	for range count {
		g.Go(func() error { return c.one(ctx) })
	}
	return g.Wait()
}

// newClient makes the n-th connection.
func newClient(n int) (*client, error) {
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 1, byte(1+n%200))})
	if err != nil {
		return nil, err
	}
	mux := webrtc.NewICEUDPMux(nil, conn)
	var e webrtc.SettingEngine
	e.SetICEUDPMux(mux)
	e.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	e.SetIncludeLoopbackCandidate(true)
	e.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	api := webrtc.NewAPI(webrtc.WithSettingEngine(e), webrtc.WithMediaEngine(&webrtc.MediaEngine{}), webrtc.WithInterceptorRegistry(&interceptor.Registry{}))
	pc, err := api.NewPeerConnection(webrtc.Configuration{})
	return &client{pc, conn, mux}, err
}

func (c *clients) one(ctx context.Context) error {
	c.mu.Lock()
	n := len(c.list)
	c.list = append(c.list, nil)
	c.mu.Unlock()
	own, err := newClient(n)
	if err != nil {
		return err
	}
	c.mu.Lock()
	c.list[n] = own
	c.mu.Unlock()
	pc := own.pc
	dc, err := pc.CreateDataChannel("data", nil)
	if err != nil {
		return err
	}
	opened := make(chan struct{})
	dc.OnOpen(func() { close(opened) })
	d, err := pc.CreateOffer(nil)
	if err != nil {
		return err
	}
	offer, err := gather(ctx, pc, d)
	if err != nil {
		return err
	}
	answer, err := post(ctx, http.MethodPost, "http://"+c.host+"/accept", offer)
	if err != nil {
		return err
	}
	if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}); err != nil {
		return err
	}
	select {
	case <-opened:
		return nil
	case <-time.After(20 * time.Second):
		return errors.New("a connection does not open in 20 s")
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (c *clients) close() {
	g := errgroup.Group{}
	g.SetLimit(32)
	for _, own := range c.list {
		if own == nil {
			continue // it was not made
		}
		g.Go(func() error { return errors.Join(own.pc.Close(), own.mux.Close(), own.conn.Close()) })
	}
	_ = g.Wait() // the host is about to go
}
