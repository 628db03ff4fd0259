package torrent

import (
	"context"
	"crypto/sha1" //nolint:gosec // BitTorrent names pieces by SHA-1
	"errors"

	"vidiverse/p2p"
	"vidiverse/p2p/metainfo"
)

// Errors, for errors.Is.
var (
	ErrInvalid  = errors.New("torrent: not valid")
	ErrFull     = errors.New("torrent: no room")
	ErrClosed   = errors.New("torrent: closed")
	ErrListen   = errors.New("torrent: the port is taken")
	errReadOnly = errors.New("torrent: nothing is added here")
)

// Store keeps the pieces of one torrent. It may be used from several
// goroutines.
type Store interface {
	// Has tells whether piece i is held.
	Has(i int) bool
	// Piece returns piece i, checked against its digest at this very read. It
	// returns p2p.ErrAbsent if it is not held, or not right any more.
	Piece(ctx context.Context, i int) ([]byte, error)
	// Put keeps piece i, whose SHA-1 was checked. ErrFull: there is no room.
	Put(i int, data []byte) error
	// Close lets go. What is held stays.
	Close() error
}

// right tells whether data is piece i.
func right(info *metainfo.Torrent, i int, data []byte) bool {
	sum, _, length := info.Piece(i)
	return int64(len(data)) == length && sha1.Sum(data) == sum //nolint:gosec // see above
}

// Held is the store of a torrent of one file of which the extents are held:
// what the origin published is given on as the torrent that it published.
type Held struct {
	info *metainfo.Torrent
	file Extents
	init []byte       // of the file, before the first extent
	list []p2p.Extent // in order
}

// Extents is a file of which extents are held: *blockstore.File.
type Extents interface {
	p2p.Source
	Has(i int) bool
}

// NewHeld returns the store of a torrent whose only file has these extents and
// begins with init. ErrInvalid: it has another size, or several files.
func NewHeld(info *metainfo.Torrent, file Extents, init []byte, extents []p2p.Extent) (*Held, error) {
	if !info.Single || len(extents) == 0 {
		return nil, ErrInvalid
	}
	last := extents[len(extents)-1]
	if info.PieceLength > maxPiece || last.Offset+last.Length > info.Length || info.Pieces() > maxPieces {
		return nil, ErrInvalid
	}
	return &Held{info: info, file: file, init: init, list: extents}, nil
}

// parts calls f for what makes up piece i, in order: a range of the header (n is
// -1) or of extent n. It reports false where something is in neither.
func (h *Held) parts(i int, f func(n int, from, to int64) bool) bool {
	_, at, length := h.info.Piece(i)
	end := at + length
	if head := int64(len(h.init)); at < head {
		to := min(end, head)
		if !f(-1, at, to) {
			return false
		}
		at = to
	}
	for n := h.first(at); at < end; n++ {
		if n >= len(h.list) || h.list[n].Offset > at {
			return false
		}
		e := h.list[n]
		to := min(end, e.Offset+e.Length)
		if !f(n, at-e.Offset, to-e.Offset) {
			return false
		}
		at = to
	}
	return true
}

// first is the first extent that ends after at.
func (h *Held) first(at int64) int {
	low, high := 0, len(h.list)
	for low < high {
		mid := (low + high) / 2
		if e := h.list[mid]; e.Offset+e.Length <= at {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return low
}

// Has implements Store.
func (h *Held) Has(i int) bool {
	if i < 0 || i >= h.info.Pieces() {
		return false
	}
	return h.parts(i, func(n int, _, _ int64) bool { return n < 0 || h.file.Has(n) })
}

// Piece implements Store: each extent is checked against its SHA-256, and the
// piece against its SHA-1.
func (h *Held) Piece(ctx context.Context, i int) ([]byte, error) {
	if !h.Has(i) {
		return nil, p2p.ErrAbsent
	}
	_, _, length := h.info.Piece(i)
	data := make([]byte, 0, length)
	err := error(nil)
	whole := h.parts(i, func(n int, from, to int64) bool {
		if n < 0 {
			data = append(data, h.init[from:to]...)
			return true
		}
		var b []byte
		if b, err = h.file.Fetch(ctx, n); err == nil {
			data = append(data, b[from:to]...)
		}
		return err == nil
	})
	switch {
	case err != nil:
		return nil, err
	case !whole || !right(h.info, i, data):
		return nil, p2p.ErrAbsent // the torrent is of other bytes
	}
	return data, nil
}

// Put implements Store.
func (h *Held) Put(int, []byte) error { return errReadOnly }

// Close implements Store.
func (h *Held) Close() error { return nil }
