package user

import (
	"context"

	"vidiverse/instance/db"
	"vidiverse/instance/fault"
)

// Patch is a change of a user's own settings: nil leaves a setting as it is.
// Role, quota and ownership are not settings and have no place here.
type Patch struct {
	DisplayName               *string
	Description               **string // pointer to nil removes it
	Email                     *string
	Password                  *string
	CurrentPassword           string // needed for the two above
	Theme                     *string
	NSFWPolicy                *string
	NSFWFlagsDisplayed        *int
	NSFWFlagsHidden           *int
	NSFWFlagsWarned           *int
	NSFWFlagsBlurred          *int
	P2PEnabled                *bool
	VideosHistoryEnabled      *bool
	AutoPlayVideo             *bool
	AutoPlayNextVideo         *bool
	AutoPlayNextVideoPlaylist *bool
	VideoLanguages            *[]string
	Language                  **string
	NoInstanceConfigWarning   *bool
	NoWelcome                 *bool
	NoAccountSetupWarning     *bool
}

// UpdateMe changes the caller's own settings. A new password ends all other
// log-ins of theirs.
func (s *Service) UpdateMe(ctx context.Context, c Caller, p Patch) error {
	if p.flagTwice() {
		return fault.New(fault.Invalid, "Cannot use same flags in nsfwFlagsDisplayed, nsfwFlagsHidden, nsfwFlagsBlurred and nsfwFlagsWarned at the same time")
	}
	if err := s.confirm(ctx, c, p); err != nil {
		return err
	}
	if err := p.check(s); err != nil {
		return err
	}
	var hash string
	if p.Password != nil {
		var err error
		if hash, err = s.hashLimited(ctx, *p.Password); err != nil {
			return err
		}
	}
	return s.cfg.DB.Write(ctx, func(tx db.Tx) error {
		a, err := s.store.byID(ctx, tx, c.UserID)
		if err != nil {
			return err
		}
		p.apply(&a.Preferences)
		if p.Email != nil && *p.Email != a.Email {
			a.Email, a.EmailVerified = *p.Email, false
		}
		a.UpdatedAt = s.cfg.Now()
		if err := s.store.update(ctx, tx, a); err != nil {
			return err
		}
		if hash != "" {
			if err := s.setPassword(ctx, tx, a.ID, hash, c.Family); err != nil {
				return err
			}
		}
		if p.DisplayName == nil && p.Description == nil {
			return nil
		}
		return s.cfg.Households.Describe(ctx, tx, a.ID, p.DisplayName, p.Description)
	})
}

// flagTwice tells whether one kind of sensitive video is to be shown in two ways.
func (p Patch) flagTwice() bool {
	seen := 0
	for _, f := range []*int{p.NSFWFlagsDisplayed, p.NSFWFlagsHidden, p.NSFWFlagsWarned, p.NSFWFlagsBlurred} {
		if f == nil {
			continue
		}
		if seen&*f != 0 {
			return true
		}
		seen |= *f
	}
	return false
}

// confirm asks for the present password where a stolen session must not
// suffice. Guesses count as failed log-ins do.
func (s *Service) confirm(ctx context.Context, c Caller, p Patch) error {
	if p.Email == nil && p.Password == nil {
		return nil
	}
	if p.CurrentPassword == "" {
		return fault.New(fault.Invalid, "currentPassword parameter is missing")
	}
	if err := s.failures.check(c.Username); err != nil {
		return err
	}
	_, hash, err := s.store.byLogin(ctx, s.cfg.DB.Read(), c.Username)
	if err != nil {
		return err
	}
	ok, err := s.matches(ctx, []byte(hash), p.CurrentPassword)
	if err != nil {
		return err
	}
	if !ok {
		s.failures.failed(c.Username)
		return fault.New(fault.Unauthorized, "currentPassword is invalid.").WithCode("current_password_is_invalid")
	}
	return nil
}

func (p Patch) apply(f *Preferences) {
	set(&f.Theme, p.Theme)
	set(&f.NSFWPolicy, p.NSFWPolicy)
	set(&f.NSFWFlagsDisplayed, p.NSFWFlagsDisplayed)
	set(&f.NSFWFlagsHidden, p.NSFWFlagsHidden)
	set(&f.NSFWFlagsWarned, p.NSFWFlagsWarned)
	set(&f.NSFWFlagsBlurred, p.NSFWFlagsBlurred)
	set(&f.P2PEnabled, p.P2PEnabled)
	set(&f.VideosHistoryEnabled, p.VideosHistoryEnabled)
	set(&f.AutoPlayVideo, p.AutoPlayVideo)
	set(&f.AutoPlayNextVideo, p.AutoPlayNextVideo)
	set(&f.AutoPlayNextVideoPlaylist, p.AutoPlayNextVideoPlaylist)
	set(&f.VideoLanguages, p.VideoLanguages)
	set(&f.Language, p.Language)
	set(&f.NoInstanceConfigWarning, p.NoInstanceConfigWarning)
	set(&f.NoWelcome, p.NoWelcome)
	set(&f.NoAccountSetupWarning, p.NoAccountSetupWarning)
}

func set[T any](field *T, v *T) {
	if v != nil {
		*field = *v
	}
}
