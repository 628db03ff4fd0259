package user

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"time"

	"golang.org/x/crypto/bcrypt"

	"vidiverse/instance/db"
	"vidiverse/instance/fault"
)

// Client is the pair of strings that PeerTube's clients fetch before they log
// in. It identifies nobody: it is public.
type Client struct{ ID, Secret string }

// Grant is a request for tokens: either Username and Password, or Refresh.
type Grant struct {
	Client             Client
	Type               string // "password" or "refresh_token"
	Username, Password string // Username may be the e-mail address
	Refresh            string
	IP, Device         string // shown to the user in the list of their log-ins
}

// Tokens is what a successful grant answers.
type Tokens struct {
	Access, Refresh       string
	AccessTTL, RefreshTTL time.Duration
}

// session is one row of tokens, without the tokens themselves.
type session struct {
	ID                      int64
	User                    ID
	AccessHash, RefreshHash string
	AccessEnds, RefreshEnds int64
	Family                  string
	RotatedAt               int64 // 0: still in use
	IP, Device              string
	LoginAt, CreatedAt      int64
}

var (
	errBadClient  = fault.New(fault.Invalid, "Invalid client: client is invalid").WithCode("invalid_client")
	errBadGrant   = fault.New(fault.Invalid, "Invalid grant: user credentials are invalid").WithCode("invalid_grant")
	errBadRefresh = fault.New(fault.Invalid, "Invalid grant: refresh token is invalid").WithCode("invalid_grant")
	errBadToken   = fault.New(fault.Unauthorized, "Token is invalid").WithCode("invalid_token")
	errGrantType  = fault.New(fault.Invalid, "Unsupported grant type: grant_type is invalid").WithCode("unsupported_grant_type")
)

// OAuthClient returns the client pair, made on first use.
func (s *Service) OAuthClient(ctx context.Context) (Client, error) {
	c, err := s.store.client(ctx, s.cfg.DB.Read())
	if fault.KindOf(err) != fault.NotFound {
		return c, err
	}
	err = s.cfg.DB.Write(ctx, func(tx db.Tx) error {
		if c, err = s.store.client(ctx, tx); fault.KindOf(err) != fault.NotFound {
			return err
		}
		c = Client{ID: randomHex(16), Secret: randomHex(16)}
		return s.store.insertClient(ctx, tx, c, db.Millis(s.cfg.Now()))
	})
	return c, err
}

// Login answers a grant with a new pair of tokens. Wrong credentials are a
// fault.Invalid with PeerTube's code; it takes as long for unknown users as for
// known ones. Too many failures for one name are a fault.TooMany.
func (s *Service) Login(ctx context.Context, g Grant) (Tokens, error) {
	known, err := s.OAuthClient(ctx)
	if err != nil {
		return Tokens{}, err
	}
	if !same(g.Client.ID, known.ID) || !same(g.Client.Secret, known.Secret) {
		return Tokens{}, errBadClient
	}
	switch g.Type {
	case "password":
		return s.password(ctx, g)
	case "refresh_token":
		return s.refresh(ctx, g)
	}
	return Tokens{}, errGrantType
}

func (s *Service) password(ctx context.Context, g Grant) (Tokens, error) {
	if len(g.Password) > maxPasswordBytes {
		return Tokens{}, fault.New(fault.Invalid, "Invalid grant: password is too long").WithCode("too_long_password")
	}
	if err := s.failures.check(g.Username); err != nil {
		return Tokens{}, err
	}
	a, hash, err := s.store.byLogin(ctx, s.cfg.DB.Read(), g.Username)
	known := err == nil
	if !known {
		if fault.KindOf(err) != fault.NotFound {
			return Tokens{}, err
		}
		hash = string(s.decoy)
	}
	ok, err := s.matches(ctx, []byte(hash), g.Password)
	if err != nil {
		return Tokens{}, err
	}
	if !known || !ok {
		s.failures.failed(g.Username)
		return Tokens{}, errBadGrant
	}
	if a.Blocked {
		return Tokens{}, fault.New(fault.Invalid, "User is blocked.").WithCode("account_blocked")
	}
	s.failures.succeeded(g.Username)
	now := db.Millis(s.cfg.Now())
	t, row := s.pair(a.ID, randomHex(16), g)
	row.LoginAt = now
	return t, s.cfg.DB.Write(ctx, func(tx db.Tx) error {
		if err := s.store.deleteExpired(ctx, tx, a.ID, now); err != nil {
			return err
		}
		if err := s.store.setLastLogin(ctx, tx, a.ID, now); err != nil {
			return err
		}
		return s.store.insertSession(ctx, tx, row)
	})
}

