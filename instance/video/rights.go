package video

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"time"

	"vidiverse/instance/db"
	"vidiverse/instance/fault"
	"vidiverse/instance/user"
)

// Credentials are what a stranger may show for one video.
type Credentials struct {
	Password  string
	FileToken string
}

// head is what decides about a video: who owns it and who may see it.
type head struct {
	id      ID
	uuid    string
	url     string
	privacy Privacy
	state   State
	local   bool
	owner   int64 // account
	channel int64
	live    bool
	seconds int
}

func (h head) owned(c user.Caller) bool {
	return h.local && c.SignedIn() && c.AccountID == h.owner
}

// manage is the right to change a video.
func (h head) manage(c user.Caller) error {
	switch {
	case !h.local:
		return fault.New(fault.Forbidden, "Cannot manage a video of another server.")
	case !c.SignedIn():
		return fault.New(fault.Unauthorized, "Authentication is required")
	case !h.owned(c) && !c.Moderator():
		return fault.New(fault.Forbidden, "Cannot manage a video of another user.")
	}
	return nil
}

// MayRead is the one right to a video's details and bytes. It is nil when the
// caller, or who shows the credentials, may read now: nothing is remembered, so
// a change of privacy holds from its commit on.
func (s *Service) MayRead(ctx context.Context, caller user.Caller, id ID, cred Credentials) error {
	h, err := s.store.head(ctx, s.db.Read(), id)
	if err != nil {
		return err
	}
	return s.mayRead(ctx, h, caller, cred)
}

func (s *Service) mayRead(ctx context.Context, h head, caller user.Caller, cred Credentials) error {
	if h.privacy.Open() || h.owned(caller) || caller.Moderator() {
		return nil
	}
	if h.privacy == Internal && caller.SignedIn() {
		return nil
	}
	if cred.FileToken != "" {
		ok, err := s.store.tokenValid(ctx, hashToken(cred.FileToken), h.id, db.Millis(s.now()))
		if err != nil || ok {
			return err
		}
	}
	if h.privacy == PasswordProtected {
		return s.checkPassword(ctx, h.id, cred.Password)
	}
	if !caller.SignedIn() {
		return fault.New(fault.Unauthorized, "Authentication is required")
	}
	return fault.New(fault.Forbidden, "Cannot fetch information of private/internal video")
}

func (s *Service) checkPassword(ctx context.Context, id ID, password string) error {
	if password == "" {
		return fault.New(fault.Unauthorized, "Please provide a password to access this password protected video").
			WithCode("video_requires_password")
	}
	known, err := s.store.passwords(ctx, id)
	if err != nil {
		return err
	}
	match := 0
	for _, p := range known {
		match |= subtle.ConstantTimeCompare([]byte(p.Password), []byte(password))
	}
	if match == 0 {
		return fault.New(fault.Forbidden, "Incorrect password. Access to the video is denied.").
			WithCode("incorrect_video_password")
	}
	return nil
}

// maySee is mayRead for the page of a video. An unlisted one is found by its
// unguessable address only: by its number it is private.
func (s *Service) maySee(ctx context.Context, h head, byNumber bool, caller user.Caller, cred Credentials) error {
	if byNumber && h.privacy == Unlisted {
		h.privacy = Private
	}
	return s.mayRead(ctx, h, caller, cred)
}

// FileToken is a right to the bytes of one video, for players that cannot send
// headers.
type FileToken struct {
	Token   string
	Expires time.Time
}

// NewFileToken makes one for who may read the video: a user, or who knows the
// password. Strangers need none for open videos and are refused.
func (s *Service) NewFileToken(ctx context.Context, caller user.Caller, ref Ref, cred Credentials) (FileToken, error) {
	h, err := s.visible(ctx, caller, ref, Credentials{Password: cred.Password})
	if err != nil {
		return FileToken{}, err
	}
	if !caller.SignedIn() && h.privacy != PasswordProtected {
		return FileToken{}, fault.New(fault.Unauthorized, "Authentication is required")
	}
	t := FileToken{Token: newUUID(), Expires: s.now().Add(s.cfg.TokenLife).UTC().Truncate(time.Millisecond)}
	err = s.db.Write(ctx, func(tx db.Tx) error {
		return s.store.addToken(ctx, tx, hashToken(t.Token), h.id, caller.UserID, t.Expires)
	})
	return t, err
}

func hashToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// Password is one password of a protected video.
type Password struct {
	ID        int64
	Password  string
	VideoID   ID
	CreatedAt time.Time
	UpdatedAt time.Time
}

// Passwords lists the passwords for the video's owner.
func (s *Service) Passwords(ctx context.Context, caller user.Caller, ref Ref) ([]Password, error) {
	h, err := s.managed(ctx, caller, ref)
	if err != nil {
		return nil, err
	}
	return s.store.passwords(ctx, h.id)
}

// PutPasswords replaces all passwords; tokens made with the old ones die.
func (s *Service) PutPasswords(ctx context.Context, caller user.Caller, ref Ref, list []string) error {
	return s.changePasswords(ctx, caller, ref, func(tx db.Tx, id ID) error {
		return s.store.putPasswords(ctx, tx, id, list, s.now())
	}, list)
}

// AddPassword adds one password.
func (s *Service) AddPassword(ctx context.Context, caller user.Caller, ref Ref, password string) error {
	return s.changePasswords(ctx, caller, ref, func(tx db.Tx, id ID) error {
		n, err := s.store.countPasswords(ctx, tx, id)
		if err == nil && n >= maxPasswords {
			err = fault.New(fault.Invalid, "A video has at most %d passwords", maxPasswords)
		}
		if err != nil {
			return err
		}
		return s.store.addPasswords(ctx, tx, id, []string{password}, s.now())
	}, []string{password})
}

// DeletePassword removes one; the last one stays.
func (s *Service) DeletePassword(ctx context.Context, caller user.Caller, ref Ref, number int64) error {
	return s.changePasswords(ctx, caller, ref, func(tx db.Tx, id ID) error {
		n, err := s.store.countPasswords(ctx, tx, id)
		if err == nil && n <= 1 {
			err = fault.New(fault.Invalid, "Cannot delete the last password of a video")
		}
		if err != nil {
			return err
		}
		return s.store.deletePassword(ctx, tx, id, number)
	}, []string{"unused"})
}

func (s *Service) changePasswords(ctx context.Context, caller user.Caller, ref Ref, change func(db.Tx, ID) error, list []string) error {
	h, err := s.managed(ctx, caller, ref)
	if err != nil {
		return err
	}
	if h.privacy != PasswordProtected {
		return fault.New(fault.Invalid, "The video is not password protected")
	}
	var c checker
	if c.passwords(&Draft{Privacy: PasswordProtected, Passwords: list}, true); c.err != nil {
		return c.result()
	}
	return s.db.Write(ctx, func(tx db.Tx) error {
		if err := change(tx, h.id); err != nil {
			return err
		}
		return s.store.dropTokens(ctx, tx, h.id)
	})
}

// visible finds a video that the caller may see.
func (s *Service) visible(ctx context.Context, caller user.Caller, ref Ref, cred Credentials) (head, error) {
	p, err := ref.parse()
	if err != nil {
		return head{}, err
	}
	id, err := s.store.resolve(ctx, p)
	if err != nil {
		return head{}, err
	}
	h, err := s.store.head(ctx, s.db.Read(), id)
	if err != nil {
		return head{}, err
	}
	return h, s.maySee(ctx, h, p.id != 0, caller, cred)
}

// managed finds a video that the caller may change.
func (s *Service) managed(ctx context.Context, caller user.Caller, ref Ref) (head, error) {
	id, err := s.Resolve(ctx, ref)
	if err != nil {
		return head{}, err
	}
	h, err := s.store.head(ctx, s.db.Read(), id)
	if err != nil {
		return head{}, err
	}
	return h, h.manage(caller)
}
