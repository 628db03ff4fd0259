// Package fetch reads objects of other servers: actors, videos, comments and
// playlists, by their addresses, and keeps them. Whoever named the address may
// be hostile, and so may who answers:
//
//	address ─▶ signed GET ─▶ type, size, depth ─▶ its id is its address ─▶ the rows
//	             │  guard       activitypub         the same server
//	             └─ one that failed is not asked again for a while
//
// An object counts only as its own server serves it at its own id. What hangs on
// an object (outboxes, comments, shares, totals) is crawled by jobs, within
// bounds of pages, bytes and time, and never the same page twice. What was read
// two days ago is read again when somebody looks at it.
package fetch

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"vidiverse/instance/account"
	"vidiverse/instance/actor"
	"vidiverse/instance/cache"
	"vidiverse/instance/channel"
	"vidiverse/instance/comment"
	"vidiverse/instance/db"
	"vidiverse/instance/fault"
	"vidiverse/instance/job"
	"vidiverse/instance/playlist"
	"vidiverse/instance/video"
)

// Config is what a Fetcher needs. Zero fields from Log on are defaults; what is
// nil is not spoken of.
type Config struct {
	DB       *db.DB
	Jobs     *job.Queue
	Client   Client
	Actors   *actor.Service
	Accounts *account.Service
	Channels *channel.Service
	Videos   *video.Service

	Comments  *comment.Service
	Playlists *playlist.Service

	// Sign signs a GET as the instance's actor; nil sends it unsigned.
	Sign func(ctx context.Context, r *http.Request) error
	// Answered is told whether a server answered; nil need not know.
	Answered func(ctx context.Context, host string, ok bool)

	Log     *slog.Logger
	Now     func() time.Time
	Refresh time.Duration // how old a copy may be when somebody looks; default 2 days
	Clean   time.Duration // how often remote interactions are asked for again; default 7 days, negative never
	Crawl   Bounds

	NoComments bool // comments of other servers are not read
}

// Client sends requests where it may; it is *guard.Client.
type Client interface {
	Fetch(r *http.Request) (*http.Response, []byte, error)
}

// Bounds are those of one crawl. Zero fields mean the default.
type Bounds struct {
	Pages  int           // default 50; an outbox that was followed has 40 times as many
	Items  int           // objects fetched; default 1000, likewise
	Bytes  int64         // default 32 MiB, likewise
	Time   time.Duration // default 10 min
	Thread int           // comments upwards to the video; default 100
}

// Fetcher reads objects of other servers. It is safe for concurrent use.
type Fetcher struct {
	cfg   Config
	store store

	failed cache.Cache[string, error] // addresses that failed a moment ago
	asked  cache.Cache[string, bool]  // refreshes that are under way

	mu     sync.Mutex
	flight map[string]*flight
}

// flight is a fetch that several wait for.
type flight struct {
	done chan struct{}
	err  error
}

// New builds the fetcher and registers its jobs; it starts nothing.
func New(c Config) *Fetcher {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	fill(&c.Refresh, 48*time.Hour)
	fill(&c.Clean, 7*24*time.Hour)
	fill(&c.Crawl.Pages, 50)
	fill(&c.Crawl.Items, 1000)
	fill(&c.Crawl.Bytes, 32<<20)
	fill(&c.Crawl.Time, 10*time.Minute)
	fill(&c.Crawl.Thread, 100)
	f := &Fetcher{cfg: c, store: store{c.DB}, flight: map[string]*flight{}}
	f.failed.Max, f.failed.Life = 10_000, 5*time.Minute
	f.asked.Max, f.asked.Life = 10_000, 10*time.Minute
	f.registerJobs()
	return f
}

func fill[T comparable](field *T, otherwise T) {
	var zero T
	if *field == zero {
		*field = otherwise
	}
}

// once runs do for an address, or waits for who runs it already, and remembers
// for a while that it failed. The address's server is not asked again meanwhile.
func (f *Fetcher) once(ctx context.Context, key string, do func(context.Context) error) error {
	if err, ok := f.failed.Get(key, f.cfg.Now()); ok {
		return err
	}
	f.mu.Lock()
	if other, ok := f.flight[key]; ok {
		f.mu.Unlock()
		select {
		case <-other.done:
		case <-ctx.Done():
			return ctx.Err()
		}
		if errors.Is(other.err, context.Canceled) { // whoever ran it went away
			return f.once(ctx, key, do)
		}
		return other.err
	}
	own := &flight{done: make(chan struct{}), err: fault.New(fault.Unavailable, "The request was not finished.")}
	f.flight[key] = own
	f.mu.Unlock()
	defer func() {
		f.mu.Lock()
		delete(f.flight, key)
		f.mu.Unlock()
		close(own.done)
	}()
	own.err = do(ctx)
	if own.err != nil && ctx.Err() == nil {
		f.failed.Put(key, own.err, f.cfg.Now())
	}
	return own.err
}

// Forget ends the memory of an address that failed.
func (f *Fetcher) Forget(address string) { f.failed.Drop(address) }
