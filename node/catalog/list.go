package catalog

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"vidiverse/node/control"
	"vidiverse/node/remote"
	"vidiverse/node/store"
)

const (
	listTime = 4 * time.Second // what one server may delay the others' list
	maxMerge = 1000            // entries of one list that can be reached
)

// List is a page of what is followed: the newest that the instances themselves
// published, merged, or what they find for a search. An instance that does not
// answer within 4 seconds is named in Problems, and shown as it was known last.
func (c *Catalog) List(ctx context.Context, q control.Query) (control.Page, error) {
	q.Count = min(cmp.Or(max(q.Count, 0), 24), 100)
	q.Start = max(q.Start, 0)
	names, err := c.names(q.Origin)
	if err != nil {
		return control.Page{}, err
	}
	lists := make([]*list, len(names))
	for i, name := range names {
		lists[i] = &list{c: c, q: q, name: name}
	}
	need := min(q.Start+q.Count, maxMerge)
	for more := true; more; {
		more = load(ctx, lists)
		if err := ctx.Err(); err != nil {
			return control.Page{}, err
		}
		if merged, sure := merge(lists, q, need); sure || !more {
			return cut(merged, lists, q, need), nil
		}
	}
	return control.Page{}, nil
}

func (c *Catalog) names(one string) ([]string, error) {
	if one != "" {
		_, err := c.origin(one)
		return []string{one}, err
	}
	all, err := c.cfg.Store.Follows()
	names := make([]string, len(all))
	for i, f := range all {
		names[i] = f.Origin
	}
	return names, err
}

// list is how far one origin's list was read for one question.
type list struct {
	c       *Catalog
	q       control.Query
	name    string
	cards   []control.Card
	total   int
	pages   int
	ended   bool // nothing more comes
	wanted  bool // its next page may change the answer
	problem control.Word
}

// load reads the next page of each list that needs one, at the same time. It
// tells whether there was any.
func load(ctx context.Context, lists []*list) bool {
	var wg sync.WaitGroup
	any := false
	slots := make(chan struct{}, 16)
	for _, l := range lists {
		if l.ended || l.pages > 0 && !l.wanted {
			continue
		}
		any = true
		wg.Go(func() {
			slots <- struct{}{}
			l.read(ctx)
			<-slots
		})
	}
	wg.Wait()
	return any
}

func (l *list) read(ctx context.Context) {
	p, err := l.c.cards(ctx, pageKey{l.name, l.q.Search, l.q.Sort, l.pages * pageSize})
	if err != nil && p.at.IsZero() {
		l.ended = true
		l.problem = l.c.problem(l.name, err)
		if l.pages == 0 && l.q.Search == "" {
			l.cards = l.c.lastKnown(l.name)
			l.total = len(l.cards)
		}
		return
	}
	if err != nil {
		l.problem = l.c.problem(l.name, err)
		l.problem.Of = p.at
	}
	l.pages++
	l.cards, l.total = append(l.cards, p.cards...), p.total
	l.ended = len(p.cards) == 0 || len(l.cards) >= maxMerge || l.pages*pageSize >= p.total
}

func (c *Catalog) problem(name string, err error) control.Word {
	c.mu.Lock()
	defer c.mu.Unlock()
	if o, ok := c.origins[name]; ok && o.problem != (control.Word{}) && !errors.Is(err, remote.ErrBusy) {
		return o.problem
	}
	return words(name, err, c.cfg.Now(), c.cfg.Now())
}

// merge orders the cards that were read, and tells whether the first need of
// them cannot change by reading on. Lists that do not are not wanted.
func merge(lists []*list, q control.Query, need int) (all []control.Card, sure bool) {
	type ranked struct {
		card control.Card
		rank int
		last *list // if it is the last card read of a list that goes on
	}
	var cards []ranked
	for _, l := range lists {
		l.wanted = false
		for i, card := range l.cards {
			r := ranked{card: card, rank: i}
			if i == len(l.cards)-1 && !l.ended {
				r.last = l
			}
			cards = append(cards, r)
		}
	}
	slices.SortStableFunc(cards, func(a, b ranked) int {
		switch {
		case q.Search == "" && (q.Sort == "" || q.Sort == "-publishedAt"), q.Search != "" && q.Sort == "-publishedAt":
			return b.card.Published.Compare(a.card.Published)
		case q.Sort == "-views":
			return cmp.Compare(b.card.Views, a.card.Views)
		}
		return cmp.Compare(a.rank, b.rank) // each server's own opinion, in turn
	})
	sure = true
	have := map[string]bool{}
	for _, r := range cards {
		if len(all) < need && r.last != nil {
			r.last.wanted, sure = true, false
		}
		if !have[r.card.Video] { // several may know the same video
			have[r.card.Video] = true
			all = append(all, r.card)
		}
	}
	return all, sure
}

