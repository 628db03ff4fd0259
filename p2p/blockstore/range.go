package blockstore

import (
	"context"
	"fmt"
	"sort"
	"sync"
	"time"

	"vidiverse/p2p"
)

// ReadRange returns n bytes from offset off of the file, verified. It returns
// p2p.ErrAbsent if any of them lies outside of what is held: between extents,
// too, where nothing can be verified. Whoever reads a file in small parts pays
// once for each extent, not for each part. The bytes belong to the caller.
func (f *File) ReadRange(ctx context.Context, off, n int64) ([]byte, error) {
	if off < 0 || n < 0 || n > MaxExtent || off > f.size-n {
		return nil, fmt.Errorf("%w: %d bytes at %d of %d", ErrInvalid, n, off, f.size)
	}
	first, spans, err := f.across(off, n)
	if err != nil {
		return nil, err
	}
	for i := range spans {
		if !f.Has(first + i) { // before anything is read in vain
			return nil, f.absent()
		}
	}
	out := make([]byte, 0, n)
	for i, e := range spans {
		data, err := f.fetchKept(ctx, first+i, e)
		if err != nil {
			return nil, err
		}
		from := off + int64(len(out)) - e.Offset
		out = append(out, data[from:min(int64(len(data)), from+n-int64(len(out)))]...)
	}
	return out, nil
}

// HasRange tells whether ReadRange would find all of it.
func (f *File) HasRange(off, n int64) bool {
	if off < 0 || n < 0 || off > f.size-n {
		return false
	}
	first, spans, err := f.across(off, n)
	if err != nil {
		return false
	}
	f.s.mu.Lock()
	defer f.s.mu.Unlock()
	for i := range spans {
		if !f.held.has(first + i) {
			return false
		}
	}
	return !f.removed && !f.s.closed
}

// across returns the extents that cover a range without a gap, and the number
// of the first.
func (f *File) across(off, n int64) (first int, out []p2p.Extent, err error) {
	err = f.s.index.extents(f.key, func(list []byte) error {
		if list == nil {
			return p2p.ErrAbsent
		}
		var bad error
		first = sort.Search(f.count, func(i int) bool {
			e, err := extentAt(list, i)
			if err != nil {
				bad = err
			}
			return err != nil || e.Offset+e.Length > off
		})
		at := off
		for i := first; bad == nil && at < off+n; i++ {
			e, err := extentAt(list, i)
			if err != nil {
				bad = err
			} else if e.Offset > at {
				bad = p2p.ErrAbsent
			}
			at = e.Offset + e.Length
			out = append(out, e)
		}
		return bad
	})
	return first, out, err
}

// fetchKept is Fetch, but for an extent that was read a moment ago.
func (f *File) fetchKept(ctx context.Context, i int, e p2p.Extent) ([]byte, error) {
	if data := f.s.recent.find(f, i); data != nil && f.Has(i) {
		return data, nil
	}
	data, err := f.Fetch(ctx, i)
	if err == nil && int64(len(data)) != e.Length {
		err = p2p.ErrAbsent // the list changed in between
	}
	if err == nil {
		f.s.recent.keep(f, i, data)
	}
	return data, err
}

// What of verified extents is remembered for those who read in parts.
const (
	recentBytes = 16 << 20
	recentTime  = 10 * time.Second
)

// recent is the extents read last, until nobody has read in parts for a while.
type recent struct {
	mu    sync.Mutex
	list  []kept // the newest last
	bytes int
	timer *time.Timer
}

type kept struct {
	f    *File
	i    int
	data []byte // nobody writes to it
}

func (r *recent) find(f *File, i int) []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	for at, k := range r.list {
		if k.f == f && k.i == i {
			r.list = append(append(r.list[:at:at], r.list[at+1:]...), k)
			return k.data
		}
	}
	return nil
}

func (r *recent) keep(f *File, i int, data []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(data) > recentBytes/2 {
		return
	}
	r.list, r.bytes = append(r.list, kept{f, i, data}), r.bytes+len(data)
	for r.bytes > recentBytes {
		r.bytes -= len(r.list[0].data)
		r.list = append(r.list[:0:0], r.list[1:]...)
	}
	if r.timer == nil {
		r.timer = time.AfterFunc(recentTime, r.clear)
	} else {
		r.timer.Reset(recentTime)
	}
}

func (r *recent) clear() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.list, r.bytes = nil, 0
}

func (r *recent) stop() {
	r.clear()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.timer != nil {
		r.timer.Stop()
	}
}
