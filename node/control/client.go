package control

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"strconv"
	"syscall"
	"time"
)

// ErrNoNode means that no node listens at the socket.
var ErrNoNode = errors.New("control: no node is running here")

// client asks a node in another process.
type client struct{ http http.Client }

// Dial returns the services of the node that listens at path, after making sure
// that both ends speak the same Version: ErrNoNode, ErrVersion. Nothing needs to
// be closed.
func Dial(ctx context.Context, path string) (Services, error) {
	var dialer net.Dialer
	c := &client{http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, "unix", path)
		},
		IdleConnTimeout: 30 * time.Second,
	}}}
	s := Services{clientLibrary{c}, clientPlayback{c}, clientSharing{c}, clientMirrors{c}, clientSettings{c}, clientTorrents{c}, clientLinks{c}}
	_, err := s.Sharing.State(ctx)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED) {
		return Services{}, ErrNoNode
	}
	if err != nil {
		return Services{}, err
	}
	return s, nil
}

// call asks one question.
func call[R any](ctx context.Context, c *client, path string, arguments any) (value R, err error) {
	body, err := json.Marshal(arguments)
	if err != nil {
		return value, fmt.Errorf("control: %s: %w", path, err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://node"+path, bytes.NewReader(body))
	if err != nil {
		return value, fmt.Errorf("control: %s: %w", path, err)
	}
	req.Header.Set(versionHeader, strconv.Itoa(Version))
	res, err := c.http.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			return value, ctx.Err()
		}
		return value, fmt.Errorf("%w: the node does not answer: %w", ErrUnavailable, err)
	}
	defer res.Body.Close()
	if theirs := res.Header.Get(versionHeader); theirs != strconv.Itoa(Version) {
		return value, fmt.Errorf("%w: this program speaks %d and the node %q", ErrVersion, Version, theirs)
	}
	dec := json.NewDecoder(io.LimitReader(res.Body, maxAnswer))
	if res.StatusCode != http.StatusOK {
		var f failure
		if err := dec.Decode(&f); err != nil {
			return value, fmt.Errorf("control: %s: %w", path, err)
		}
		return value, f.err()
	}
	if err := dec.Decode(&value); err != nil {
		return value, fmt.Errorf("control: %s: %w", path, err)
	}
	return value, nil
}

func order(ctx context.Context, c *client, path string, arguments any) error {
	_, err := call[none](ctx, c, path, arguments)
	return err
}

type (
	clientLibrary  struct{ *client }
	clientPlayback struct{ *client }
	clientSharing  struct{ *client }
	clientMirrors  struct{ *client }
	clientSettings struct{ *client }
	clientTorrents struct{ *client }
	clientLinks    struct{ *client }
)

func (c clientLibrary) Add(ctx context.Context, address string) (Instance, error) {
	return call[Instance](ctx, c.client, "/library/add", textArgs{address})
}
func (c clientLibrary) Remove(ctx context.Context, origin string) error {
	return order(ctx, c.client, "/library/remove", textArgs{origin})
}
func (c clientLibrary) Instances(ctx context.Context) ([]Instance, error) {
	return call[[]Instance](ctx, c.client, "/library/instances", none{})
}
func (c clientLibrary) List(ctx context.Context, q Query) (Page, error) {
	return call[Page](ctx, c.client, "/library/list", q)
}
func (c clientLibrary) Video(ctx context.Context, ref Ref) (Video, error) {
	return call[Video](ctx, c.client, "/library/video", ref)
}
func (c clientLibrary) Resolve(ctx context.Context, link string) (Ref, error) {
	return call[Ref](ctx, c.client, "/library/resolve", textArgs{link})
}
func (c clientLibrary) Picture(ctx context.Context, ref Ref, name string) ([]byte, error) {
	return call[[]byte](ctx, c.client, "/library/picture", pictureArgs{ref, name})
}

func (c clientPlayback) Open(ctx context.Context, ref Ref, quality int) (Session, error) {
	return call[Session](ctx, c.client, "/playback/open", openArgs{ref, quality})
}
func (c clientPlayback) Prepare(ctx context.Context, id string, at time.Duration) error {
	return order(ctx, c.client, "/playback/prepare", sessionArgs{ID: id, At: at})
}
func (c clientPlayback) Choose(ctx context.Context, id string, quality int) (Session, error) {
	return call[Session](ctx, c.client, "/playback/choose", sessionArgs{ID: id, Quality: quality})
}
func (c clientPlayback) Progress(ctx context.Context, id string, at time.Duration) (Progress, error) {
	return call[Progress](ctx, c.client, "/playback/progress", sessionArgs{ID: id, At: at})
}
func (c clientPlayback) Close(ctx context.Context, id string) error {
	return order(ctx, c.client, "/playback/close", sessionArgs{ID: id})
}

func (c clientSharing) State(ctx context.Context) (SharingState, error) {
	return call[SharingState](ctx, c.client, "/sharing/state", none{})
}
func (c clientSharing) Consent(ctx context.Context, share bool) error {
	return order(ctx, c.client, "/sharing/consent", consentArgs{share})
}
func (c clientSharing) Pause(ctx context.Context, until time.Time) error {
	return order(ctx, c.client, "/sharing/pause", pauseArgs{until})
}
func (c clientSharing) Peers(ctx context.Context) ([]Peer, error) {
	return call[[]Peer](ctx, c.client, "/sharing/peers", none{})
}
func (c clientSharing) Use(ctx context.Context) (Use, error) {
	return call[Use](ctx, c.client, "/sharing/use", none{})
}
func (c clientSharing) Events(ctx context.Context, q EventQuery) ([]Event, error) {
	return call[[]Event](ctx, c.client, "/sharing/events", q)
}

func (c clientMirrors) List(ctx context.Context) ([]Mirror, error) {
	return call[[]Mirror](ctx, c.client, "/mirrors/list", none{})
}
func (c clientMirrors) Set(ctx context.Context, origin string, limit int64) error {
	return order(ctx, c.client, "/mirrors/set", mirrorArgs{origin, limit})
}
func (c clientMirrors) Holdings(ctx context.Context) ([]Holding, error) {
	return call[[]Holding](ctx, c.client, "/mirrors/holdings", none{})
}

func (c clientSettings) Preferences(ctx context.Context) (Preferences, error) {
	return call[Preferences](ctx, c.client, "/settings/preferences", none{})
}
func (c clientSettings) Set(ctx context.Context, p Preferences) error {
	return order(ctx, c.client, "/settings/set", p)
}

func (c clientTorrents) Link(ctx context.Context, link string) (Ref, error) {
	return call[Ref](ctx, c.client, "/torrents/link", textArgs{link})
}
func (c clientTorrents) File(ctx context.Context, file []byte) (Ref, error) {
	return call[Ref](ctx, c.client, "/torrents/file", fileArgs{file})
}

func (c clientLinks) Hand(ctx context.Context, link string) error {
	return order(ctx, c.client, "/links/hand", textArgs{link})
}
func (c clientLinks) Next(ctx context.Context) (string, error) {
	return call[string](ctx, c.client, "/links/next", none{})
}
