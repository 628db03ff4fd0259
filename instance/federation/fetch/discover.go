package fetch

import (
	"context"
	"net/url"
	"strings"

	"vidiverse/instance/activitypub"
	"vidiverse/instance/actor"
	"vidiverse/instance/fault"
)

// maxLinks bounds what is looked at of a document of discovery.
const maxLinks = 50

// descriptor is a document of WebFinger or NodeInfo, as far as it is read.
type descriptor struct {
	Subject string `json:"subject"`
	Links   []struct {
		Rel, Type, Href string
	} `json:"links"`
}

func (d descriptor) link(fits func(rel, kind string) bool) string {
	for _, l := range d.Links[:min(len(d.Links), maxLinks)] {
		if fits(l.Rel, l.Type) {
			return l.Href
		}
	}
	return ""
}

// ActorByHandle finds name@host: a known one, or the one that host's WebFinger
// names, whose document is then read. It is of that host: a server speaks for no
// other.
func (f *Fetcher) ActorByHandle(ctx context.Context, name, host string) (actor.Actor, error) {
	host = strings.ToLower(host)
	if host == "" || host == f.cfg.Actors.Host() {
		return f.cfg.Actors.ByHandle(ctx, f.cfg.DB.Read(), name, "")
	}
	a, err := f.cfg.Actors.ByHandle(ctx, f.cfg.DB.Read(), name, host)
	if err == nil {
		return a, f.stale(ctx, false, refreshActor, a.URL, a.FetchedAt)
	}
	if fault.KindOf(err) != fault.NotFound {
		return a, err
	}
	address, err := f.webfinger(ctx, name, host)
	if err != nil {
		return actor.Actor{}, err
	}
	return f.Actor(ctx, address)
}

// webfinger asks a host for the id of a name.
func (f *Fetcher) webfinger(ctx context.Context, name, host string) (string, error) {
	d, err := f.descriptor(ctx, host, "/.well-known/webfinger?resource="+url.QueryEscape("acct:"+name+"@"+host))
	if err != nil {
		return "", err
	}
	address := d.link(func(rel, kind string) bool { return rel == "self" && isObject(kind) })
	if address, err = f.address(address); err != nil {
		return "", fault.New(fault.NotFound, "%s does not know %s", host, name)
	}
	if actor.HostOf(address) != host && !strings.HasSuffix(actor.HostOf(address), "."+host) {
		return "", fault.New(fault.Forbidden, "%s answers for %s", host, actor.HostOf(address))
	}
	return address, nil
}

// InstanceActor finds the actor that stands for a whole server: the one its
// NodeInfo names, else peertube@host.
func (f *Fetcher) InstanceActor(ctx context.Context, host string) (actor.Actor, error) {
	host = strings.ToLower(host)
	d, err := f.descriptor(ctx, host, "/.well-known/nodeinfo")
	if err == nil {
		const application = "https://www.w3.org/ns/activitystreams#Application"
		address := d.link(func(rel, _ string) bool { return rel == application })
		if address, err := f.address(address); err == nil && actor.HostOf(address) == host {
			return f.Actor(ctx, address)
		}
	} else if ctx.Err() != nil {
		return actor.Actor{}, err
	}
	return f.ActorByHandle(ctx, actor.InstanceName, host)
}

// descriptor reads a well-known document of a host.
func (f *Fetcher) descriptor(ctx context.Context, host, path string) (d descriptor, err error) {
	base, err := url.Parse(f.cfg.Actors.Base())
	if err != nil {
		return d, err
	}
	address, err := f.address(base.Scheme + "://" + host + path)
	if err != nil {
		return d, err
	}
	raw, final, err := f.get(ctx, address, "application/jrd+json, application/json", isJSON)
	if err != nil {
		return d, err
	}
	if u, err := url.Parse(final); err != nil || u.Scheme != base.Scheme {
		return d, fault.New(fault.Forbidden, "%s leads elsewhere", host)
	}
	if err := activitypub.Check(raw); err != nil {
		return d, fault.New(fault.Invalid, "read %s: %w", host, err)
	}
	if err := decode(raw, &d); err != nil {
		return d, fault.New(fault.Invalid, "read %s: %w", host, err)
	}
	return d, nil
}
