package actor_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vidiverse/instance/actor"
	"vidiverse/instance/db"
	"vidiverse/instance/db/dbtest"
	"vidiverse/instance/fault"
	"vidiverse/instance/job"
	"vidiverse/instance/news"
)

// town is an instance with two people of its own and some elsewhere.
type town struct {
	t         *testing.T
	db        *db.DB
	s         *actor.Service
	me        actor.Actor
	ours, far []actor.Actor
	now       time.Time
	jobs      *job.Queue
}

func newTown(t *testing.T, d *db.DB, rules actor.Rules) *town {
	t.Helper()
	w := &town{t: t, db: d, now: time.UnixMilli(1_800_000_000_000), jobs: job.New(d, job.Config{})}
	w.s = actor.New(d, &url.URL{Scheme: "https", Host: "one.test"}, func() time.Time { return w.now })
	board := news.New(w.jobs)
	board.Hear("test", job.Options{}, func(context.Context, *job.Job, news.Change) error { return nil },
		news.FollowAsked, news.FollowReceived, news.FollowAccepted, news.FollowRejected, news.FollowEnded, news.ActorChanged, news.ActorGone)
	w.s.Federate(actor.Federation{Jobs: w.jobs, News: board, Rules: rules})
	w.write(func(tx db.Tx) error {
		for i, kind := range []actor.Kind{actor.Application, actor.Person, actor.Group} {
			c, err := w.s.Create(t.Context(), tx, kind, []string{actor.InstanceName, "alice", "sea"}[i])
			if err != nil {
				return err
			}
			a, err := w.s.ByID(t.Context(), tx, c.ID)
			if err != nil {
				return err
			}
			w.ours = append(w.ours, a)
		}
		return nil
	})
	w.me = w.ours[0]
	for i, host := range []string{"two.test", "two.test", "three.test"} {
		w.far = append(w.far, w.remote(host, []string{actor.InstanceName, "bob", "carol"}[i]))
	}
	w.heard()
	return w
}

func (w *town) remote(host, name string) (a actor.Actor) {
	w.t.Helper()
	kind := actor.Person
	if name == actor.InstanceName {
		kind = actor.Application
	}
	u := "https://" + host + "/accounts/" + name
	w.write(func(tx db.Tx) error {
		id, _, err := w.s.SaveRemote(w.t.Context(), tx, actor.Remote{
			URL: u, Kind: kind, Username: name, Inbox: u + "/inbox", SharedInbox: "https://" + host + "/inbox", PublicKey: someKey,
		})
		if err != nil {
			return err
		}
		a, err = w.s.ByID(w.t.Context(), tx, id)
		return err
	})
	return a
}

func (w *town) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *town) write(fn func(tx db.Tx) error) {
	w.t.Helper()
	w.must(w.db.Write(w.t.Context(), fn))
}

// heard takes what was told since it was last called.
func (w *town) heard() (all []news.Change) {
	w.t.Helper()
	list, _, err := w.jobs.List(w.t.Context(), job.Filter{Type: "test", Count: 1000})
	w.must(err)
	for _, j := range list {
		var c news.Change
		w.must(j.Decode(&c))
		all = append(all, c)
		w.write(func(tx db.Tx) error { return w.jobs.Cancel(w.t.Context(), tx, j.ID) })
	}
	return all
}

func whats(all []news.Change) (names []string) {
	for _, c := range all {
		names = append(names, string(c.What))
	}
	slices.Sort(names)
	return names
}

// state is how one follows another; empty for not at all.
func (w *town) state(q db.Tx, follower, target actor.Actor) actor.State {
	w.t.Helper()
	f, err := w.s.FollowByPair(w.t.Context(), q, follower.ID, target.ID)
	if fault.KindOf(err) == fault.NotFound {
		return ""
	}
	w.must(err)
	return f.State
}

