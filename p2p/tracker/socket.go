package tracker

import (
	"net/http"
	"sync"

	"vidiverse/p2p/wsock"
)

// socket is one browser. It is the handler of its connection.
type socket struct {
	tracker *Tracker
	src     source
	conn    *wsock.Conn
	rate    meter // of who handles its frames

	mu      sync.Mutex
	members *member
	count   int
	left    bool // no memberships any more
}

func (t *Tracker) serveSocket(w http.ResponseWriter, r *http.Request) {
	if r.URL.RawQuery != "" {
		http.NotFound(w, r)
		return
	}
	if r.Header.Get("Upgrade") == "" {
		w.Header().Set("Upgrade", "websocket")
		w.WriteHeader(http.StatusUpgradeRequired)
		return
	}
	src := sourceOf(r, t.cfg.TrustProxy)
	if status := t.enter(src); status != 0 {
		if status == http.StatusServiceUnavailable {
			w.Header().Set("Retry-After", "30")
		}
		http.Error(w, http.StatusText(status), status)
		return
	}
	err := t.sockets.Upgrade(w, r, func(c *wsock.Conn) wsock.Handler {
		return &socket{tracker: t, src: src, conn: c}
	})
	if err != nil {
		t.turnAway(src) // the client knows why
	}
}

// enter counts a socket in; turnAway must follow unless it reports a status.
func (t *Tracker) enter(src source) int {
	now := t.cfg.Now()
	live := t.sockets.Live()
	t.mu.Lock()
	no := !live || t.open >= t.cfg.MaxSockets
	if !no {
		t.open++
	}
	t.mu.Unlock()
	switch {
	case no:
		t.refused(full)
		return http.StatusServiceUnavailable
	case !t.upgrades.allow(now, upgradeRate):
		t.refused(ramp)
		t.exit()
		return http.StatusServiceUnavailable
	}
	status := t.clients.enter(src.addr, now, t.cfg.MaxSocketsPerAddress)
	switch status {
	case http.StatusForbidden:
		t.refused(blocked)
		t.exit()
	case http.StatusTooManyRequests:
		t.refused(crowded)
		t.exit()
	}
	return status
}

func (t *Tracker) exit() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.open--
}

// turnAway undoes enter.
func (t *Tracker) turnAway(src source) {
	t.clients.leave(src.addr)
	t.exit()
}

// Message implements wsock.Handler.
func (s *socket) Message(frame []byte) { s.tracker.message(s, frame) }

// Control implements wsock.Handler: a ping costs its sender as much as any
// other frame.
func (s *socket) Control() bool { return s.tracker.admit(s) }

// Closed implements wsock.Handler.
func (s *socket) Closed(slow bool) {
	if slow {
		s.tracker.refused(slowReader)
	}
	s.tracker.turnAway(s.src)
}
