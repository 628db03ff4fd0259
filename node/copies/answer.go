package copies

import (
	"context"
	"encoding/hex"
	"errors"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"

	"vidiverse/p2p"
	"vidiverse/p2p/ledger"
)

// Root is where the files are: a mirror's address is Root/origin/video.
const Root = "/redundancy/"

const (
	slice     = 64 << 10         // of a file is read, let pass and written at a time
	stuck     = 20 * time.Second // a slice that nobody takes for so long ends the answer
	short     = 512              // bytes of an answer without a file, with its headers
	turnedAt  = time.Second      // so soon who is turned away hears of it, or the connection is cut
	freshness = "public, max-age=7200"
)

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	line, ok := r.Context().Value(lineKey{}).(*ledger.Line)
	if !ok {
		panic(http.ErrAbortHandler) // not of Serve: nothing would be counted
	}
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Expose-Headers", "Content-Length, Content-Range, Accept-Ranges, ETag")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Set("X-Content-Type-Options", "nosniff")
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		s.file(w, r, line)
	case http.MethodOptions:
		h.Set("Access-Control-Allow-Methods", "GET, HEAD, OPTIONS")
		h.Set("Access-Control-Allow-Headers", "Range, If-Range, If-None-Match")
		h.Set("Access-Control-Max-Age", "86400")
		brief(w, r, line, http.StatusNoContent)
	default:
		h.Set("Allow", "GET, HEAD, OPTIONS")
		brief(w, r, line, http.StatusMethodNotAllowed)
	}
}

// brief answers without a file. Even so little passes the gate.
func brief(w http.ResponseWriter, r *http.Request, line *ledger.Line, status int) {
	ctx, cancel := context.WithTimeout(r.Context(), turnedAt)
	defer cancel()
	if err := line.Wait(ctx, short); err != nil {
		panic(http.ErrAbortHandler)
	}
	w.WriteHeader(status)
}

func (s *Server) file(w http.ResponseWriter, r *http.Request, line *ledger.Line) {
	parts := strings.Split(strings.TrimPrefix(r.URL.Path, Root), "/")
	if !strings.HasPrefix(r.URL.Path, Root) || len(parts) != 3 {
		brief(w, r, line, http.StatusNotFound)
		return
	}
	c, err := s.cfg.Find(parts[0], parts[1], parts[2])
	if err != nil {
		if !errors.Is(err, p2p.ErrAbsent) {
			s.cfg.Log.Error("find a file", "err", err)
		}
		line.Refused(ledger.Absent)
		brief(w, r, line, http.StatusNotFound)
		return
	}
	id := c.File.ID()
	line.Of(id)
	tag := `"` + hex.EncodeToString(id.Version[:16]) + `"`
	h := w.Header()
	h.Set("ETag", tag)
	h.Set("Accept-Ranges", "bytes")
	h.Set("Cache-Control", freshness)
	if matches(r.Header.Get("If-None-Match"), tag) {
		brief(w, r, line, http.StatusNotModified)
		return
	}
	span, status := want(r, tag, c.Size)
	if status == http.StatusRequestedRangeNotSatisfiable {
		h.Set("Content-Range", "bytes */"+strconv.FormatInt(c.Size, 10))
		brief(w, r, line, status)
		return
	}
	s.give(w, r, line, c, span, status)
}

// give answers with a part of a file, or turns away.
func (s *Server) give(w http.ResponseWriter, r *http.Request, line *ledger.Line, c Copy, p span, status int) {
	who := remoteOf(r.RemoteAddr).Addr()
	switch {
	case !c.has(p):
		s.turn(w, r, line, c, ledger.Absent)
		return
	case !s.inTime(c, line) || !s.enter(who):
		s.turn(w, r, line, c, ledger.Busy)
		return
	}
	defer s.leave(who)
	if err := line.Wait(r.Context(), short); err != nil {
		panic(http.ErrAbortHandler)
	}
	h := w.Header()
	h.Set("Content-Type", kindOf(path.Ext(c.File.ID().Name)))
	h.Set("Content-Length", strconv.FormatInt(p.length, 10))
	if status == http.StatusPartialContent {
		h.Set("Content-Range", p.of(c.Size))
	}
	w.WriteHeader(status)
	if r.Method == http.MethodHead {
		return
	}
	if err := send(w, r, line, c, p); err != nil {
		panic(http.ErrAbortHandler) // half of an answer must not look whole
	}
}

// turn sends people to the origin at once: waiting would cost them more.
func (s *Server) turn(w http.ResponseWriter, r *http.Request, line *ledger.Line, c Copy, why string) {
	line.Refused(why)
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Del("ETag")
	switch {
	case c.Origin != "":
		h.Set("Location", c.Origin)
		brief(w, r, line, http.StatusTemporaryRedirect)
	case why == ledger.Absent:
		brief(w, r, line, http.StatusNotFound)
	default:
		h.Set("Retry-After", "30")
		brief(w, r, line, http.StatusServiceUnavailable)
	}
}

// send writes slices, each verified and let pass by the gate.
func send(w http.ResponseWriter, r *http.Request, line *ledger.Line, c Copy, p span) error {
	control := http.NewResponseController(w)
	for at := p.from; at < p.from+p.length; {
		data, err := c.read(r.Context(), at, min(slice, p.from+p.length-at))
		if err != nil {
			line.Refused(ledger.Failed)
			return err
		}
		if err := line.Wait(r.Context(), onLine(len(data))); err != nil {
			return err
		}
		if err := control.SetWriteDeadline(time.Now().Add(stuck)); err != nil {
			return err
		}
		if _, err := w.Write(data); err != nil {
			return err
		}
		line.Sent(len(data))
		at += int64(len(data))
	}
	return control.SetWriteDeadline(time.Time{})
}

// onLine is what n bytes take with the headers of IPv6 and TCP.
func onLine(n int) int {
	const payload, headers = 1440, 40 + 32
	return n + (n+payload-1)/payload*headers
}

// has tells whether all of a part can be given.
func (c Copy) has(p span) bool {
	head := int64(len(c.Head))
	from := max(p.from, head)
	return p.from+p.length <= head || c.File.HasRange(from, p.from+p.length-from)
}

// read returns at most n bytes at an offset.
func (c Copy) read(ctx context.Context, at, n int64) ([]byte, error) {
	if head := int64(len(c.Head)); at < head {
		return c.Head[at:min(at+n, head)], nil
	}
	return c.File.ReadRange(ctx, at, n)
}

func kindOf(ext string) string {
	if ext == ".mp4" || ext == ".m4s" {
		return "video/mp4"
	}
	return "application/octet-stream"
}
