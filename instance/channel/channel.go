// Package channel is where videos are published: every account has at least
// one, under a name of its own. It also settles new users, since an account
// without a channel does not exist.
package channel

import (
	"time"

	"vidiverse/instance/account"
	"vidiverse/instance/actor"
)

// ID names a channel.
type ID int64

// Channel is a channel with its actor and the number of its owner.
type Channel struct {
	ID          ID
	ActorID     actor.ID
	AccountID   account.ID
	Name        string
	Host        string // host[:port] of its instance, this one's included
	Local       bool
	URL         string
	DisplayName string
	Description *string
	Support     *string
	Followers   int64
	Following   int64
	CreatedAt   time.Time
	UpdatedAt   time.Time
	Images      actor.Images

	RedundancyAllowed bool      // its host may be mirrored here
	FetchedAt         time.Time // of those elsewhere: when they were last read
}

// Draft is a channel to create.
type Draft struct {
	Name, DisplayName    string
	Description, Support *string
}

// Patch is a change of a channel: nil leaves as it is, a pointer to nil
// removes.
type Patch struct {
	DisplayName          *string
	Description, Support **string
	BulkSupport          bool // give the support text to all its videos too
}

// Query asks for a part of a list of channels.
type Query struct {
	Start, Count int
	Sort         string     // id, name, displayName, match, createdAt, updatedAt, with - for descending; else -createdAt
	Search       string     // in name, display name and that of the owner; empty is all
	Account      account.ID // 0 is all
	IDs          []ID       // empty is all
	Host         string     // of whose server; empty is all
	Near         bool       // only of this server, and of servers of which it follows somebody
	here         string     // the host of this one
}

func (d Draft) check() error {
	if !actor.ValidChannelName(d.Name) {
		return errName(d.Name)
	}
	if err := actor.CheckDisplayName("displayName", d.DisplayName); err != nil {
		return err
	}
	if err := actor.CheckText("description", d.Description); err != nil {
		return err
	}
	return actor.CheckText("support", d.Support)
}

// apply puts the change into r.
func (p Patch) apply(r *row) error {
	if p.DisplayName != nil {
		if err := actor.CheckDisplayName("displayName", *p.DisplayName); err != nil {
			return err
		}
		r.DisplayName = *p.DisplayName
	}
	if p.Description != nil {
		if err := actor.CheckText("description", *p.Description); err != nil {
			return err
		}
		r.Description = actor.Clean(*p.Description)
	}
	if p.Support != nil {
		if err := actor.CheckText("support", *p.Support); err != nil {
			return err
		}
		r.Support = actor.Clean(*p.Support)
	}
	return nil
}
