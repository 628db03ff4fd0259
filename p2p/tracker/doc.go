// Package tracker is the WebTorrent tracker of an instance: it introduces
// browsers to each other and relays their WebRTC offers.
//
//	browser A ── announce(offers) ──▶ tracker ── offer ──▶ browser B
//	browser A ◀── answer ─────────── tracker ◀── answer ── browser B
//
// It never sees video, and knows of videos only what [Allower] says about a
// hash. It speaks to browsers at /tracker/socket (JSON over WebSocket, a byte
// of an id as one code point, as bittorrent-tracker sends them) and to torrent
// programs at /tracker/announce and /tracker/scrape (BEP 3 and BEP 48); the two
// sorts of peers are counted together and never mixed in an answer.
//
// A membership belongs to the socket that made it:
//
//	socket ──< member >── swarm ── shard (by hash, one lock)
//
// so a closed socket leaves no ghosts, an id cannot be taken by another
// address, and an answer passes only to the peer whose offer was relayed to
// its sender.
//
// Connections and their frames are p2p/wsock's: an idle browser costs a few
// hundred bytes, and no length that a stranger writes can end the process.
//
// What a stranger can make it spend is bounded: see limits in limit.go.
package tracker
