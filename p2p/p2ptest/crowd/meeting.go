package crowd

import (
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"vidiverse/p2p/p2ptest"
	"vidiverse/p2p/swarm"
)

// meeting introduces people as a tracker does: who announces itself is connected
// to five others, by chance.
type meeting struct {
	mu      sync.Mutex
	chance  *rand.Rand
	members []member
	links   []*p2ptest.Link
	dead    bool
}

// member is a peer or a stranger.
type member interface {
	name() string
	wire() *p2ptest.Line
	meet(id string, c swarm.Conn)
}

const (
	offers   = 5
	interval = 2 * time.Minute
	// settling is what a connection takes to be made, beside round trips.
	settling = 100 * time.Millisecond
)

// keep announces a member until the crowd ends.
func (m *meeting) keep(p *peer) {
	for again := true; again; again = p.c.rest(interval) {
		if p.c.Alone {
			return
		}
		for _, other := range m.announce(p) {
			p.c.group.Go(func() { p.c.introduce(p, other) })
		}
	}
}

// announce adds a member and names it others.
func (m *meeting) announce(p member) (others []member) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !slices.Contains(m.members, p) {
		defer func() { m.members = append(m.members, p) }()
	}
	for _, i := range m.chance.Perm(len(m.members)) {
		if other := m.members[i]; other != p && len(others) < offers {
			others = append(others, other)
		}
	}
	return others
}

// keeps notes a connection, unless there are none any more.
func (m *meeting) keeps(l *p2ptest.Link) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.links = append(m.links, l)
	return !m.dead
}

// cut ends every connection, for good.
func (m *meeting) cut() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.dead = true
	for _, l := range m.links {
		l.Close()
	}
}

// gone takes a member out.
func (m *meeting) gone(p member) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.members = slices.DeleteFunc(m.members, func(other member) bool { return other == p })
}

// introduce connects two after a while.
func (c *crowd) introduce(a, b member) {
	if c.rest(settling + 6*c.Delay) {
		atA, atB := p2ptest.Connect(a.wire(), b.wire())
		if !c.meeting.keeps(atA) {
			return
		}
		a.meet(b.name(), atA)
		b.meet(a.name(), atB)
	}
}

func (p *peer) name() string        { return p.id }
func (p *peer) wire() *p2ptest.Line { return p.line }

// meet takes a connection over; who is not welcome is sent away.
func (p *peer) meet(id string, c swarm.Conn) { _ = p.swarm.Meet(id, c) }
