package wsock

import (
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// TestLibrary: a library that others wrote is served, with frames of each
// length of header.
func TestLibrary(t *testing.T) {
	t.Parallel()
	both(t, Limits{Message: 1 << 20, Queue: 1 << 20}, func(t *testing.T, w *world) {
		ws, _, err := websocket.Dial(t.Context(), w.URL, &websocket.DialOptions{HTTPClient: w.Client()})
		if err != nil {
			t.Fatal(err)
		}
		defer ws.CloseNow()
		ws.SetReadLimit(1 << 20)
		for _, size := range []int{0, 1, 125, 126, 0xffff, 0x10000, 300_000} {
			want := strings.Repeat("x", size)
			if err := ws.Write(t.Context(), websocket.MessageText, []byte(want)); err != nil {
				t.Fatal(err)
			}
			if _, got, err := ws.Read(t.Context()); err != nil || string(got) != want {
				t.Fatalf("%d bytes: got %d, %v", size, len(got), err)
			}
		}
		if err := ws.Write(t.Context(), websocket.MessageText, []byte("close")); err != nil {
			t.Fatal(err)
		}
		_, _, _ = ws.Read(t.Context()) // the echo
		if _, _, err := ws.Read(t.Context()); websocket.CloseStatus(err) != websocket.StatusPolicyViolation {
			t.Errorf("got %v, want status 1008", err)
		}
	})
}

// TestFragments: a message in pieces is one message, and no longer than one.
func TestFragments(t *testing.T) {
	t.Parallel()
	both(t, Limits{}, func(t *testing.T, w *world) {
		c := w.dial(t, "")
		c.pour([]string{
			string(masked(opText, false, "one ")), string(masked(opPing, true, "between")),
			string(masked(opNext, false, "")), string(masked(opNext, false, "mess")), string(masked(opNext, true, "age")),
		}, false)
		c.expect(t, "\x8a\x07between\x81\x0bone message")
		piece := strings.Repeat("x", 32<<10)
		c.pour([]string{string(masked(opText, false, piece)), string(masked(opNext, false, piece)), string(masked(opNext, false, "x"))}, false)
		c.expect(t, tooBig)
	})
}

// TestLongest: a message may be as long as its limit and no longer.
func TestLongest(t *testing.T) {
	t.Parallel()
	both(t, Limits{Message: 300}, func(t *testing.T, w *world) {
		c := w.dial(t, "")
		c.say(t, strings.Repeat("x", 300))
		c.pour([]string{text(strings.Repeat("x", 301))}, false)
		c.expect(t, tooBig)
	})
}

// TestEarly: what came with the request is not lost.
func TestEarly(t *testing.T) {
	t.Parallel()
	both(t, Limits{}, func(t *testing.T, w *world) {
		c := w.dial(t, text("one")+text("two")[:3])
		c.expect(t, "\x81\x03one")
		c.pour([]string{text("two")[3:]}, false)
		c.expect(t, "\x81\x03two")
	})
}

// TestClose: the handler's close reaches the client once, nothing is heard
// after it, and the client's answer ends the connection.
func TestClose(t *testing.T) {
	t.Parallel()
	both(t, Limits{Close: time.Hour}, func(t *testing.T, w *world) {
		c := w.dial(t, "")
		c.pour([]string{text("close") + text("ignored") + string(masked(opPing, true, "ignored"))}, false)
		c.expect(t, "\x81\x05close"+policy)
		if got := w.now(); got.left != 1 || got.closed != 0 {
			t.Errorf("got %+v, want left and not closed", got)
		}
		c.pour([]string{string(masked(opClose, true, "\x03\xf0"))}, false)
		c.gone(t)
		await(t, "the end", func() bool { return w.now().closed == 1 })
		if got := w.now().controls; got != 0 {
			t.Errorf("heard %d pings after the close", got)
		}
	})
}

// TestDroppedClient: one that just vanishes leaves nothing.
func TestDroppedClient(t *testing.T) {
	t.Parallel()
	both(t, Limits{}, func(t *testing.T, w *world) {
		c := w.dial(t, "")
		c.say(t, "hello")
		_ = c.Close()
		await(t, "the end", func() bool { return w.now().closed == 1 })
	})
}

// TestIdle: a client that was welcome and fell silent goes.
func TestIdle(t *testing.T) {
	t.Parallel()
	both(t, Limits{Idle: 100 * time.Millisecond, Tick: 5 * time.Millisecond}, func(t *testing.T, w *world) {
		w.dial(t, "").say(t, "hello")
		await(t, "the end", func() bool { return w.now().closed == 1 })
	})
}

// TestProbe: who answers stays, who does not goes.
func TestProbe(t *testing.T) {
	t.Parallel()
	both(t, Limits{Probe: 300 * time.Millisecond, Tick: 5 * time.Millisecond}, func(t *testing.T, w *world) {
		dead, alive := w.dial(t, ""), w.dial(t, "")
		dead.say(t, "hello")
		alive.say(t, "hello")
		w.probe()
		alive.expect(t, "\x89\x00")
		alive.pour([]string{string(masked(opPong, true, ""))}, false)
		await(t, "the dead to go", func() bool { return w.now().closed == 1 })
		dead.expect(t, "\x89\x00")
		dead.gone(t)
		alive.say(t, "still here")
	})
}

// probe asks every connection, as another goroutine than the handler's.
func (w *world) probe() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.conns {
		c.Probe()
		c.Probe()
	}
}

// TestControl: the handler decides whether pings are answered.
func TestControl(t *testing.T) {
	t.Parallel()
	w := plain(t, Limits{})
	w.mute = true
	c := w.dial(t, "")
	c.pour([]string{string(masked(opPing, true, "x"))}, false)
	c.say(t, "hello")
	if got := w.now().controls; got != 1 {
		t.Errorf("controls: got %d, want 1", got)
	}
}

// TestEndOfServe: everybody on plain TCP is told, nobody new is let in.
func TestEndOfServe(t *testing.T) {
	t.Parallel()
	w := plain(t, Limits{})
	a, b := w.dial(t, ""), w.dial(t, "")
	a.say(t, "hello")
	w.stop()
	a.expect(t, going)
	b.expect(t, going)
	a.gone(t)
	resp := get(t, w, nil)
	if resp.StatusCode != 503 {
		t.Errorf("got %s, want 503", resp.Status)
	}
	if err := w.sockets.Serve(t.Context()); err == nil {
		t.Error("served twice")
	}
}
