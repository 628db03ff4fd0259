// Package news carries changes to those who must hear of them: federation tells
// other servers, notify tells people. Whoever makes a change tells it in the
// transaction of the change, as jobs; so nothing is forgotten, and no noun knows
// who listens.
//
//	video, comment, … ── Tell, in the transaction ──▶ one job for each listener ──▶ its handler
//
// Changes of one row reach a listener one after another. A change carries numbers:
// who hears it reads the database, which may know more by then. Only what is deleted
// carries what it was.
package news

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"vidiverse/instance/db"
	"vidiverse/instance/job"
)

// What happened: a noun, a dot, a verb. Change.ID is the row of the noun.
type What string

// The changes. In brackets: what Other and Snapshot hold.
const (
	VideoPublished What = "video.published" // it became visible to other servers
	VideoChanged   What = "video.changed"   // what is shown of it, its files and counters included
	VideoMoved     What = "video.moved"     // to another channel [Other: the channel before]
	VideoGone      What = "video.gone"      // deleted, or no longer visible to other servers [Snapshot]
	VideoHeard     What = "video.heard"     // another server's video came to be known here

	CommentMade     What = "comment.made"     // and not held
	CommentHeld     What = "comment.held"     // until its video's owner looks at it
	CommentApproved What = "comment.approved" // after it was held
	CommentGone     What = "comment.gone"     // [Snapshot]

	VideoRated What = "video.rated" // [Actor: account's actor; Snapshot: Rating]

	PlaylistMade    What = "playlist.made" // or became visible to other servers
	PlaylistChanged What = "playlist.changed"
	PlaylistGone    What = "playlist.gone" // [Snapshot]

	FollowAsked    What = "follow.asked"    // by an actor of ours
	FollowReceived What = "follow.received" // by an actor of another server, of one of ours
	FollowAccepted What = "follow.accepted"
	FollowRejected What = "follow.rejected" // by one of ours [Snapshot]
	FollowEnded    What = "follow.ended"    // by an actor of ours [Snapshot]

	ActorChanged What = "actor.changed" // an account's or channel's profile
	ActorGone    What = "actor.gone"    // [Snapshot]

	ReportMade      What = "report.made"
	ReportChanged   What = "report.changed"
	ReportMessage   What = "report.message" // [Other: the message]
	UserRegistered  What = "user.registered"
	SettingsOfVideo What = "video.settings"   // of the player
	SettingsOfGroup What = "channel.settings" // of the player
)

// Noun is what Change.ID numbers.
func (w What) Noun() string {
	noun, _, _ := strings.Cut(string(w), ".")
	return noun
}

// Change is one thing that happened.
type Change struct {
	What     What            `json:"what"`
	ID       int64           `json:"id"`
	Actor    int64           `json:"actor,omitempty"` // number of the actor who did it, where that matters
	Other    int64           `json:"other,omitempty"`
	Snapshot json.RawMessage `json:"snapshot,omitempty"`
}

// Gone is the snapshot of what other servers had heard of and is deleted.
type Gone struct {
	URL   string  `json:"url"`
	Actor int64   `json:"actor"`          // who signs its Delete
	Via   []int64 `json:"via,omitempty"`  // actors whose followers hear of it, beside that one's
	To    []int64 `json:"to,omitempty"`   // actors who hear of it by themselves
	Type  string  `json:"type,omitempty"` // of the object
	// Object is the whole document where a Delete or Undo repeats it.
	Object json.RawMessage `json:"object,omitempty"`
}

// Rating is the snapshot of VideoRated.
type Rating struct {
	Before, After string // like, dislike or none
	URL           string // of the rating before
}

// Handler works on one change. It may be called again for the same one.
type Handler func(ctx context.Context, j *job.Job, c Change) error

// Board knows who hears what. Hear comes before Serve of the queue and before
// Tell; then it is safe for concurrent use. A nil Board tells nobody.
type Board struct {
	jobs *job.Queue
	ears []ear
}

type ear struct {
	name  string
	whats []What
}

// New makes a board without listeners over q.
func New(q *job.Queue) *Board { return &Board{jobs: q} }

// Hear has h called with each change of those kinds, as jobs of type name.
func (b *Board) Hear(name string, o job.Options, h Handler, whats ...What) {
	b.ears = append(b.ears, ear{name: name, whats: whats})
	b.jobs.Handle(name, o, func(ctx context.Context, j *job.Job) error {
		var c Change
		if err := j.Decode(&c); err != nil {
			return job.Permanent(err)
		}
		return h(ctx, j, c)
	})
}

// attempts is how often a listener may fail at one change; its queue waits
// longer each time.
const attempts = 10

// Tell has the listeners hear of c once tx is committed.
func (b *Board) Tell(ctx context.Context, tx db.Tx, c Change) error {
	if b == nil {
		return nil
	}
	for _, e := range b.ears {
		if !slices.Contains(e.whats, c.What) {
			continue
		}
		_, err := b.jobs.Enqueue(ctx, tx, job.Spec{
			Type: e.name, Payload: c, Attempts: attempts,
			OrderKey: e.name + ":" + c.What.Noun() + ":" + strconv.FormatInt(c.ID, 10),
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// TellGone is Tell with a snapshot of what was deleted.
func (b *Board) TellGone(ctx context.Context, tx db.Tx, what What, id int64, was any) error {
	raw, err := json.Marshal(was)
	if err != nil {
		return err
	}
	return b.Tell(ctx, tx, Change{What: what, ID: id, Snapshot: raw})
}
