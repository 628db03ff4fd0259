package api

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"testing"
	"time"

	"vidiverse/instance/account"
	"vidiverse/instance/actor"
	"vidiverse/instance/channel"
	"vidiverse/instance/db"
	"vidiverse/instance/db/dbtest"
	"vidiverse/instance/fault"
	"vidiverse/instance/job"
	"vidiverse/instance/news"
	"vidiverse/instance/rest"
	"vidiverse/instance/rest/resttest"
)

// far is another server, whose people are found by name, and what this one
// would send it.
type far struct {
	*world
	actors *actor.Service
	told   chan news.Change
}

const farKey = "-----BEGIN PUBLIC KEY-----\nMIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQC8a4Ka8yHmfjp8W9YMucuGeMg9\n90hOHEdgJAC7yGa/l2gPe9yRG2dRFrU8yClfSeG2lMnqQcrng+fflk1FF+IVbU9l\n+9k6fABFBxo/tzvC6wK1RJml0N8lC9fzV0uvZytnugxGh11PptxLXKPodLrqs0Xx\nWLkK92/wHf9O0eR8KwIDAQAB\n-----END PUBLIC KEY-----\n"

func newFar(t *testing.T, d *db.DB, rules actor.Rules) *far {
	t.Helper()
	f := &far{told: make(chan news.Change, 100)}
	f.world = newWorld(t, d, func(c *Config) { f.actors = c.Actors })
	board := news.New(f.jobs)
	board.Hear("test", job.Options{}, func(_ context.Context, _ *job.Job, c news.Change) error { f.told <- c; return nil },
		news.FollowAsked, news.FollowReceived, news.FollowAccepted, news.FollowRejected, news.FollowEnded, news.ActorChanged, news.ActorGone)
	f.actors.Federate(actor.Federation{Jobs: f.jobs, News: board, Finder: f, Rules: rules})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- f.jobs.Serve(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	return f
}

// ActorByHandle finds whoever is named on two.test: channels end in _channel.
func (f *far) ActorByHandle(ctx context.Context, name, host string) (a actor.Actor, err error) {
	kind, folder := actor.Person, "/accounts/"
	if len(name) > 8 && name[len(name)-8:] == "_channel" {
		kind, folder = actor.Group, "/video-channels/"
	}
	return f.put(ctx, "https://"+host+folder+name, name, kind)
}

// InstanceActor finds what stands for a server.
func (f *far) InstanceActor(ctx context.Context, host string) (actor.Actor, error) {
	return f.put(ctx, "https://"+host+"/accounts/peertube", "peertube", actor.Application)
}

func (f *far) put(ctx context.Context, u, name string, kind actor.Kind) (a actor.Actor, err error) {
	if actor.HostOf(u) != "two.test" {
		return a, fault.New(fault.Unavailable, "no such host")
	}
	err = f.db.Write(ctx, func(tx db.Tx) error {
		id, _, err := f.actors.SaveRemote(ctx, tx, actor.Remote{
			URL: u, Kind: kind, Username: name, Inbox: u + "/inbox", PublicKey: farKey, Published: time.UnixMilli(1_700_000_000_000),
		})
		if err != nil {
			return err
		}
		if kind != actor.Group {
			_, err = f.config.Accounts.SaveRemote(ctx, tx, id, account.Facts{DisplayName: "Far " + name})
		} else {
			owner, _, err := f.actors.SaveRemote(ctx, tx, actor.Remote{
				URL: "https://two.test/accounts/carol", Kind: actor.Person, Username: "carol", Inbox: "https://two.test/accounts/carol/inbox", PublicKey: farKey,
			})
			if err != nil {
				return err
			}
			acc, err := f.config.Accounts.SaveRemote(ctx, tx, owner, account.Facts{})
			if err != nil {
				return err
			}
			if _, err = f.config.Channels.SaveRemote(ctx, tx, id, acc, channel.Facts{DisplayName: "Far " + name}); err != nil {
				return err
			}
		}
		if err != nil {
			return err
		}
		a, err = f.actors.ByID(ctx, tx, id)
		return err
	})
	return a, err
}

// hear waits until it was told.
func (f *far) hear(what news.What) news.Change {
	f.t.Helper()
	for {
		select {
		case c := <-f.told:
			if c.What == what {
				return c
			}
		case <-time.After(30 * time.Second):
			f.t.Fatalf("%s was not told", what)
		}
	}
}

// received is a Follow from another server's instance.
func (f *far) received(name string) actor.Follow {
	f.t.Helper()
	ctx := f.t.Context()
	a, err := f.put(ctx, "https://two.test/accounts/"+name, name, actor.Application)
	f.must(err)
	me, err := f.actors.Instance(ctx)
	f.must(err)
	var got actor.Follow
	f.must(f.db.Write(ctx, func(tx db.Tx) (err error) {
		got, err = f.actors.ReceiveFollow(ctx, tx, a, me, a.URL+"/follows/1", true)
		return err
	}))
	return got
}

func (f *far) follows(path, token string) []rest.ActorFollow {
	f.t.Helper()
	var page rest.Page[rest.ActorFollow]
	f.must(json.Unmarshal(f.want(200, "GET", path, token, nil), &page))
	return page.Data
}

// An administrator follows servers and people by name, sees them, and leaves
// them again; the others are told.
func TestServerFollowing(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		f := newFar(t, d, actor.Rules{})
		root, alice := f.login("root"), f.login("alice")
		const path = "/api/v1/server/following"
		f.want(401, "POST", path, "", map[string]any{"hosts": []string{"two.test"}})
		f.want(403, "POST", path, alice, map[string]any{"hosts": []string{"two.test"}})
		for _, bad := range []any{
			map[string]any{}, map[string]any{"hosts": []string{"two.test", "two.test"}}, map[string]any{"hosts": []string{"http://two.test"}},
			map[string]any{"hosts": []string{"localhost:99999"}}, map[string]any{"handles": []string{"hello@example"}}, map[string]any{"handles": []string{"two.test"}},
			map[string]any{"hosts": []string{"one.test"}}, map[string]any{"hosts": "x y"},
		} {
			f.want(400, "POST", path, root, bad)
		}
		f.want(204, "POST", path, root, map[string]any{"hosts": []string{"two.test"}, "handles": []string{"bob@two.test"}})
		asked := []news.Change{f.hear(news.FollowAsked), f.hear(news.FollowAsked)}
		resp, body := f.do("GET", path, "", nil)
		resttest.Status(t, "server-following.json", resp)
		resttest.Body(t, "server-following.json", body)
		list := f.follows(path+"?state=pending&sort=createdAt", "")
		if len(list) != 2 || list[0].State != "pending" || list[0].Follower.Host != "one.test" || list[0].Following.Host != "two.test" ||
			list[0].Score != 5000 || time.Time(list[0].Following.CreatedAt).UnixMilli() != 1_700_000_000_000 {
			t.Fatalf("got %+v", list)
		}
		if got := f.follows(path+"?actorType=Person", ""); len(got) != 1 || got[0].Following.Name != "bob" {
			t.Errorf("people: got %+v", got)
		}
		if got := f.follows(path+"?search=BOB", ""); len(got) != 1 {
			t.Errorf("search: got %+v", got)
		}
		if got := f.follows(path+"?state=rejected", ""); len(got) != 0 {
			t.Errorf("refused: got %+v", got)
		}
		f.want(400, "GET", path+"?state=deleted", "", nil)
		f.want(400, "GET", path+"?actorType=x", "", nil)
		for _, a := range asked { // both accept
			f.must(d.Write(t.Context(), func(tx db.Tx) error { return f.actors.Accept(t.Context(), tx, actor.FollowID(a.ID)) }))
		}
		if got := f.follows(path+"?state=accepted", ""); len(got) != 2 || got[0].Follower.FollowingCount != 2 {
			t.Errorf("accepted: got %+v", got)
		}
		f.want(403, "DELETE", path+"/two.test", alice, nil)
		f.want(404, "DELETE", path+"/three.test", root, nil)
		f.want(400, "DELETE", path+"/nowhere", root, nil)
		f.want(204, "DELETE", path+"/two.test", root, nil)
		f.want(204, "DELETE", path+"/bob@two.test", root, nil)
		var gone news.Gone
		f.must(json.Unmarshal(f.hear(news.FollowEnded).Snapshot, &gone))
		var object struct{ Type, ID, Actor, Object string }
		f.must(json.Unmarshal(gone.Object, &object))
		if object.Type != "Follow" || object.Actor != "https://one.test/accounts/peertube" || object.ID != gone.URL || gone.Actor == 0 || len(gone.To) != 1 {
			t.Errorf("told %+v %+v", gone, object)
		}
		if got := f.follows(path, ""); len(got) != 0 {
			t.Errorf("still there: %+v", got)
		}
	})
}

