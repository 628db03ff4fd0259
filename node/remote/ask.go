package remote

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"vidiverse/instance/rest"
	"vidiverse/p2p/guard"
)

const (
	maxJSON    = 4 << 20
	maxPicture = 8 << 20
)

// Instance asks a server what it is. ErrNotPeerTube: something else is there.
func (c *Client) Instance(ctx context.Context, origin string) (Instance, error) {
	s := c.site(origin)
	body, at, err := c.json(ctx, s, callTurn, origin+"/api/v1/config")
	if errors.Is(err, ErrGone) || errors.Is(err, errNothing) {
		return Instance{}, fmt.Errorf("%w: %s", ErrNotPeerTube, HostOf(origin))
	}
	if err != nil {
		return Instance{}, err
	}
	var cfg struct { // what all versions have of it
		ServerVersion string `json:"serverVersion"`
		Instance      struct {
			Name             string            `json:"name"`
			ShortDescription string            `json:"shortDescription"`
			Avatars          []rest.ActorImage `json:"avatars"`
		} `json:"instance"`
		WebRTC struct {
			STUNServers []string `json:"stunServers"`
		} `json:"webrtc"`
	}
	if err := decode(body, &cfg); err != nil || cfg.ServerVersion == "" {
		return Instance{}, fmt.Errorf("%w: %s", ErrNotPeerTube, HostOf(origin))
	}
	stun := cfg.WebRTC.STUNServers
	return Instance{
		Origin: at, Host: HostOf(at), Version: short(cfg.ServerVersion, 50), Name: short(cmp.Or(cfg.Instance.Name, HostOf(at)), 200),
		Description: short(cfg.Instance.ShortDescription, 1000), Avatar: avatar(at, cfg.Instance.Avatars), STUN: stun[:min(len(stun), 10)],
	}, nil
}

// Videos asks for a part of a server's list. There are at most Config.Lists
// such requests a minute to one server: more wait for their turn.
func (c *Client) Videos(ctx context.Context, origin string, q Query) (Page, error) {
	v := url.Values{}
	v.Set("start", strconv.Itoa(max(0, q.Start)))
	v.Set("count", strconv.Itoa(min(cmp.Or(max(q.Count, 0), 24), 100)))
	v.Set("sort", cmp.Or(q.Sort, "-publishedAt"))
	if q.Local {
		v.Set("isLocal", "true")
	}
	path := "/api/v1/videos?"
	if q.Search != "" {
		path = "/api/v1/search/videos?"
		v.Set("search", q.Search)
		v.Set("searchTarget", "local") // what this server knows, not an index elsewhere
	}
	s := c.site(origin)
	body, _, err := c.json(ctx, s, listTurn, origin+path+v.Encode())
	if err != nil {
		return Page{}, err
	}
	return readPage(origin, body)
}

// readPage reads a list. One odd video does not hide the others.
func readPage(origin string, body []byte) (Page, error) {
	var list rest.Page[json.RawMessage]
	if err := decode(body, &list); err != nil {
		return Page{}, fmt.Errorf("%w: %s", ErrNotPeerTube, HostOf(origin))
	}
	p := Page{Total: max(0, list.Total)}
	for _, raw := range list.Data[:min(len(list.Data), 100)] {
		var one rest.Video
		if decode(raw, &one) != nil {
			continue
		}
		if video, err := listed(origin, one); err == nil {
			p.Videos = append(p.Videos, video)
		}
	}
	return p, nil
}

// Video asks a server for a video by UUID or short UUID. ErrGone and ErrClosed
// are the server's own words; any other error says nothing of the video.
func (c *Client) Video(ctx context.Context, origin, id string) (Video, error) {
	d, err := c.details(ctx, origin, id)
	if err != nil {
		return Video{}, err
	}
	return detailed(origin, d)
}

func (c *Client) details(ctx context.Context, origin, id string) (rest.VideoDetails, error) {
	var d rest.VideoDetails
	if id == "" || idOf(id) != id {
		return d, fmt.Errorf("%w: %.50q is not a video", ErrAddress, id)
	}
	body, _, err := c.json(ctx, c.site(origin), callTurn, origin+"/api/v1/videos/"+id)
	if err != nil {
		return d, err
	}
	if err := decode(body, &d); err != nil {
		return d, fmt.Errorf("%w: %s", ErrNotPeerTube, HostOf(origin))
	}
	if p := d.Privacy.ID; p != public && p != unlisted {
		return d, fmt.Errorf("%w: %s says so", ErrClosed, HostOf(origin))
	}
	return d, nil
}

// Picture fetches an image that the origin named in one of its answers.
func (c *Client) Picture(ctx context.Context, origin, url string) ([]byte, error) {
	return c.Get(ctx, origin, url, guard.Limits{Bytes: maxPicture})
}

// Get fetches a file that the origin named, under the origin's policy: a
// caption, a picture, a part of a live.
func (c *Client) Get(ctx context.Context, origin, url string, limits guard.Limits) ([]byte, error) {
	s := c.site(origin)
	res, body, err := s.get(ctx, request{url: url, turn: fileTurn, limits: limits})
	if err != nil {
		return nil, err
	}
	return body, s.status(res)
}

// json asks for JSON and also returns the origin that answered in the end.
func (c *Client) json(ctx context.Context, s *site, t turn, url string) (body []byte, at string, err error) {
	r := request{url: url, turn: t, accept: "application/json", limits: guard.Limits{Bytes: maxJSON}}
	old, known := c.etags.find(url)
	if known {
		r.header = http.Header{"If-None-Match": {old.etag}}
	}
	res, body, err := s.get(ctx, r)
	if err != nil {
		return nil, "", err
	}
	at, ok := originOf(res.Request.URL.String())
	if !ok {
		at = s.origin
	}
	if known && res.StatusCode == http.StatusNotModified {
		return old.body, at, nil
	}
	if err := s.status(res); err != nil {
		return nil, at, ownWords(res, err)
	}
	c.etags.keep(url, res.Header.Get("ETag"), body)
	return body, at, nil
}

// errNothing is a 404 that PeerTube did not write.
var errNothing = errors.New("nothing of PeerTube's is there")

// ownWords believes that something is gone or closed only if PeerTube says so,
// which it does in JSON. A proxy whose server is down, or that takes us for a
// robot, answers the same statuses with a page: what is kept of its videos must
// not be thrown away for that.
func ownWords(res *http.Response, err error) error {
	if strings.Contains(res.Header.Get("Content-Type"), "json") || errors.Is(err, ErrUnavailable) {
		return err
	}
	if errors.Is(err, ErrGone) {
		return fmt.Errorf("%w: %w", ErrUnavailable, errNothing)
	}
	return fmt.Errorf("%w: something in front of the server refuses us with %d", ErrUnavailable, res.StatusCode)
}

// decode reads JSON. A member of another type than ours is left out: versions
// of PeerTube differ.
func decode(b []byte, v any) error {
	err := json.Unmarshal(b, v)
	if wrong := (*json.UnmarshalTypeError)(nil); errors.As(err, &wrong) && bytes.HasPrefix(bytes.TrimLeft(b, " \t\r\n"), []byte("{")) {
		return nil
	}
	return err
}
