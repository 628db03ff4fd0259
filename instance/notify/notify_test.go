package notify_test

import (
	"context"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"vidiverse/instance/account"
	"vidiverse/instance/actor"
	"vidiverse/instance/block"
	"vidiverse/instance/channel"
	"vidiverse/instance/comment"
	"vidiverse/instance/db"
	"vidiverse/instance/db/dbtest"
	"vidiverse/instance/event"
	"vidiverse/instance/job"
	"vidiverse/instance/news"
	"vidiverse/instance/notify"
	"vidiverse/instance/report"
	"vidiverse/instance/user"
	"vidiverse/instance/video"
)

// house is the services of an instance whose jobs run: root, alice, who has the
// video "u1", and bob; carol (700) is of two.test and has video 50.
type house struct {
	*notify.Service
	t        *testing.T
	db       *db.DB
	q        *job.Queue
	bus      *event.Memory
	actors   *actor.Service
	users    *user.Service
	blocks   *block.Service
	comments *comment.Service
	reports  *report.Service
	board    *news.Board
	who      map[string]user.Caller
}

func newHouse(t *testing.T, d *db.DB) *house {
	t.Helper()
	base := &url.URL{Scheme: "https", Host: "one.test"}
	h := &house{t: t, db: d, bus: event.NewMemory(), q: job.New(d, job.Config{Owner: "test"}), who: map[string]user.Caller{}}
	h.board = news.New(h.q)
	h.actors = actor.New(d, base, time.Now)
	h.actors.Federate(actor.Federation{News: h.board, Jobs: h.q})
	accounts := account.New(d, h.actors, time.Now)
	channels := channel.New(channel.Config{DB: d, Actors: h.actors, Accounts: accounts})
	var err error
	h.users, err = user.New(user.Config{DB: d, Households: channels, News: h.board, BcryptCost: 4, SignUp: user.SignUp{Enabled: true, Limit: -1}})
	h.must(err)
	videos := video.New(video.Config{DB: d, Jobs: h.q, PublicURL: base, News: h.board})
	h.comments = comment.New(comment.Config{DB: d, Jobs: h.q, Videos: videos, PublicURL: base, News: h.board})
	h.reports = report.New(report.Config{DB: d, Videos: videos, Comments: h.comments, News: h.board})
	h.blocks = block.New(block.Config{DB: d, Actors: h.actors, Accounts: accounts, Muted: func(ctx context.Context, tx db.Tx, m block.Muting) error {
		return h.Muted(ctx, tx, m)
	}})
	h.Service = notify.New(notify.Config{DB: d, Actors: h.actors, Blocks: h.blocks, News: h.board, Events: h.bus})
	h.must(accounts.EnsureInstance(t.Context()))
	_, _, err = h.users.EnsureRoot(t.Context(), "a good password")
	h.must(err)
	root := user.Caller{UserID: 1, Role: user.Administrator}
	h.who["root"] = user.Caller{UserID: 1, Role: user.Administrator, AccountID: 2, Username: "root"}
	for _, name := range []string{"alice", "bob"} {
		a, err := h.users.Create(t.Context(), root, user.Draft{Username: name, Password: "a good password", Email: name + "@one.test", Role: user.User})
		h.must(err)
		h.who[name] = user.Caller{UserID: a.ID, AccountID: a.AccountID, Username: name, Role: user.User}
	}
	h.sql(`INSERT INTO host (id, name, created_at) VALUES (7, 'two.test', 1)`,
		`INSERT INTO actor (id, kind, username, host_id, url, inbox_url, shared_inbox_url, created_at, updated_at) VALUES
		 (700, 2, 'carol', 7, 'https://two.test/accounts/carol', 'x', 'x', 1, 1), (701, 3, 'land', 7, 'https://two.test/video-channels/land', 'x', 'x', 1, 1),
		 (702, 1, 'peertube', 7, 'https://two.test/accounts/peertube', 'x', 'x', 1, 1)`,
		`INSERT INTO actor_counter (actor_id) VALUES (700), (701), (702)`,
		`INSERT INTO account (id, actor_id, display_name, created_at, updated_at) VALUES (700, 700, 'Carol', 1, 1)`,
		`INSERT INTO channel (id, actor_id, account_id, display_name, created_at, updated_at) VALUES (701, 701, 700, 'Land', 1, 1)`,
		fmt.Sprintf(`INSERT INTO video (id, uuid, url, host_id, channel_id, name, privacy, state, wait_transcoding, created_at, updated_at, published_at) VALUES
		 (49, '2f5d1c1e-0000-4000-8000-000000000049', 'https://one.test/videos/watch/49', NULL, (SELECT id FROM channel WHERE account_id = %d), 'A walk', 1, 1, 1, 1, 1, 1),
		 (50, '2f5d1c1e-0000-4000-8000-000000000050', 'https://two.test/videos/watch/50', 7, 701, 'A swim', 1, 1, 0, 1, 1, %d)`, h.who["alice"].AccountID, time.Now().UnixMilli()),
		`INSERT INTO video_counter (video_id) VALUES (49), (50)`)
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- h.q.Serve(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return h
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) sql(all ...string) {
	h.t.Helper()
	h.must(h.db.Write(h.t.Context(), func(tx db.Tx) error {
		for _, q := range all {
			if _, err := tx.NewRaw(q).Exec(h.t.Context()); err != nil {
				return fmt.Errorf("%s: %w", q, err)
			}
		}
		return nil
	}))
}

// quiet waits until every change was heard.
func (h *house) quiet() {
	h.t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(30 * time.Second); ; <-tick.C {
		var n int
		h.must(h.db.Read().NewRaw(`SELECT count(*) FROM job WHERE type = 'notify' AND state IN ('waiting', 'active')`).Scan(h.t.Context(), &n))
		if n == 0 {
			return
		}
		if time.Now().After(deadline) {
			h.t.Fatalf("%d changes are not heard", n)
		}
	}
}

// types are what a user was told, oldest first.
func (h *house) types(name string) string {
	h.t.Helper()
	h.quiet()
	list, _, err := h.List(h.t.Context(), h.who[name], notify.Query{Count: 100, Sort: "createdAt"})
	h.must(err)
	var out []string
	for _, n := range list {
		out = append(out, fmt.Sprint(n.Type))
	}
	return strings.Join(out, " ")
}

func (h *house) want(root, alice, bob string) {
	h.t.Helper()
	for name, want := range map[string]string{"root": root, "alice": alice, "bob": bob} {
		if got := h.types(name); got != want {
			h.t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

func (h *house) tell(c news.Change) {
	h.t.Helper()
	h.must(h.db.Write(h.t.Context(), func(tx db.Tx) error { return h.board.Tell(h.t.Context(), tx, c) }))
}

func (h *house) follow(follower, target actor.ID) {
	h.t.Helper()
	both, err := h.actors.ByIDs(h.t.Context(), h.db.Read(), []actor.ID{follower, target})
	h.must(err)
	h.must(h.db.Write(h.t.Context(), func(tx db.Tx) error {
		if both[follower].Local() {
			_, err = h.actors.Ask(h.t.Context(), tx, both[follower], both[target])
		} else {
			_, err = h.actors.ReceiveFollow(h.t.Context(), tx, both[follower], both[target], "https://two.test/f/"+fmt.Sprint(target), true)
		}
		return err
	}))
}

func (h *house) actor(handle string) actor.ID {
	h.t.Helper()
	var id actor.ID
	h.must(h.db.Read().NewRaw(`SELECT id FROM actor WHERE username = ? AND host_id IS NULL`, handle).Scan(h.t.Context(), &id))
	return id
}

// Each event reaches exactly those whom it concerns, once.
func TestWhoIsTold(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		ctx := t.Context()
		hints := h.bus.Subscribe(ctx, notify.Topic)
		h.follow(700, h.actor("alice_channel")) // carol follows alice's channel
		h.want("", "10", "")
		h.follow(h.actor("bob"), h.actor("alice_channel"))
		h.follow(h.actor("bob"), 701)
		h.follow(702, h.actor("peertube"))
		h.want("13", "10 10", "")
		h.tell(news.Change{What: news.VideoPublished, ID: 49})
		h.tell(news.Change{What: news.VideoPublished, ID: 49}) // a repeated one is told once
		h.want("13", "10 10 6", "1")
		h.sql(`UPDATE follow SET state = 'accepted' WHERE target_id = 701`)
		h.tell(news.Change{What: news.VideoHeard, ID: 50})
		h.want("13", "10 10 6", "1 1")
		v := video.Ref("2f5d1c1e-0000-4000-8000-000000000049")
		said, err := h.comments.Add(ctx, h.who["bob"], v, video.Credentials{}, 0, "hello @root and @alice@one.test, @bob, @nobody and @carol@two.test")
		h.must(err)
		h.want("13 11", "10 10 6 2", "1 1")
		_, err = h.comments.Add(ctx, h.who["alice"], v, video.Credentials{}, said.ID, "@bob thanks")
		h.must(err)
		h.want("13 11", "10 10 6 2", "1 1 11")
		id, err := h.reports.Make(ctx, h.who["bob"], report.Draft{Reason: "rude", Video: v}, video.Credentials{})
		h.must(err)
		h.quiet()
		_, err = h.reports.Say(ctx, h.who["root"], id, "what is rude?")
		h.must(err)
		_, err = h.reports.Say(ctx, h.who["bob"], id, "all of it")
		h.must(err)
		h.must(h.reports.Update(ctx, h.who["root"], id, report.Patch{State: new(report.Accepted)}))
		h.want("13 11 3 16", "10 10 6 2", "1 1 11 16 15")
		h.must(h.reports.Update(ctx, h.who["root"], id, report.Patch{State: new(report.Rejected)}))
		h.quiet()
		_, err = h.users.Register(ctx, netip.MustParseAddr("192.0.2.1"), user.Registration{Username: "dave", Password: "a good password", Email: "dave@one.test"})
		h.must(err)
		h.tell(news.Change{What: news.FollowAsked, ID: 1, Other: 1}) // an automatic one, but not of the instance
		h.want("13 11 3 16 9", "10 10 6 2", "1 1 11 16 15 15")
		if len(hints) != 15 { // as many as there are notifications
			t.Errorf("got %d hints", len(hints))
		}
		if e := <-hints; e.Topic != notify.Topic || e.ID == 0 || e.Name != fmt.Sprint(h.who["alice"].UserID) {
			t.Errorf("got hint %+v", e)
		}
	})
}

// A name alone is somebody of the server where it was written, except that of whom
// a comment answers; what a moderator reports is known to moderators.
func TestWhoIsNotTold(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		v := video.Ref("2f5d1c1e-0000-4000-8000-000000000050")
		said, err := h.comments.Add(t.Context(), h.who["alice"], v, video.Credentials{}, 0, "good")
		h.must(err)
		hear := func(id int64, parent any, text string) {
			h.sql(fmt.Sprintf(`INSERT INTO comment (id, url, video_id, account_id, created_at, updated_at, text) VALUES
				(%d, 'https://two.test/c/%d', 50, 700, 1, 1, '%s')`, id, id, text), fmt.Sprintf(`UPDATE comment SET parent_id = %v WHERE id = %d`, parent, id))
			h.tell(news.Change{What: news.CommentMade, ID: id})
		}
		hear(900, "NULL", "@alice and @bob are mine")
		h.want("", "", "")
		hear(901, said.ID, "@alice and @bob: thanks")
		h.want("", "11", "")
		hear(902, "NULL", "@bob@one.test hello")
		h.want("", "11", "11")
		_, err = h.reports.Make(t.Context(), h.who["root"], report.Draft{Reason: "rude", Comment: said.ID}, video.Credentials{})
		h.must(err)
		h.want("", "11", "11")
		_, err = h.reports.Make(t.Context(), h.who["bob"], report.Draft{Reason: "rude", Comment: said.ID}, video.Credentials{})
		h.must(err)
		h.want("3", "11", "11")
	})
}

