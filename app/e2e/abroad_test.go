package e2e

import (
	"slices"
	"strings"
	"testing"

	"vidiverse/instance/rest"
)

// abroad is a server of ours and a stranger.
type abroad struct {
	*stranger
	keeper, alice                 resident
	film                          rest.VideoDetails // of alice
	account, channel, application string
	nina, cinema                  string
	theirs                        string // the stranger's host
}

// TestStranger: people of another program, by a library that was written
// without us, follow, read, answer and leave, and we do so with them.
func TestStranger(t *testing.T) {
	t.Parallel()
	s, root := newFederated(t, "")
	w := &abroad{stranger: newStranger(s), keeper: root, alice: root.invites("alice")}
	w.film = w.alice.watch(w.alice.settle(w.alice.upload("A walk.mp4", load(t, walk), map[string]string{
		"description": "Through the **town**.", "tags[]": "walk",
	})).UUID)
	w.account, w.channel, w.application = s.url+"/accounts/alice", s.url+"/video-channels/alice_channel", s.url+"/accounts/peertube"
	w.theirs = strings.TrimPrefix(w.stranger.url, "http://")
	w.nina, w.cinema = w.stranger.url+"/users/nina", w.stranger.url+"/users/cinema"
	for _, scene := range []struct {
		name string
		play func()
	}{
		{"found", w.found}, {"followed", w.followed}, {"discussed", w.discussed}, {"rated", w.rated}, {"shared", w.shared},
		{"reported", w.reported}, {"as the drafts had it", w.drafts}, {"subscribed", w.subscribed}, {"told", w.told}, {"left", w.left},
	} {
		scene.play()
		t.Logf("%s: done", scene.name)
	}
	w.allProven(15)
	s.stop()
	s.check()
}

// found: by handle, by address, by short address; and what their collections
// hold.
func (w *abroad) found() {
	own := w.server
	for _, c := range []struct{ resource, kind, id string }{
		{"acct:alice@" + own.addr, "Person", w.account}, {"acct:alice_channel@" + own.addr, "Group", w.channel},
		{"acct:peertube@" + own.addr, "Application", w.application},
		{w.account, "Person", w.account}, {own.url + "/a/alice", "Person", w.account}, {own.url + "/c/alice_channel", "Group", w.channel},
		{w.film.URL, "Video", w.film.URL}, {own.url + "/w/" + w.film.ShortUUID, "Video", w.film.URL},
	} {
		got := w.does("finds", words{"by": "nina", "resource": c.resource})
		if got.Kind != c.kind || got.ID != c.id {
			w.Errorf("%s: got %s %s, want %s %s", c.resource, got.Kind, got.ID, c.kind, c.id)
		}
		if strings.HasPrefix(c.resource, "acct:") && !slices.Contains(got.Links, "http://ostatus.org/schema/1.0/subscribe") {
			w.Errorf("%s: links %q", c.resource, got.Links)
		}
	}
	for of, want := range map[string]string{
		w.account: "Create " + w.film.URL + "/activity", w.channel: "Announce " + w.film.URL + "/announces/", w.application: "Announce " + w.film.URL + "/announces/1",
	} {
		got := w.does("walks", words{"by": "nina", "collection": of + "/outbox"}).Items
		if len(got) != 1 || !strings.HasPrefix(got[0], want) {
			w.Errorf("outbox of %s: got %q, want %s", of, got, want)
		}
	}
}

func (w *abroad) followed() {
	for _, whom := range []string{w.account, w.channel, w.application} {
		w.sends("nina", "Follow", whom, words{"object": whom})
		w.hears("Accept", "Follow", whom, anyOf)
	}
	w.alice.notified(newFollower, func(n rest.Notification) bool {
		return n.ActorFollow != nil && n.ActorFollow.Follower.Name == "nina" && n.ActorFollow.Follower.Host == w.theirs
	})
	if l := list[rest.ActorFollow](w.keeper, "/api/v1/server/followers"); len(l) != 1 || l[0].State != "accepted" || l[0].Follower.Name != "nina" {
		w.Errorf("followers: got %+v", l)
	}
}

