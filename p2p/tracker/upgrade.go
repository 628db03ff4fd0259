package tracker

import (
	"net"
	"net/http"
	"time"
)

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
	t.upgrade(w, r, src)
}

// enter counts a socket in; leave must follow unless it reports a status.
func (t *Tracker) enter(src source) int {
	now := t.cfg.Now()
	t.mu.Lock()
	no := !t.live || t.open >= t.cfg.MaxSockets
	if !no {
		t.open++
		// Held open for Wait by this count until the goroutine's own.
		t.tasks.Add(1)
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
	t.open--
	t.mu.Unlock()
	t.tasks.Done()
}

// upgrade takes over the connection, so that the HTTP server's memory for it is
// freed.
func (t *Tracker) upgrade(w http.ResponseWriter, r *http.Request, src source) {
	answer, ok := handshake(r)
	if !ok {
		t.turnAway(src)
		http.Error(w, "not a websocket upgrade", http.StatusBadRequest)
		return
	}
	nc, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		t.turnAway(src)
		http.Error(w, "websockets need HTTP/1.1", http.StatusHTTPVersionNotSupported)
		return
	}
	early, _ := buffered.Reader.Peek(buffered.Reader.Buffered()) // what is there cannot fail
	_ = nc.SetDeadline(time.Now().Add(t.times.close))            // shows in Write
	if _, err := nc.Write([]byte(answer)); err != nil {
		t.turnAway(src)
		_ = nc.Close() // nothing to save
		return
	}
	_ = nc.SetDeadline(time.Time{})
	t.own(nc, src, early)
}

// own makes a socket of an upgraded connection.
func (t *Tracker) own(nc net.Conn, src source, early []byte) {
	s := &socket{tracker: t, src: src}
	s.within(t.times.hello)
	c := t.poll.adopt(nc, s)
	if c == nil {
		st := &stream{net: nc, sock: s}
		s.conn = st
		t.keep(s)
		s.feed(early)
		go st.serve() // counted by enter, ends in lose
		return
	}
	s.conn = c
	t.keep(s)
	s.feed(early)
	if s.ended() || t.poll.watch(c) != nil {
		s.end()
	}
}

// turnAway undoes enter.
func (t *Tracker) turnAway(src source) {
	t.clients.leave(src.addr)
	t.exit()
}

// keep lists a socket; one that came too late is ended at once.
func (t *Tracker) keep(s *socket) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if s.next = t.first; s.next != nil {
		s.next.prev = s
	}
	t.first = s
	if !t.live {
		s.part()
	}
}

// lose is the end of a socket.
func (t *Tracker) lose(s *socket) {
	t.mu.Lock()
	if s.prev != nil {
		s.prev.next = s.next
	} else {
		t.first = s.next
	}
	if s.next != nil {
		s.next.prev = s.prev
	}
	t.mu.Unlock()
	t.turnAway(s.src)
}
