package channel

import (
	"context"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"vidiverse/instance/account"
	"vidiverse/instance/actor"
	"vidiverse/instance/db"
	"vidiverse/instance/fault"
	"vidiverse/instance/lexicon"
	"vidiverse/instance/user"
)

// Videos is what a channel asks of the videos in it. It is the video service,
// one floor up.
type Videos interface {
	// RemoveOfChannel deletes the channel's videos, their files included.
	RemoveOfChannel(ctx context.Context, tx db.Tx, id ID) error
	// SupportOfChannel gives all its videos the same support text; nil for none.
	SupportOfChannel(ctx context.Context, tx db.Tx, id ID, support *string) error
}

// Config is what the service needs. All but the last four are required.
type Config struct {
	DB          *db.DB
	Actors      *actor.Service
	Accounts    *account.Service
	Videos      func() Videos // asked when needed: videos are built on channels
	Leaving     Leaving       // runs first when an account is dissolved; nil has nothing above
	Now         func() time.Time
	MaxPerUser  int    // default 20
	DefaultName string // display name of a user's first channel, $1 is the user; default "Main $1 channel"
}

// Service answers for channels. It is safe for concurrent use.
type Service struct {
	cfg   Config
	store store
	names *lexicon.Index
}

// New makes the service.
func New(cfg Config) *Service {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.MaxPerUser == 0 {
		cfg.MaxPerUser = 20
	}
	if cfg.DefaultName == "" {
		cfg.DefaultName = "Main $1 channel"
	}
	return &Service{cfg: cfg, names: lexicon.New(cfg.DB, lexicon.Channels, cfg.Now)}
}

// Settle makes the account and the first channel of a new user.
func (s *Service) Settle(ctx context.Context, tx db.Tx, id user.ID, home user.Home) (int64, error) {
	a, err := s.cfg.Accounts.Create(ctx, tx, id, home.Username)
	if err != nil {
		return 0, err
	}
	if home.DisplayName != "" && home.DisplayName != home.Username {
		if err := s.cfg.Accounts.Describe(ctx, tx, id, &home.DisplayName, nil); err != nil {
			return 0, err
		}
	}
	if home.Channel.DisplayName == "" {
		home.Channel.DisplayName = strings.ReplaceAll(s.cfg.DefaultName, "$1", home.Username)
	}
	_, err = s.create(ctx, tx, a, Draft{Name: home.Channel.Name, DisplayName: home.Channel.DisplayName})
	return int64(a), err
}

// Describe changes what a user's account says.
func (s *Service) Describe(ctx context.Context, tx db.Tx, id user.ID, displayName *string, description **string) error {
	return s.cfg.Accounts.Describe(ctx, tx, id, displayName, description)
}

// Create makes a channel of the caller's. Its name must be new among all
// accounts and channels that this instance ever had.
func (s *Service) Create(ctx context.Context, c user.Caller, d Draft) (id ID, err error) {
	if !c.SignedIn() {
		return 0, fault.New(fault.Unauthorized, "Authentication is required")
	}
	d.Description, d.Support = actor.Clean(d.Description), actor.Clean(d.Support)
	if err := d.check(); err != nil {
		return 0, err
	}
	err = s.cfg.DB.Write(ctx, func(tx db.Tx) error {
		owner := account.ID(c.AccountID)
		n, err := s.store.count(ctx, tx, Query{Account: owner})
		if err != nil {
			return err
		}
		if n >= s.cfg.MaxPerUser {
			return fault.New(fault.Invalid, "You cannot create more than %d channels", s.cfg.MaxPerUser)
		}
		id, err = s.create(ctx, tx, owner, d)
		return err
	})
	return id, err
}

func (s *Service) create(ctx context.Context, tx db.Tx, owner account.ID, d Draft) (ID, error) {
	a, err := s.cfg.Actors.Create(ctx, tx, actor.Group, d.Name)
	if err != nil {
		return 0, err
	}
	return s.store.insert(ctx, tx, a.ID, owner, d, db.Millis(s.cfg.Now()))
}

// Update changes a channel of the caller's, or any for a moderator.
func (s *Service) Update(ctx context.Context, c user.Caller, handle string, p Patch) error {
	return s.cfg.DB.Write(ctx, func(tx db.Tx) error {
		r, err := s.managed(ctx, tx, c, handle)
		if err != nil {
			return err
		}
		if err := p.apply(&r); err != nil {
			return err
		}
		if err := s.store.update(ctx, tx, r, db.Millis(s.cfg.Now())); err != nil {
			return err
		}
		if p.BulkSupport {
			if err := s.cfg.Videos().SupportOfChannel(ctx, tx, r.ID, r.Support); err != nil {
				return err
			}
		}
		return s.cfg.Actors.Touch(ctx, tx, r.ActorID)
	})
}

// Delete removes a channel of the caller's, or any for a moderator, with its
// videos. The last one of an account stays.
func (s *Service) Delete(ctx context.Context, c user.Caller, handle string) error {
	return s.cfg.DB.Write(ctx, func(tx db.Tx) error {
		r, err := s.managed(ctx, tx, c, handle)
		if err != nil {
			return err
		}
		n, err := s.store.count(ctx, tx, Query{Account: r.AccountID})
		if err != nil {
			return err
		}
		if n <= 1 {
			return fault.New(fault.Conflict, "Cannot remove the last channel of this user")
		}
		return s.remove(ctx, tx, r)
	})
}

// managed finds a channel that the caller may change.
func (s *Service) managed(ctx context.Context, q bun.IDB, c user.Caller, handle string) (row, error) {
	if !c.SignedIn() {
		return row{}, fault.New(fault.Unauthorized, "Authentication is required")
	}
	name, host := s.cfg.Actors.SplitHandle(handle)
	r, err := s.store.byHandle(ctx, q, name, host)
	switch {
	case err != nil:
		return row{}, err
	case r.Host.Valid:
		return row{}, fault.New(fault.Forbidden, "Cannot manage a video channel of another server.")
	case r.AccountID != account.ID(c.AccountID) && !c.Moderator():
		return row{}, fault.New(fault.Forbidden, "Cannot manage a video channel of another user.")
	}
	return r, nil
}

func errName(name string) error {
	return fault.New(fault.Invalid, "Incorrect request parameters").WithField("name", name, "Invalid value", "body")
}