// discussed: HTML with mentions comes in as it would from Mastodon, and the
// answer goes back to who asked.
func (w *abroad) discussed() {
	question := w.sends("nina", "Create", w.account, words{"note": words{
		"content":   `<p><span class="h-card"><a href="` + w.account + `" class="u-url mention">@<span>alice</span></a></span> Where is <b>this</b>?</p>`,
		"inReplyTo": w.film.URL, "mentions": []words{{"href": w.account, "name": "@alice@" + w.server.addr}},
	}})
	var there rest.Comment
	w.alice.sees("nina's question", func() bool {
		for _, c := range list[rest.Comment](w.alice, "/api/v1/videos/"+w.film.UUID+"/comment-threads") {
			there = c
		}
		return there.Account != nil
	})
	if there.URL != question.Object || there.Account.Host != w.theirs || !strings.Contains(there.Text, "<b>this</b>") {
		w.Errorf("the question: got %+v %+v", there, there.Account)
	}
	w.alice.notified(newCommentOnMyVideo, func(n rest.Notification) bool { return n.Comment != nil && n.Comment.Account.Name == "nina" })
	w.alice.comments(w.film.UUID, there.ID, "In the town, @nina@"+w.theirs+".")
	got := w.hears("Create", "Note", w.account, anyOf)
	if got.Content != "In the town, @nina@"+w.theirs+"." || !slices.Contains(got.CC, w.nina) {
		w.Errorf("the answer there: got %+v", got)
	}
	w.eventually("the question is approved", func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		for _, p := range w.proven {
			if p.Proven == "ApproveReply" {
				return true
			}
		}
		return false
	})
}

func (w *abroad) rated() {
	for _, c := range []struct {
		kind            string
		likes, dislikes int64
	}{{"Like", 1, 0}, {"Dislike", 0, 1}} {
		rating := w.sends("nina", c.kind, w.account, words{"object": w.film.URL})
		w.alice.sees("nina's "+c.kind, func() bool {
			v := w.alice.watch(w.film.UUID)
			return v.Likes == c.likes && v.Dislikes == c.dislikes
		})
		w.hears("Update", "Video", w.account, anyOf)
		w.sends("nina", "Undo", w.account, words{"object": rating.ID})
		w.alice.sees("nothing of it", func() bool {
			v := w.alice.watch(w.film.UUID)
			return v.Likes == 0 && v.Dislikes == 0
		})
	}
}

// shared: by a group that counts; by a person it does not, as in PeerTube.
func (w *abroad) shared() {
	w.sends("nina", "Announce", w.account, words{"object": w.film.URL})
	share := w.sends("cinema", "Announce", w.account, words{"object": w.film.URL})
	shares := func() []string {
		return w.does("walks", words{"by": "nina", "collection": w.film.URL + "/announces"}).Items
	}
	var got []string
	w.eventually("the share is listed", func() bool {
		got = shares()
		return len(got) == 3
	})
	if !slices.ContainsFunc(got, func(one string) bool { return strings.Contains(one, share.ID) }) {
		w.Errorf("shares: got %q, want %s among them", got, share.ID)
	}
	w.sends("cinema", "Undo", w.account, words{"object": share.ID})
	w.eventually("it is not any more", func() bool { return len(shares()) == 2 })
}

func (w *abroad) reported() {
	w.sends("nina", "Flag", w.account, words{"object": w.film.URL, "content": "This is my walk."})
	w.keeper.sees("the report", func() bool {
		l := list[rest.AdminAbuse](w.keeper, "/api/v1/abuses")
		return len(l) == 1 && l[0].Reason == "This is my walk." && l[0].Video != nil && l[0].Video.UUID == w.film.UUID &&
			l[0].ReporterAccount != nil && l[0].ReporterAccount.Name == "nina"
	})
}

// drafts: most servers sign requests as the drafts of what became RFC 9421 said.
func (w *abroad) drafts() {
	w.does("knocks", words{"first": "draft-cavage-http-signatures-12"})
	w.does("renames", words{"by": "nina", "name": "Nina Doe"})
	if got := w.sends("nina", "Update", w.account, words{}); got.Knocks[0] != "draft 204" {
		w.Errorf("got %q", got.Knocks)
	}
	w.keeper.sees("nina's new name", func() bool {
		return read[rest.Account](w.keeper, "/api/v1/accounts/nina@"+w.theirs).DisplayName == "Nina Doe"
	})
	note := w.sends("nina", "Create", w.account, words{"note": words{"content": "<p>Oops</p>", "inReplyTo": w.film.URL}})
	oops := w.alice.reads(w.film.UUID, "<p>Oops</p>")
	w.sends("nina", "Delete", w.account, words{"object": note.Object})
	w.alice.sees("that a comment is gone", func() bool { _, ok := w.alice.comment(w.film.UUID, oops.Text); return !ok })
	w.does("knocks", words{"first": "rfc9421"})
}