// checkCounters compares the counters of our people with the rows.
func (w *town) checkCounters(q db.Tx) {
	w.t.Helper()
	for _, a := range w.ours {
		var followers, following, realFollowers, realFollowing int
		ctx := w.t.Context()
		w.must(q.NewRaw(`SELECT followers, following FROM actor_counter WHERE actor_id = ?`, a.ID).Scan(ctx, &followers, &following))
		w.must(q.NewRaw(`SELECT count(*) FROM follow WHERE target_id = ? AND state = 'accepted'`, a.ID).Scan(ctx, &realFollowers))
		w.must(q.NewRaw(`SELECT count(*) FROM follow WHERE follower_id = ? AND state = 'accepted'`, a.ID).Scan(ctx, &realFollowing))
		if followers != realFollowers || following != realFollowing {
			w.t.Errorf("%s: counters say %d and %d, rows %d and %d", a.Username, followers, following, realFollowers, realFollowing)
		}
	}
}

var errBack = errors.New("taken back")

// try runs fn in a transaction that leaves nothing behind.
func (w *town) try(fn func(tx db.Tx)) {
	w.t.Helper()
	err := w.db.Write(w.t.Context(), func(tx db.Tx) error { fn(tx); return errBack })
	if !errors.Is(err, errBack) {
		w.t.Fatal(err)
	}
}

// step is something that comes from elsewhere or is done here.
type step struct {
	name string
	do   func(tx db.Tx, follower, target actor.Actor) error
	next func(actor.State) actor.State // what a follow becomes by PeerTube's rules
}

func (w *town) received(first actor.State) []step {
	ctx := w.t.Context()
	id := func(tx db.Tx, follower, target actor.Actor) actor.FollowID {
		f, err := w.s.FollowByPair(ctx, tx, follower.ID, target.ID)
		if err != nil {
			return 0
		}
		return f.ID
	}
	to := func(s actor.State) func(actor.State) actor.State {
		return func(now actor.State) actor.State {
			if now == "" {
				return ""
			}
			return s
		}
	}
	ignoring := func(err error) error {
		if fault.KindOf(err) == fault.NotFound {
			return nil
		}
		return err
	}
	return []step{
		{"follow", func(tx db.Tx, a, b actor.Actor) error {
			_, err := w.s.ReceiveFollow(ctx, tx, a, b, a.URL+"/follows/1", true)
			return err
		}, func(now actor.State) actor.State {
			if now == "" {
				return first
			}
			return now
		}},
		{"undo", func(tx db.Tx, a, b actor.Actor) error { return w.s.ReceiveUndo(ctx, tx, a, b) }, func(actor.State) actor.State { return "" }},
		{"accept", func(tx db.Tx, a, b actor.Actor) error { return ignoring(w.s.Accept(ctx, tx, id(tx, a, b))) }, to(actor.Accepted)},
		{"reject", func(tx db.Tx, a, b actor.Actor) error { return ignoring(w.s.Reject(ctx, tx, id(tx, a, b))) }, to(actor.Rejected)},
		{"blocked follow", func(tx db.Tx, a, b actor.Actor) error {
			_, err := w.s.ReceiveFollow(ctx, tx, a, b, a.URL+"/follows/1", false)
			return err
		}, func(now actor.State) actor.State { return now }},
	}
}

// permutations calls fn with every order of n things.
func permutations(n int, fn func([]int)) {
	order := make([]int, 0, n)
	var walk func()
	walk = func() {
		if len(order) == n {
			fn(order)
			return
		}
		for i := range n {
			if !slices.Contains(order, i) {
				order = append(order, i)
				walk()
				order = order[:len(order)-1]
			}
		}
	}
	walk()
}

// In whatever order follows, their ends and decisions come, and however often
// each, the state is what the rules say and the counters are true.
func TestFollowsInEveryOrder(t *testing.T) {
	for _, manual := range []bool{false, true} {
		w := newTown(t, dbtest.SQLite(t), actor.Rules{ManualApproval: manual})
		first := actor.Accepted
		if manual {
			first = actor.Pending
		}
		steps := w.received(first)
		steps = append(steps, steps[0]) // the same Follow comes again
		permutations(len(steps), func(order []int) {
			w.try(func(tx db.Tx) {
				want, names := actor.State(""), ""
				for _, i := range order {
					s := steps[i]
					names += " " + s.name
					want = s.next(want)
					for range 2 { // and each may come twice
						w.must(s.do(tx, w.far[1], w.me))
						if got := w.state(tx, w.far[1], w.me); got != want {
							t.Fatalf("after%s: got %q, want %q", names, got, want)
						}
					}
				}
				w.checkCounters(tx)
			})
		})
	}
}

