// Package p2p holds the few words that the protocols below it share: a media
// file of one version, its extents with their digests, and something that can
// give such an extent.
//
//	FileID ──▶ extents 0, 1, 2 … ──▶ Source.Fetch ──▶ bytes that match Extent.Sum
//
// An extent is one segment of a rendition. What a file is about (a video, its
// title, its owner) is nobody's business here.
package p2p

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
)

// Errors of sources, for errors.Is.
var (
	ErrAbsent = errors.New("p2p: the source does not hold it")
	ErrDigest = errors.New("p2p: the bytes do not match their digest")
)

// FileID names one media file in one version: the same name at the same origin
// with other digests is another file, and their bytes never mix.
type FileID struct {
	Origin  string   // host[:port] of the instance that published it, lower case
	Video   string   // UUID, lower case
	Name    string   // a plain file name
	Version [32]byte // VersionOf its extents
}

// Extent is a part of a file with the SHA-256 that its origin gave.
type Extent struct {
	Offset, Length int64
	Sum            [32]byte
}

// Check returns ErrDigest unless data is what the origin published.
func (e Extent) Check(data []byte) error {
	if int64(len(data)) != e.Length || sha256.Sum256(data) != e.Sum {
		return ErrDigest
	}
	return nil
}

// VersionOf is the digest of a list of extents.
func VersionOf(extents []Extent) (version [32]byte) {
	h := sha256.New()
	var b [48]byte
	for _, e := range extents {
		binary.BigEndian.PutUint64(b[:], uint64(e.Offset))
		binary.BigEndian.PutUint64(b[8:], uint64(e.Length))
		copy(b[16:], e.Sum[:])
		h.Write(b[:])
	}
	h.Sum(version[:0])
	return version
}

// Source gives extents of one file: a disk, a peer, a server.
type Source interface {
	// Fetch returns extent i whole. It returns ErrAbsent if the source does not
	// hold it and ErrDigest if what it gave is wrong; any other error may be
	// temporary. A source that checks nothing says so: its bytes are checked by
	// whoever keeps or plays them. Fetch may be called from several goroutines,
	// and the bytes belong to the caller.
	Fetch(ctx context.Context, i int) ([]byte, error)
}
