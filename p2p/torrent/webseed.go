package torrent

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"vidiverse/p2p/guard"
	"vidiverse/p2p/metainfo"
)

// Times of a web seed.
const (
	seedRest  = 5 * time.Second // after a failure, doubled at each
	seedMost  = 5 * time.Minute
	seedWrong = 3 // pieces that came wrong: then it is left alone
)

var errSeed = errors.New("torrent: a web seed gives another thing than asked for")

// seed fetches pieces from one URL until ctx ends (BEP 19).
func (t *Torrent) seed(ctx context.Context, address string) {
	wrong, failures := 0, 0
	for wrong < seedWrong {
		t.mu.Lock()
		i, ok := t.claim()
		news := t.news
		t.mu.Unlock()
		if !ok {
			// What peers are slow with may be claimed without any news.
			if !rest(ctx, news, 2*time.Second) {
				return
			}
			continue
		}
		data, err := t.fromSeed(ctx, address, i)
		if err != nil {
			t.mu.Lock()
			delete(t.active, i)
			t.fillAll()
			t.mu.Unlock()
			t.e.cfg.Log.Debug("web seed", "piece", i, "err", err)
			if errors.Is(err, errSeed) {
				wrong++
			}
			if !rest(ctx, nil, min(seedRest<<min(failures, 10), seedMost)) {
				return
			}
			failures++
			continue
		}
		if failures = 0; !t.keep(i, data, ByWebSeed, nil) {
			wrong++
		}
	}
}

// rest waits; it reports false at the end.
func rest(ctx context.Context, news <-chan struct{}, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-news:
	case <-timer.C:
	}
	return true
}

// fromSeed fetches a piece, from each file that it lies in.
func (t *Torrent) fromSeed(ctx context.Context, address string, i int) ([]byte, error) {
	_, offset, length := t.info.Piece(i)
	data := make([]byte, 0, length)
	for _, f := range t.info.Files {
		from, to := max(offset, f.Offset), min(offset+length, f.Offset+f.Length)
		if from >= to {
			continue
		}
		if f.Pad {
			data = append(data, make([]byte, to-from)...)
			continue
		}
		b, err := t.e.ranged(ctx, seedURL(address, t.info, f), from-f.Offset, to-from, f.Length)
		if err != nil {
			return nil, err
		}
		data = append(data, b...)
	}
	return data, nil
}

// seedURL is where a web seed has a file: at the URL itself where there is one
// file, below it otherwise.
func seedURL(address string, info *metainfo.Torrent, f metainfo.File) string {
	if info.Single && !strings.HasSuffix(address, "/") {
		return address
	}
	name := url.PathEscape(info.Name)
	if !info.Single {
		for _, one := range strings.Split(f.Path, "/") {
			name += "/" + url.PathEscape(one)
		}
	}
	return strings.TrimSuffix(address, "/") + "/" + name
}

// ranged fetches n bytes of a file. Only the very range that was asked for, of a
// file of the very length, is taken.
func (e *Engine) ranged(ctx context.Context, address string, from, n, size int64) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	want := fmt.Sprintf("bytes %d-%d/%d", from, from+n-1, size)
	req.Header.Set("Range", fmt.Sprintf("bytes=%d-%d", from, from+n-1))
	req.Header.Set("Accept-Encoding", "identity")
	res, body, err := e.cfg.HTTP(address).With(guard.Limits{Bytes: n, Total: 2 * time.Minute, Rate: 8 << 10}).Fetch(req)
	if errors.Is(err, guard.ErrTooLarge) {
		return nil, fmt.Errorf("%w: %w", errSeed, err)
	}
	if err != nil {
		return nil, err
	}
	switch {
	case res.StatusCode >= 500 || res.StatusCode == http.StatusTooManyRequests:
		return nil, fmt.Errorf("web seed: %s", res.Status)
	case res.StatusCode != http.StatusPartialContent, res.Header.Get("Content-Range") != want, int64(len(body)) != n:
		return nil, fmt.Errorf("%w: %s, %q, %d bytes", errSeed, res.Status, res.Header.Get("Content-Range"), len(body))
	}
	return body, nil
}
