package media

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"vidiverse/instance/fault"
)

// maxPlaylist bounds what is read to be rewritten; ours are a few kilobytes.
const maxPlaylist = 4 << 20

// sendInjected sends a playlist whose addresses carry the token, for players
// that can put no header and no query on requests of their own.
func (d *Door) sendInjected(w *meter, r *http.Request, c content, token string) error {
	f, err := d.Blob.Open(r.Context(), c.key)
	if err != nil {
		return absent(err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxPlaylist+1))
	if err != nil {
		return fmt.Errorf("read %s: %w", c.key, err)
	}
	if len(b) > maxPlaylist {
		return fault.New(fault.Internal, "playlist %s is too long to rewrite", c.key)
	}
	out := inject(string(b), token)
	w.Header().Set("Content-Type", c.kind)
	w.Header().Set("Cache-Control", c.cache)
	w.Header().Set("Content-Length", strconv.Itoa(len(out)))
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_, err = io.WriteString(w, out)
	}
	return err
}

var uriAttribute = regexp.MustCompile(`URI="([^"]*)"`)

// inject adds the token to each address of a playlist: to lines that are one
// and to URI attributes. A playlist is told to do the same again. Only files
// beside this one get it: a token is no business of another server.
func inject(playlist, token string) string {
	query := "videoFileToken=" + url.QueryEscape(token)
	with := func(uri string) string {
		if !plain(uri) {
			return uri
		}
		if strings.HasSuffix(uri, ".m3u8") {
			return uri + "?" + query + "&reinjectVideoFileToken=true"
		}
		return uri + "?" + query
	}
	var out strings.Builder
	for line := range strings.Lines(playlist) {
		text := strings.TrimRight(line, "\r\n")
		end := line[len(text):]
		switch {
		case strings.HasPrefix(text, "#"):
			text = uriAttribute.ReplaceAllStringFunc(text, func(a string) string {
				return `URI="` + with(strings.TrimSuffix(strings.TrimPrefix(a, `URI="`), `"`)) + `"`
			})
		case text != "":
			text = with(text)
		}
		out.WriteString(text)
		out.WriteString(end)
	}
	return out.String()
}
