package socket

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"vidiverse/p2p/wsock"
)

var errFull = errors.New("socket: too many sessions")

// Refusals of Engine.IO.
const (
	noTransport = `{"code":0,"message":"Transport unknown"}`
	noSession   = `{"code":1,"message":"Session ID unknown"}`
	badMethod   = `{"code":2,"message":"Bad handshake method"}`
	badRequest  = `{"code":3,"message":"Bad request"}`
	badProtocol = `{"code":5,"message":"Unsupported protocol version"}`
)

// maxToken is the longest access token that is looked at.
const maxToken = 200

// bodyLimit is how long the body of a request may take to come.
const bodyLimit = 15 * time.Second

func refuse(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body) // the caller has gone: nobody is left to tell
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	kind, id := q.Get("transport"), q.Get("sid")
	var one *session
	if id != "" {
		one = s.find(id)
	}
	switch {
	case q.Get("EIO") != "4":
		refuse(w, http.StatusBadRequest, badProtocol)
	case kind != "polling" && kind != "websocket":
		refuse(w, http.StatusBadRequest, noTransport)
	case id != "" && one == nil:
		refuse(w, http.StatusBadRequest, noSession)
	case id == "" && r.Method != http.MethodGet:
		refuse(w, http.StatusBadRequest, badMethod)
	case kind == "websocket":
		s.socket(w, r, one)
	case id == "":
		s.begin(w, r)
	case r.Method == http.MethodGet:
		one.poll(w, r)
	case r.Method == http.MethodPost:
		one.post(w, r)
	default:
		refuse(w, http.StatusBadRequest, badRequest)
	}
}

// enter opens a session for a request, or answers why not.
func (s *Server) enter(w http.ResponseWriter, r *http.Request) *session {
	token := r.URL.Query().Get("accessToken")
	if len(token) > maxToken {
		token = ""
	}
	one, err := s.open(network(s.cfg.Remote(r)), token)
	if err != nil {
		w.Header().Set("Retry-After", "60")
		refuse(w, http.StatusServiceUnavailable, badRequest)
		return nil
	}
	return one
}

// network is the part of an address that one customer holds.
func network(ip netip.Addr) netip.Addr {
	if ip = ip.Unmap(); ip.Is6() {
		if p, err := ip.WithZone("").Prefix(64); err == nil {
			return p.Addr()
		}
	}
	return ip
}

func (s *Server) begin(w http.ResponseWriter, r *http.Request) {
	if one := s.enter(w, r); one != nil {
		answer(w, one.greeting(`"websocket"`))
	}
}

func answer(w http.ResponseWriter, body string) {
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=UTF-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Length", fmt.Sprint(len(body)))
	_, _ = io.WriteString(w, body) // the caller has gone: the next ping notices
}

// poll waits for packets and sends them. Two polls at once end the session.
func (one *session) poll(w http.ResponseWriter, r *http.Request) {
	one.mu.Lock()
	twice, other := one.polled, one.conn != nil
	if !twice && !other {
		one.polled = true
	}
	one.mu.Unlock()
	if twice || other {
		if twice {
			one.close()
		}
		refuse(w, http.StatusBadRequest, badRequest)
		return
	}
	defer func() {
		one.mu.Lock()
		one.polled = false
		one.mu.Unlock()
	}()
	for {
		body, done := one.drain()
		if done {
			answer(w, body)
			return
		}
		select {
		case <-one.more:
		case <-r.Context().Done():
			return
		}
	}
}

// drain takes what is to be sent; not done means nothing yet.
func (one *session) drain() (body string, done bool) {
	one.mu.Lock()
	defer one.mu.Unlock()
	switch {
	case one.closed:
		return string(eioClose), true
	case len(one.queue) > 0:
		body = strings.Join(one.queue, separator)
		one.queue, one.bytes = nil, 0
		return body, true
	case one.probe != nil || one.conn != nil:
		return string(eioNoop), true // the WebSocket takes over
	}
	return "", false
}

func (one *session) post(w http.ResponseWriter, r *http.Request) {
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyLimit)) // not all connections know deadlines
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxPayload))
	if err != nil {
		refuse(w, http.StatusRequestEntityTooLarge, badRequest)
		one.close()
		return
	}
	packets, err := split(string(body))
	if err != nil {
		refuse(w, http.StatusBadRequest, badRequest)
		one.close()
		return
	}
	for _, p := range packets {
		one.receive(p)
	}
	w.Header().Set("Content-Type", "text/html")
	_, _ = io.WriteString(w, "ok") // see answer
}

// socket makes a WebSocket of a request: of a new session, or of one that polls
// so far.
func (s *Server) socket(w http.ResponseWriter, r *http.Request, one *session) {
	upgrade := one != nil
	if !upgrade {
		if one = s.enter(w, r); one == nil {
			return
		}
	}
	err := s.sockets.Upgrade(w, r, func(c *wsock.Conn) wsock.Handler {
		if !upgrade {
			one.mu.Lock()
			defer one.mu.Unlock()
			one.conn = c
		}
		return &line{session: one, conn: c, upgrading: upgrade}
	})
	switch {
	case upgrade: // until the probe the session does not depend on it
	case err != nil:
		one.close()
	default:
		one.send(one.greeting(""))
	}
}

// line is a WebSocket of a session.
type line struct {
	session   *session
	conn      *wsock.Conn
	upgrading bool // not the session's transport yet
}

// Message implements wsock.Handler.
func (l *line) Message(data []byte) {
	if !l.upgrading {
		l.conn.Welcome()
		l.session.receive(string(data))
		return
	}
	one := l.session
	one.mu.Lock()
	defer one.mu.Unlock()
	switch {
	case one.closed || one.conn != nil:
	case string(data) == string(eioPing)+"probe" && one.probe == nil:
		one.probe = l.conn
		l.conn.Send(frame(string(eioPong) + "probe"))
		one.wake() // a poll that waits is let go
		return
	case string(data) == string(eioUpgrade) && one.probe == l.conn:
		l.upgrading = false
		l.conn.Welcome()
		one.conn, one.probe = l.conn, nil
		for _, packet := range one.queue {
			l.conn.Send(frame(packet))
		}
		one.queue, one.bytes = nil, 0
		one.wake()
		return
	}
	l.conn.Cut()
}

// Control implements wsock.Handler: Engine.IO has pings of its own.
func (l *line) Control() bool { return true }

// Leave implements wsock.Handler.
func (l *line) Leave() {
	one := l.session
	one.mu.Lock()
	if one.probe == l.conn {
		one.probe = nil // it goes on polling
	}
	mine := one.conn == l.conn
	one.mu.Unlock()
	if mine {
		one.close()
	}
}

// Closed implements wsock.Handler.
func (l *line) Closed(bool) {}
