// Package report is what people tell moderators of: a video, a comment or an
// account that should not be there. PeerTube calls it an abuse.
//
//	Make, SaveRemote ──▶ pending ── Update ──▶ accepted or rejected (and back)
//	                        │
//	                        └── messages between who reported and the moderators
//
// A report outlives what it is about: it keeps a note of a video that is
// deleted. Reports of things of other servers go there too; what their
// moderators do with them is not heard of.
package report

import (
	"slices"
	"time"

	"vidiverse/instance/account"
	"vidiverse/instance/channel"
	"vidiverse/instance/comment"
	"vidiverse/instance/video"
)

// ID numbers a report.
type ID int64

// MessageID numbers a message about a report.
type MessageID int64

// State is what moderators decided. The numbers are PeerTube's.
type State int

// The states.
const (
	Pending  State = 1
	Rejected State = 2
	Accepted State = 3
)

// String is the state's name as REST shows it.
func (s State) String() string {
	switch s {
	case Pending:
		return "Pending"
	case Rejected:
		return "Rejected"
	case Accepted:
		return "Accepted"
	}
	return "Unknown"
}

func (s State) valid() bool { return s >= Pending && s <= Accepted }

// Kind is what a report is about.
type Kind string

// The kinds.
const (
	OfVideo   Kind = "video"
	OfComment Kind = "comment"
	OfAccount Kind = "account"
)

// reasons are PeerTube's predefined ones; their numbers count from 1.
var reasons = []string{
	"violentOrRepulsive", "hatefulOrAbusive", "spamOrMisleading", "privacy", "rights", "serverRules", "thumbnails", "captions",
}

// Reasons are the names of all predefined reasons.
func Reasons() []string { return slices.Clone(reasons) }

// Report is one report.
type Report struct {
	ID        ID
	URL       string // of the Flag of another server; empty: made here
	Kind      Kind
	Reporter  account.ID // 0 once that account is gone
	Flagged   account.ID // likewise
	Video     video.ID   // of a report of a video that is not deleted
	Comment   comment.ID // of a report of a comment that is not deleted for good
	Reason    string
	Reasons   []string // predefined ones
	State     State
	Note      string // of the moderators, for themselves
	StartAt   *int   // seconds of the video
	EndAt     *int
	Was       Snapshot
	CreatedAt time.Time
	UpdatedAt time.Time
}

// Snapshot is what is kept of a video in case it is deleted.
type Snapshot struct {
	VideoID   video.ID   `json:"videoId,omitempty"`
	UUID      string     `json:"uuid,omitempty"`
	Name      string     `json:"name,omitempty"`
	NSFW      bool       `json:"nsfw,omitempty"`
	ChannelID channel.ID `json:"channelId,omitempty"`
}

// Item is a report in a list, with what it is about.
type Item struct {
	Report
	Messages       int
	OfReporter     int // reports by the same account
	OfFlagged      int // reports of the same account
	Of             Thing
	VideoReports   int // reports of the same video
	VideoReportNth int // the how manieth of them this one is
}

// Thing is the video or the comment that a report is about; the zero value is
// neither.
type Thing struct {
	VideoID     video.ID // 0: no video
	UUID        string
	Name        string // of the video
	NSFW        bool
	ChannelID   channel.ID // 0 once it is gone
	Deleted     bool       // the video, or the comment
	Pictures    []video.Image
	CommentID   comment.ID // 0: it is not about a comment
	ThreadID    comment.ID
	CommentText string
}

// Draft is a report to make, of the first that is set of Video, Comment and Account.
type Draft struct {
	Reason  string
	Reasons []string
	Video   video.Ref
	StartAt *int
	EndAt   *int
	Comment comment.ID
	Account account.ID
}

// Remote is a report of another server: the Flag of one object. Exactly one of
// Video, Comment and Account is set.
type Remote struct {
	URL      string // of the Flag
	Reporter account.ID
	Video    video.ID
	Comment  comment.ID
	Account  account.ID
	Reason   string
	Reasons  []string
	StartAt  *int
	EndAt    *int
}

// Patch is a moderator's change: nil leaves as it is.
type Patch struct {
	State *State
	Note  *string
}

// Query asks for a part of a list.
type Query struct {
	Start, Count int
	Sort         string // id, createdAt, state, with - for descending; else -createdAt
	ID           ID     // 0 is all
	Kind         Kind   // empty is all
	State        State  // 0 is all
	Reason       string // predefined; empty is all
	VideoIs      string // "deleted", "blacklisted", empty is all
	Search       string // in all that follow
	Reporter     string
	Flagged      string
	Video        string
	Channel      string
}

// Message is one message about a report.
type Message struct {
	ID          MessageID
	Text        string
	ByModerator bool
	Account     account.ID // 0 once it is gone
	CreatedAt   time.Time
}
