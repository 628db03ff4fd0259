package tracker

import (
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"time"

	"vidiverse/p2p/consent"
	"vidiverse/p2p/wsock"
)

// socket is one browser. It is the handler of its connection.
type socket struct {
	tracker *Tracker
	src     source
	network network
	conn    *wsock.Conn

	// Of who handles its frames.
	rate    meter
	greeted bool         // it announced something of ours
	node    *consent.Key // the enrolled node that it proved to be

	mu      sync.Mutex
	members *member
	count   int
	left    bool  // no memberships any more
	met     meter // of the memberships that ended, the fullest: a new id is no new budget
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
	if status, later := t.enter(src); status != 0 {
		if later > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(seconds(later)))
		}
		http.Error(w, http.StatusText(status), status)
		return
	}
	err := t.sockets.Upgrade(w, r, func(c *wsock.Conn) wsock.Handler {
		return &socket{tracker: t, src: src, network: networkOf(src), conn: c}
	})
	if err != nil {
		t.turnAway(src) // the client knows why
	}
}

// enter counts a socket in; turnAway must follow unless it reports a status, and
// when to come back if that is known. An address that may not enter does not
// take the turn of others.
func (t *Tracker) enter(src source) (status int, later time.Duration) {
	now := t.cfg.Now()
	live := t.sockets.Live()
	t.mu.Lock()
	no := !live || t.open >= t.cfg.MaxSockets
	if !no {
		t.open++
	}
	t.mu.Unlock()
	switch {
	case !live: // the server begins or ends
		t.refused(full)
		return http.StatusServiceUnavailable, time.Second + rand.N(4*time.Second)
	case no:
		t.refused(full)
		return http.StatusServiceUnavailable, comeBack/4 + rand.N(comeBack/4)
	}
	if status := t.clients.enter(src.addr, now, t.cfg.MaxSocketsPerAddress); status != 0 {
		if status == http.StatusForbidden {
			t.refused(blocked)
		} else {
			t.refused(crowded)
		}
		t.exit()
		return status, 0
	}
	if later := t.ramp.enter(now); later > 0 {
		t.refused(onRamp)
		t.turnAway(src)
		return http.StatusServiceUnavailable, later
	}
	return 0, 0
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
	if s.greeted {
		s.tracker.clients.greet(s.src.addr, -1)
	}
	s.tracker.turnAway(s.src)
}

// greet ends the time for hello.
func (s *socket) greet() {
	if !s.greeted {
		s.greeted = true
		s.tracker.clients.greet(s.src.addr, 1)
		s.conn.Welcome()
	}
}
