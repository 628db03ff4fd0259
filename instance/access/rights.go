package access

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

// Head is what decides about a video: who owns it and who may see it.
type Head struct {
	ID        VideoID
	UUID      string
	URL       string
	Privacy   Privacy
	Published bool
	Local     bool
	Owner     int64 // account
	Channel   int64
	Live      bool
	Seconds   int // its length
}

// OwnedBy reports whether a local video is the caller's.
func (h Head) OwnedBy(c user.Caller) bool {
	return h.Local && c.SignedIn() && c.AccountID == h.Owner
}

// Manage is the right to change a video.
func (h Head) Manage(c user.Caller) error {
	switch {
	case !h.Local:
		return fault.New(fault.Forbidden, "Cannot manage a video of another server.")
	case !c.SignedIn():
		return fault.New(fault.Unauthorized, "Authentication is required")
	case !h.OwnedBy(c) && !c.Moderator():
		return fault.New(fault.Forbidden, "Cannot manage a video of another user.")
	}
	return nil
}

// MayRead is the one right to a video's details and bytes. It is nil when the
// caller, or who shows the credentials, may read now: nothing is remembered, so
// a change of privacy holds from its commit on.
func (s *Rights) MayRead(ctx context.Context, caller user.Caller, id VideoID, cred Credentials) error {
	h, err := s.store.head(ctx, s.db.Read(), id)
	if err != nil {
		return err
	}
	return s.mayRead(ctx, h, caller, cred)
}

func (s *Rights) mayRead(ctx context.Context, h Head, caller user.Caller, cred Credentials) error {
	if h.Privacy.Open() || h.OwnedBy(caller) || caller.Moderator() {
		return nil
	}
	if h.Privacy == Internal && caller.SignedIn() {
		return nil
	}
	if cred.FileToken != "" {
		ok, err := s.store.tokenValid(ctx, hashToken(cred.FileToken), h.ID, db.Millis(s.now()))
		if err != nil || ok {
			return err
		}
	}
	if h.Privacy == PasswordProtected {
		return s.checkPassword(ctx, h.ID, cred.Password)
	}
	if !caller.SignedIn() {
		return fault.New(fault.Unauthorized, "Authentication is required")
	}
	return fault.New(fault.Forbidden, "Cannot fetch information of private/internal video")
}

func (s *Rights) checkPassword(ctx context.Context, id VideoID, password string) error {
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

// MaySee is mayRead for the page of a video. An unlisted one is found by its
// unguessable address only: by its number it is private.
func (s *Rights) MaySee(ctx context.Context, h Head, byNumber bool, caller user.Caller, cred Credentials) error {
	if byNumber && h.Privacy == Unlisted {
		h.Privacy = Private
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
func (s *Rights) NewFileToken(ctx context.Context, caller user.Caller, ref Ref, cred Credentials) (FileToken, error) {
	h, err := s.Find(ctx, caller, ref, Credentials{Password: cred.Password})
	if err != nil {
		return FileToken{}, err
	}
	if !caller.SignedIn() && h.Privacy != PasswordProtected {
		return FileToken{}, fault.New(fault.Unauthorized, "Authentication is required")
	}
	t := FileToken{Token: NewUUID(), Expires: s.now().Add(s.tokenLife).UTC().Truncate(time.Millisecond)}
	err = s.db.Write(ctx, func(tx db.Tx) error {
		return s.store.addToken(ctx, tx, hashToken(t.Token), h.ID, caller.UserID, t.Expires)
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
	VideoID   VideoID
	CreatedAt time.Time
	UpdatedAt time.Time
}

// Passwords lists the passwords for the video's owner.
func (s *Rights) Passwords(ctx context.Context, caller user.Caller, ref Ref) ([]Password, error) {
	h, err := s.Managed(ctx, caller, ref)
	if err != nil {
		return nil, err
	}
	return s.store.passwords(ctx, h.ID)
}

// PutPasswords replaces all passwords; tokens made with the old ones die.
func (s *Rights) PutPasswords(ctx context.Context, caller user.Caller, ref Ref, list []string) error {
	return s.changePasswords(ctx, caller, ref, func(tx db.Tx, id VideoID) error {
		return s.store.putPasswords(ctx, tx, id, list, s.now())
	}, list)
}

// AddPassword adds one password.
func (s *Rights) AddPassword(ctx context.Context, caller user.Caller, ref Ref, password string) error {
	return s.changePasswords(ctx, caller, ref, func(tx db.Tx, id VideoID) error {
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
func (s *Rights) DeletePassword(ctx context.Context, caller user.Caller, ref Ref, number int64) error {
	return s.changePasswords(ctx, caller, ref, func(tx db.Tx, id VideoID) error {
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

func (s *Rights) changePasswords(ctx context.Context, caller user.Caller, ref Ref, change func(db.Tx, VideoID) error, list []string) error {
	h, err := s.Managed(ctx, caller, ref)
	if err != nil {
		return err
	}
	if h.Privacy != PasswordProtected {
		return fault.New(fault.Invalid, "The video is not password protected")
	}
	if problem := PasswordsProblem(list, true); problem != "" {
		return fault.New(fault.Invalid, "Incorrect request parameters: videoPasswords").WithField("videoPasswords", nil, problem, "body")
	}
	return s.db.Write(ctx, func(tx db.Tx) error {
		if err := change(tx, h.ID); err != nil {
			return err
		}
		return s.store.dropTokens(ctx, tx, h.ID)
	})
}

// Find finds a video that the caller may see.
func (s *Rights) Find(ctx context.Context, caller user.Caller, ref Ref, cred Credentials) (Head, error) {
	p, err := ref.Parse()
	if err != nil {
		return Head{}, err
	}
	id, err := s.store.resolve(ctx, p)
	if err != nil {
		return Head{}, err
	}
	h, err := s.store.head(ctx, s.db.Read(), id)
	if err != nil {
		return Head{}, err
	}
	return h, s.MaySee(ctx, h, p.ID != 0, caller, cred)
}

// Managed finds a video that the caller may change.
func (s *Rights) Managed(ctx context.Context, caller user.Caller, ref Ref) (Head, error) {
	id, err := s.Resolve(ctx, ref)
	if err != nil {
		return Head{}, err
	}
	h, err := s.store.head(ctx, s.db.Read(), id)
	if err != nil {
		return Head{}, err
	}
	return h, h.Manage(caller)
}
