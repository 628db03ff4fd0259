package fetch

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strings"
	"time"

	"vidiverse/instance/activitypub"
	"vidiverse/instance/actor"
	"vidiverse/instance/fault"
	"vidiverse/instance/signature"
)

// accept is what PeerTube asks for.
const accept = "application/activity+json, application/ld+json"

// identity is what every object says of itself.
type identity struct {
	ID   string
	Type string
}

// object reads what stands at an address, as its own server serves it: the id is
// that of the address it came from. One that names another id of the same server
// is asked for there, once; one of another server is fault.Forbidden. 404 and 410
// are fault.NotFound and fault.Gone, what may be better later fault.Unavailable.
func (f *Fetcher) object(ctx context.Context, address string) ([]byte, identity, error) {
	address, err := f.address(address)
	if err != nil {
		return nil, identity{}, err
	}
	raw, final, err := f.get(ctx, address, accept, isObject)
	if err != nil {
		return nil, identity{}, err
	}
	id, err := identify(raw)
	if err != nil || id.ID == final || id.ID == address && actor.HostOf(final) == actor.HostOf(address) {
		return raw, id, err
	}
	if actor.HostOf(id.ID) != actor.HostOf(address) {
		return nil, id, fault.New(fault.Forbidden, "%s serves what is of %s", address, actor.HostOf(id.ID))
	}
	if address, err = f.address(id.ID); err != nil {
		return nil, id, err
	}
	if raw, final, err = f.get(ctx, address, accept, isObject); err != nil {
		return nil, id, err
	}
	again, err := identify(raw)
	if err == nil && (again.ID != id.ID || actor.HostOf(final) != actor.HostOf(address)) {
		err = fault.New(fault.Forbidden, "%s is not what its server calls so", id.ID)
	}
	return raw, again, err
}

// address refuses what is no address of another server.
func (f *Fetcher) address(address string) (string, error) {
	address, _, _ = strings.Cut(address, "#")
	address, err := f.cfg.Actors.Address(address)
	if err == nil && actor.HostOf(address) == f.cfg.Actors.Host() {
		err = fault.New(fault.Invalid, "The address is of this server.")
	}
	return address, err
}

func identify(raw []byte) (identity, error) {
	var one struct {
		ID   activitypub.Ref
		Type activitypub.List[string]
	}
	if err := activitypub.Check(raw); err != nil {
		return identity{}, fault.New(fault.Invalid, "read an object: %w", err)
	}
	if err := decode(raw, &one); err != nil {
		return identity{}, fault.New(fault.Invalid, "read an object: %w", err)
	}
	id := identity{ID: string(one.ID)}
	if len(one.Type) > 0 {
		id.Type = one.Type[0]
	}
	return id, nil
}

// get asks for a document and returns it with the address it came from at last.
func (f *Fetcher) get(ctx context.Context, address, accept string, fits func(contentType string) bool) (raw []byte, final string, err error) {
	host := actor.HostOf(address)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, "", fault.New(fault.Invalid, "The address is not a URL: %w", err)
	}
	r.Header.Set("Accept", accept)
	if f.cfg.Sign != nil {
		if err := f.cfg.Sign(ctx, r); err != nil {
			return nil, "", fmt.Errorf("sign a request: %w", err)
		}
	}
	res, raw, err := f.cfg.Client.Fetch(r)
	if err != nil {
		if ctx.Err() != nil {
			return nil, "", ctx.Err()
		}
		f.answered(ctx, host, false)
		return nil, "", fault.New(fault.Unavailable, "ask %s: %w", host, err)
	}
	f.answered(ctx, host, res.StatusCode < 500)
	final = res.Request.URL.String()
	switch code := res.StatusCode; {
	case code == http.StatusNotFound:
		return nil, final, fault.New(fault.NotFound, "%s has no such object", host)
	case code == http.StatusGone:
		return nil, final, fault.New(fault.Gone, "%s has deleted the object", host)
	case code == http.StatusTooManyRequests || code >= 500:
		return nil, final, fault.New(fault.Unavailable, "%s answers %d", host, code)
	case code != http.StatusOK:
		return nil, final, fault.New(fault.Forbidden, "%s answers %d", host, code)
	case !fits(res.Header.Get("Content-Type")):
		return nil, final, fault.New(fault.Invalid, "%s answers with another type of document", host)
	}
	return raw, final, nil
}

func (f *Fetcher) answered(ctx context.Context, host string, ok bool) {
	if f.cfg.Answered != nil {
		f.cfg.Answered(ctx, host, ok)
	}
}

// isObject takes the two types of ActivityPub alone: what people upload to a
// server is served with others.
func isObject(contentType string) bool {
	kind, _, err := mime.ParseMediaType(contentType)
	return err == nil && (kind == "application/activity+json" || kind == "application/ld+json")
}

// isJSON takes any JSON: of discovery, where addresses are well known.
func isJSON(contentType string) bool {
	kind, _, err := mime.ParseMediaType(contentType)
	return err == nil && (kind == "application/json" || strings.HasPrefix(kind, "application/") && strings.HasSuffix(kind, "+json"))
}

// missing tells that an object is not there any more, for good.
func missing(err error) bool {
	kind := fault.KindOf(err)
	return kind == fault.NotFound || kind == fault.Gone
}

// passing tells that the same request may succeed later.
func passing(err error) bool {
	kind := fault.KindOf(err)
	return err != nil && (kind == fault.Unavailable || kind == fault.Internal) || errors.Is(err, context.DeadlineExceeded)
}

// SignedBy signs GETs as the instance's actor does, for Config.Sign.
func SignedBy(actors *actor.Service, now func() time.Time) func(ctx context.Context, r *http.Request) error {
	return func(ctx context.Context, r *http.Request) error {
		a, err := actors.Instance(ctx)
		if err != nil {
			return err
		}
		key, id, err := actors.PrivateKey(ctx, a.ID)
		if err != nil {
			return err
		}
		return signature.Sign(r, id, key, nil, now())
	}
}
