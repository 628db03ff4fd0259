package user

import (
	"context"

	"vidiverse/instance/db"
	"vidiverse/instance/fault"
)

// Query asks for a part of the list of users.
type Query struct {
	Start, Count int
	Sort         string // id, username, videoQuotaUsed, createdAt, lastLoginDate, role, with - for descending
	Search       string // in names and addresses
	Blocked      *bool
	Role         *Role
}

// Usage is what a user's videos take, in bytes.
type Usage struct{ Total, Daily int64 }

// Stats are what moderators know of a user beside the settings.
type Stats struct {
	Usage
	Videos, Comments                      int64
	Reported, ReportsAccepted, ReportsOwn int64 // reports of them, those that were right, and by them
}

// rootName is the one user whom nobody can take anything from.
const rootName = "root"

// List returns a part of the users, what their videos take, and how many users
// there are. It is for moderators.
func (s *Service) List(ctx context.Context, c Caller, q Query) ([]Account, map[ID]Usage, int, error) {
	if !c.Moderator() {
		return nil, nil, 0, errModerate
	}
	total, err := s.store.countBy(ctx, s.cfg.DB.Read(), q)
	if err != nil || q.Count == 0 {
		return nil, nil, total, err
	}
	list, err := s.store.list(ctx, s.cfg.DB.Read(), q)
	if err != nil {
		return nil, nil, 0, err
	}
	ids := make([]ID, len(list))
	for i, a := range list {
		ids[i] = a.ID
	}
	used, err := s.store.usage(ctx, s.cfg.DB.Read(), ids, db.Millis(s.cfg.Now())-dayMillis)
	return list, used, total, err
}

const dayMillis = 24 * 60 * 60 * 1000

// Get returns a user for moderators.
func (s *Service) Get(ctx context.Context, c Caller, id ID) (Account, error) {
	if !c.Moderator() {
		return Account{}, errModerate
	}
	return s.store.byID(ctx, s.cfg.DB.Read(), id)
}

// Stats counts what a user did, for moderators.
func (s *Service) Stats(ctx context.Context, c Caller, a Account) (Stats, error) {
	if !c.Moderator() {
		return Stats{}, errModerate
	}
	st, err := s.store.stats(ctx, s.cfg.DB.Read(), a.AccountID)
	if err != nil {
		return Stats{}, err
	}
	used, err := s.store.usage(ctx, s.cfg.DB.Read(), []ID{a.ID}, db.Millis(s.cfg.Now())-dayMillis)
	st.Usage = used[a.ID]
	return st, err
}

// Complete lists up to ten names of users that contain some text.
func (s *Service) Complete(ctx context.Context, search string) ([]string, error) {
	return s.store.complete(ctx, s.cfg.DB.Read(), search)
}

// AdminPatch is a change of another user by a moderator: nil leaves as is.
type AdminPatch struct {
	Email           *string
	EmailVerified   *bool
	VideoQuota      *int64
	VideoQuotaDaily *int64
	Role            *Role
	AdminFlags      *int
	Password        *string
}

var (
	errModerate = fault.New(fault.Forbidden, "Users can only be managed by moderators or admins.")
	errRole     = fault.New(fault.Forbidden, "You can only create users (and not administrators or moderators)")
)

// managed finds a user whom the caller may manage: administrators all,
// moderators plain users alone. What nobody may do to root is refused first.
func (s *Service) managed(ctx context.Context, tx db.Tx, c Caller, id ID, root string) (Account, error) {
	if !c.Moderator() {
		return Account{}, errModerate
	}
	a, err := s.store.byID(ctx, tx, id)
	switch {
	case err != nil:
		return a, err
	case root != "" && a.Username == rootName:
		return a, fault.New(fault.Invalid, "%s", root)
	case !c.Admin() && a.Role != User:
		return a, errModerate
	}
	return a, nil
}

