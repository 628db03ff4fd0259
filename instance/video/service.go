package video

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"vidiverse/instance/blob"
	"vidiverse/instance/db"
	"vidiverse/instance/ffmpeg"
	"vidiverse/instance/job"
	"vidiverse/instance/user"
)

// Probe is what ffprobe found in a file.
type Probe = ffmpeg.Probe

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
	// Swarms is told of hashes whose answer by SwarmAllowed may have changed,
	// after the commit; nil need not know.
	Swarms func(hashes [][20]byte)

	TokenLife  time.Duration // of file tokens; default 8 h
	MasterLife time.Duration // how long a retired master is served; default 24 h
}

// Service answers what may be asked about videos. It is safe for concurrent use.
type Service struct {
	db       *db.DB
	store    *store
	blob     blob.Store
	jobs     *job.Queue
	log      *slog.Logger
	now      func() time.Time
	base     string // public URL without a slash at the end
	host     string // of base, as handles carry it
	progress func(ctx context.Context, ids []ID) (map[ID]int, error)
	cfg      Config

	totals cache[string, int]
	files  cache[string, MediaFile]
	swarms cache[[20]byte, bool]

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
	if c.Swarms == nil {
		c.Swarms = func([][20]byte) {}
	}
	orElse(&c.TokenLife, 8*time.Hour)
	orElse(&c.MasterLife, 24*time.Hour)
	s := &Service{
		db: c.DB, store: newStore(c.DB), blob: c.Blob, jobs: c.Jobs, log: c.Log, now: c.Now,
		base: strings.TrimSuffix(c.PublicURL.String(), "/"), host: strings.ToLower(c.PublicURL.Host), progress: c.Progress, cfg: c,
	}
	s.totals.max = 1000
	s.registerJobs()
	return s
}

func orElse(d *time.Duration, otherwise time.Duration) {
	if *d == 0 {
		*d = otherwise
	}
}

// Resolve finds the number of a video; a Ref of no known form is
// fault.Invalid, one of no video fault.NotFound.
func (s *Service) Resolve(ctx context.Context, ref Ref) (ID, error) {
	p, err := ref.parse()
	if err != nil {
		return 0, err
	}
	return s.store.resolve(ctx, p)
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

func newUUID() string {
	var raw [16]byte
	_, _ = rand.Read(raw[:]) // never fails
	raw[6], raw[8] = raw[6]&0x0f|0x40, raw[8]&0x3f|0x80
	return formatUUID(raw[:])
}
