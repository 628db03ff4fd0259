// Package user is people with a log-in on this instance: their role, their
// personal settings, their passwords, and the tokens that stand for them.
//
//	password ──▶ Login ──▶ access token (a day) + refresh token (four weeks)
//	                            │                        │
//	               Authenticate ▼                Refresh ▼
//	                         Caller      a new pair; the old pair is dead, and
//	                                     showing it again kills the whole family
//
// Tokens are random and stored as SHA-256 only. A user's public face is the
// account, one floor up.
package user

import "time"

// ID names a user of this instance. It is not the account's number.
type ID int64

// Role says what a user may do beside caring for what is theirs. The numbers
// are PeerTube's.
type Role int

// The roles.
const (
	Administrator Role = 0
	Moderator     Role = 1
	User          Role = 2
)

// String is the role's name as REST shows it.
func (r Role) String() string {
	switch r {
	case Administrator:
		return "Administrator"
	case Moderator:
		return "Moderator"
	}
	return "User"
}

// Caller is who asks. The zero value is a stranger.
type Caller struct {
	UserID    ID
	Role      Role
	AccountID int64
	Username  string
	TokenID   int64  // row of the token that was shown
	Family    string // the log-in that the token descends from
}

// SignedIn tells users from strangers.
func (c Caller) SignedIn() bool { return c.UserID != 0 }

// Admin tells whether the caller is an administrator.
func (c Caller) Admin() bool { return c.SignedIn() && c.Role == Administrator }

// Moderator tells whether the caller is a moderator or an administrator.
func (c Caller) Moderator() bool { return c.SignedIn() && c.Role <= Moderator }

// Account is a user as their settings page sees them. Nothing in it is secret
// but the e-mail address: the password hash stays in the store.
type Account struct {
	ID              ID
	AccountID       int64
	Username        string
	Email           string
	EmailVerified   bool
	Role            Role
	AdminFlags      int
	VideoQuota      int64 // bytes, -1 is unlimited
	VideoQuotaDaily int64
	Preferences     Preferences
	Blocked         bool
	BlockedReason   string
	LastLogin       time.Time // zero: never
	CreatedAt       time.Time
	UpdatedAt       time.Time
}
