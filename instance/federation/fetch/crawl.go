package fetch

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"vidiverse/instance/activitypub"
	"vidiverse/instance/actor"
	"vidiverse/instance/fault"
	"vidiverse/instance/job"
)

// errTruncated ends a crawl that met a bound: what was read is kept, what was
// not seen is not taken for deleted.
var errTruncated = errors.New("fetch: the crawl met its bounds")

// crawl is the walk over one collection.
type crawl struct {
	f       *Fetcher
	bounds  Bounds
	until   time.Time
	visited map[string]bool
	pages   int
	items   int
	bytes   int64
	whole   bool // it came to its end
}

// crawling begins a walk, with many times the bounds for what an administrator
// or a user chose to follow.
func (f *Fetcher) crawling(times int) *crawl {
	b := f.cfg.Crawl
	b.Pages, b.Items, b.Bytes, b.Time = b.Pages*times, b.Items*times, b.Bytes*int64(times), b.Time*time.Duration(times)
	return &crawl{f: f, bounds: b, until: f.cfg.Now().Add(b.Time), visited: map[string]bool{}}
}

// all are the members of a collection, page by page, each once. A page that was
// visited, leads to another server, or has nothing new ends the walk; so do the
// bounds, as errTruncated.
func (c *crawl) all(ctx context.Context, address string) iter.Seq2[activitypub.Item, error] {
	return func(yield func(activitypub.Item, error) bool) {
		host := actor.HostOf(address)
		for next := address; next != ""; {
			page, err := c.page(ctx, next, host)
			if err != nil {
				yield(activitypub.Item{}, err)
				return
			}
			fresh := false
			for _, item := range page.Items() {
				if c.visited[item.ID] {
					continue
				}
				if c.visited[item.ID] = true; c.items >= c.bounds.Items {
					yield(activitypub.Item{}, errTruncated)
					return
				}
				c.items++
				fresh = true
				if !yield(item, nil) {
					return
				}
			}
			if next = page.Next; page.First != "" && len(page.OrderedItems) == 0 && page.PartOf == "" {
				next = page.First
			} else if !fresh {
				next = ""
			}
		}
		c.whole = true
	}
}

func (c *crawl) page(ctx context.Context, address, host string) (activitypub.Collection, error) {
	if c.visited["page "+address] || actor.HostOf(address) != host {
		return activitypub.Collection{}, errTruncated
	}
	if c.visited["page "+address] = true; c.pages >= c.bounds.Pages || c.bytes >= c.bounds.Bytes || c.f.cfg.Now().After(c.until) {
		return activitypub.Collection{}, errTruncated
	}
	c.pages++
	address, err := c.f.address(address)
	if err != nil {
		return activitypub.Collection{}, err
	}
	raw, final, err := c.f.get(ctx, address, accept, isObject)
	if err != nil {
		return activitypub.Collection{}, err
	}
	c.bytes += int64(len(raw))
	page, err := activitypub.ReadCollection(raw)
	if err != nil {
		return page, malformed(err)
	}
	if actor.HostOf(final) != host {
		return page, fault.New(fault.Forbidden, "%s leads to another server", host)
	}
	return page, nil
}

// total is how many a collection says it has.
func (f *Fetcher) total(ctx context.Context, address, host string) (int64, error) {
	if address == "" || actor.HostOf(address) != host {
		return -1, nil
	}
	page, err := f.crawling(1).page(ctx, address, host)
	if err != nil {
		return -1, err
	}
	return page.TotalItems, nil
}

// runCrawl does one crawl. What a bound cut off is no failure; what the other
// server did not answer for now is tried again.
func (f *Fetcher) runCrawl(ctx context.Context, j *job.Job) error {
	var t task
	if err := j.Decode(&t); err != nil {
		return err
	}
	closed, err := f.store.closed(ctx, actor.HostOf(t.URL), f.cfg.Now())
	if err == nil && closed {
		err = fault.New(fault.Unavailable, "%s does not answer", actor.HostOf(t.URL))
	}
	if err == nil {
		err = f.crawl(ctx, t)
	}
	switch {
	case errors.Is(err, errTruncated):
		f.cfg.Log.Info("crawl truncated", "kind", t.Kind, "instance", actor.HostOf(t.URL))
		return nil
	case err == nil || ctx.Err() != nil:
		return err
	case missing(err):
		return nil
	case passing(err):
		return err
	}
	return job.Permanent(err)
}

func (f *Fetcher) crawl(ctx context.Context, t task) error {
	switch t.Kind {
	case crawlOutbox:
		return f.crawlOutbox(ctx, t)
	case crawlShares:
		return f.crawlShares(ctx, t)
	case crawlComments:
		return f.crawlComments(ctx, t)
	case crawlRates:
		return f.crawlRates(ctx, t)
	case crawlChapters:
		return f.readChapters(ctx, t)
	case crawlSettings:
		return f.readSettings(ctx, t)
	case crawlPlaylists:
		return f.crawlPlaylists(ctx, t)
	case crawlPlaylist:
		f.Forget(refreshPlaylist + " " + t.URL)
		return f.Playlist(ctx, t.URL)
	case crawlFollows:
		return f.crawlFollows(ctx, t)
	}
	return job.Permanent(fmt.Errorf("what is to be crawled: %q", t.Kind))
}
