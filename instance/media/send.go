package media

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"vidiverse/instance/blob"
	"vidiverse/instance/fault"
)

// maxRanges of one request. Players ask for one; a list of hundreds asks for
// work, not for film.
const maxRanges = 8

// content is how a file is sent.
type content struct {
	key   string
	kind  string // Content-Type
	cache string // Cache-Control
}

// send answers with a file, or the part of it that was asked for.
func (d *Door) send(w *meter, r *http.Request, c content) error {
	f, err := d.Blob.Open(r.Context(), c.key)
	if err != nil {
		return absent(err)
	}
	defer f.Close()
	return sendOpen(w, r, f, c)
}

func sendOpen(w *meter, r *http.Request, f blob.File, c content) error {
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("stat %s: %w", c.key, err)
	}
	h := w.Header()
	h.Set("Content-Type", c.kind)
	h.Set("Cache-Control", c.cache)
	// Names are never used for other bytes, so size and time make a strong tag.
	h.Set("ETag", `"`+strconv.FormatInt(info.Size(), 16)+"-"+strconv.FormatInt(info.ModTime().UnixMilli(), 16)+`"`)
	serve(w, r, f, info.Size(), info.ModTime().UTC().Format(http.TimeFormat), c.cache)
	return nil
}

// serve leaves conditions and ranges to net/http, but for two things: a unit
// other than bytes is ignored, as RFC 9110 has it, and every 416 says the size
// and keeps the headers of the file. p2p-media-loader asks for "bytes=N-(N-1)"
// when it has all bytes already, and wants a 416 then.
func serve(w *meter, r *http.Request, f blob.File, size int64, modified, cache string) {
	tag := w.Header().Get("ETag")
	w.refuse = func() {
		h := w.Header()
		h.Set("ETag", tag)
		h.Set("Last-Modified", modified)
		h.Set("Cache-Control", cache)
		h.Set("Accept-Ranges", "bytes")
		h.Set("Content-Range", "bytes */"+strconv.FormatInt(size, 10))
		status := http.StatusRequestedRangeNotSatisfiable
		writeProblem(w, r, fault.New(fault.Invalid, "The range lies outside of the file."), status)
	}
	asked := r.Header.Get("Range")
	switch {
	case asked != "" && !strings.HasPrefix(asked, "bytes="):
		r.Header.Del("Range")
	case strings.Count(asked, ",") >= maxRanges, lastNothing(asked):
		w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
		return
	}
	at, err := http.ParseTime(modified)
	if err != nil {
		at = at.UTC() // cannot be: it was just formatted
	}
	http.ServeContent(w, r, "", at, f)
	w.refuse = nil
}

// lastNothing recognises a wish for the last 0 bytes, which net/http grants.
func lastNothing(asked string) bool {
	n, ok := strings.CutPrefix(asked, "bytes=-")
	return ok && n != "" && strings.Trim(n, "0") == ""
}

// absent hides where a file should have been.
func absent(err error) error {
	if fault.KindOf(err) == fault.NotFound {
		return errAbsent
	}
	return err
}
