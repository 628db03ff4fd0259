package playback

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"
)

// Bounds on a live's playlist.
const (
	maxPlaylist = 1 << 20
	maxLine     = 4 << 10
	maxURIs     = 2000
)

var errPlaylist = errors.New("playback: the live's playlist is not accepted")

// passed are the tags that a playlist may keep. All others are left out: some
// name files in ways of their own.
var passed = []string{
	"EXTM3U", "EXTINF", "EXT-X-VERSION", "EXT-X-TARGETDURATION", "EXT-X-MEDIA-SEQUENCE", "EXT-X-DISCONTINUITY-SEQUENCE",
	"EXT-X-PLAYLIST-TYPE", "EXT-X-INDEPENDENT-SEGMENTS", "EXT-X-ENDLIST", "EXT-X-STREAM-INF", "EXT-X-BYTERANGE",
	"EXT-X-DISCONTINUITY", "EXT-X-PROGRAM-DATE-TIME", "EXT-X-GAP", "EXT-X-MEDIA", "EXT-X-MAP",
}

// named are the tags of them that name a file.
var named = []string{"EXT-X-MEDIA", "EXT-X-MAP"}

// extensions of files that a live is made of. FFmpeg looks at them, too.
var extensions = []string{".m3u8", ".ts", ".mp4", ".m4s", ".m4a", ".aac", ".vtt"}

// rewrite replaces each address in a playlist, found at base, by what name gives
// for it. Only files beside the playlist may be named; one other refuses the
// whole playlist.
func rewrite(playlist []byte, base *url.URL, name func(file *url.URL) string) ([]byte, error) {
	if len(playlist) > maxPlaylist || !bytes.HasPrefix(bytes.TrimPrefix(playlist, []byte("\ufeff")), []byte("#EXTM3U")) {
		return nil, fmt.Errorf("%w: no playlist of at most %d bytes", errPlaylist, maxPlaylist)
	}
	uris := 0
	give := func(uri string) (string, error) {
		if uris++; uris > maxURIs {
			return "", fmt.Errorf("%w: more than %d files", errPlaylist, maxURIs)
		}
		file, err := beside(base, uri)
		if err != nil {
			return "", err
		}
		return name(file), nil
	}
	var out bytes.Buffer
	lines := bufio.NewScanner(bytes.NewReader(bytes.TrimPrefix(playlist, []byte("\ufeff"))))
	lines.Buffer(make([]byte, 0, 1024), maxLine)
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		text, err := rewriteLine(line, give)
		if err != nil {
			return nil, err
		}
		if text != "" {
			out.WriteString(text + "\n")
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%w: %w", errPlaylist, err)
	}
	return out.Bytes(), nil
}

// rewriteLine returns what is left of a line.
func rewriteLine(line string, give func(uri string) (string, error)) (string, error) {
	if line == "" || strings.ContainsFunc(line, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return "", nil
	}
	if !strings.HasPrefix(line, "#") {
		return give(line)
	}
	tag, _, _ := strings.Cut(line[1:], ":")
	switch {
	case tag == "EXT-X-KEY" && !strings.Contains(line, "METHOD=NONE"):
		return "", fmt.Errorf("%w: it is encrypted", errPlaylist)
	case tag == "EXTINF":
		length, _, _ := strings.Cut(line, ",") // the title is nobody's business
		return length + ",", nil
	case !slices.Contains(passed, tag):
		return "", nil
	case !strings.Contains(line, "URI="):
		return line, nil
	case !slices.Contains(named, tag):
		return "", nil
	}
	before, rest, ok := strings.Cut(line, `URI="`)
	if !ok {
		return "", nil
	}
	uri, after, ok := strings.Cut(rest, `"`)
	if !ok || strings.Contains(after, "URI=") {
		return "", fmt.Errorf("%w: %s", errPlaylist, tag)
	}
	to, err := give(uri)
	return before + `URI="` + to + `"` + after, err
}

// beside resolves a file that lies in the same folder as base.
func beside(base *url.URL, uri string) (*url.URL, error) {
	file, err := base.Parse(uri)
	if err != nil || len(uri) > 1024 {
		return nil, fmt.Errorf("%w: %.80q", errPlaylist, uri)
	}
	plain := file.User == nil && file.Opaque == "" && file.RawPath == "" && !strings.Contains(file.Path, "\\")
	if file.Scheme != base.Scheme || file.Host != base.Host || path.Dir(file.Path) != path.Dir(base.Path) || !plain {
		return nil, fmt.Errorf("%w: %.80q is elsewhere", errPlaylist, uri)
	}
	if !slices.Contains(extensions, path.Ext(file.Path)) {
		return nil, fmt.Errorf("%w: %.80q is no media file", errPlaylist, uri)
	}
	file.Fragment = ""
	return file, nil
}
