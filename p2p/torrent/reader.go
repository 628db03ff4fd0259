package torrent

import (
	"context"
	"errors"
	"io"

	"vidiverse/p2p"
	"vidiverse/p2p/metainfo"
)

// Reader reads one file of a torrent, and has fetched what it reads and a
// bounded part of what follows. One goroutine uses it. Close it.
type Reader struct {
	t    *Torrent
	ctx  context.Context
	file metainfo.File

	// Guarded by t.mu: where it is and where the file ends, in the torrent.
	pos, end int64

	i    int // the piece in data
	data []byte
}

// NewReader reads file i of a torrent whose info is known, until ctx ends.
func (t *Torrent) NewReader(ctx context.Context, i int) (*Reader, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.info == nil || i < 0 || i >= len(t.info.Files) || t.info.Files[i].Length == 0 {
		return nil, ErrInvalid
	}
	f := t.info.Files[i]
	r := &Reader{t: t, ctx: ctx, file: f, pos: f.Offset, end: f.Offset + f.Length, i: -1}
	t.readers[r] = struct{}{}
	t.moved()
	return r, nil
}

// moved lets everybody look at what is wanted now. mu is held.
func (t *Torrent) moved() {
	t.fillAll()
	t.tell()
}

// Seek implements io.Seeker.
func (r *Reader) Seek(offset int64, whence int) (int64, error) {
	r.t.mu.Lock()
	defer r.t.mu.Unlock()
	switch whence {
	case io.SeekCurrent:
		offset += r.pos - r.file.Offset
	case io.SeekEnd:
		offset += r.file.Length
	}
	if offset < 0 {
		return 0, ErrInvalid
	}
	r.goTo(r.file.Offset + min(offset, r.file.Length))
	return offset, nil
}

// goTo moves. mu is held.
func (r *Reader) goTo(to int64) {
	before := r.pos
	r.pos = to
	if before/r.t.info.PieceLength != to/r.t.info.PieceLength {
		r.t.moved()
	}
}

// Read implements io.Reader. It waits for the piece at its place.
func (r *Reader) Read(b []byte) (int, error) {
	r.t.mu.Lock()
	pos, info := r.pos, r.t.info
	r.t.mu.Unlock()
	if pos >= r.end {
		return 0, io.EOF
	}
	i := int(pos / info.PieceLength)
	if r.i != i {
		data, err := r.wait(i)
		if err != nil {
			return 0, err
		}
		r.i, r.data = i, data
	}
	from := pos - int64(i)*info.PieceLength
	n := copy(b, r.data[from:min(int64(len(r.data)), from+r.end-pos)])
	r.t.mu.Lock()
	r.goTo(pos + int64(n))
	r.t.mu.Unlock()
	return n, nil
}

// wait returns piece i as soon as it is there.
func (r *Reader) wait(i int) ([]byte, error) {
	for {
		r.t.mu.Lock()
		news, store, err := r.t.news, r.t.store, r.t.dead()
		r.t.mu.Unlock()
		if errors.Is(err, ErrClosed) {
			return nil, err
		}
		data, e := store.Piece(r.ctx, i)
		if e == nil || !errors.Is(e, p2p.ErrAbsent) {
			return data, e
		}
		if err != nil {
			return nil, err // it does not come any more
		}
		select {
		case <-news:
		case <-r.ctx.Done():
			return nil, r.ctx.Err()
		case <-r.t.ctx.Done():
			return nil, ErrClosed
		}
	}
}

// Close ends the fetching for this reader.
func (r *Reader) Close() error {
	r.t.mu.Lock()
	defer r.t.mu.Unlock()
	delete(r.t.readers, r)
	r.t.moved()
	return nil
}
