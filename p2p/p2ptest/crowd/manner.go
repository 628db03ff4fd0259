package crowd

import (
	"context"
	"sync"
	"time"
)

// Manner is how a viewer chooses whom to ask.
type Manner int

// Page is the manner of PeerTube's player: what is needed soon comes from the
// origin, what is needed later from people, and what nobody has from the origin
// by lot. Node is that of a node's playback: one segment after the other, from
// people while there is time, and from the origin beside them when it gets
// late.
const (
	Page Manner = iota
	Node
)

type manner interface {
	// ready returns when people are to be met, or false if never.
	ready() bool
	// fetch fetches until ctx ends; what it starts is of group.
	fetch(ctx context.Context, group *sync.WaitGroup)
}

func (m Manner) of(v *viewer) manner {
	if m == Node {
		return &nodeManner{viewer: v}
	}
	return pageManner{v}
}

// demand is how near a segment is that a page fetches from the origin.
func (c *crowd) demand() time.Duration {
	if c.Live {
		return 4 * time.Second
	}
	return 15 * time.Second
}

const (
	fromOriginAtOnce = 2
	fromPeopleAtOnce = 3
	pageAhead        = 20 * time.Minute
	look             = 250 * time.Millisecond
)

// pageManner is Page.
type pageManner struct{ *viewer }

func (m pageManner) ready() bool { return true }

func (m pageManner) fetch(ctx context.Context, group *sync.WaitGroup) {
	group.Go(func() { m.lottery(ctx, group) })
	for ctx.Err() == nil {
		m.round(ctx, group)
		timer := time.NewTimer(look)
		select {
		case <-timer.C:
		case <-m.wake:
			timer.Stop()
		case <-ctx.Done():
			timer.Stop()
		}
	}
}

// round starts what can be started now.
func (m pageManner) round(ctx context.Context, group *sync.WaitGroup) {
	from, end := m.span(pageAhead)
	origin, people := m.flying()
	for i := from; i < end; i++ {
		soon := time.Until(m.due(i)) < m.c.demand()
		switch {
		case m.shelf.Has(i):
		case soon && origin < fromOriginAtOnce:
			if m.start(ctx, group, i, false) {
				origin++
			}
		case people < fromPeopleAtOnce && m.swarm.Has(i):
			if m.start(ctx, group, i, true) {
				people++
			}
		}
		if origin >= fromOriginAtOnce && people >= fromPeopleAtOnce {
			return
		}
	}
}

// start fetches a segment from one source. What people are about to bring is
// taken from them when the origin can bring it, and it is needed soon.
func (m pageManner) start(ctx context.Context, group *sync.WaitGroup, i int, people bool) bool {
	m.mu.Lock()
	if f := m.flights[i]; f != nil && f.people && !people {
		f.cancel()
		delete(m.flights, i)
	}
	m.mu.Unlock()
	flying, f := m.fly(ctx, i, people)
	if f == nil {
		return false
	}
	group.Go(func() {
		defer m.land(i, f)
		if people {
			m.askPeople(flying, i)
		} else {
			m.askOrigin(flying, i)
		}
	})
	return true
}

// lottery now and then fetches from the origin what nobody has.
func (m pageManner) lottery(ctx context.Context, group *sync.WaitGroup) {
	for {
		peers := m.swarm.Stats().Peers
		pause := time.Second + time.Duration(m.chance.Float64()*float64(peers)*float64(time.Second))
		if !until(ctx, time.Now().Add(pause)) {
			return
		}
		if origin, _ := m.flying(); peers == 0 || origin >= fromOriginAtOnce {
			continue
		}
		from, end := m.span(pageAhead)
		var nobody []int
		for i := from; i < end; i++ {
			if hold, fetch := m.swarm.Holders(i); hold+fetch == 0 && !m.shelf.Has(i) {
				nobody = append(nobody, i)
			}
		}
		if n := len(nobody); n > 0 && m.chance.Float64() < float64(n)/float64(peers+1) {
			m.start(ctx, group, nobody[m.chance.IntN(n)], false)
		}
	}
}

