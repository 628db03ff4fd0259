package tracker

import "net/netip"

// member is one peer id of one socket in one swarm. sock, swarm and id never
// change; the fields up to pending are guarded by the shard's lock, next and
// prev by the socket's.
type member struct {
	sock   *socket
	swarm  *swarm
	id     id
	at     [lists]int32 // where it is in the swarm's lists
	seen   int32        // Unix seconds of the last announce
	seed   bool
	mirror bool // of an enrolled node that wants to be met
	gone   bool // no longer in the swarm
	rate   meter
	met    meter
	// pending are prints of the offers of this member that were relayed and
	// not answered: the oldest is forgotten first.
	pending []uint32

	next, prev *member
}

// host is a torrent program met over HTTP.
type host struct {
	id   id
	seen int32
	seed bool
}

// swarm is who watches one stream.
type swarm struct {
	hash    id
	members list
	near    map[network]list // the same, by network; nil in a swarm that is soon looked through
	mirrors list             // those of enrolled nodes
	byID    map[id]*member
	hosts   map[netip.AddrPort]host
	seeds   int // among members and hosts
}

// list is members in no order. Each knows its place, so that it leaves in one
// step.
type list []*member

// The lists of a swarm that a member is in.
const (
	inAll = iota
	inNear
	inMirrors
	lists
)

func (l list) add(m *member, which int) list {
	m.at[which] = int32(len(l))
	return append(l, m)
}

// cut takes a member out; the last takes its place.
func (l list) cut(m *member, which int) list {
	last := len(l) - 1
	moved := l[last]
	l[m.at[which]], moved.at[which] = moved, m.at[which]
	l[last] = nil
	l = l[:last]
	if cap(l) > 64 && last < cap(l)/4 {
		l = append(make(list, 0, 2*last), l...)
	}
	return l
}

// counts reports the swarm as an announce does. It may be nil.
func (w *swarm) counts() (complete, incomplete int) {
	if w == nil {
		return 0, 0
	}
	return w.seeds, len(w.members) + len(w.hosts) - w.seeds
}

func (w *swarm) setSeed(was *bool, now bool) {
	if *was != now {
		*was = now
		if now {
			w.seeds++
		} else {
			w.seeds--
		}
	}
}

func (w *swarm) insert(m *member) {
	w.members = w.members.add(m, inAll)
	w.byID[m.id] = m
	switch {
	case w.near != nil:
		w.settle(m)
	case len(w.members) > soonSeen:
		w.near = map[network]list{}
		for _, m := range w.members {
			w.settle(m)
		}
	}
}

// settle lists a member with its neighbours.
func (w *swarm) settle(m *member) {
	if of := m.sock.network; of != 0 {
		w.near[of] = w.near[of].add(m, inNear)
	}
}

func (w *swarm) remove(m *member) {
	w.setSeed(&m.seed, false)
	w.setMirror(m, false)
	w.members = w.members.cut(m, inAll)
	delete(w.byID, m.id)
	if of := m.sock.network; w.near != nil && of != 0 {
		if left := w.near[of].cut(m, inNear); len(left) > 0 {
			w.near[of] = left
		} else {
			delete(w.near, of)
		}
	}
	if len(w.members) < soonSeen/2 {
		w.near = nil
	}
	m.gone = true
}

func (w *swarm) setMirror(m *member, now bool) {
	switch {
	case m.mirror == now:
	case now:
		w.mirrors = w.mirrors.add(m, inMirrors)
	default:
		w.mirrors = w.mirrors.cut(m, inMirrors)
	}
	m.mirror = now
}

// expect remembers that an offer went to a member.
func (m *member) expect(print uint32) {
	if len(m.pending) == maxPending {
		copy(m.pending, m.pending[1:])
		m.pending = m.pending[:maxPending-1]
	}
	m.pending = append(m.pending, print)
}

// answered forgets an offer; it reports false when there was none.
func (m *member) answered(print uint32) bool {
	for i, p := range m.pending {
		if p == print {
			m.pending = append(m.pending[:i], m.pending[i+1:]...)
			return true
		}
	}
	return false
}

// printOf is FNV-1a over an offer id and the peer it was given to. A collision
// would only let an answer through that its receiver ignores.
func printOf(offer, peer *id) uint32 {
	h := uint32(2166136261)
	for _, c := range offer {
		h = (h ^ uint32(c)) * 16777619
	}
	for _, c := range peer {
		h = (h ^ uint32(c)) * 16777619
	}
	return h
}
