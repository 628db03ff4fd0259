package viewmodel

import (
	"context"

	"vidiverse/node/control"
)

// pageSize is how many cards are asked for at once.
const pageSize = 24

// maxCards bounds what one list holds in memory.
const maxCards = 20_000

// Grid is a list of videos: the newest, those of one server, or those that a
// search found.
type Grid struct {
	*Scope
	Query    control.Query
	Cards    []Card
	Total    int
	Loading  bool     // the first page is on its way
	More     bool     // a further page is there to ask for
	Problem  *Problem // nothing could be had
	Problems []string // of servers that did not answer, while others did
	Nobody   bool     // no server is followed

	first, next, servers question
	start                int // of the next page
}

// Grid opens a list; Load fills it.
func (d *Desk) Grid(q control.Query) *Grid {
	q.Count = pageSize
	return &Grid{Scope: d.Scope(), Query: q}
}

// Sort orders the list anew.
func (g *Grid) Sort(by string) {
	g.Query.Sort = by
	g.Cards = nil
	g.Load()
}

// Load asks for the first page. What is shown stays until the answer is there.
func (g *Grid) Load() {
	g.next.stop()
	g.Loading = true
	g.changed()
	q := g.Query
	ask(g.Scope, &g.first, func(ctx context.Context) (control.Page, error) { return g.Services.Library.List(ctx, q) },
		func(p control.Page, err error) {
			g.Loading = false
			g.Problem = problem(g.Words, "list", err)
			if err == nil {
				g.Cards, g.start = nil, 0
				g.take(p)
			}
			g.changed()
			if len(g.Cards) == 0 && q.Search == "" {
				g.countServers()
			}
		})
}

func (g *Grid) take(p control.Page) {
	before := len(g.Cards)
	g.Cards = g.cards(g.Cards, p.Cards)
	g.start += len(p.Cards)
	g.Total, g.Problems = p.Total, nil
	for _, w := range p.Problems {
		g.Problems = append(g.Problems, g.node(w))
	}
	g.More = len(p.Cards) > 0 && g.start < p.Total && len(g.Cards) < maxCards
	if len(g.Cards) == before && len(p.Cards) < pageSize {
		g.More = false
	}
}

// Next asks for the page after those that are shown, if there is one and
// nothing is being asked. Pages call it when the end comes near.
func (g *Grid) Next() {
	if !g.More || g.Loading || g.next.asked() {
		return
	}
	q := g.Query
	q.Start = g.start
	ask(g.Scope, &g.next, func(ctx context.Context) (control.Page, error) { return g.Services.Library.List(ctx, q) },
		func(p control.Page, err error) {
			if err != nil {
				g.More = false // Load tries again
				g.Problems = []string{problem(g.Words, "list", err).Text}
			} else {
				g.take(p)
			}
			g.changed()
		})
}

// countServers tells an empty list from a list of nobody.
func (g *Grid) countServers() {
	ask(g.Scope, &g.servers, g.Services.Library.Instances, func(all []control.Instance, err error) {
		if err == nil {
			g.Nobody = len(all) == 0
			g.changed()
		}
	})
}
