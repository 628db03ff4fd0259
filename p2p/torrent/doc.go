// Package torrent gives and takes files by BitTorrent: over WebRTC data
// channels to browsers, over TCP to everybody else, and from web seeds.
//
//	Open(hash, info?) ─▶ Torrent ─▶ Reader ── wants pieces ahead of where it is
//	                        ▲
//	   web seeds (guard) ───┤ pieces, SHA-1 checked, then kept in a Store
//	   TCP, WebRTC peers ───┘
//	peers ◀── blocks ◀── Gate ◀── Store            (nothing else sends)
//
// Without Meet there are no peers: nothing listens and nothing is announced, and
// a torrent comes from its web seeds alone. Meet runs while its caller may share.
// What is only held for others costs its hash here; it is opened when somebody
// comes for it, and closed when the last of them left.
//
// There is no DHT and no uTP: peers come from the trackers that a torrent names,
// and from peers of it (at most 50 at a time, public addresses only). A name in a
// torrent never becomes a path: files are kept under the hash.
//
// All that peers send is bounded: see limit.go. The wire is BEP 3, 9, 10 and 11,
// in the codecs of github.com/anacrolix/torrent. Its Client is not used: it panics
// on some input in goroutines of its own, and does not end cleanly.
package torrent
