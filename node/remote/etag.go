package remote

import "sync"

// etags keeps answers that a server may say are still good.
type etags struct {
	mu    sync.Mutex
	known map[string]tagged // by URL; guarded by mu
	size  int               // bytes of all; guarded by mu
}

type tagged struct {
	etag string
	body []byte
}

const (
	maxTagged    = 8 << 20 // bytes together
	maxTaggedOne = 1 << 20
)

func (e *etags) find(url string) (tagged, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	t, ok := e.known[url]
	return t, ok
}

// keep remembers an answer. A full store is emptied: what is asked for again
// comes back soon.
func (e *etags) keep(url, etag string, body []byte) {
	if etag == "" || len(etag) > 200 || len(body) > maxTaggedOne {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	size := e.size - len(e.known[url].body) + len(body) + len(url)
	if e.known == nil || size > maxTagged {
		e.known, size = map[string]tagged{}, len(body)+len(url)
	}
	e.known[url], e.size = tagged{etag, body}, size
}
