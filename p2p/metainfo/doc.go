// Package metainfo makes and reads .torrent files and magnet links (BEP 3, 9,
// 12, 19, 47) of version 1.
//
//	a file's bytes ── Make ──▶ .torrent ── Read ──▶ Torrent{name, pieces, files, trackers, web seeds}
//	                              └── Rewrite: another name, other trackers, the same pieces
//
// Bytes are read and written by github.com/anacrolix/torrent/metainfo and
// bencode. What Make writes is, byte for byte, what create-torrent writes with the
// options of PeerTube. Read takes bytes of strangers: sizes, counts and depth
// are bounded, and what names files outside of their folder, two files at one
// place, or links, is refused.
//
// It speaks to nobody and keeps nothing.
package metainfo