// nodeManner is Node, with the rules of package playback.
type nodeManner struct {
	*viewer
	late int // of people's, in a row
}

const (
	nodeAhead = time.Minute
	nodeSoon  = 15 * time.Second
	distrust  = 3
)

// ready waits until nobody can spoil the beginning, or the origin is so slow that
// there is little to spoil.
func (m *nodeManner) ready() bool {
	for began := time.Now(); m.buffered() < m.soon() && time.Since(began) < 2*nodeSoon; {
		if !m.c.rest(look) {
			return false
		}
	}
	return true
}

// soon is how near a segment is for which the origin is asked first.
func (m *nodeManner) soon() time.Duration {
	switch {
	case m.c.Live:
		return 8 * time.Second
	case m.tight():
		return 2 * nodeSoon
	}
	return nodeSoon
}

func (m *nodeManner) fetch(ctx context.Context, group *sync.WaitGroup) {
	for ctx.Err() == nil {
		m.round(ctx, group)
		timer := time.NewTimer(look)
		select {
		case <-timer.C:
		case <-m.wake:
			timer.Stop()
		case <-ctx.Done():
			timer.Stop()
		}
	}
}

func (m *nodeManner) round(ctx context.Context, group *sync.WaitGroup) {
	from, end := m.span(nodeAhead)
	origin, people := m.flying()
	flying := origin + people
	for i := from; i < end; i++ {
		room := 1
		if time.Until(m.due(i)) < m.soon() && m.shelf.Has(m.first) {
			room = 2
		}
		if flying >= room {
			return
		}
		if on, f := m.fly(ctx, i, true); f != nil {
			flying++
			group.Go(func() {
				defer m.land(i, f)
				m.race(on, i)
			})
		}
	}
}

// race asks people or the origin first, and the other beside when it gets late.
func (m *nodeManner) race(ctx context.Context, i int) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ways := []func(context.Context, int) bool{m.askOrigin}
	need := time.Until(m.due(i))
	peopleFirst := false
	if m.swarm.Has(i) && !(m.c.Live && m.tight()) {
		ways = append(ways, m.askPeople)
		soon := m.soon()
		m.mu.Lock()
		peopleFirst = need > soon && m.late < distrust
		m.mu.Unlock()
	}
	if peopleFirst {
		ways[0], ways[1] = ways[1], ways[0]
	}
	patience := min(max(need-m.slowly()-time.Second, 400*time.Millisecond), 20*time.Second)
	if !peopleFirst {
		patience = max(patience, m.slowly()) // two at once on one line are each half as fast
	}
	won := m.both(ctx, i, ways, patience)
	if peopleFirst {
		m.mu.Lock()
		defer m.mu.Unlock()
		if m.late++; won == 0 {
			m.late = 0
		}
	}
}

// slowly is longer than the origin takes for a segment.
func (m *nodeManner) slowly() time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	return 2 * max(m.takes, time.Second)
}

// tight reports that the line has little room for attempts: each that fails is
// taken from what is in store, of a live a few seconds.
func (m *nodeManner) tight() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.takes > m.c.Length*3/5
}

// both asks one way after the other; it returns which of them brought it.
func (m *nodeManner) both(ctx context.Context, i int, ways []func(context.Context, int) bool, patience time.Duration) int {
	answers := make(chan int, len(ways))
	asked, open := 0, 0
	ask := func() {
		n := asked
		asked, open = asked+1, open+1
		m.c.group.Go(func() {
			if !ways[n](ctx, i) {
				n = -1
			}
			answers <- n
		})
	}
	ask()
	late := time.NewTimer(patience)
	defer late.Stop()
	for {
		select {
		case n := <-answers:
			if open--; n >= 0 {
				return n
			}
			if asked < len(ways) {
				ask()
			} else if open == 0 {
				return -1
			}
		case <-late.C:
			if asked < len(ways) {
				ask()
			}
		case <-ctx.Done():
			return -1
		}
	}
}
