package remote

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"vidiverse/instance/hls"
	"vidiverse/p2p"
	"vidiverse/p2p/guard"
)

// slowest is how many bytes a second a server must send on average: less is
// given up.
const slowest = 16 << 10

// source is a rendition at its server, by HTTP ranges.
type source struct {
	client *Client
	site   *site
	url    string
	size   int64
	parts  []hls.Segment
}

// Source gives the segments of a rendition as their server has them. Its bytes
// are not checked against digests, only their length. A segment that does not
// exist, or that the server no longer has, is p2p.ErrAbsent.
func (c *Client) Source(film *Film, rendition int) p2p.Source {
	r := film.Renditions[rendition]
	return &source{client: c, site: c.site(film.Origin), url: r.URL, size: r.Size, parts: r.Segments}
}

// Mirror is Source at one of the film's Mirrors, which is a stranger to the
// film's server: its bytes are worth nothing before they are checked.
func (c *Client) Mirror(film *Film, rendition int, mirror string) p2p.Source {
	r := film.Renditions[rendition]
	at, _ := originOf(mirror) // what is no origin is refused when it is asked
	return &source{client: c, site: c.site(at), url: mirror + "/" + r.File.Name, size: r.Size, parts: r.Segments}
}

// Fetch implements p2p.Source.
func (s *source) Fetch(ctx context.Context, i int) ([]byte, error) {
	if i < 0 || i >= len(s.parts) {
		return nil, fmt.Errorf("%w: segment %d of %d", p2p.ErrAbsent, i, len(s.parts))
	}
	b, err := s.client.bytes(ctx, s.site, s.url, s.parts[i].Range, s.size)
	if errors.Is(err, ErrGone) {
		err = fmt.Errorf("%w: %w", p2p.ErrAbsent, err)
	}
	return b, err
}

// bytes fetches a part of a file of size bytes. Whatever is not exactly that
// part is an error: a 200 would be the whole file, a longer body anything.
func (c *Client) bytes(ctx context.Context, s *site, url string, part hls.Range, size int64) ([]byte, error) {
	res, body, err := s.get(ctx, request{
		url: url, turn: fileTurn,
		header: http.Header{"Range": {fmt.Sprintf("bytes=%d-%d", part.Offset, part.End()-1)}},
		limits: guard.Limits{Bytes: part.Length, Rate: slowest, Total: 30*time.Second + time.Duration(part.Length/slowest)*time.Second},
	})
	if err != nil {
		return nil, err
	}
	if res.StatusCode != http.StatusPartialContent {
		if err := s.status(res); err != nil {
			return nil, err
		}
		return nil, fmt.Errorf("%w: %s sends the whole file for a part", ErrRefused, HostOf(s.origin))
	}
	want := fmt.Sprintf("bytes %d-%d/", part.Offset, part.End()-1)
	total, ok := strings.CutPrefix(res.Header.Get("Content-Range"), want)
	if !ok || total != "*" && total != fmt.Sprint(size) {
		return nil, fmt.Errorf("%w: asked for %s%d, got %.100q", ErrRefused, want, size, res.Header.Get("Content-Range"))
	}
	if encoding := res.Header.Get("Content-Encoding"); encoding != "" && encoding != "identity" {
		return nil, fmt.Errorf("%w: a part of a file in encoding %.20q", ErrRefused, encoding)
	}
	if int64(len(body)) != part.Length {
		return nil, fmt.Errorf("%w: %d bytes of %d", ErrRefused, len(body), part.Length)
	}
	return body, nil
}
