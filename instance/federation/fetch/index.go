package fetch

import (
	"context"
	"net/url"
	"time"

	"vidiverse/instance/activitypub"
	"vidiverse/instance/actor"
	"vidiverse/instance/fault"
)

// maxServers bounds what is taken of an index.
const maxServers = 1000

// Servers reads the hosts that a public index of servers lists, those that it
// came to know after since alone; zero is all.
func (f *Fetcher) Servers(ctx context.Context, index string, since time.Time) ([]string, error) {
	u, err := url.Parse(index)
	if err != nil {
		return nil, fault.New(fault.Invalid, "The address of the index is not a URL: %w", err)
	}
	q := u.Query()
	q.Set("count", "1000")
	if !since.IsZero() {
		q.Set("since", since.UTC().Format("2006-01-02T15:04:05.000Z"))
	}
	u.RawQuery = q.Encode()
	address, err := f.address(u.String())
	if err != nil {
		return nil, err
	}
	raw, _, err := f.get(ctx, address, "application/json", isJSON)
	if err != nil {
		return nil, err
	}
	if err := activitypub.Check(raw); err != nil {
		return nil, fault.New(fault.Invalid, "read %s: %w", address, err)
	}
	var list struct {
		Data []struct{ Host any }
	}
	if err := decode(raw, &list); err != nil {
		return nil, fault.New(fault.Invalid, "read %s: %w", address, err)
	}
	var hosts []string
	for _, d := range list.Data[:min(len(list.Data), maxServers)] {
		if host, ok := d.Host.(string); ok && actor.ValidHost(host) {
			hosts = append(hosts, host)
		}
	}
	return hosts, nil
}
