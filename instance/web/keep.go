package web

import (
	"context"
	"encoding/json"
	"hash/maphash"
	"maps"
	"net/http"
	"sync"
)

const (
	keepMost = 200     // pages
	keepSize = 100_000 // bytes of one, as sent
)

// keeper keeps pages as they were sent. A page is made of its address, the
// reader's choices and the answers of the Source, so a kept one is good as long
// as the Source answers the same: it is asked each time, and nothing that became
// private is told once more. It is safe for concurrent use.
type keeper struct {
	mu    sync.RWMutex
	known map[string]keptPage
}

type keptPage struct {
	readings []reading
	header   http.Header
	body     []byte
}

// reading is an answer of the Source that a page was made of.
type reading struct {
	path string
	sum  uint64
}

// readings collects those of one page, in one goroutine.
type readings struct {
	list   []reading
	failed bool
}

type readingsKey struct{}

// noted is a Source that tells the page under way what it read.
type noted struct {
	Source
	seed maphash.Seed // of the sums
}

// Read implements Source.
func (n noted) Read(ctx context.Context, path string) (json.RawMessage, error) {
	raw, err := n.Source.Read(ctx, path)
	if all, ok := ctx.Value(readingsKey{}).(*readings); ok {
		all.list = append(all.list, reading{path, maphash.Bytes(n.seed, raw)})
		all.failed = all.failed || err != nil
	}
	return raw, err
}

// kept has a page rendered only if its answer is not at hand. Pages must not
// depend on the query.
func (d *Door) kept(page http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet {
			page(w, r)
			return
		}
		key := pageKey(r)
		k, ok := d.keeper.find(key)
		if !ok || !d.fresh(r.Context(), k) {
			k, ok = d.render(page, w, r)
			if !ok {
				return
			}
			d.keeper.put(key, k)
		}
		maps.Copy(w.Header(), k.header)
		// A reader that went away is no error of ours.
		_, _ = w.Write(k.body)
	}
}

// pageKey holds all of a request that pages look at.
func pageKey(r *http.Request) string {
	form := "plain"
	if acceptsGzip(r) {
		form = "gzip"
	}
	return form + " " + language(r) + " " + theme(r) + " " + r.URL.EscapedPath()
}

// render makes a page. What is not worth keeping it sends itself, and returns
// false.
func (d *Door) render(page http.HandlerFunc, w http.ResponseWriter, r *http.Request) (keptPage, bool) {
	var seen readings
	rec := &recorder{header: http.Header{}, status: http.StatusOK}
	page(rec, r.WithContext(context.WithValue(r.Context(), readingsKey{}, &seen)))
	if rec.status == http.StatusOK && !seen.failed && len(rec.body.Bytes()) <= keepSize {
		return keptPage{seen.list, rec.header, rec.body.Bytes()}, true
	}
	maps.Copy(w.Header(), rec.header)
	w.WriteHeader(rec.status)
	_, _ = w.Write(rec.body.Bytes()) // as above
	return keptPage{}, false
}

// fresh asks the Source again for all that a page was made of.
func (d *Door) fresh(ctx context.Context, k keptPage) bool {
	var now readings
	ctx = context.WithValue(ctx, readingsKey{}, &now)
	for n, was := range k.readings {
		if _, err := d.cfg.Source.Read(ctx, was.path); err != nil || now.list[n] != was {
			return false
		}
	}
	return true
}

func (k *keeper) find(key string) (keptPage, bool) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	p, ok := k.known[key]
	return p, ok
}

func (k *keeper) put(key string, p keptPage) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.known == nil || len(k.known) >= keepMost {
		k.known = map[string]keptPage{}
	}
	k.known[key] = p
}