// Followers of the server wait, are let in, refused for good, or removed.
func TestServerFollowers(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		f := newFar(t, d, actor.Rules{ManualApproval: true, FollowBack: true})
		root, alice := f.login("root"), f.login("alice")
		const path, handle = "/api/v1/server/followers", "/api/v1/server/followers/peertube@two.test"
		if got := f.received("peertube"); got.State != actor.Pending {
			t.Fatalf("got %+v, want it to wait", got)
		}
		f.hear(news.FollowReceived)
		resp, body := f.do("GET", path+"?state=pending", "", nil)
		if resp.StatusCode != 200 {
			t.Errorf("got %s", resp.Status)
		}
		resttest.Body(t, "server-followers-pending.json", body)
		f.want(401, "POST", handle+"/accept", "", nil)
		f.want(403, "POST", handle+"/accept", alice, nil)
		f.want(404, "POST", path+"/peertube@three.test/accept", root, nil)
		f.want(400, "POST", path+"/two.test/accept", root, nil)
		f.want(204, "POST", handle+"/accept", root, nil)
		f.want(400, "POST", handle+"/accept", root, nil)
		accepted := f.hear(news.FollowAccepted)
		back := f.hear(news.FollowAsked)
		if back.Other != 1 || back.ID == accepted.ID {
			t.Errorf("followed back: %+v", back)
		}
		if got := f.follows(path, ""); len(got) != 1 || got[0].State != "accepted" || got[0].Following.FollowersCount != 1 {
			t.Errorf("accepted: %+v", got)
		}
		f.want(204, "POST", handle+"/reject", root, nil)
		f.want(400, "POST", handle+"/reject", root, nil)
		f.hear(news.FollowRejected)
		if got := f.received("peertube"); got.State != actor.Rejected {
			t.Errorf("a rejected one asked again: got %+v", got)
		}
		f.hear(news.FollowRejected)
		f.want(204, "DELETE", handle, root, nil)
		f.want(404, "DELETE", handle, root, nil)
		if got := f.received("peertube"); got.State != actor.Pending {
			t.Errorf("a removed one asked again: got %+v", got)
		}
	})
}

