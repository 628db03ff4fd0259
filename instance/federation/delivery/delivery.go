// Package delivery brings activities to the inboxes of other servers, and forgets
// none: what is to be sent stands in the database, in the transaction of what it
// follows from, until it was taken or nobody will ever take it.
//
//	Send ──▶ outbound (signed once) ──▶ delivery rows ──▶ one job for each host
//	                                                        │ in order of the rows
//	    taken, or refused for good ──▶ the row goes  ◀──────┤
//	    the host is down ──▶ closed for a while, longer each time, for days
//
// A host has one job however much waits for it, so a slow or dead one holds up
// nobody else, and a million deliveries cost the memory of those under way.
package delivery

import (
	"context"
	"crypto/rsa"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"vidiverse/instance/actor"
	"vidiverse/instance/db"
	"vidiverse/instance/job"
)

// Keys are the private keys of our actors.
type Keys interface {
	PrivateKey(ctx context.Context, id actor.ID) (key *rsa.PrivateKey, keyID string, err error)
}

// Client sends requests; *guard.Client is one.
type Client interface {
	Do(r *http.Request) (*http.Response, error)
}

// Config is what a Service needs; zero numbers mean the default.
type Config struct {
	DB     *db.DB
	Jobs   *job.Queue
	Keys   Keys
	Client Client
	// Score is told whether a host took something of a turn: one that refuses all,
	// or is not there, is a follower no more some day. nil need not know.
	Score func(ctx context.Context, tx db.Tx, host string, arrived bool) error
	Log   *slog.Logger
	Now   func() time.Time

	Timeout  time.Duration // of one request; default 7 s
	Places   int           // requests at once to hosts that answer at once; default 64
	Slow     int           // … and to those that take their time; default 1,024
	Patience time.Duration // after which a request counts as slow; default 250 ms
	Keep     time.Duration // how long is tried; default 7 days
	Sweep    time.Duration // between two looks for what was left over; default 10 min
}

// The jobs of this package have PeerTube's names: the second is for hosts that
// were slow or down the last time.
const (
	jobDeliver = "activitypub-http-broadcast"
	jobRetry   = "activitypub-http-unicast"
	jobSweep   = "sweep-deliveries"
)

// Service delivers. It is safe for concurrent use.
type Service struct {
	cfg   Config
	store store
	log   *slog.Logger
	lanes lanes

	mu     sync.Mutex
	usual  time.Duration       // from request to answer, of most hosts now
	slow   map[int64]time.Time // hosts that took their time, until when that counts
	bodies map[int64][]byte    // of outbound rows, those asked for last
}

// New builds the service and registers its jobs; it starts nothing.
func New(c Config) *Service {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	fill(&c.Timeout, 7*time.Second)
	fill(&c.Places, 64)
	fill(&c.Slow, 1024)
	fill(&c.Patience, 250*time.Millisecond)
	fill(&c.Keep, 7*24*time.Hour)
	fill(&c.Sweep, 10*time.Minute)
	s := &Service{
		cfg: c, store: store{db: c.DB}, log: c.Log, lanes: newLanes(c.Places, c.Slow), usual: firstUsual,
		slow: map[int64]time.Time{}, bodies: map[int64][]byte{},
	}
	o := job.Options{Concurrency: c.Places + c.Slow, Crashes: 1 << 20}
	c.Jobs.Handle(jobDeliver, o, s.deliver)
	o.Concurrency = c.Slow
	c.Jobs.Handle(jobRetry, o, s.deliver)
	c.Jobs.Handle(jobSweep, job.Options{Timeout: time.Hour}, func(ctx context.Context, _ *job.Job) error { return s.sweep(ctx) })
	c.Jobs.Every(jobSweep, c.Sweep, job.Spec{Type: jobSweep, Attempts: 1})
	return s
}

func fill[T comparable](field *T, otherwise T) {
	var zero T
	if *field == zero {
		*field = otherwise
	}
}