// refresh exchanges a refresh token. One that was exchanged before is in two
// hands: nobody can tell which is the thief's, so the whole family ends.
func (s *Service) refresh(ctx context.Context, g Grant) (t Tokens, err error) {
	var refused error
	err = s.cfg.DB.Write(ctx, func(tx db.Tx) error {
		refused = nil
		old, err := s.store.byRefresh(ctx, tx, digest(g.Refresh))
		if fault.KindOf(err) == fault.NotFound {
			refused = errBadRefresh
			return nil
		}
		if err != nil {
			return err
		}
		now := db.Millis(s.cfg.Now())
		fresh := false
		if old.RotatedAt == 0 {
			if fresh, err = s.store.rotate(ctx, tx, old.ID, now); err != nil {
				return err
			}
		}
		switch {
		case !fresh:
			refused = errBadRefresh
			tx.AfterCommit(func() { s.sessions.forgetFamily(old.Family) })
			return s.store.deleteFamily(ctx, tx, old.Family)
		case old.RefreshEnds <= now:
			refused = errBadRefresh
			return nil
		}
		tx.AfterCommit(func() { s.sessions.rotated(old.Family) })
		var row session
		t, row = s.pair(old.User, old.Family, g)
		row.LoginAt = old.LoginAt
		return s.store.insertSession(ctx, tx, row)
	})
	if err == nil {
		err = refused
	}
	if err != nil {
		return Tokens{}, err
	}
	return t, nil
}

// Authenticate returns whose token it is. Anything but a live token of a user
// who is not blocked is a fault.Unauthorized.
func (s *Service) Authenticate(ctx context.Context, token string) (Caller, error) {
	if token == "" || len(token) > 200 {
		return Caller{}, errBadToken
	}
	hash := digest(token)
	if c, ok := s.sessions.get(hash); ok {
		return c, nil
	}
	seen := s.sessions.generation()
	c, ends, err := s.store.byAccess(ctx, s.cfg.DB.Read(), hash, db.Millis(s.cfg.Now()))
	if fault.KindOf(err) == fault.NotFound {
		return Caller{}, errBadToken
	}
	if err != nil {
		return Caller{}, err
	}
	s.sessions.put(seen, hash, c, db.Time(ends))
	return c, nil
}

// Revoke ends the log-in that the caller's token descends from, at once.
func (s *Service) Revoke(ctx context.Context, c Caller) error {
	return s.cfg.DB.Write(ctx, func(tx db.Tx) error {
		tx.AfterCommit(func() { s.sessions.forgetFamily(c.Family) })
		return s.store.deleteFamily(ctx, tx, c.Family)
	})
}

// pair makes new tokens and the row that will know them again.
func (s *Service) pair(id ID, family string, g Grant) (Tokens, session) {
	now := s.cfg.Now()
	t := Tokens{
		Access: randomHex(20), Refresh: randomHex(20),
		AccessTTL: s.cfg.AccessLifetime, RefreshTTL: s.cfg.RefreshLifetime,
	}
	return t, session{
		User: id, Family: family, AccessHash: digest(t.Access), RefreshHash: digest(t.Refresh),
		AccessEnds: db.Millis(now.Add(t.AccessTTL)), RefreshEnds: db.Millis(now.Add(t.RefreshTTL)),
		IP: g.IP, Device: g.Device, CreatedAt: db.Millis(now),
	}
}

// hash makes a bcrypt hash of a password of at most 72 bytes.
func (s *Service) hash(password string) (string, error) {
	b, err := bcrypt.GenerateFromPassword([]byte(password), s.cfg.BcryptCost)
	return string(b), err
}

func (s *Service) hashLimited(ctx context.Context, password string) (hash string, err error) {
	err = s.slowly(ctx, func() error {
		hash, err = s.hash(password)
		return err
	})
	return hash, err
}

func (s *Service) matches(ctx context.Context, hash []byte, password string) (bool, error) {
	err := s.slowly(ctx, func() error { return bcrypt.CompareHashAndPassword(hash, []byte(password)) })
	if errors.Is(err, bcrypt.ErrMismatchedHashAndPassword) {
		return false, nil
	}
	return err == nil, err
}

// slowly runs fn when few others hash: a flood of log-ins must not take every
// core from the viewers.
func (s *Service) slowly(ctx context.Context, fn func() error) error {
	select {
	case s.hashing <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-s.hashing }()
	return fn()
}

func digest(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

func randomHex(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails: crypto/rand ends the program instead
	return hex.EncodeToString(b)
}