// A comment that is held is told to the owner of the video alone; who is
// mentioned hears of it when it is approved.
func TestHeldComments(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		h.sql(`UPDATE video SET comments_policy = 3 WHERE id = 49`)
		v := video.Ref("2f5d1c1e-0000-4000-8000-000000000049")
		said, err := h.comments.Add(t.Context(), h.who["bob"], v, video.Credentials{}, 0, "hello @root")
		h.must(err)
		h.want("", "2", "")
		list, _, err := h.List(t.Context(), h.who["alice"], notify.Query{Count: 1})
		h.must(err)
		if c := list[0].Comment; c == nil || !c.Held || c.ID != said.ID || c.Video.Name != "A walk" {
			t.Errorf("got %+v", c)
		}
		h.must(h.comments.Approve(t.Context(), h.who["alice"], v, said.ID))
		h.want("11", "2", "")
	})
}

// Whom somebody muted does not notify them, and what they told before is gone;
// whom the instance muted notifies nobody.
func TestMutedNeverNotify(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		ctx := t.Context()
		v := video.Ref("2f5d1c1e-0000-4000-8000-000000000049")
		say := func(text string) {
			_, err := h.comments.Add(ctx, h.who["bob"], v, video.Credentials{}, 0, text)
			h.must(err)
		}
		say("hello @root")
		h.quiet() // changes of different rows are heard in any order
		h.follow(h.actor("bob"), h.actor("alice_channel"))
		h.follow(700, h.actor("alice"))
		h.want("11", "2 10 10", "")
		h.must(h.blocks.MuteAccount(ctx, h.who["alice"], account.ID(h.who["alice"].AccountID), "bob"))
		h.want("11", "10", "")
		say("again @root")
		h.want("11 11", "10", "")
		h.must(h.blocks.MuteServer(ctx, account.ID(h.who["alice"].AccountID), "two.test"))
		h.want("11 11", "", "")
		instance, err := h.blocks.Instance(ctx)
		h.must(err)
		h.must(h.blocks.MuteAccount(ctx, h.who["root"], instance, "bob"))
		h.want("", "", "")
		say("once more @root")
		_, err = h.reports.Make(ctx, h.who["bob"], report.Draft{Reason: "rude", Video: v}, video.Credentials{})
		h.must(err)
		h.want("", "", "")
	})
}