// People subscribe to channels here and elsewhere, and leave them.
func TestSubscriptions(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		f := newFar(t, d, actor.Rules{})
		alice, bob, root := f.login("alice"), f.login("bob"), f.login("root")
		const path, near, distant = "/api/v1/users/me/subscriptions", "bob_channel@one.test", "sky_channel@two.test"
		f.want(401, "GET", path, "", nil)
		f.want(401, "POST", path, "", map[string]string{"uri": near})
		for _, bad := range []string{"", "root", "root@", "root@hello@", "@one.test", "a b@one.test", "root@hello"} {
			f.want(400, "POST", path, alice, map[string]string{"uri": bad})
		}
		f.want(404, "POST", path, alice, map[string]string{"uri": "nobody@one.test"})
		f.want(204, "POST", path, alice, map[string]string{"uri": near})
		f.hear(news.FollowReceived)
		f.want(204, "POST", path, alice, map[string]string{"uri": distant})
		asked := f.hear(news.FollowAsked)
		f.want(204, "POST", path, alice, map[string]string{"uri": near}) // again: nothing more
		resp, body := f.do("GET", path, alice, nil)
		resttest.Status(t, "users-me-subscriptions.json", resp)
		resttest.Body(t, "users-me-subscriptions.json", body)
		names := func(query string) []string {
			var page rest.Page[rest.Channel]
			f.must(json.Unmarshal(f.want(200, "GET", path+query, alice, nil), &page))
			var all []string
			for _, c := range page.Data {
				all = append(all, c.Name+"@"+c.Host)
			}
			return all
		}
		if got := names("?sort=createdAt"); !slices.Equal(got, []string{near, distant}) {
			t.Errorf("got %v", got)
		}
		if got := names("?search=sky"); !slices.Equal(got, []string{distant}) {
			t.Errorf("search: got %v", got)
		}
		exist := url.Values{"uris": {near, distant, "nobody@one.test", "BOB_channel@ONE.test"}}
		if got := string(f.want(200, "GET", path+"/exist?"+exist.Encode(), alice, nil)); got != `{"BOB_channel@ONE.test":true,"bob_channel@one.test":true,"nobody@one.test":false,"sky_channel@two.test":true}` {
			t.Errorf("exist: got %s", got)
		}
		f.want(400, "GET", path+"/exist?uris=toto", alice, nil)
		f.want(400, "GET", path+"/exist", alice, nil)
		resp, body = f.do("GET", path+"/"+distant, alice, nil)
		resttest.Body(t, "video-channel-remote.json", body)
		f.want(404, "GET", path+"/"+distant, bob, nil)
		f.want(400, "GET", path+"/toto", alice, nil)
		resp, body = f.do("GET", "/api/v1/video-channels/"+distant, "", nil)
		resttest.Status(t, "video-channel-remote.json", resp)
		resttest.Body(t, "video-channel-remote.json", body)
		f.want(200, "GET", "/api/v1/accounts/carol@two.test", "", nil)

		f.must(d.Write(t.Context(), func(tx db.Tx) error { return f.actors.Accept(t.Context(), tx, actor.FollowID(asked.ID)) }))
		f.checkFollowers(alice, bob, root)
		f.want(204, "DELETE", path+"/"+distant, alice, nil)
		f.hear(news.FollowEnded)
		f.want(204, "DELETE", path+"/"+near, alice, nil)
		f.want(404, "DELETE", path+"/"+near, alice, nil)
		if got := names(""); len(got) != 0 {
			t.Errorf("still subscribed: %v", got)
		}
	})
}

