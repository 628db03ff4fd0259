package lexicon

import (
	"cmp"
	"context"
	"slices"
	"time"
)

const (
	// kept is how many changes stay in the table, for who has not read them yet.
	kept = 50_000

	// batch is how many changes are taken one by one; after more all is read anew.
	batch = 5000

	// overlap is how many changes before the last may still be uncommitted while
	// all names are read.
	overlap = 500

	settled = 10 * time.Second // longer than any transaction lasts
)

// learn takes in what changed since the last time. It is one at a time, so that
// an old name never comes after a new one.
func (x *Index) learn(ctx context.Context) error {
	x.learning.Lock()
	defer x.learning.Unlock()
	if !x.loaded {
		return x.load(ctx)
	}
	list, err := x.store.changes(ctx, x.base, batch+1)
	if err != nil || len(list) == 0 {
		return err
	}
	if len(list) > batch {
		return x.load(ctx)
	}
	if list[0].number > x.base+1 { // what is missing was rolled back, or dropped before it was read
		if first, _, err := x.store.span(ctx); err != nil || first > x.base+1 {
			return cmp.Or(err, x.load(ctx))
		}
	}
	return x.take(ctx, list)
}

// take reads the names of rows that changed.
func (x *Index) take(ctx context.Context, list []change) error {
	now := x.now()
	var fresh []int64
	for _, c := range list {
		if _, known := x.pending[c.number]; !known && c.row != 0 {
			fresh = append(fresh, c.row)
		}
	}
	slices.Sort(fresh)
	fresh = slices.Compact(fresh)
	read := make(map[int64]string, len(fresh))
	if len(fresh) > 0 {
		if err := x.store.each(ctx, fresh, func(id int64, name string) { read[id] = name }); err != nil {
			return err
		}
		x.mu.Lock()
		for _, id := range fresh {
			x.put(id, read[id])
		}
		x.found.Clear()
		x.mu.Unlock()
	}
	for _, c := range list {
		x.settle(c.number, now)
	}
	return nil
}

// settle moves the base over a change. On PostgreSQL what is not committed yet may
// have a smaller number than what is: a number counts as known when no transaction
// of its time can be running.
func (x *Index) settle(number int64, now time.Time) {
	at, known := x.pending[number]
	switch {
	case !x.store.db.Postgres():
		x.base = number
	case !known:
		x.pending[number] = now
	case now.Sub(at) >= settled:
		x.base = number
		delete(x.pending, number)
	}
}

// put writes the name of a row that is new, changed or gone.
func (x *Index) put(id int64, name string) {
	e := newEntry(id, name)
	at, known := slices.BinarySearchFunc(x.names, id, func(e entry, id int64) int { return cmp.Compare(e.id, id) })
	switch {
	case known:
		x.names[at] = e
	case name != "":
		x.names = slices.Insert(x.names, at, e)
	}
}

func newEntry(id int64, name string) entry {
	e := entry{id: id, name: Fold(name)}
	for t := range trigrams(e.name) {
		e.sig.add(t)
	}
	return e
}

// load reads all names.
func (x *Index) load(ctx context.Context) error {
	first, last, err := x.store.span(ctx)
	if err != nil {
		return err
	}
	var names []entry
	err = x.store.each(ctx, nil, func(id int64, name string) { names = append(names, newEntry(id, name)) })
	if err != nil {
		return err
	}
	x.loaded, x.base, x.pending = true, last, map[int64]time.Time{}
	if x.store.db.Postgres() {
		x.base = max(first-1, last-overlap, 0)
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.names = slices.Clip(names)
	x.found.Clear()
	return nil
}

// Forget drops changes from the database that everybody read long ago. It is to
// be called now and then, of one of all indexes.
func (x *Index) Forget(ctx context.Context) error { return x.store.forget(ctx, kept) }
