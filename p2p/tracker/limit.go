package tracker

import (
	"time"

	"vidiverse/p2p/wsock"
)

// The limits of one client. They stop floods, not crowds: a campus or a seeder
// of a thousand videos behind one address stays far below them. A browser
// announces each of two or three hashes every 120 s and answers offers as they
// come.
var (
	// Frames of one socket, answers and pings included.
	socketRate = rate{every: 50 * time.Millisecond, burst: 600}
	// Announces of one (hash, peer id) of a socket. PeerTube's own limit, off
	// by default there, is 15 in five minutes.
	memberRate = rate{every: 10 * time.Second, burst: 15}
	// Introductions of one member, by its own offers and by those of others:
	// whoever collects addresses meets a handful of viewers a minute.
	meetRate = rate{every: 2 * time.Second, burst: 64}
	// Frames of all sockets, and HTTP requests, of one address.
	addressRate = rate{every: time.Millisecond, burst: 10_000}
	// Questions to the allow list that one address causes.
	askRate = rate{every: 100 * time.Millisecond, burst: 2_000}
	// Proofs of consent of one address that are none though they look like it:
	// each costs a verification.
	forgeRate = rate{every: time.Second, burst: 32}
	// New sockets of one address; those of a campus may all come at once.
	knockRate = rate{every: 20 * time.Millisecond, burst: 5_000}
	// New sockets of the whole tracker: after a restart everybody comes back,
	// and those who are let in must still be served in time.
	upgradeRate = rate{every: 400 * time.Microsecond, burst: 5_000}

	// What an enrolled node may do instead, whatever its neighbours do: it
	// answers for thousands of streams, and is who everybody should meet.
	mirrorRate     = rate{every: 5 * time.Millisecond, burst: 4_000}
	mirrorMeetRate = rate{every: 50 * time.Millisecond, burst: 256}
)

const (
	// Bytes waiting for a socket that does not read; beyond, it is closed.
	maxQueue = 64 << 10
	// Peer ids one socket may use in one swarm, and memberships in all. A
	// browser uses one a swarm; a node has one a hash it mirrors.
	maxPerSwarm  = 4
	maxPerSocket = 8192
	// Offers of a member that wait for an answer; a browser drops its own
	// after 50 s, and gets four announces into that at most.
	maxPending = 2 * maxOffers
	// Torrent programs remembered in one swarm.
	maxHosts = 1000
	// Announces of one hash and address in strictFor, when the operator wants
	// PeerTube's limit.
	strictMost = 15
	// Proofs remembered so that they are taken once. Beyond, none is taken: at
	// two a second a node, as ours announce, some hundred nodes fill it.
	maxProofs = 1 << 17
	// Addresses with a counter. Only those without a socket are forgotten.
	maxClients = 100_000
)

const (
	blockTime = 3 * time.Minute  // for the address that asked for an unknown hash
	allowTime = 60 * time.Second // how long what Allower said holds
	strictFor = 5 * time.Minute  // the window of RejectTooManyAnnounces
	askTime   = 5 * time.Second  // for Allower to answer
	skew      = 5 * time.Minute  // between a node's clock and ours
	comeBack  = 2 * time.Minute  // the longest Retry-After
	idleTime  = 20 * time.Minute // between announces of a member, and of a socket
)

// usual is what a socket may make us keep, and how long it may take; tests
// shorten it. Hello is the time to the first announce.
var usual = wsock.Limits{Message: maxFrame, Queue: maxQueue, Hello: time.Minute, Idle: idleTime}

// rate allows one event in every, and burst at once.
type rate struct {
	every time.Duration
	burst int64
}

// meter is the state of a rate: the time at which it would be empty again, in
// Unix nanoseconds. Its zero value is empty.
type meter int64

// allow counts one event and reports whether it is within r.
func (m *meter) allow(now time.Time, r rate) bool {
	n := now.UnixNano()
	at := max(int64(*m), n)
	if at-n > int64(r.every)*(r.burst-1) {
		return false
	}
	*m = meter(at + int64(r.every))
	return true
}

// room reports whether allow would.
func (m meter) room(now time.Time, r rate) bool { return m.allow(now, r) }

// load reports how much of the burst is used, from 0 to 1.
func (m meter) load(now time.Time, r rate) float64 {
	used := int64(m) - now.UnixNano()
	return max(0, float64(used)/float64(int64(r.every)*r.burst))
}
