// Package account is the public face of people: a name, a display name, a
// description. Every local user has exactly one; so has the instance itself.
// Log-in and settings are package user's, channels stand one floor up.
package account

import (
	"time"

	"vidiverse/instance/actor"
	"vidiverse/instance/user"
)

// ID names an account. It is neither the user's nor the actor's number.
type ID int64

// Account is an account with its actor.
type Account struct {
	ID          ID
	ActorID     actor.ID
	UserID      user.ID // 0: of another instance, or the instance's own
	Name        string
	Host        string // host[:port] of its instance, this one's included
	URL         string
	DisplayName string
	Description *string
	Followers   int64
	Following   int64
	CreatedAt   time.Time
	UpdatedAt   time.Time
	Images      actor.Images

	RedundancyAllowed bool      // its host may be mirrored here
	FetchedAt         time.Time // of those elsewhere: when they were last read
}

// Query asks for a part of the list of all accounts.
type Query struct {
	Start, Count int
	Descending   bool // newest first
}
