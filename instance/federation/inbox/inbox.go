// Package inbox takes what other servers deliver and does what it says. What was
// answered with 204 is stored, and nothing that is stored is forgotten:
//
//	POST ─▶ digest ─▶ signature ─▶ whose is the body ─▶ stored, 204
//	                    │ key known, or read from its own server
//	inbox rows of one server, in order ─▶ authority ─▶ handler ─▶ row gone, effect
//	   │ (servers side by side)              one transaction for many ┘
//	   └─ somebody or something unknown ─▶ package fetch, outside of it ─▶ again
//
// What fails for now is tried again later and does not hold up what its server
// sent after it; what nobody may say, or what means nothing here, is dropped.
// Activities come late, twice and in any order: a deletion leaves a grave, of two
// versions the newer stays, and each activity bears the time it was made at.
package inbox

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"vidiverse/instance/account"
	"vidiverse/instance/activitypub"
	"vidiverse/instance/actor"
	"vidiverse/instance/block"
	"vidiverse/instance/cache"
	"vidiverse/instance/channel"
	"vidiverse/instance/comment"
	"vidiverse/instance/db"
	"vidiverse/instance/federation/delivery"
	"vidiverse/instance/federation/fetch"
	"vidiverse/instance/job"
	"vidiverse/instance/playlist"
	"vidiverse/instance/report"
	"vidiverse/instance/video"
)

// Config is what an Inbox needs. What stands behind Fetch may be nil: then what
// concerns it is dropped.
type Config struct {
	DB       *db.DB
	Jobs     *job.Queue
	Actors   *actor.Service
	Accounts *account.Service
	Channels *channel.Service
	Videos   *video.Service
	Fetch    *fetch.Fetcher

	Comments *comment.Service
	Blocks   *block.Service
	Delivery Forwarder
	Stats    Stats
	Reports  *report.Service

	Playlists *playlist.Service

	NoComments bool    // comments of other servers are dropped
	Mirrors    Mirrors // whose copies of our videos are taken

	Client func(r *http.Request) netip.Addr // whose request it is; nil takes its RemoteAddr
	Log    *slog.Logger
	Now    func() time.Time

	Skew     time.Duration // how far clocks may differ; default 30 min
	Attempts int           // at one activity; default 6
	Waiting  int           // activities of one server; default 50,000
	Keys     int           // keys a client may make us read in a minute; default 30
	Graves   int           // a server digs in ten minutes; default 5,000, ten times as many in all
}

// Forwarder sends on what others must hear; it is *delivery.Service.
type Forwarder interface {
	Send(ctx context.Context, tx db.Tx, a delivery.Activity, to delivery.Audience) error
}

// Stats counts what other servers tell of viewers.
type Stats interface {
	RemoteView(ctx context.Context, tx db.Tx, v View) error
	RemoteDownload(ctx context.Context, tx db.Tx, id video.ID, from actor.Actor) error
	RemoteWatch(ctx context.Context, tx db.Tx, id video.ID, from actor.Actor, w activitypub.WatchAction) error
}

// View is a View of another server: one, or with Viewers how many watch now.
type View struct {
	Video   video.ID
	From    actor.Actor
	URL     string // names the viewer
	Viewers int    // 0: it is a view to count
	Expires time.Time
}

// Mirrors says whose copies are taken, in PeerTube's words.
type Mirrors string

// The kinds of Mirrors. The zero value is Followings: any server could else have
// the viewers of our videos ask it.
const (
	Nobody     Mirrors = "nobody"
	Followings Mirrors = "followings"
	Anybody    Mirrors = "anybody"
)

// Inbox receives. It is safe for concurrent use.
type Inbox struct {
	cfg   Config
	store store
	log   *slog.Logger

	batch   batch
	places  chan struct{} // keys that are read at once
	waiting cache.Cache[string, int]
	tried   cache.Cache[actor.ID, bool] // keys that were read again a moment ago
	clients clients
	graves  graves

	tally   tally
	refused sync.Map // of reason, to *atomic.Int64
}

// New builds the inbox and registers its jobs; it starts nothing.
func New(c Config) *Inbox {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	fill(&c.Skew, 30*time.Minute)
	fill(&c.Attempts, 6)
	fill(&c.Waiting, 50_000)
	fill(&c.Keys, 30)
	fill(&c.Graves, 5000)
	fill(&c.Mirrors, Followings)
	b := &Inbox{cfg: c, store: store{c.DB}, log: c.Log, places: make(chan struct{}, 64)}
	b.tried.Life = 10 * time.Minute
	b.tally.since = c.Now()
	b.clients.most, b.graves.most = c.Keys, c.Graves
	b.registerJobs()
	return b
}

func fill[T comparable](field *T, otherwise T) {
	var zero T
	if *field == zero {
		*field = otherwise
	}
}

// Waiting is how many activities are stored and not worked on yet.
func (b *Inbox) Waiting(ctx context.Context) (int, error) { return b.store.count(ctx) }

// Refused counts what was refused since the start, by reason.
func (b *Inbox) Refused() map[string]int64 {
	all := map[string]int64{}
	b.refused.Range(func(k, v any) bool {
		all[k.(string)] = v.(*atomic.Int64).Load()
		return true
	})
	return all
}

func (b *Inbox) refuse(reason string) {
	n, _ := b.refused.LoadOrStore(reason, new(atomic.Int64))
	n.(*atomic.Int64).Add(1)
}