// What many do to many at once leaves true counters and one follow a pair.
func TestFollowsOfMany(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d, actor.Rules{})
		steps := w.received(actor.Accepted)
		rnd := rand.New(rand.NewPCG(1, 2))
		for range 30 {
			w.write(func(tx db.Tx) error {
				for range 10 {
					a, b, s := w.far[rnd.IntN(3)], w.ours[rnd.IntN(3)], steps[rnd.IntN(len(steps))]
					if err := s.do(tx, a, b); err != nil {
						return fmt.Errorf("%s: %w", s.name, err)
					}
				}
				return nil
			})
			w.try(w.checkCounters)
		}
	})
}

// What we ask of others becomes what they answer, whichever comes when; and who
// was never asked cannot answer.
func TestAnswersToOurFollows(t *testing.T) {
	w := newTown(t, dbtest.SQLite(t), actor.Rules{})
	ctx, alice, bob := t.Context(), w.ours[1], w.far[1]
	answers := []step{
		{"accept", func(tx db.Tx, _, _ actor.Actor) error { _, err := w.s.ReceiveAccept(ctx, tx, bob, alice); return err },
			func(actor.State) actor.State { return actor.Accepted }},
		{"reject", func(tx db.Tx, _, _ actor.Actor) error { return w.s.ReceiveReject(ctx, tx, bob, alice) },
			func(actor.State) actor.State { return actor.Rejected }},
		{"ask", func(tx db.Tx, _, _ actor.Actor) error { _, err := w.s.Ask(ctx, tx, alice, bob); return err },
			func(now actor.State) actor.State {
				if now == actor.Accepted {
					return now
				}
				return actor.Pending
			}},
		{"accept", func(tx db.Tx, _, _ actor.Actor) error { _, err := w.s.ReceiveAccept(ctx, tx, bob, alice); return err },
			func(actor.State) actor.State { return actor.Accepted }},
	}
	w.try(func(tx db.Tx) {
		if _, err := w.s.ReceiveAccept(ctx, tx, bob, alice); fault.KindOf(err) != fault.NotFound {
			t.Errorf("an answer to nothing: got %v", err)
		}
		if _, err := w.s.ReceiveAccept(ctx, tx, alice, bob); fault.KindOf(err) != fault.Invalid {
			t.Errorf("an answer by one of ours: got %v", err)
		}
	})
	permutations(len(answers), func(order []int) {
		w.try(func(tx db.Tx) {
			_, err := w.s.Ask(ctx, tx, alice, bob)
			w.must(err)
			want := actor.Pending
			for _, i := range order {
				want = answers[i].next(want)
				w.must(answers[i].do(tx, alice, bob))
				if got := w.state(tx, alice, bob); got != want {
					t.Fatalf("%v: got %q, want %q", order, got, want)
				}
			}
			w.checkCounters(tx)
		})
	})
}

