package playlist

import (
	"context"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"vidiverse/instance/access"
	"vidiverse/instance/account"
	"vidiverse/instance/blob"
	"vidiverse/instance/channel"
	"vidiverse/instance/db"
	"vidiverse/instance/fault"
	"vidiverse/instance/job"
	"vidiverse/instance/lexicon"
	"vidiverse/instance/news"
	"vidiverse/instance/stream"
	"vidiverse/instance/user"
	"vidiverse/instance/video"
)

// Videos is what this package asks of the video service.
type Videos interface {
	Resolve(ctx context.Context, ref video.Ref) (video.ID, error)
	Head(ctx context.Context, q bun.IDB, id video.ID) (access.Head, error)
	Items(ctx context.Context, ids []video.ID) ([]video.Item, error)
}

// Config is what a Service needs. News, Looked, Log and Now may be absent.
type Config struct {
	DB        *db.DB
	Blob      blob.Store
	Jobs      *job.Queue
	Videos    Videos
	PublicURL *url.URL
	// Still is where a thumbnail of a video lies, fetched from its server first if
	// need be. Pictures makes all sizes of a picture in a file and stores them. With
	// neither, playlists have no pictures of their videos.
	Still    func(ctx context.Context, file string) (key string, err error)
	Pictures func(ctx context.Context, path string) ([]stream.Thumbnail, error)
	TempDir  string
	News     *news.Board // nil tells nobody
	// Looked is told that somebody looks at a playlist of another server; nil need
	// not know.
	Looked func(ctx context.Context, p Playlist)
	Log    *slog.Logger
	Now    func() time.Time
}

// Service answers what may be asked about playlists. It is safe for concurrent
// use.
type Service struct {
	Config
	base  string
	store store
	names *lexicon.Index
}

// New makes the service and registers its job; it starts nothing.
func New(c Config) *Service {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	s := &Service{Config: c, base: strings.TrimSuffix(c.PublicURL.String(), "/"), names: lexicon.New(c.DB, lexicon.Playlists, c.Now)}
	c.Jobs.Handle(jobPicture, job.Options{Timeout: 10 * time.Minute}, s.runPicture)
	return s
}

func (s *Service) stamp() time.Time { return s.Now().UTC().Truncate(time.Millisecond) }

// Get is a playlist that the caller may see. The Ref is a number, a UUID or a
// short one.
func (s *Service) Get(ctx context.Context, c user.Caller, ref video.Ref) (Playlist, error) {
	p, byNumber, err := s.resolve(ctx, s.DB.Read(), ref)
	if err != nil {
		return Playlist{}, err
	}
	if err := p.maySee(c, byNumber); err != nil {
		return Playlist{}, err
	}
	if !p.Local && s.Looked != nil {
		s.Looked(ctx, p)
	}
	return p, nil
}

func (s *Service) resolve(ctx context.Context, q bun.IDB, ref video.Ref) (p Playlist, byNumber bool, err error) {
	a, err := ref.Parse()
	if err != nil {
		return p, false, fault.New(fault.Invalid, "Incorrect request parameters: playlistId").
			WithField("playlistId", db.Storable(string(ref)), "Invalid value", "params")
	}
	if a.UUID != "" {
		p, err = s.store.one(ctx, q, "p.uuid = ?", a.UUID)
		return p, false, err
	}
	p, err = s.store.one(ctx, q, "p.id = ?", int64(a.ID))
	return p, true, err
}

// ByID reads a playlist, whoever may see it.
func (s *Service) ByID(ctx context.Context, q bun.IDB, id ID) (Playlist, error) {
	return s.store.one(ctx, q, "p.id = ?", int64(id))
}

// ByURL finds a playlist by its address, whoever may see it.
func (s *Service) ByURL(ctx context.Context, q bun.IDB, address string) (Playlist, error) {
	if !db.Sized(address, 1, maxURL) {
		return Playlist{}, notFound()
	}
	return s.store.one(ctx, q, "p.url = ?", address)
}

// List returns a part of the playlists that match and how many do: public ones,
// and all of an account that asks for its own.
func (s *Service) List(ctx context.Context, c user.Caller, q Query) ([]Playlist, int, error) {
	if err := q.check(); err != nil {
		return nil, 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, listTimeout)
	defer cancel()
	q.here = strings.EqualFold(q.Host, s.PublicURL.Host)
	own := c.SignedIn() && q.Account != 0 && int64(q.Account) == c.AccountID
	if q.Search != "" {
		return s.search(ctx, q, own)
	}
	return s.store.list(ctx, s.DB.Read(), q, own)
}

// Special are the playlists that everybody has, of one account.
func (s *Service) Special(ctx context.Context, of account.ID) ([]Playlist, error) {
	list, _, err := s.store.list(ctx, s.DB.Read(), Query{Account: of, Kind: WatchLater, Count: maxCount, Sort: "createdAt"}, true)
	return list, err
}

// mayHold is the one check of whether a channel may hold a playlist of that owner,
// for what people here ask and for what other servers say: it is the owner's.
func (s *Service) mayHold(ctx context.Context, q bun.IDB, ch channel.ID, owner account.ID) error {
	if ch == 0 {
		return nil
	}
	of, err := s.store.channelOwner(ctx, q, ch)
	if err == nil && of != owner {
		err = fault.New(fault.Forbidden, "Cannot manage a video channel of another user.")
	}
	return err
}
