// Package notify tells people of this instance what concerns them: a comment on
// their video, a new follower, a report to decide. It hears of changes as jobs
// and writes a row for each person; who has a page open hears of the row at
// once.
//
//	news ──▶ hear ──▶ who, by role, ownership or subscription
//	                    └─▶ less who muted the other side, or does not want to know
//	                          └─▶ rows ──▶ hint on the event bus, topic "notification"
//
// Whom a person, or the instance, muted never notifies them.
package notify

import (
	"time"

	"vidiverse/instance/account"
	"vidiverse/instance/actor"
	"vidiverse/instance/channel"
	"vidiverse/instance/comment"
	"vidiverse/instance/report"
	"vidiverse/instance/user"
	"vidiverse/instance/video"
)

// ID numbers a notification.
type ID int64

// Type is what a notification is about. The numbers are PeerTube's.
type Type int

// The types that exist here.
const (
	NewVideo          Type = 1 // of a channel that the user subscribed to
	NewComment        Type = 2 // on the user's video, held or not
	NewReport         Type = 3 // for moderators
	OwnVideoPublished Type = 6
	NewUser           Type = 9 // for moderators
	NewFollow         Type = 10
	Mention           Type = 11
	InstanceFollower  Type = 13 // for administrators
	AutoFollowing     Type = 14 // for administrators
	ReportDecided     Type = 15
	ReportMessage     Type = 16
)

// Topic is the topic of events that tell of new rows: Event.ID is the row,
// Event.Name the number of the user.
const Topic = "notification"

// Notification is one of them, with what it is about as that is now.
type Notification struct {
	ID        ID
	User      user.ID
	Type      Type
	Read      bool
	Video     *Video
	Comment   *Comment
	Report    *Report
	Follow    *Follow
	Account   account.ID // 0: none
	CreatedAt time.Time
	UpdatedAt time.Time
}

// Video is a video in a notification.
type Video struct {
	ID      video.ID
	UUID    string
	Name    string
	State   video.State
	Channel channel.ID
}

// Comment is a comment in a notification.
type Comment struct {
	ID      comment.ID
	Thread  comment.ID
	Account account.ID
	Video   Video
	Held    bool
}

// Report is a report in a notification.
type Report struct {
	ID     report.ID
	State  report.State
	Kind   report.Kind
	Video  *Video     // of a video or a comment
	Thread comment.ID // of a comment
	Of     account.ID // of an account
}

// Follow is a follow in a notification.
type Follow struct {
	ID               actor.FollowID
	State            actor.State
	Follower, Target Side
}

// Side is one side of a follow. Of an instance that is known by its actor alone
// both numbers are 0.
type Side struct {
	Actor   actor.ID
	Kind    actor.Kind
	Account account.ID
	Channel channel.ID
	Name    string
	Host    string // empty: this one
	Display string
}

// Query asks for a part of a user's notifications.
type Query struct {
	Start, Count int
	Sort         string // createdAt, read, with - for descending; else -createdAt
	Unread       *bool
	Types        []Type // none: all
}
