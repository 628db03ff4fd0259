// Package signal finds peers through WebTorrent trackers: it announces hashes
// and carries offers and answers. It makes no connections to peers.
//
//	Join ──▶ Member ── announce ──▶ tracker
//	Peer.Offers ◀── others are there ── reply
//	Peer.Offered ── answer ──▶ tracker ──▶ who offered
//	Peer.Answered ◀── answer ── tracker ◀── who was offered
//
// All hashes of one tracker share one socket. Manners: a hash that nobody else
// is in is announced without offers every 10 to 15 minutes; offers are made only
// where others are; an origin gets at most two announces a second, and is left
// alone for minutes when it refused. HTTP trackers are not used.
//
// A tracker may be anybody's. What it says is bounded in size, rate and effect:
// see limit.go. Wire format: p2p/tracker.
package signal
