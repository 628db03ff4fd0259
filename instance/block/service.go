package block

import (
	"context"
	"strings"
	"sync/atomic"
	"time"

	"github.com/uptrace/bun"

	"vidiverse/instance/account"
	"vidiverse/instance/actor"
	"vidiverse/instance/db"
	"vidiverse/instance/fault"
	"vidiverse/instance/user"
)

// Config is what the service needs. DB, Actors and Accounts are required.
type Config struct {
	DB       *db.DB
	Actors   *actor.Service
	Accounts *account.Service
	Now      func() time.Time
	// Muted runs in the transaction of every new mute; nil need not know. It is
	// for what stands on floors above, such as notifications.
	Muted func(ctx context.Context, tx db.Tx, m Muting) error
	// Changed runs after each commit that changed who hears whom; nil need not
	// know. It is for answers that are kept for a moment.
	Changed func()
}

// Service answers for mutes. It is safe for concurrent use.
type Service struct {
	cfg      Config
	store    store
	instance atomic.Int64
}

// New makes the service.
func New(cfg Config) *Service {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Service{cfg: cfg}
}

// Instance is the instance's own account, whose mutes hold for everybody.
func (s *Service) Instance(ctx context.Context) (account.ID, error) {
	if id := s.instance.Load(); id != 0 {
		return account.ID(id), nil
	}
	a, err := s.cfg.Accounts.ByName(ctx, actor.InstanceName)
	if err != nil {
		return 0, err
	}
	s.instance.Store(int64(a.ID))
	return a.ID, nil
}

// Owners are the accounts whose mutes hold for a reader: the instance's, and
// the reader's own unless it is 0, a stranger.
func (s *Service) Owners(ctx context.Context, reader account.ID) ([]account.ID, error) {
	instance, err := s.Instance(ctx)
	if err != nil {
		return nil, err
	}
	if reader == 0 || reader == instance {
		return []account.ID{instance}, nil
	}
	return []account.ID{instance, reader}, nil
}

// Hidden tells whether any of the owners mutes the account, its server, or
// host. The account may be 0 and host empty. Pass db.Read() or a transaction.
func (s *Service) Hidden(ctx context.Context, q bun.IDB, owners []account.ID, target account.ID, host string) (bool, error) {
	deaf, err := s.Deaf(ctx, q, owners, target)
	if err != nil || len(deaf) > 0 || host == "" || len(owners) == 0 {
		return len(deaf) > 0, err
	}
	return s.store.hostMuted(ctx, q, owners, strings.ToLower(host))
}

// Deaf returns which of the owners mute the account or its server.
func (s *Service) Deaf(ctx context.Context, q bun.IDB, owners []account.ID, target account.ID) (map[account.ID]bool, error) {
	if len(owners) == 0 || target == 0 {
		return nil, nil
	}
	return s.store.deaf(ctx, q, owners, target)
}

// MuteAccount mutes the account of that handle, for by alone, or for everybody
// when by is the instance's. Nobody mutes themselves.
func (s *Service) MuteAccount(ctx context.Context, c user.Caller, by account.ID, handle string) error {
	target, err := s.cfg.Accounts.ByName(ctx, handle)
	if err != nil {
		return err
	}
	if target.ID == by || int64(target.ID) == c.AccountID {
		return fault.New(fault.Conflict, "You cannot block yourself.")
	}
	return s.write(ctx, func(tx db.Tx) error {
		if err := s.store.muteAccount(ctx, tx, by, target.ID, db.Millis(s.cfg.Now())); err != nil {
			return err
		}
		return s.muted(ctx, tx, Muting{By: by, Account: target.ID})
	})
}

// UnmuteAccount takes it back. Who was not muted is fault.NotFound.
func (s *Service) UnmuteAccount(ctx context.Context, by account.ID, handle string) error {
	target, err := s.cfg.Accounts.ByName(ctx, handle)
	if err != nil {
		return err
	}
	return s.write(ctx, func(tx db.Tx) error {
		n, err := s.store.unmuteAccount(ctx, tx, by, target.ID)
		if err == nil && n == 0 {
			err = fault.New(fault.NotFound, "Account block entry not found.")
		}
		return err
	})
}

// MuteServer mutes everybody of a server, known or not.
func (s *Service) MuteServer(ctx context.Context, by account.ID, host string) error {
	host = strings.ToLower(host)
	if !ValidHost(host) {
		return errHost("body", host)
	}
	if host == s.cfg.Actors.Host() {
		return fault.New(fault.Conflict, "You cannot block your own server.")
	}
	return s.write(ctx, func(tx db.Tx) error {
		id, err := s.store.hostID(ctx, tx, host, db.Millis(s.cfg.Now()))
		if err != nil {
			return err
		}
		if err := s.store.muteServer(ctx, tx, by, id, db.Millis(s.cfg.Now())); err != nil {
			return err
		}
		return s.muted(ctx, tx, Muting{By: by, ServerID: id})
	})
}

// UnmuteServer takes it back. What was not muted is fault.NotFound.
func (s *Service) UnmuteServer(ctx context.Context, by account.ID, host string) error {
	host = strings.ToLower(host)
	if !ValidHost(host) {
		return errHost("params", host)
	}
	return s.write(ctx, func(tx db.Tx) error {
		n, err := s.store.unmuteServer(ctx, tx, by, host)
		if err == nil && n == 0 {
			err = fault.New(fault.NotFound, "Server block entry not found.")
		}
		return err
	})
}

func errHost(where, host string) error {
	return fault.New(fault.Invalid, "Incorrect request parameters").WithField("host", host, "Should have a valid host", where)
}

func (s *Service) write(ctx context.Context, do func(db.Tx) error) error {
	return s.cfg.DB.Write(ctx, func(tx db.Tx) error {
		if s.cfg.Changed != nil {
			tx.AfterCommit(s.cfg.Changed)
		}
		return do(tx)
	})
}

func (s *Service) muted(ctx context.Context, tx db.Tx, m Muting) error {
	if s.cfg.Muted == nil {
		return nil
	}
	instance, err := s.store.instance(ctx, tx)
	if err != nil {
		return err
	}
	if m.By == instance {
		m.By = 0
	}
	return s.cfg.Muted(ctx, tx, m)
}
