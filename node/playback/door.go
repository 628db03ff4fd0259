package playback

import (
	"crypto/subtle"
	"net"
	"net/http"
	"strconv"
	"strings"

	"vidiverse/node/door"
)

// Names of files below /run/session/.
const (
	videoFile  = "video.mp4"
	soundFile  = "sound.mp4"
	liveMaster = "live.m3u8"
)

// sendBuffer bounds what the kernel takes of a segment that a player may not
// want any more.
const sendBuffer = 32 << 10

// maxConns bounds the connections: a player has a few.
const maxConns = 128

// narrow gives each connection a small send buffer, and lets only so many in.
func narrow(l net.Listener) net.Listener {
	return door.Bounded(l, maxConns, func(c *net.TCPConn) {
		_ = c.SetWriteBuffer(sendBuffer) // else the kernel's own size: more is loaded, nothing breaks
	})
}

// ServeHTTP lets in who knows the secrets of the run and of a session, and was
// not sent by a web page. All others get the same answer.
func (r *run) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if !r.enter() {
		http.Error(w, "ending", http.StatusServiceUnavailable)
		return
	}
	defer r.handlers.Done()
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	if !r.fromPlayer(req) {
		http.Error(w, "forbidden", http.StatusForbidden)
		return
	}
	if req.Method != http.MethodGet && req.Method != http.MethodHead {
		h.Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	parts := strings.Split(strings.TrimPrefix(req.URL.Path, "/"), "/")
	if len(parts) != 4 || subtle.ConstantTimeCompare([]byte(parts[0]), []byte(r.token)) != 1 {
		http.NotFound(w, req)
		return
	}
	if f := r.findFile(parts[1]); f != nil {
		f.touch()
		f.answer(w, req, parts[2], parts[3])
		return
	}
	s, ok := r.find(parts[1])
	if !ok {
		http.NotFound(w, req)
		return
	}
	s.touch()
	s.answer(w, req, parts[2], parts[3])
}

// fromPlayer refuses what a web page could send: a page that reached this port
// under a name of its own (DNS rebinding) has that name as Host, and browsers
// say where other requests come from. What a user opens in a browser by hand is
// let through.
func (r *run) fromPlayer(req *http.Request) bool {
	site := req.Header.Get("Sec-Fetch-Site")
	return req.Host == r.host && req.Header.Get("Origin") == "" && (site == "" || site == "none" || site == "same-origin")
}

// answer routes what is below /run/session/.
func (s *session) answer(w http.ResponseWriter, req *http.Request, folder, name string) {
	switch {
	case folder == "captions":
		s.caption(w, req, name)
	case folder == "live" && s.live != nil:
		s.live.answer(w, req, name)
	default:
		number, err := strconv.Atoi(folder)
		if err != nil || s.live != nil {
			http.NotFound(w, req)
			return
		}
		s.media(w, req, number, name)
	}
}