// Others hear what they must, and nothing else.
func TestFollowsAreTold(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d, actor.Rules{ManualApproval: true, NoChannelFollowers: true})
		ctx, alice, sea, bob := t.Context(), w.ours[1], w.ours[2], w.far[1]
		told := func(name string, want ...string) []news.Change {
			t.Helper()
			all := w.heard()
			if d := cmp.Diff(want, whats(all)); d != "" {
				t.Errorf("%s was told (-want +got):\n%s", name, d)
			}
			return all
		}
		var f actor.Follow
		receive := func(target actor.Actor, may bool) {
			w.write(func(tx db.Tx) (err error) {
				f, err = w.s.ReceiveFollow(ctx, tx, bob, target, bob.URL+"/follows/7", may)
				return err
			})
		}
		receive(w.me, true)
		told("a follower who waits", "follow.received")
		receive(w.me, true)
		told("the same again")
		w.must(w.s.AcceptFollower(ctx, f.ID))
		told("one who is let in", "follow.accepted")
		receive(w.me, true)
		told("one who did not hear of it", "follow.accepted")
		receive(sea, true)
		if f.State != actor.Rejected || f.ID != 0 {
			t.Errorf("a channel that nobody may follow: got %+v", f)
		}
		all := told("a follower of a channel that nobody may follow", "follow.rejected")
		var gone news.Gone
		w.must(json.Unmarshal(all[0].Snapshot, &gone))
		want := `{"type":"Follow","id":"https://two.test/accounts/bob/follows/7","actor":"https://two.test/accounts/bob","object":"https://one.test/video-channels/sea"}`
		if string(gone.Object) != want || gone.Actor != int64(sea.ID) || !slices.Equal(gone.To, []int64{int64(bob.ID)}) {
			t.Errorf("the Reject would be %+v", gone)
		}
		receive(w.me, false)
		told("a blocked one", "follow.rejected")
		w.write(func(tx db.Tx) (err error) { f, err = w.s.Ask(ctx, tx, alice, sea); return err })
		told("a follow at home", "follow.received")
		w.write(func(tx db.Tx) error { return w.s.Unfollow(ctx, tx, f.ID) })
		told("its end")
		w.write(func(tx db.Tx) (err error) { f, err = w.s.Ask(ctx, tx, alice, bob); return err })
		if f.URL != fmt.Sprintf("https://one.test/accounts/alice/follows/%d", bob.ID) {
			t.Errorf("the Follow is %s", f.URL)
		}
		told("a follow elsewhere", "follow.asked")
		w.write(func(tx db.Tx) error { return w.s.Retire(ctx, tx, alice.ID) })
		all = told("the end of a person", "actor.gone")
		w.must(json.Unmarshal(all[0].Snapshot, &gone))
		if gone.URL != alice.URL || gone.Type != "Person" || !slices.Equal(gone.To, []int64{int64(bob.ID)}) {
			t.Errorf("the Delete would be %+v", gone)
		}
		w.try(w.checkCounters)
	})
}

// Who goes leaves no follow behind, but for those elsewhere who have yet to hear
// of it; all counters are true.
func TestRetireEndsFollows(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d, actor.Rules{})
		ctx, alice, sea, bob := t.Context(), w.ours[1], w.ours[2], w.far[1]
		w.write(func(tx db.Tx) error {
			for _, to := range []actor.Actor{sea, w.me, bob} {
				f, err := w.s.Ask(ctx, tx, alice, to)
				if err != nil {
					return err
				}
				if err := w.s.Accept(ctx, tx, f.ID); err != nil {
					return err
				}
			}
			for _, to := range []actor.Actor{alice, sea} {
				if _, err := w.s.ReceiveFollow(ctx, tx, bob, to, to.URL+"/f", true); err != nil {
					return err
				}
			}
			_, err := w.s.Ask(ctx, tx, w.me, alice)
			return err
		})
		w.try(w.checkCounters)
		w.write(func(tx db.Tx) error { return w.s.Retire(ctx, tx, alice.ID) })
		w.try(func(tx db.Tx) {
			w.checkCounters(tx)
			for _, pair := range [][2]actor.Actor{{alice, sea}, {alice, w.me}, {alice, bob}, {w.me, alice}} {
				if got := w.state(tx, pair[0], pair[1]); got != "" {
					t.Errorf("%s still follows %s", pair[0].URL, pair[1].URL)
				}
			}
			if got := w.state(tx, bob, alice); got != actor.Accepted {
				t.Errorf("who has yet to hear of it: got %q", got)
			}
		})
		w.write(func(tx db.Tx) error { return w.s.RetireRemote(ctx, tx, bob.ID) })
		w.try(func(tx db.Tx) {
			w.checkCounters(tx)
			if a, b := w.state(tx, bob, alice), w.state(tx, bob, sea); a != "" || b != "" {
				t.Errorf("a deleted one still follows: %q %q", a, b)
			}
		})
	})
}
