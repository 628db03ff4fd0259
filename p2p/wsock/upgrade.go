package wsock

import (
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"
)

// Upgrade makes a connection of a request, then returns: the HTTP server's
// memory for it is freed. open gives its handler and is called once, before any
// of the handler's methods; what open needs to undo belongs into
// [Handler.Closed]. On an error the client has its answer and open was not
// called.
func (s *Server) Upgrade(w http.ResponseWriter, r *http.Request, open func(*Conn) Handler) error {
	if !s.enter() {
		http.Error(w, http.StatusText(http.StatusServiceUnavailable), http.StatusServiceUnavailable)
		return errors.New("wsock: not served")
	}
	nc, early, err := shake(w, r, s.limits.Close)
	if err != nil {
		s.tasks.Done()
		return fmt.Errorf("wsock: %w", err)
	}
	c := &Conn{server: s}
	c.handler = open(c)
	c.within(s.limits.Hello)
	s.own(c, nc, early)
	return nil
}

// own begins to serve a connection.
func (s *Server) own(c *Conn, nc net.Conn, early []byte) {
	l := s.poll.adopt(nc, c)
	if l == nil {
		st := &stream{net: nc, conn: c}
		c.link = st
		s.keep(c)
		c.feed(early)
		go st.serve() // counted by enter, ends in end
		return
	}
	c.link = l
	s.keep(c)
	c.feed(early)
	if c.ended() || s.poll.watch(l) != nil {
		c.end()
	}
}

// shake answers the handshake within patience and takes over the connection.
// early is what the client sent behind it.
func shake(w http.ResponseWriter, r *http.Request, patience time.Duration) (nc net.Conn, early []byte, err error) {
	answer, ok := handshake(r)
	if !ok {
		const no = "not a websocket upgrade"
		http.Error(w, no, http.StatusBadRequest)
		return nil, nil, errors.New(no)
	}
	nc, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, "websockets need HTTP/1.1", http.StatusHTTPVersionNotSupported)
		return nil, nil, err
	}
	early, _ = buffered.Reader.Peek(buffered.Reader.Buffered()) // what is there cannot fail
	_ = nc.SetDeadline(time.Now().Add(patience))                // shows in Write
	if _, err := nc.Write([]byte(answer)); err != nil {
		_ = nc.Close() // nothing to save
		return nil, nil, err
	}
	_ = nc.SetDeadline(time.Time{})
	return nc, early, nil
}

// handshake is the answer to an upgrade; ok is false when the request is none.
func handshake(r *http.Request) (answer string, ok bool) {
	key := r.Header.Get("Sec-WebSocket-Key")
	if raw, err := base64.StdEncoding.DecodeString(key); err != nil || len(raw) != 16 {
		return "", false
	}
	if r.Method != http.MethodGet || r.Header.Get("Sec-WebSocket-Version") != "13" ||
		!token(r.Header, "Connection", "upgrade") || !token(r.Header, "Upgrade", "websocket") {
		return "", false
	}
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
		base64.StdEncoding.EncodeToString(sum[:]) + "\r\n\r\n", true
}

// token looks for a word in a header's comma-separated list.
func token(h http.Header, name, word string) bool {
	for _, line := range h.Values(name) {
		for part := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(strings.TrimSpace(part), word) {
				return true
			}
		}
	}
	return false
}
