package report

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"vidiverse/instance/access"
	"vidiverse/instance/account"
	"vidiverse/instance/comment"
	"vidiverse/instance/db"
	"vidiverse/instance/fault"
	"vidiverse/instance/news"
	"vidiverse/instance/user"
	"vidiverse/instance/video"
)

// Videos is what this package asks of the video service.
type Videos interface {
	Find(ctx context.Context, c user.Caller, ref video.Ref, cred video.Credentials) (access.Head, error)
	MayRead(ctx context.Context, c user.Caller, id video.ID, cred video.Credentials) error
}

// Comments is what this package asks of the comment service.
type Comments interface {
	Get(ctx context.Context, q bun.IDB, id comment.ID) (comment.Comment, error)
}

// Config is what a Service needs. All but News and Now are required.
type Config struct {
	DB       *db.DB
	Videos   Videos
	Comments Comments
	News     *news.Board // nil tells nobody
	Now      func() time.Time
}

// Service answers what may be asked about reports. It is safe for concurrent
// use.
type Service struct {
	cfg   Config
	store store
}

// New makes the service.
func New(c Config) *Service {
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Service{cfg: c}
}

const (
	minText = 2
	maxText = 3000
	// maxPending is how many undecided reports one account may have: more are
	// not read by anybody.
	maxPending = 200
)

// Make reports something that the caller can see.
func (s *Service) Make(ctx context.Context, c user.Caller, d Draft, cred video.Credentials) (ID, error) {
	if !c.SignedIn() {
		return 0, fault.New(fault.Unauthorized, "Authentication is required")
	}
	numbers, err := d.check()
	if err != nil {
		return 0, err
	}
	r, err := s.target(ctx, c, d, cred)
	if err != nil {
		return 0, err
	}
	r.Reporter, r.Reason, r.StartAt, r.EndAt = account.ID(c.AccountID), d.Reason, d.StartAt, d.EndAt
	err = s.cfg.DB.Write(ctx, func(tx db.Tx) error {
		r.ID, err = s.add(ctx, tx, r, numbers)
		return err
	})
	return r.ID, err
}

// target finds what a draft is about.
func (s *Service) target(ctx context.Context, c user.Caller, d Draft, cred video.Credentials) (r Report, err error) {
	q := s.cfg.DB.Read()
	switch {
	case d.Video != "":
		h, err := s.cfg.Videos.Find(ctx, c, d.Video, cred)
		if err != nil {
			return r, err
		}
		r.Kind, r.Video, r.Flagged = OfVideo, h.ID, account.ID(h.Owner)
	case d.Comment != 0:
		said, err := s.cfg.Comments.Get(ctx, q, d.Comment)
		if err != nil {
			return r, err
		}
		if said.Deleted() {
			return r, fault.New(fault.NotFound, "Video comment not found")
		}
		if err := s.cfg.Videos.MayRead(ctx, c, said.Video, cred); err != nil {
			return r, err
		}
		r.Kind, r.Comment, r.Flagged = OfComment, said.ID, said.Account
	default:
		r.Kind, r.Flagged = OfAccount, d.Account
		_, err = s.store.local(ctx, q, d.Account)
	}
	return r, err
}

// add writes a report and what is to be kept of its video.
func (s *Service) add(ctx context.Context, tx db.Tx, r Report, reasons []int) (ID, error) {
	n, err := s.store.pending(ctx, tx, r.Reporter)
	if err != nil {
		return 0, err
	}
	if n >= maxPending {
		return 0, fault.New(fault.TooMany, "You have too many reports that wait for a decision.")
	}
	if r.Video != 0 {
		if r.Was, err = s.store.snapshot(ctx, tx, r.Video); err != nil {
			return 0, err
		}
	}
	id, err := s.store.insert(ctx, tx, r, reasons, db.Millis(s.cfg.Now()))
	if err != nil {
		return 0, err
	}
	by, err := s.store.actorOf(ctx, tx, r.Reporter)
	if err != nil {
		return 0, err
	}
	return id, s.cfg.News.Tell(ctx, tx, news.Change{What: news.ReportMade, ID: int64(id), Actor: by})
}

// SaveRemote keeps the report of another server about something of ours. The
// same one again is the report it was before. The caller knows that who sent it
// is the reporter.
func (s *Service) SaveRemote(ctx context.Context, tx db.Tx, in Remote) (id ID, created bool, err error) {
	r := Report{Reporter: in.Reporter, StartAt: in.StartAt, EndAt: in.EndAt, Reason: clip(db.Storable(in.Reason), maxText)}
	switch {
	case in.Video != 0:
		r.Kind, r.Video = OfVideo, in.Video
		r.Flagged, err = s.store.ownerOf(ctx, tx, in.Video)
	case in.Comment != 0:
		var said comment.Comment
		said, err = s.cfg.Comments.Get(ctx, tx, in.Comment)
		r.Kind, r.Comment, r.Flagged = OfComment, in.Comment, said.Account
	default:
		r.Kind, r.Flagged = OfAccount, in.Account
	}
	if err != nil {
		return 0, false, err
	}
	local, err := s.store.local(ctx, tx, r.Flagged)
	if err == nil && !local {
		err = fault.New(fault.Forbidden, "The report is about nobody of this instance")
	}
	if err != nil {
		return 0, false, err
	}
	if !validSpan(r.StartAt, r.EndAt) || r.Kind != OfVideo {
		r.StartAt, r.EndAt = nil, nil
	}
	r.URL = remoteKey(in.URL, r)
	if id, err = s.store.byURL(ctx, tx, r.URL); err == nil || fault.KindOf(err) != fault.NotFound {
		return id, false, err
	}
	id, err = s.add(ctx, tx, r, known(in.Reasons))
	return id, err == nil, err
}

// Get finds a report, in the caller's transaction if q is one.
func (s *Service) Get(ctx context.Context, q bun.IDB, id ID) (Report, error) {
	return s.store.byID(ctx, q, id)
}

// Update is what moderators decide. A state, even the same one, is told to who
// reported.
func (s *Service) Update(ctx context.Context, c user.Caller, id ID, p Patch) error {
	if err := moderates(c); err != nil {
		return err
	}
	if err := p.check(); err != nil {
		return err
	}
	return s.cfg.DB.Write(ctx, func(tx db.Tx) error {
		r, err := s.store.byID(ctx, tx, id)
		if err != nil {
			return err
		}
		if p.Note != nil {
			r.Note = *p.Note
		}
		if p.State != nil {
			r.State = *p.State
		}
		if err := s.store.update(ctx, tx, r, p.State != nil, db.Millis(s.cfg.Now())); err != nil || p.State == nil {
			return err
		}
		return s.cfg.News.Tell(ctx, tx, news.Change{What: news.ReportChanged, ID: int64(id)})
	})
}

// Delete removes a report with its messages.
func (s *Service) Delete(ctx context.Context, c user.Caller, id ID) error {
	if err := moderates(c); err != nil {
		return err
	}
	return s.cfg.DB.Write(ctx, func(tx db.Tx) error {
		if _, err := s.store.byID(ctx, tx, id); err != nil {
			return err
		}
		return s.store.delete(ctx, tx, id)
	})
}

func moderates(c user.Caller) error {
	if !c.Moderator() {
		return fault.New(fault.Forbidden, "Reports are for moderators")
	}
	return nil
}