// checkFollowers reads who follows bob, whom alice is subscribed to.
func (f *far) checkFollowers(alice, bob, root string) {
	const ofChannel, ofAccount = "/api/v1/video-channels/bob_channel/followers", "/api/v1/accounts/bob/followers"
	f.want(401, "GET", ofChannel, "", nil)
	f.want(403, "GET", ofChannel, alice, nil)
	f.want(403, "GET", ofAccount, alice, nil)
	resp, body := f.do("GET", ofChannel, bob, nil)
	resttest.Status(f.t, "video-channel-followers.json", resp)
	resttest.Body(f.t, "video-channel-followers.json", body)
	for _, path := range []string{ofChannel, ofAccount} {
		for _, token := range []string{bob, root} {
			if got := f.follows(path, token); len(got) != 1 || got[0].Follower.Name != "alice" || got[0].Following.Name != "bob_channel" || got[0].Following.FollowersCount != 1 {
				f.t.Errorf("%s: got %+v", path, got)
			}
		}
	}
}

// Whoever changes a profile, or deletes a channel, has other servers told.
func TestProfilesAreTold(t *testing.T) {
	f := newFar(t, dbtest.SQLite(t), actor.Rules{})
	alice := f.login("alice")
	f.want(204, "PUT", "/api/v1/users/me", alice, map[string]string{"displayName": "Alice A."})
	f.hear(news.ActorChanged)
	f.want(204, "PUT", "/api/v1/video-channels/alice_channel", alice, map[string]string{"displayName": "A channel"})
	f.hear(news.ActorChanged)
	f.want(200, "POST", "/api/v1/video-channels", alice, map[string]string{"name": "second", "displayName": "Second"})
	f.want(204, "DELETE", "/api/v1/video-channels/second", alice, nil)
	var gone news.Gone
	f.must(json.Unmarshal(f.hear(news.ActorGone).Snapshot, &gone))
	if gone.URL != "https://one.test/video-channels/second" || gone.Type != "Group" || gone.Actor == 0 {
		t.Errorf("told %+v", gone)
	}
}
