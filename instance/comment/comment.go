// Package comment holds what people say under videos, in threads: who may say,
// see and delete it, and what waits for the owner of the video to approve it.
//
//	Add ──▶ shown ────────────────────────── Delete ──▶ tombstone: its place in
//	  │                                        ▲        the thread stays, its
//	  └──▶ held ── Approve, Approved ──▶ shown ┘        text and author do not
//
// Comments of other servers come and go by SaveRemote and RemoveRemote, whose
// callers know who may say what. The text is kept as it was received, whatever it
// holds; HTML makes of it what may stand in a page.
package comment

import (
	"time"

	"vidiverse/instance/account"
	"vidiverse/instance/channel"
	"vidiverse/instance/fault"
	"vidiverse/instance/video"
)

// ID is the number of a comment; it never returns.
type ID int64

// Comment is one comment. Deleted ones have neither text nor account.
type Comment struct {
	ID        ID
	URL       string
	Video     video.ID
	Account   account.ID // 0 once it is deleted
	Thread    ID         // the first of its thread, which is its own for that one
	Parent    ID         // 0 for the first of a thread
	Text      string     // as it was received: plain, Markdown or HTML
	Held      bool       // waits for approval by the video's owner
	Approval  string     // URL by which the origin of a remote video approved it
	CreatedAt time.Time
	UpdatedAt time.Time // here: of remote ones when they were last seen
	DeletedAt time.Time // zero for what is not

	// Replies counts the comments of the thread, or the direct replies of one
	// that is itself a reply, as far as the viewer sees them; OwnerReplies those
	// by the owner of the video. Only Threads and Thread fill them.
	Replies, OwnerReplies int
}

// Deleted reports whether only the place in the thread is left.
func (c Comment) Deleted() bool { return !c.DeletedAt.IsZero() }

// Tree is a comment with the replies to it, oldest first.
type Tree struct {
	Comment
	Children []*Tree
}

// Page is a part of the threads of a video.
type Page struct {
	Total      int // threads, deleted ones included
	NotDeleted int // comments of all threads that are not
	Threads    []Comment
}

// Query asks for a part of a list.
type Query struct {
	Start, Count int    // Count 0 asks for the totals alone
	Sort         string // -createdAt, createdAt, -totalReplies, totalReplies; else -createdAt
}

// Filter says which comments of many videos are listed. Only Query.Sort by
// createdAt counts.
type Filter struct {
	Query
	Search        string // in text, account and video
	SearchAccount string
	SearchVideo   string
	Video         video.Ref  // empty is all
	Channel       channel.ID // 0 is all
	Local         *bool      // by people of this instance
	OnLocalVideo  *bool
	Held          *bool
	Tagged        bool // with automatic tags, of which there are none
	Muted         bool // show also whom the viewer or the instance muted
}

// Listed is a comment with the video it stands under.
type Listed struct {
	Comment
	VideoUUID string
	VideoName string
	Channel   channel.ID
}

// Remote is a comment of another server. The caller knows that who sent it may
// say this.
type Remote struct {
	URL       string
	Video     video.ID
	Account   account.ID // 0 only with DeletedAt
	Parent    ID         // 0 for the first of a thread
	Text      string
	Published time.Time
	Updated   time.Time
	DeletedAt time.Time // set for a tombstone, which is kept for the replies to it
	Approval  string
	Held      bool // hold it even where the policy of the video does not
}

// The limits of what is said, in characters: PeerTube's for people here, and
// more than any server is known to send for what comes from elsewhere.
const (
	maxText       = 10_000
	maxRemoteText = 100_000
	maxThread     = 5_000 // comments of one thread that are shown
	maxParents    = 100
	maxSearch     = 1_000
	maxStart      = 1 << 31
)

func notFound() error { return fault.New(fault.NotFound, "Video comment thread not found") }