// Update changes another user. A new role or password ends all their log-ins.
func (s *Service) Update(ctx context.Context, c Caller, id ID, p AdminPatch) error {
	if err := p.check(s); err != nil {
		return err
	}
	if p.Role != nil && *p.Role != User && !c.Admin() {
		return errRole
	}
	var hash string
	if p.Password != nil {
		var err error
		if hash, err = s.hashLimited(ctx, *p.Password); err != nil {
			return err
		}
	}
	return s.cfg.DB.Write(ctx, func(tx db.Tx) error {
		root := ""
		if p.Role != nil && *p.Role != Administrator {
			root = "Cannot change root role."
		}
		a, err := s.managed(ctx, tx, c, id, root)
		if err != nil {
			return err
		}
		raised := p.Role != nil && *p.Role != a.Role
		p.apply(&a)
		a.UpdatedAt = s.cfg.Now()
		if err := s.store.update(ctx, tx, a); err != nil {
			return err
		}
		if err := s.store.manage(ctx, tx, a); err != nil {
			return err
		}
		if hash != "" {
			return s.setPassword(ctx, tx, a.ID, hash, "")
		}
		if raised {
			return s.endLogins(ctx, tx, a.ID)
		}
		return nil
	})
}

func (p AdminPatch) check(s *Service) error {
	var v invalid
	if p.Email != nil {
		checkEmail(&v, *p.Email)
	}
	if p.Password != nil {
		s.checkPassword(&v, "password", *p.Password)
	}
	if p.Role != nil {
		v.add(*p.Role >= Administrator && *p.Role <= User, "role", int(*p.Role), "Invalid value")
	}
	if p.VideoQuota != nil {
		v.add(*p.VideoQuota >= -1, "videoQuota", *p.VideoQuota, "Invalid value")
	}
	if p.VideoQuotaDaily != nil {
		v.add(*p.VideoQuotaDaily >= -1, "videoQuotaDaily", *p.VideoQuotaDaily, "Invalid value")
	}
	if p.AdminFlags != nil {
		v.add(*p.AdminFlags >= 0 && *p.AdminFlags <= maxFlags, "adminFlags", *p.AdminFlags, "Invalid value")
	}
	return v.result()
}

func (p AdminPatch) apply(a *Account) {
	set(&a.Email, p.Email)
	set(&a.EmailVerified, p.EmailVerified)
	set(&a.VideoQuota, p.VideoQuota)
	set(&a.VideoQuotaDaily, p.VideoQuotaDaily)
	set(&a.Role, p.Role)
	set(&a.AdminFlags, p.AdminFlags)
}

// Block keeps a user out from now on: every token dies and everything that is
// open for them is closed. An empty reason is none.
func (s *Service) Block(ctx context.Context, c Caller, id ID, reason string) error {
	if reason != "" && !db.Sized(reason, 3, 250) {
		return fault.New(fault.Invalid, "").WithField("reason", reason, "Invalid value", "body")
	}
	return s.cfg.DB.Write(ctx, func(tx db.Tx) error {
		if _, err := s.managed(ctx, tx, c, id, noBlock); err != nil {
			return err
		}
		return s.shut(ctx, tx, id, reason)
	})
}

// Unblock lets a user in again.
func (s *Service) Unblock(ctx context.Context, c Caller, id ID) error {
	return s.cfg.DB.Write(ctx, func(tx db.Tx) error {
		if _, err := s.managed(ctx, tx, c, id, noBlock); err != nil {
			return err
		}
		return s.store.setBlocked(ctx, tx, id, false, "", db.Millis(s.cfg.Now()))
	})
}

const noBlock = "Cannot block the root user"

func (s *Service) shut(ctx context.Context, tx db.Tx, id ID, reason string) error {
	if err := s.store.setBlocked(ctx, tx, id, true, reason, db.Millis(s.cfg.Now())); err != nil {
		return err
	}
	return s.endLogins(ctx, tx, id)
}

func (s *Service) endLogins(ctx context.Context, tx db.Tx, id ID) error {
	tx.AfterCommit(func() { s.sessions.forgetUser(id) })
	return s.store.deleteTokens(ctx, tx, id, "")
}
