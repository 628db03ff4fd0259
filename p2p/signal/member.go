package signal

import (
	"slices"
	"time"
)

// Member is a hash that is announced.
type Member struct {
	c    *Client
	hash id
	self id
	peer Peer

	// entries is written by Join alone. What is in them, and left, is guarded
	// by c.mu.
	entries []*entry
	left    bool
}

// entry is a member at one tracker.
type entry struct {
	t       *tracker
	m       *Member
	seq     int
	dead    bool // the tracker does not know the hash
	started bool // on this socket
	hurry   bool
	bare    bool // the last announce did not know of others
	others  int
	told    int64            // of the torrent was left at the last announce; -1: nothing said
	last    time.Time        // announced
	next    time.Time        // to announce; zero: as soon as may be
	pending map[id]time.Time // offers, and when they expire
}

// PeerID is how others know us in this swarm.
func (m *Member) PeerID() string { return string(m.self[:]) }

// Others is how many others there were at the last reply, at the tracker that
// knows most.
func (m *Member) Others() (n int) {
	m.c.mu.Lock()
	defer m.c.mu.Unlock()
	for _, e := range m.entries {
		n = max(n, e.others)
	}
	return n
}

// Dead reports whether no tracker knows the hash, so that nothing is announced.
// It stays so for an hour.
func (m *Member) Dead() bool {
	m.c.mu.Lock()
	defer m.c.mu.Unlock()
	for _, e := range m.entries {
		if !e.dead {
			return false
		}
	}
	return true
}

// Hurry announces soon, with offers if others are there: somebody waits. The
// manners hold, so it may be called at any rate.
func (m *Member) Hurry() {
	m.c.mu.Lock()
	defer m.c.mu.Unlock()
	for _, e := range m.entries {
		e.hurry = true
		if soon := e.last.Add(hurryEvery); soon.Before(e.next) && !e.last.IsZero() {
			e.next = soon // it may be due earlier anyway
		}
		e.t.poke()
	}
}

// Leave ends the announcing. Trackers that are connected are told.
func (m *Member) Leave() { m.leave(true) }

// Vanish ends the announcing without a word. Who names a hash that a tracker
// does not know any more, as its video was withdrawn, is shut out with all other
// hashes for minutes, even for a goodbye. Trackers find out by themselves.
func (m *Member) Vanish() { m.leave(false) }

func (m *Member) leave(tell bool) {
	c := m.c
	c.mu.Lock()
	if m.left {
		c.mu.Unlock()
		return
	}
	m.left = true
	c.members--
	var expired []id
	for _, e := range m.entries {
		expired = append(expired, c.expire(e, time.Time{})...)
		e.t.forget(e)
		if tell && e.started && len(e.t.stops) < maxStops {
			e.t.stops = append(e.t.stops, m)
		}
		e.t.poke()
		c.disuse(e.t)
	}
	c.mu.Unlock()
	m.expired(expired)
}

// forget drops an entry. mu is held.
func (t *tracker) forget(e *entry) {
	delete(t.entries, e.m)
	hash := e.m.hash
	t.byHash[hash] = slices.DeleteFunc(t.byHash[hash], func(o *entry) bool { return o == e })
	if len(t.byHash[hash]) == 0 {
		delete(t.byHash, hash)
	}
}

// disuse forgets a tracker without members, unless it is served: then its own
// goroutine does. mu is held.
func (c *Client) disuse(t *tracker) {
	if len(t.entries) == 0 && c.run == nil && c.trackers[t.url] == t {
		delete(c.trackers, t.url)
		t.origin.users--
	}
}

// expire forgets the offers of e that are due, all of them if now is zero. mu
// is held; the member is told after.
func (c *Client) expire(e *entry, now time.Time) (due []id) {
	for offer, at := range e.pending {
		if now.IsZero() || now.After(at) {
			delete(e.pending, offer)
			c.pending--
			due = append(due, offer)
		}
	}
	return due
}

func (m *Member) expired(offers []id) {
	for _, o := range offers {
		m.peer.Expired(string(o[:]))
	}
}
