package user

import (
	"context"
	"net/netip"
	"slices"

	"vidiverse/instance/actor"
	"vidiverse/instance/db"
	"vidiverse/instance/fault"
	"vidiverse/instance/news"
)

// SignUp says who may make an account for themselves. The zero value lets
// nobody.
type SignUp struct {
	Enabled bool
	Limit   int // accounts in all; negative is no limit
	// While one of these is set nobody signs up: there is neither a waiting list
	// nor mail yet.
	Approval, VerifyEmail bool
	Allow, Refuse         []netip.Prefix // networks; an empty Allow is everywhere
}

// Registration is what people say who sign up.
type Registration struct {
	Username, Password, Email string
	DisplayName               string   // empty: the username
	Channel                   *Channel // nil: <username>_channel
}

// Channel is the first channel of a new user.
type Channel struct{ Name, DisplayName string }

// MaySignUp tells whether anybody may make an account now, and whether that
// address may.
func (s *Service) MaySignUp(ctx context.Context, from netip.Addr) (anybody, here bool, err error) {
	in := s.cfg.SignUp
	if in.Enabled && !in.Approval && !in.VerifyEmail {
		anybody = in.Limit < 0
		if !anybody {
			n, err := s.store.count(ctx, s.cfg.DB.Read())
			if err != nil {
				return false, false, err
			}
			anybody = n < in.Limit
		}
	}
	return anybody, in.from(from), nil
}

func (in SignUp) from(ip netip.Addr) bool {
	ip = ip.Unmap()
	within := func(p netip.Prefix) bool { return p.Contains(ip) }
	return ip.IsValid() && !slices.ContainsFunc(in.Refuse, within) &&
		(len(in.Allow) == 0 || slices.ContainsFunc(in.Allow, within))
}

// Register makes the account of a stranger at that address: a plain user, with
// the instance's quota. Where that is not wanted it is a fault.Forbidden.
func (s *Service) Register(ctx context.Context, from netip.Addr, r Registration) (Account, error) {
	anybody, here, err := s.MaySignUp(ctx, from)
	switch {
	case err != nil:
		return Account{}, err
	case !anybody:
		return Account{}, errNoSignUp
	case !here:
		return Account{}, fault.New(fault.Forbidden, "You are not on a network authorized for registration.")
	}
	if err := r.check(s); err != nil {
		return Account{}, err
	}
	if err := s.store.free(ctx, s.cfg.DB.Read(), r.Username, r.Email); err != nil {
		return Account{}, err
	}
	if err := s.checkFirstChannel(ctx, r); err != nil {
		return Account{}, err
	}
	hash, err := s.hashLimited(ctx, r.Password)
	if err != nil {
		return Account{}, err
	}
	a := s.newAccount(Draft{
		Username: r.Username, Email: r.Email, Role: User,
		VideoQuota: s.cfg.VideoQuota, VideoQuotaDaily: s.cfg.VideoQuotaDaily,
	})
	home := Home{Username: r.Username, DisplayName: r.DisplayName}
	if r.Channel != nil {
		home.Channel = *r.Channel
	}
	err = s.cfg.DB.Write(ctx, func(tx db.Tx) error {
		if err := s.roomForOne(ctx, tx); err != nil {
			return err
		}
		if err := s.settle(ctx, tx, &a, hash, home); err != nil {
			return err
		}
		return s.cfg.News.Tell(ctx, tx, news.Change{What: news.UserRegistered, ID: int64(a.ID)})
	})
	return a, err
}

var errNoSignUp = fault.New(fault.Forbidden, "User registration is not allowed")

// roomForOne counts again inside the transaction: of many who come at once only
// as many as there is room for get in.
func (s *Service) roomForOne(ctx context.Context, tx db.Tx) error {
	if s.cfg.SignUp.Limit < 0 {
		return nil
	}
	n, err := s.store.count(ctx, tx)
	if err == nil && n >= s.cfg.SignUp.Limit {
		err = errNoSignUp
	}
	return err
}

func (r Registration) check(s *Service) error {
	var v invalid
	v.add(actor.ValidUserName(r.Username), "username", r.Username, "Invalid value")
	s.checkPassword(&v, "password", r.Password)
	checkEmail(&v, r.Email)
	if r.DisplayName != "" {
		v.add(actor.CheckDisplayName("displayName", r.DisplayName) == nil, "displayName", r.DisplayName, "Invalid value")
	}
	if r.Channel != nil && r.Channel.Name != "" {
		v.add(actor.ValidChannelName(r.Channel.Name), "channel.name", r.Channel.Name, "Invalid value")
	}
	if r.Channel != nil && r.Channel.DisplayName != "" {
		v.add(actor.CheckDisplayName("channel.displayName", r.Channel.DisplayName) == nil, "channel.displayName", r.Channel.DisplayName, "Invalid value")
	}
	return v.result()
}

func (s *Service) checkFirstChannel(ctx context.Context, r Registration) error {
	if r.Channel == nil {
		return nil
	}
	if r.Channel.Name == "" || r.Channel.DisplayName == "" {
		return fault.New(fault.Invalid, "Channel is optional but if you specify it, channel.name and channel.displayName are required.")
	}
	return s.checkChannel(ctx, r.Username, r.Channel.Name)
}
