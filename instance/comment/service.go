package comment

import (
	"context"
	"net/url"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"vidiverse/instance/access"
	"vidiverse/instance/db"
	"vidiverse/instance/job"
	"vidiverse/instance/news"
	"vidiverse/instance/user"
	"vidiverse/instance/video"
)

// Videos is what this package asks of the video service.
type Videos interface {
	Find(ctx context.Context, c user.Caller, ref video.Ref, cred video.Credentials) (access.Head, error)
	Managed(ctx context.Context, c user.Caller, ref video.Ref) (access.Head, error)
	Resolve(ctx context.Context, ref video.Ref) (video.ID, error)
	Head(ctx context.Context, q bun.IDB, id video.ID) (access.Head, error)
	Rank(ctx context.Context, tx db.Tx, id video.ID) error
	Forget()
}

// Config is what a Service needs. All but News and Now are required.
type Config struct {
	DB        *db.DB
	Jobs      *job.Queue
	Videos    Videos
	PublicURL *url.URL
	News      *news.Board // nil tells nobody
	Now       func() time.Time
}

// Service answers what may be asked about comments. It is safe for concurrent
// use.
type Service struct {
	Config
	base  string
	store store
}

// New makes the service and registers its job; it starts nothing.
func New(c Config) *Service {
	if c.Now == nil {
		c.Now = time.Now
	}
	s := &Service{Config: c, base: strings.TrimSuffix(c.PublicURL.String(), "/")}
	c.Jobs.Handle(jobRemove, job.Options{Timeout: time.Hour}, s.runRemove)
	return s
}

func (s *Service) stamp() time.Time { return s.Now().UTC().Truncate(time.Millisecond) }

// Get reads a comment, in the caller's transaction if q is one.
func (s *Service) Get(ctx context.Context, q bun.IDB, id ID) (Comment, error) {
	return s.store.byID(ctx, q, id)
}

// ByURL finds a comment by its address.
func (s *Service) ByURL(ctx context.Context, q bun.IDB, address string) (Comment, error) {
	if !db.Sized(address, 1, maxURL) {
		return Comment{}, notFound()
	}
	return s.store.byURL(ctx, q, address)
}

const maxURL = 2000

// counted moves the number of comments of a video, and what follows from it.
func (s *Service) counted(ctx context.Context, tx db.Tx, id video.ID, by int) error {
	if by == 0 {
		return nil
	}
	if err := s.store.count(ctx, tx, id, by); err != nil {
		return err
	}
	tx.AfterCommit(s.Videos.Forget)
	return s.Videos.Rank(ctx, tx, id)
}

// shown is 1 for a comment that counts.
func (c Comment) shown() int { return db.Flag(!c.Held && !c.Deleted()) }
