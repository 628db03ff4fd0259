package video

import (
	"context"
	"log/slog"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"vidiverse/instance/access"
	"vidiverse/instance/account"
	"vidiverse/instance/blob"
	"vidiverse/instance/cache"
	"vidiverse/instance/db"
	"vidiverse/instance/job"
	"vidiverse/instance/lexicon"
	"vidiverse/instance/news"
	"vidiverse/instance/stream"
	"vidiverse/instance/user"
	"vidiverse/p2p/tracker"
)

// Config is what a Service needs; zero values mean PeerTube's defaults.
type Config struct {
	DB        *db.DB
	Blob      blob.Store
	Jobs      *job.Queue
	PublicURL *url.URL // scheme and host that the world sees
	Log       *slog.Logger
	Now       func() time.Time

	// Transcodes is true when videos are transcoded before they are published.
	Transcodes bool
	// Progress answers how far the transcoding of videos is, in percent; videos
	// without a running one are absent. nil knows nothing.
	Progress func(ctx context.Context, ids []ID) (map[ID]int, error)

	// Viewers answers how many watch a video now; nil knows nothing.
	Viewers func(ID) int
	// Looked is told that somebody looks at a video of another server; nil need not
	// know.
	Looked func(ctx context.Context, v Video, m RemoteMedia)
	// LiveChanged is told of a live of another server that went on air or off it,
	// after the commit; nil need not know.
	LiveChanged func(ctx context.Context, id ID)
	// Swarms is told of hashes whose answer by SwarmAllowed may have changed,
	// after the commit; nil need not know.
	Swarms func(hashes [][20]byte)

	// Mutes answers whose mutes count for a reader, 0 being a stranger; nil: there
	// are none.
	Mutes func(ctx context.Context, reader account.ID) ([]account.ID, error)

	Torrents bool // make a .torrent of each file

	News             *news.Board // is told of what other servers and people hear of; nil tells nobody
	FederateUnlisted bool        // other servers hear of unlisted videos too

	Theme string // of players, where nobody chose one; empty says so

	TokenLife  time.Duration // of file tokens; default 8 h
	MasterLife time.Duration // how long a retired master is served; default 24 h
	Clean      time.Duration // between two removals of what has had its time; default 10 min
}

// Service answers what may be asked about videos, their rights and files
// included. It is safe for concurrent use.
type Service struct {
	*access.Rights
	*stream.Files

	db       *db.DB
	store    *store
	jobs     *job.Queue
	now      func() time.Time
	base     string // public URL without a slash at the end
	host     string // of base, as handles carry it
	progress func(ctx context.Context, ids []ID) (map[ID]int, error)
	cfg      Config

	totals cache.Cache[string, int]
	names  *lexicon.Index

	generation atomic.Uint64
}

// New builds the service and registers its jobs; it starts nothing.
func New(c Config) *Service {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Viewers == nil {
		c.Viewers = func(ID) int { return 0 }
	}
	orElse(&c.TokenLife, 8*time.Hour)
	orElse(&c.MasterLife, 24*time.Hour)
	orElse(&c.Clean, 10*time.Minute)
	s := &Service{
		db: c.DB, store: newStore(c.DB), jobs: c.Jobs, now: c.Now,
		base: strings.TrimSuffix(c.PublicURL.String(), "/"), host: strings.ToLower(c.PublicURL.Host), progress: c.Progress, cfg: c,
	}
	s.totals.Max = 1000
	s.names = lexicon.New(c.DB, lexicon.Videos, c.Now)
	var announce []string
	if c.Torrents {
		overHTTP, socket := tracker.Addresses(c.PublicURL)
		announce = []string{overHTTP, socket}
	}
	s.Rights = access.New(c.DB, c.Now, c.TokenLife)
	s.Files = stream.New(stream.Config{
		DB: c.DB, Blob: c.Blob, Jobs: c.Jobs, Rights: s.Rights, Log: c.Log, Now: c.Now, Base: s.base,
		MasterLife: c.MasterLife, Announce: announce, Swarms: c.Swarms, Changed: s.changed, Shown: s.Changed,
	})
	s.registerJobs()
	return s
}

func orElse(d *time.Duration, otherwise time.Duration) {
	if *d == 0 {
		*d = otherwise
	}
}

// CheckDraft refuses a draft before any byte of its file is accepted: bad
// values are one fault.Invalid that names each, as is a channel that is not the
// caller's. It tidies the draft's tags.
func (s *Service) CheckDraft(ctx context.Context, caller user.Caller, d *Draft) error {
	if err := d.check(s.now(), true); err != nil {
		return err
	}
	return s.store.ownsChannel(ctx, s.db.Read(), d.ChannelID, caller.AccountID)
}

// changed runs after each commit that may change what a video shows.
func (s *Service) changed() {
	s.generation.Add(1)
	s.totals.Clear()
}

// Generation changes with every change of a video in this process: an answer
// made before is not to be repeated after.
func (s *Service) Generation() uint64 { return s.generation.Load() }
