package catalog

import (
	"context"
	"slices"
	"time"

	"vidiverse/node/control"
	"vidiverse/node/remote"
)

const (
	pageSize = 100  // the most that PeerTube gives
	maxList  = 4000 // how deep a list is looked at
)

// Entry is a video in the list of an origin.
type Entry struct {
	Video     string // UUID
	Published time.Time
	Updated   time.Time
	Sensitive bool
	Live      bool
}

func entry(v remote.Video) Entry {
	return Entry{v.UUID, v.Published, v.Updated, v.Sensitive, v.Live}
}

// Newest lists what a followed origin published, newest first: n videos or
// more, up to 4,000, or all that it has. The list may be some minutes old; what
// is missing for n is asked for, which waits for its turn.
func (c *Catalog) Newest(ctx context.Context, name string, n int) (list []Entry, all bool, err error) {
	o, err := c.origin(name)
	if err != nil {
		return nil, false, err
	}
	n = min(n, maxList)
	for {
		c.mu.Lock()
		o.depth = n
		list, all = slices.Clip(o.newest), o.complete
		c.mu.Unlock()
		if len(list) >= n || all {
			return list, all, nil
		}
		page, err := c.page(ctx, name, len(list))
		if err != nil {
			return list, false, err
		}
		c.mu.Lock()
		if len(o.newest) == len(list) { // else a look at the list was faster
			o.newest = extend(list, page.Videos)
			o.complete = len(page.Videos) == 0 || len(list)+pageSize >= page.Total
		}
		stuck := len(o.newest) == len(list) && !o.complete
		c.mu.Unlock()
		if stuck { // a list that moves under us, or one that repeats itself
			return list, false, nil
		}
	}
}

// page asks for a part of an origin's own list.
func (c *Catalog) page(ctx context.Context, name string, start int) (remote.Page, error) {
	p, err := c.cfg.Remote.Videos(ctx, name, remote.Query{Start: start, Count: pageSize, Local: true})
	return p, c.listed(ctx, name, err)
}

// extend appends those that are not there yet, to a copy.
func extend(list []Entry, more []remote.Video) []Entry {
	have := make(map[string]bool, len(list))
	for _, e := range list {
		have[e.Video] = true
	}
	list = slices.Clone(list)
	for _, v := range more {
		if !have[v.UUID] {
			have[v.UUID] = true
			list = append(list, entry(v))
		}
	}
	return list
}

func without(list []Entry, video string) []Entry {
	return slices.DeleteFunc(slices.Clone(list), func(e Entry) bool { return e.Video == video })
}

// saw notes that an origin showed a video to everybody.
func (c *Catalog) saw(ref control.Ref, at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if o, ok := c.origins[ref.Origin]; ok {
		if _, known := o.seen[ref.Video]; known {
			o.seen[ref.Video] = at
		}
	}
}