// subscribed: alice finds the group, follows it, and sees what it had shared
// and shares after that.
func (w *abroad) subscribed() {
	for _, text := range []string{"cinema@" + w.theirs, "@cinema@" + w.theirs, w.cinema} {
		got := list[rest.ListedChannel](w.alice, "/api/v1/search/video-channels?search="+text)
		if len(got) != 1 || got[0].Host != w.theirs || got[0].DisplayName != "Cinema" || got[0].OwnerAccount.Name != "nina" {
			w.Errorf("a search for %s finds %+v", text, got)
		}
	}
	const before, after = "7d7a3a52-2c07-4b8c-9a8f-0f2ab7f0a5a1", "1f9b1f0e-6c0e-4d7e-8a39-6a9d0e3b8c11"
	share := func(name, uuid string) {
		film := words{"name": name, "uuid": uuid, "file": "/attic.mp4"}
		w.sends("cinema", "Announce", w.account, words{"film": film, "listed": true})
	}
	feed := func(uuid string) bool { return w.alice.lists("/api/v1/users/me/subscriptions/videos", uuid) }
	share("An attic", before) // nobody here follows it yet
	w.alice.does("POST", "/api/v1/users/me/subscriptions", rest.Subscribe{URI: "cinema@" + w.theirs})
	w.hears("Follow", "", w.account, func(h told) bool { return h.Object == w.cinema })
	w.alice.sees("what was there before", func() bool { return feed(before) })
	share("Another attic", after)
	w.alice.sees("what is new", func() bool { return feed(after) })
	v := w.alice.watch(after)
	if v.Name != "Another attic" || v.Duration != 6 || v.Account.Name != "nina" || v.Channel.Name != "cinema" || v.State.ID != published {
		w.Errorf("a film of strangers: got %+v", v)
	}
}

// told: what alice publishes, edits and deletes is told to whom follows her,
// her channel or the server.
func (w *abroad) told() {
	w.alice.does("PUT", "/api/v1/videos/"+w.film.UUID, map[string]any{"name": "A long walk"})
	w.hears("Update", "Video", w.account, func(h told) bool {
		return h.Name == "A long walk" && h.Page == w.server.url+"/w/"+w.film.ShortUUID
	})
	second := w.alice.watch(w.alice.settle(w.alice.upload("Another walk.mp4", load(w, walk), nil)).UUID)
	for _, c := range []struct{ what, actor string }{{"Create", w.account}, {"Announce", w.channel}, {"Announce", w.application}} {
		w.hears(c.what, "Video", c.actor, func(h told) bool { return h.Object == second.URL && h.Name == "Another walk" })
	}
	w.alice.does("DELETE", "/api/v1/videos/"+second.UUID, nil)
	w.hears("Delete", "", w.account, func(h told) bool { return h.Object == second.URL })
	w.alice.does("PUT", "/api/v1/users/me", map[string]any{"displayName": "Alice"})
	w.hears("Update", "Person", w.account, func(h told) bool { return h.Name == "Alice" })
}

// left: with nina goes what she said and whom she followed.
func (w *abroad) left() {
	w.alice.does("DELETE", "/api/v1/users/me/subscriptions/cinema@"+w.theirs, nil)
	w.hears("Undo", "Follow", w.account, anyOf)
	w.sends("nina", "Delete", w.account, words{"object": w.nina})
	w.keeper.sees("nothing of nina", func() bool {
		return w.keeper.tries("GET", "/api/v1/accounts/nina@"+w.theirs, nil).status == 404 &&
			len(list[rest.ActorFollow](w.keeper, "/api/v1/server/followers")) == 0
	})
	for _, line := range w.alice.said(w.film.UUID) {
		if strings.Contains(line, "nina@") && !strings.Contains(line, "alice@") {
			w.Errorf("who left still says %q", line)
		}
	}
}
