package user

import (
	"context"
	"log/slog"
	"time"

	"vidiverse/instance/db"
	"vidiverse/instance/fault"
	"vidiverse/instance/job"
	"vidiverse/instance/news"
)

// Households gives users their public face. It is the channel service, one
// floor up.
type Households interface {
	// Settle makes the account and the first channel of a new user.
	Settle(ctx context.Context, tx db.Tx, id ID, home Home) (accountID int64, err error)
	// Dissolve removes account and channels, with what is left in them.
	Dissolve(ctx context.Context, tx db.Tx, id ID) error
	// Describe changes what the account says; nil leaves as is, a pointer to
	// nil removes the description.
	Describe(ctx context.Context, tx db.Tx, id ID, displayName *string, description **string) error
}

// Home is how a new user begins. Empty texts are the instance's defaults.
type Home struct {
	Username, DisplayName string
	Channel               Channel
}

// Config is what the service needs. DB, Log and Households are required.
type Config struct {
	DB         *db.DB
	Log        *slog.Logger
	Now        func() time.Time
	Households Households
	News       *news.Board // hears of those who sign up; nil: nobody does
	Jobs       *job.Queue  // ends deletions that a crash cut; nil: nothing does
	// Empty removes what a user has much of, in transactions of its own, before
	// the account is dissolved; nil leaves all to that.
	Empty func(ctx context.Context, a Account) error

	SignUp          SignUp
	AccessLifetime  time.Duration // default a day
	RefreshLifetime time.Duration // default four weeks
	BcryptCost      int           // default 10
	MinPassword     int           // characters; default 8
	VideoQuota      int64         // of new users; bytes, 0 means -1: unlimited
	VideoQuotaDaily int64
	NSFWPolicy      string // of new users; default "do_not_list"
	AdminEmail      string // of root; default admin@example.com
}

// Service answers for users and their tokens. It is safe for concurrent use.
type Service struct {
	cfg      Config
	store    store
	sessions *sessions
	failures *throttle
	hashing  chan struct{} // bcrypt is slow by design: this many at once
	decoy    []byte        // hash that unknown names are compared with
}

// New makes the service.
func New(cfg Config) (*Service, error) {
	orElse(&cfg.Now, time.Now, cfg.Now == nil)
	orElse(&cfg.AccessLifetime, 24*time.Hour, cfg.AccessLifetime == 0)
	orElse(&cfg.RefreshLifetime, 28*24*time.Hour, cfg.RefreshLifetime == 0)
	orElse(&cfg.BcryptCost, 10, cfg.BcryptCost == 0)
	orElse(&cfg.MinPassword, 8, cfg.MinPassword == 0)
	orElse(&cfg.VideoQuota, -1, cfg.VideoQuota == 0)
	orElse(&cfg.VideoQuotaDaily, -1, cfg.VideoQuotaDaily == 0)
	orElse(&cfg.NSFWPolicy, "do_not_list", cfg.NSFWPolicy == "")
	orElse(&cfg.AdminEmail, "admin@example.com", cfg.AdminEmail == "")
	s := &Service{
		cfg: cfg, sessions: newSessions(cfg.Now), failures: newThrottle(cfg.Now),
		hashing: make(chan struct{}, 2),
	}
	decoy, err := s.hash(randomHex(16))
	s.decoy = []byte(decoy)
	s.registerJobs()
	return s, err
}

func orElse[T any](v *T, otherwise T, missing bool) {
	if missing {
		*v = otherwise
	}
}

// Draft is a user to create.
type Draft struct {
	Username, Password, Email string
	Role                      Role
	AdminFlags                int
	VideoQuota                int64 // bytes, -1 is unlimited
	VideoQuotaDaily           int64
	ChannelName               string // empty: <username>_channel
}

// Create makes a user with account and default channel on behalf of c. Only an
// administrator may make anything but plain users. A taken name or address is
// a fault.Conflict.
func (s *Service) Create(ctx context.Context, c Caller, n Draft) (Account, error) {
	if !c.Moderator() {
		return Account{}, fault.New(fault.Forbidden, "Only moderators may create users")
	}
	if err := n.check(s); err != nil {
		return Account{}, err
	}
	if err := s.store.free(ctx, s.cfg.DB.Read(), n.Username, n.Email); err != nil {
		return Account{}, err
	}
	if n.Role != User && !c.Admin() {
		return Account{}, errRole
	}
	if err := s.checkChannel(ctx, n.Username, n.ChannelName); err != nil {
		return Account{}, err
	}
	hash, err := s.hashLimited(ctx, n.Password)
	if err != nil {
		return Account{}, err
	}
	return s.create(ctx, n, hash, false)
}