// People choose what they are told, and others' notifications are none of
// theirs.
func TestSettingsAndReading(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		ctx := t.Context()
		n := user.DefaultPreferences("").Notifications
		n.NewFollow = 2 // by mail alone
		h.must(h.users.SetNotifications(ctx, h.who["alice"], n))
		h.follow(h.actor("bob"), h.actor("alice_channel"))
		h.follow(702, h.actor("peertube"))
		h.want("13", "", "")
		n.NewFollow = 4
		if err := h.users.SetNotifications(ctx, h.who["alice"], n); err == nil {
			t.Error("4 is no way to be notified")
		}
		n.NewFollow = 3
		h.must(h.users.SetNotifications(ctx, h.who["alice"], n))
		h.follow(700, h.actor("alice"))
		h.want("13", "10", "")
		count := func(name string, unread bool) int {
			_, total, err := h.List(ctx, h.who[name], notify.Query{Unread: &unread})
			h.must(err)
			return total
		}
		list, _, err := h.List(ctx, h.who["root"], notify.Query{Count: 1, Types: []notify.Type{notify.InstanceFollower, notify.Mention}})
		h.must(err)
		h.must(h.MarkRead(ctx, h.who["alice"], []notify.ID{list[0].ID}))
		if n := count("root", true); n != 1 {
			t.Errorf("alice read root's: %d are unread", n)
		}
		h.must(h.MarkRead(ctx, h.who["root"], []notify.ID{list[0].ID, 999}))
		h.must(h.MarkAllRead(ctx, h.who["alice"]))
		got := []int{count("root", true), count("root", false), count("alice", true), count("alice", false)}
		if !slices.Equal(got, []int{0, 1, 0, 1}) {
			t.Errorf("got %v", got)
		}
	})
}