func cut(all []control.Card, lists []*list, q control.Query, need int) control.Page {
	p := control.Page{Cards: []control.Card{}}
	if from, to := min(q.Start, len(all)), min(need, len(all)); from < to {
		p.Cards = all[from:to]
	}
	for _, l := range lists {
		p.Total += max(0, l.total)
		if l.problem != (control.Word{}) {
			p.Problems = append(p.Problems, l.problem)
		}
	}
	p.Total = min(p.Total, maxMerge*max(1, len(lists)))
	return p
}

// cards returns a page of an origin's list, at most a minute old. With an error
// it is what was there before, if anything.
func (c *Catalog) cards(ctx context.Context, key pageKey) (page, error) {
	if _, err := c.origin(key.origin); err != nil {
		return page{}, err
	}
	now := c.cfg.Now()
	c.mu.Lock()
	old := c.pages.get(key)
	c.mu.Unlock()
	if !old.at.IsZero() && now.Sub(old.at).Abs() < time.Minute {
		return old, nil
	}
	if c.silent(key.origin) {
		return old, remote.ErrUnavailable
	}
	ctx, cancel := context.WithTimeout(ctx, listTime)
	defer cancel()
	found, err := c.cfg.Remote.Videos(ctx, key.origin, key.query())
	if errors.Is(err, context.DeadlineExceeded) {
		err = remote.ErrUnavailable
		_ = c.answer(context.WithoutCancel(ctx), key.origin, err) // it is the same error
	} else {
		err = c.listed(ctx, key.origin, err)
	}
	if err != nil {
		return old, err
	}
	p := page{at: now, total: found.Total, cards: make([]control.Card, len(found.Videos))}
	for i, v := range found.Videos {
		p.cards[i] = Card(v)
	}
	c.mu.Lock()
	c.pages.put(key, p)
	c.mu.Unlock()
	return p, nil
}

// Card is a video in a list, as a window shows it.
func Card(v remote.Video) control.Card {
	return control.Card{
		Ref: control.Ref{Origin: v.Origin, Video: v.UUID}, Title: v.Title,
		Channel: v.Channel.Name, Host: v.Channel.Host, Avatar: v.Channel.Avatar, Thumbnail: v.Thumbnail,
		Duration: v.Duration, Views: v.Views, Watching: v.Watching, Published: v.Published,
		Live: v.Live, Sensitive: v.Sensitive,
	}
}

// lastKnown are the newest films that are known of an origin.
func (c *Catalog) lastKnown(name string) []control.Card {
	known, err := c.cfg.Store.Videos(name)
	if err != nil {
		c.cfg.Log.Error("known videos cannot be listed", "err", err)
		return nil
	}
	slices.SortFunc(known, func(a, b store.Video) int { return b.Published.Compare(a.Published) })
	var cards []control.Card
	for _, rec := range known[:min(len(known), pageSize)] {
		if v, _, err := c.read(rec.Ref, false); err == nil {
			cards = append(cards, Card(v))
		}
	}
	return cards
}

// pageKey names a page of a list.
type pageKey struct {
	origin, search, sort string
	start                int
}

func (k pageKey) query() remote.Query {
	q := remote.Query{Search: k.search, Sort: k.sort, Start: k.start, Count: pageSize}
	q.Local = k.search == ""
	if k.search != "" && k.sort == "" {
		q.Sort = "-match"
	}
	return q
}

// page is a part of a list at a time.
type page struct {
	at    time.Time
	total int
	cards []control.Card
}

// maxPages bounds what lists take in memory: about 50 KB each.
const maxPages = 48

// pages are the last that were read. The zero value is ready.
type pages struct {
	known map[pageKey]page
}

func (p *pages) get(k pageKey) page { return p.known[k] }

func (p *pages) put(k pageKey, v page) {
	if p.known == nil {
		p.known = map[pageKey]page{}
	}
	if _, ok := p.known[k]; !ok && len(p.known) >= maxPages {
		var oldest pageKey
		for k, v := range p.known {
			if old, ok := p.known[oldest]; !ok || v.at.Before(old.at) {
				oldest = k
			}
		}
		delete(p.known, oldest)
	}
	p.known[k] = v
}

func (p *pages) drop(origin string) {
	for k := range p.known {
		if k.origin == origin {
			delete(p.known, k)
		}
	}
}