// checkChannel refuses the name of a new user's channel that is the user's own,
// or somebody's. No name is the default one.
func (s *Service) checkChannel(ctx context.Context, username, name string) error {
	if name == "" {
		return nil
	}
	if name == username {
		return fault.New(fault.Invalid, "Channel name cannot be the same as user username.")
	}
	taken, err := s.store.nameTaken(ctx, s.cfg.DB.Read(), name)
	if err == nil && taken {
		err = fault.New(fault.Conflict, "Channel with name %s already exists.", name)
	}
	return err
}

func (s *Service) create(ctx context.Context, n Draft, hash string, verified bool) (Account, error) {
	a := s.newAccount(n)
	a.EmailVerified = verified
	home := Home{Username: n.Username, Channel: Channel{Name: n.ChannelName}}
	err := s.cfg.DB.Write(ctx, func(tx db.Tx) error { return s.settle(ctx, tx, &a, hash, home) })
	return a, err
}

func (s *Service) newAccount(n Draft) Account {
	now := s.cfg.Now()
	return Account{
		Username: n.Username, Email: n.Email, Role: n.Role, AdminFlags: n.AdminFlags,
		VideoQuota: n.VideoQuota, VideoQuotaDaily: n.VideoQuotaDaily,
		Preferences: DefaultPreferences(s.cfg.NSFWPolicy), CreatedAt: now, UpdatedAt: now,
	}
}

// settle writes a new user with account and channel, and notes their numbers.
func (s *Service) settle(ctx context.Context, tx db.Tx, a *Account, hash string, home Home) (err error) {
	if home.Channel.Name == "" {
		home.Channel.Name = home.Username + "_channel"
	}
	if a.ID, err = s.store.insert(ctx, tx, *a, hash); err != nil {
		return err
	}
	a.AccountID, err = s.cfg.Households.Settle(ctx, tx, a.ID, home)
	return err
}

// EnsureRoot makes the administrator "root" if there is no user yet. Without a
// password one is generated and returned: it is known nowhere else.
func (s *Service) EnsureRoot(ctx context.Context, password string) (generated string, created bool, err error) {
	n, err := s.store.count(ctx, s.cfg.DB.Read())
	if err != nil || n > 0 {
		return "", false, err
	}
	if password == "" {
		password = randomHex(10)
		generated = password
	}
	if len(password) > maxPasswordBytes {
		return "", false, fault.New(fault.Invalid, "The password of root may not be longer than %d bytes", maxPasswordBytes)
	}
	hash, err := s.hashLimited(ctx, password)
	if err != nil {
		return "", false, err
	}
	root := Draft{Username: "root", Email: s.cfg.AdminEmail, Role: Administrator, VideoQuota: -1, VideoQuotaDaily: -1}
	if _, err := s.create(ctx, root, hash, true); err != nil {
		return "", false, err
	}
	return generated, true, nil
}

// Me returns the user with that number.
func (s *Service) Me(ctx context.Context, id ID) (Account, error) {
	return s.store.byID(ctx, s.cfg.DB.Read(), id)
}

// ResetPassword gives the named user a new password and ends every log-in of
// theirs. It asks for no old password: it is the operator's tool.
func (s *Service) ResetPassword(ctx context.Context, username, password string) error {
	var v invalid
	s.checkPassword(&v, "password", password)
	if err := v.result(); err != nil {
		return err
	}
	hash, err := s.hashLimited(ctx, password)
	if err != nil {
		return err
	}
	return s.cfg.DB.Write(ctx, func(tx db.Tx) error {
		a, _, err := s.store.byLogin(ctx, tx, username)
		if err != nil {
			return err
		}
		return s.setPassword(ctx, tx, a.ID, hash, "")
	})
}

// setPassword stores a hash and ends all log-ins but the family keep.
func (s *Service) setPassword(ctx context.Context, tx db.Tx, id ID, hash, keep string) error {
	if err := s.store.setPassword(ctx, tx, id, hash, db.Millis(s.cfg.Now())); err != nil {
		return err
	}
	if err := s.store.deleteTokens(ctx, tx, id, keep); err != nil {
		return err
	}
	tx.AfterCommit(func() { s.sessions.forgetUser(id) })
	return nil
}
