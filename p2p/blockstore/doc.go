// Package blockstore keeps verified media files on disk, whole or in part: a
// sparse file for each media file of one version, and an index of the extents
// that it holds.
//
//	Put ── SHA-256 ──▶ pwrite ──▶ readable ┄ later, in batches ┄▶ fsync ──▶ bit in the index
//	evict, Remove, a bad extent ──▶ bit out of the index (fsync) ──▶ hole punched, file unlinked
//
// In this order a bit never stands for bytes that are not there, whatever kills
// the process; a lost bit costs a fetch. And no bit is believed: every read is
// checked against the digest that the origin gave, and what fails is dropped.
//
//	dir/lock        which process has the store
//	dir/index.db    bbolt: file: key → record with bitmap; extents: key → offset, length, sum…
//	dir/spare      what is given up when the disk is so full that nothing can be forgotten
//	dir/files/KEY   KEY is a hash of the FileID: no remote text names a file
//
// In memory a file costs its names and its bitmap; extents are read when asked
// for. The package decides what to throw away when the quota is reached, and
// nothing about what to fetch.
package blockstore
