package rtc_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"vidiverse/app/e2e/browser"
	"vidiverse/p2p/rtc"
)

// The page does what a player's page does: one channel with default options, all
// candidates in the description. It sends back each message it gets.
const page = `<!doctype html><title>channel</title><link rel="icon" href="data:,"><script>
const pcs = {}
function make(name) {
  const pc = new RTCPeerConnection()
  const p = pcs[name] = { pc, got: [], lines: [] }
  p.open = new Promise((resolve) => { p.opened = resolve })
  p.use = (dc) => {
    p.dc = dc
    dc.binaryType = 'arraybuffer'
    dc.onmessage = (e) => { p.got.push(e.data.byteLength); dc.send(e.data) }
    dc.onclose = () => { p.closed = true }
    if (dc.readyState === 'open') p.opened(true)
    dc.onopen = () => p.opened(true)
  }
  pc.ondatachannel = (e) => p.use(e.channel)
  return p
}
function whole(pc) {
  return new Promise((resolve) => {
    const done = () => { if (pc.iceGatheringState === 'complete') resolve(pc.localDescription.sdp) }
    pc.onicegatheringstatechange = done
    done()
  })
}
async function offer(name) {
  const p = make(name)
  p.use(p.pc.createDataChannel('a label'))
  await p.pc.setLocalDescription(await p.pc.createOffer())
  return whole(p.pc)
}
async function take({ name, sdp }) { await pcs[name].pc.setRemoteDescription({ type: 'answer', sdp }) }
async function answer({ name, sdp }) {
  const p = make(name)
  await p.pc.setRemoteDescription({ type: 'offer', sdp })
  await p.pc.setLocalDescription(await p.pc.createAnswer())
  return whole(p.pc)
}
function sendAll({ name, sizes }) {
  for (const n of sizes) pcs[name].dc.send(new Uint8Array(n).fill(n % 251))
}
</script>`

// TestBrowser breaks when a viewer's browser and we cannot talk, whoever offers,
// or when messages arrive in other pieces than they were sent in.
func TestBrowser(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, page)
	}))
	t.Cleanup(srv.Close)
	p := browser.Start(t).Page(t)
	p.Goto(srv.URL)
	h := serve(t)

	t.Run("we offer", func(t *testing.T) {
		attempt, err := h.Offer(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var sdp string
		p.Eval(`(a) => answer(a)`, map[string]string{"name": "ours", "sdp": attempt.SDP()}, &sdp)
		if err := attempt.Answer(sdp); err != nil {
			t.Fatal(err)
		}
		talk(t, p, "ours", attempt)
	})
	t.Run("the browser offers", func(t *testing.T) {
		var sdp string
		p.Eval(`(name) => offer(name)`, "theirs", &sdp)
		if !strings.Contains(sdp, ".local ") {
			t.Logf("a page whose candidates are no names:\n%s", sdp)
		}
		attempt, err := h.Accept(t.Context(), sdp)
		if err != nil {
			t.Fatal(err)
		}
		p.Eval(`(a) => take(a)`, map[string]string{"name": "theirs", "sdp": attempt.SDP()}, nil)
		talk(t, p, "theirs", attempt)
	})
	if errs := p.Errors(); len(errs) > 0 {
		t.Errorf("the page said: %q", errs)
	}
}

func talk(t *testing.T, p *browser.Page, name string, attempt *rtc.Attempt) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	start := time.Now()
	c, err := attempt.Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("open %v after the descriptions", time.Since(start))
	sizes := []int{1, 2, 100, 1199, 1200, 16384, 32768, 65534, rtc.MaxMessage, 1}
	buf := make([]byte, rtc.MaxMessage)
	for _, n := range sizes {
		if err := c.Write(bytes.Repeat([]byte{byte(n)}, n)); err != nil {
			t.Fatal(err)
		}
	}
	for i, n := range sizes {
		got, err := c.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(buf[:got], bytes.Repeat([]byte{byte(n)}, n)) {
			t.Errorf("echo %d: got %d bytes, want %d as sent", i, got, n)
		}
	}
	p.Eval(`(a) => sendAll(a)`, map[string]any{"name": name, "sizes": sizes}, nil)
	for i, n := range sizes {
		got, err := c.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(buf[:got], bytes.Repeat([]byte{byte(n % 251)}, n)) {
			t.Errorf("message %d: got %d bytes, want %d as sent", i, got, n)
		}
	}
	if rtt := c.RTT(); rtt <= 0 || rtt > 5*time.Second || !c.Remote().IsValid() {
		t.Errorf("round trip %v to %v", rtt, c.Remote())
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	p.Wait(`(name) => pcs[name].closed`, name)
}

const patience = 30 * time.Second

func serve(t *testing.T) *rtc.Host {
	t.Helper()
	h := rtc.New(rtc.Config{Loopback: true, LAN: true})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	ready := h.Ready()
	go func() { done <- h.Serve(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	select {
	case <-ready:
	case err := <-done:
		t.Fatal(err)
	}
	return h
}
