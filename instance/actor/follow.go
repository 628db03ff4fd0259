package actor

import (
	"context"
	"encoding/json"
	"time"

	"github.com/uptrace/bun"

	"vidiverse/instance/db"
	"vidiverse/instance/fault"
	"vidiverse/instance/news"
)

// FollowID numbers a follow.
type FollowID int64

// State is what became of a follow.
type State string

// The states.
//
//	          Accept ┌──────────┐ Reject
//	pending ────────▶│ accepted │────────▶ rejected
//	   │             └──────────┘              ▲
//	   └──────────────── Reject ───────────────┘
//
// A rejected follower who asks again stays rejected; we who were rejected and
// ask again wait again. An end deletes the follow in any state.
const (
	Pending  State = "pending"
	Accepted State = "accepted"
	Rejected State = "rejected"
)

// Follow is that one actor wants to hear what another does.
type Follow struct {
	ID               FollowID
	Follower, Target ID
	State            State
	URL              string // of the last Follow activity
	Score            int    // how reliable the other side is, 0 to 10,000
	SentAt           time.Time
	CreatedAt        time.Time
	UpdatedAt        time.Time
}

// Follow makes a follow in that state if there is none of this pair yet;
// otherwise it is found as it is, but for its URL.
func (s *Service) Follow(ctx context.Context, tx db.Tx, follower, target ID, url string, state State) (f Follow, created bool, err error) {
	if follower == target {
		return f, false, fault.New(fault.Invalid, "Nobody follows themselves")
	}
	now := db.Millis(s.now())
	f, err = s.FollowByPair(ctx, tx, follower, target)
	if err == nil {
		if url != "" && url != f.URL {
			f.URL = url
			err = s.store.moveFollow(ctx, tx, f.ID, url, now)
		}
		return f, false, err
	}
	if fault.KindOf(err) != fault.NotFound {
		return f, false, err
	}
	if f, err = s.store.insertFollow(ctx, tx, follower, target, url, state, now); err != nil {
		return f, false, err
	}
	return f, true, s.count(ctx, tx, f, 0, weight(state))
}

// weight is how much a follow in that state counts.
func weight(s State) int {
	if s == Accepted {
		return 1
	}
	return 0
}

// count keeps the numbers of followers true, and lists: the follow counted before,
// and counts after.
func (s *Service) count(ctx context.Context, tx db.Tx, f Follow, before, after int) error {
	if before == after {
		return nil
	}
	if s.fed.Changed != nil {
		tx.AfterCommit(s.fed.Changed)
	}
	return s.store.count(ctx, tx, f, after-before)
}

// FollowByID finds a follow by its number.
func (s *Service) FollowByID(ctx context.Context, q bun.IDB, id FollowID) (Follow, error) {
	return s.store.follow(ctx, q, `WHERE id = ?`, id)
}

// FollowByPair finds a follow by who follows whom.
func (s *Service) FollowByPair(ctx context.Context, q bun.IDB, follower, target ID) (Follow, error) {
	return s.store.follow(ctx, q, `WHERE follower_id = ? AND target_id = ?`, follower, target)
}

// FollowByURL finds a follow by the id of its activity.
func (s *Service) FollowByURL(ctx context.Context, q bun.IDB, url string) (Follow, error) {
	if !Findable(url) {
		return Follow{}, noFollow()
	}
	return s.store.follow(ctx, q, `WHERE url = ? ORDER BY id DESC LIMIT 1`, url)
}

func noFollow() error { return fault.New(fault.NotFound, "Follow not found") }

// Accept sets a follow's state. It tells nobody: AcceptFollower does.
func (s *Service) Accept(ctx context.Context, tx db.Tx, id FollowID) error {
	return s.setState(ctx, tx, id, Accepted)
}

// Reject sets a follow's state. It tells nobody: RejectFollower does.
func (s *Service) Reject(ctx context.Context, tx db.Tx, id FollowID) error {
	return s.setState(ctx, tx, id, Rejected)
}

func (s *Service) setState(ctx context.Context, tx db.Tx, id FollowID, state State) error {
	f, err := s.FollowByID(ctx, tx, id)
	if err != nil || f.State == state {
		return err
	}
	if err := s.store.setState(ctx, tx, id, state, db.Millis(s.now())); err != nil {
		return err
	}
	return s.count(ctx, tx, f, weight(f.State), weight(state))
}

// EndFollow deletes a follow. It tells nobody. A follow that is not there is
// no error: it has ended.
func (s *Service) EndFollow(ctx context.Context, tx db.Tx, id FollowID) error {
	f, err := s.FollowByID(ctx, tx, id)
	if fault.KindOf(err) == fault.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	if err := s.store.deleteFollow(ctx, tx, id); err != nil {
		return err
	}
	return s.count(ctx, tx, f, weight(f.State), 0)
}

// Inbox is where an activity is delivered.
type Inbox struct {
	URL  string
	Host string // host[:port]
}

// FollowerInboxes are the inboxes of all other servers that follow one of the
// targets, each once, but for those on the host except.
func (s *Service) FollowerInboxes(ctx context.Context, q bun.IDB, targets []ID, except string) ([]Inbox, error) {
	if len(targets) == 0 {
		return nil, nil
	}
	return s.store.followerInboxes(ctx, q, targets, except)
}

// Inboxes are the shared inboxes of actors of other servers, each once.
func (s *Service) Inboxes(ctx context.Context, q bun.IDB, ids []ID) ([]Inbox, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	return s.store.inboxes(ctx, q, ids)
}

// PageSize is how many members a page of a collection has.
const PageSize = 10

// FollowersOf returns the URLs of a page of those who follow an actor, oldest
// first, and how many there are. Pages begin with 1; 0 asks for the number alone.
func (s *Service) FollowersOf(ctx context.Context, q bun.IDB, id ID, page int) ([]string, int, error) {
	return s.store.collection(ctx, q, followersSQL, id, page)
}

// FollowingOf is FollowersOf for whom an actor follows.
func (s *Service) FollowingOf(ctx context.Context, q bun.IDB, id ID, page int) ([]string, int, error) {
	return s.store.collection(ctx, q, followingSQL, id, page)
}

// tell is a change of a follow.
func (s *Service) tell(ctx context.Context, tx db.Tx, what news.What, f Follow, by ID, other int64) error {
	return s.fed.News.Tell(ctx, tx, news.Change{What: what, ID: int64(f.ID), Actor: int64(by), Other: other})
}

// followObject is a Follow as Reject and Undo repeat it.
type followObject struct {
	Type   string `json:"type"`
	ID     string `json:"id"`
	Actor  string `json:"actor"`
	Object string `json:"object"`
}

// tellOver is the end of a follow: by is who signs what is sent of it, to is
// whom it is sent.
func (s *Service) tellOver(ctx context.Context, tx db.Tx, what news.What, f Follow, follower, target Actor, by, to ID) error {
	object, err := json.Marshal(followObject{Type: "Follow", ID: f.URL, Actor: follower.URL, Object: target.URL})
	if err != nil {
		return err
	}
	return s.fed.News.TellGone(ctx, tx, what, int64(f.ID), news.Gone{
		URL: f.URL, Actor: int64(by), To: []int64{int64(to)}, Type: "Follow", Object: object,
	})
}
