package e2e

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"vidiverse/instance/rest"
)

// town is two servers: alice lives on the first, bob and carol on the second.
type town struct {
	one, two         *server
	keeper, other    resident // root of the first, of the second
	alice, bob, carl resident
	film             string // of alice: its UUID
}

// TestFederation: two servers tell each other what their people do, and agree
// in the end, also when each of them was killed in the middle of it.
func TestFederation(t *testing.T) {
	t.Parallel()
	w := &town{}
	w.one, w.keeper = newFederated(t, "")
	w.two, w.other = newFederated(t, "")
	w.alice, w.bob, w.carl = w.keeper.invites("alice"), w.other.invites("bob"), w.other.invites("carl")
	for _, scene := range []struct {
		name string
		play func()
	}{
		{"found without following", w.found}, {"followed", w.followed}, {"watched", w.watched},
		{"subscribed", w.subscribed}, {"discussed", w.discussed}, {"rated", w.rated}, {"edited", w.edited},
		{"a playlist", w.listed}, {"muted", w.muted}, {"reported", w.reported},
		{"the first is killed", w.senderKilled}, {"the second is killed", w.takerKilled},
		{"somebody leaves", w.left}, {"hidden and shown", w.hidden}, {"unfollowed", w.unfollowed},
	} {
		scene.play()
		t.Logf("%s: done", scene.name)
	}
	w.one.stop()
	w.two.stop()
	w.one.check()
	w.two.check()
}

func (w *town) found() {
	w.film = w.alice.settle(w.alice.upload("A walk.mp4", load(w.one, walk), map[string]string{
		"description": "Through the **town**.", "tags[]": "walk", "category": "6", "language": "fr",
	})).UUID
	w.alice.sees("its torrent", func() bool { // who does not follow hears no more of it
		return w.alice.watch(w.film).StreamingPlaylists[0].Files[0].TorrentURL != ""
	})
	address := w.alice.watch(w.film).URL
	if !w.bob.lists("/api/v1/search/videos?search="+address, w.film) {
		w.one.Errorf("a search for %s finds nothing", address)
	}
	for _, text := range []string{"alice_channel@" + w.one.addr, "@alice_channel@" + w.one.addr, w.one.url + "/video-channels/alice_channel"} {
		got := list[rest.ListedChannel](w.bob, "/api/v1/search/video-channels?search="+text)
		if len(got) != 1 || got[0].Host != w.one.addr || got[0].OwnerAccount.Name != "alice" {
			w.one.Errorf("a search for %s finds %+v", text, got)
		}
	}
	if w.bob.lists("/api/v1/videos", w.film) {
		w.one.Errorf("the video of a server that is not followed is in the list")
	}
}

func (w *town) followed() {
	w.other.does("POST", "/api/v1/server/following", rest.ServerFollow{Hosts: []string{w.one.addr}})
	w.other.sees("that the follow was accepted", func() bool {
		l := list[rest.ActorFollow](w.other, "/api/v1/server/following")
		return len(l) == 1 && l[0].State == "accepted" && l[0].Following.Host == w.one.addr
	})
	if l := list[rest.ActorFollow](w.keeper, "/api/v1/server/followers"); len(l) != 1 || l[0].State != "accepted" || l[0].Follower.Host != w.two.addr {
		w.one.Errorf("followers: got %+v", l)
	}
	w.keeper.notified(newServerFollower, func(n rest.Notification) bool {
		return n.ActorFollow != nil && n.ActorFollow.Follower.Host == w.two.addr
	})
	w.bob.sees("the video in the list", func() bool { return w.bob.lists("/api/v1/videos", w.film) })
}

// watched: pictures come through us, films from where they are.
func (w *town) watched() {
	v := w.bob.watch(w.film)
	for _, p := range v.Thumbnails {
		if !strings.HasPrefix(p.FileURL, w.two.url+"/lazy-static/") {
			w.two.Errorf("a thumbnail at %s, want one of our own", p.FileURL)
		}
		if a := w.two.get(p.FileURL); a.status != http.StatusOK || http.DetectContentType(a.body) != "image/jpeg" {
			w.two.Errorf("thumbnail %s: got %d, %d bytes", p.FileURL, a.status, len(a.body))
		}
	}
	if len(v.Thumbnails) == 0 || len(v.StreamingPlaylists) != 1 || !strings.HasPrefix(v.StreamingPlaylists[0].PlaylistURL, w.one.url+"/") {
		w.two.Fatalf("pictures and films: got %+v %+v", v.Thumbnails, v.StreamingPlaylists)
	}
	t := w.two.TB.(*testing.T)
	plays(t, v.StreamingPlaylists[0].PlaylistURL)
	agree(w.alice, w.bob, w.film)
	w.downloaded(t, loopback(t, w.two.addr))
}

// downloaded: yt-dlp learns of bob's server what is on alice's, and how to fetch
// it from there.
func (w *town) downloaded(t *testing.T, network string) {
	var told struct {
		Title, Uploader, Channel, Language string
		Duration                           int
		Tags                               []string
		Formats                            []struct{ URL string }
	}
	ask(t, network, &told, "peertube:"+strange+":"+w.film)
	if told.Title != "A walk" || told.Uploader != "alice" || told.Channel != "Main alice channel" || told.Duration != 6 || told.Language != "fr" {
		t.Errorf("yt-dlp is told %+v", told)
	}
	if len(told.Formats) == 0 || !strings.HasPrefix(told.Formats[0].URL, w.one.url+"/") {
		t.Errorf("yt-dlp is to download %+v, want what %s has", told.Formats, w.one.url)
	}
	var list struct{ Entries []struct{ ID, Title string } }
	for _, place := range []string{"/c/alice_channel@" + w.one.addr + "/videos", "/a/alice@" + w.one.addr + "/videos"} {
		if ask(t, network, &list, "--flat-playlist", "https://"+famous+place); len(list.Entries) != 1 || list.Entries[0].Title != "A walk" {
			t.Errorf("yt-dlp lists %+v at %s", list.Entries, place)
		}
	}
}

func (w *town) subscribed() {
	uri := "alice_channel@" + w.one.addr
	w.bob.does("POST", "/api/v1/users/me/subscriptions", rest.Subscribe{URI: uri})
	w.alice.notified(newFollower, func(n rest.Notification) bool {
		return n.ActorFollow != nil && n.ActorFollow.Follower.Name == "bob" && n.ActorFollow.Follower.Host == w.two.addr
	})
	w.bob.sees("the subscription", func() bool {
		return w.bob.tries("GET", "/api/v1/users/me/subscriptions/"+uri, nil).status == http.StatusOK
	})
	second := w.alice.upload("Another walk.mp4", load(w.one, walk), nil)
	w.bob.sees("the new video in the feed", func() bool { return w.bob.lists("/api/v1/users/me/subscriptions/videos", second) })
	w.bob.notified(newVideoOfSubscription, func(n rest.Notification) bool { return n.Video != nil && n.Video.UUID == second })
	if !w.bob.lists("/api/v1/users/me/subscriptions/videos", w.film) {
		w.two.Errorf("the feed lacks what was there before")
	}
	w.alice.does("DELETE", "/api/v1/videos/"+second, nil)
	w.bob.sees("that a video was deleted", func() bool { return !w.bob.has(second) })
}

func (w *town) discussed() {
	bobs := w.bob.comments(w.film, 0, "Where is this?")
	there := w.alice.reads(w.film, "Where is this?")
	if there.Account.Name != "bob" || there.Account.Host != w.two.addr {
		w.one.Errorf("who asks is %+v", there.Account)
	}
	w.alice.notified(newCommentOnMyVideo, func(n rest.Notification) bool { return n.Comment != nil && n.Comment.Account.Name == "bob" })
	w.alice.comments(w.film, there.ID, "In the town, @"+w.bob.handle()+".")
	reply := w.bob.reads(w.film, "In the town, @"+w.bob.handle()+".")
	if reply.InReplyToCommentID == nil || *reply.InReplyToCommentID != bobs {
		w.two.Errorf("the answer: got %+v, want one to %d", reply, bobs)
	}
	w.bob.notified(mentioned, func(n rest.Notification) bool { return n.Comment != nil && n.Comment.Account.Name == "alice" })
	w.carl.comments(w.film, reply.ID, "Thanks")
	w.carl.comments(w.film, 0, "Nice")
	gone := w.bob.comments(w.film, 0, "Oops")
	w.alice.reads(w.film, "Oops")
	w.bob.does("DELETE", fmt.Sprintf("/api/v1/videos/%s/comments/%d", w.film, gone), nil)
	w.alice.sees("that a comment is gone", func() bool { _, ok := w.alice.comment(w.film, "Oops"); return !ok })
	// Whose video it is may remove what others say below it.
	rude := w.bob.comments(w.film, 0, "Boring")
	there = w.alice.reads(w.film, "Boring")
	w.alice.does("DELETE", fmt.Sprintf("/api/v1/videos/%s/comments/%d", w.film, there.ID), nil)
	w.bob.sees(fmt.Sprintf("that comment %d was removed", rude), func() bool { _, ok := w.bob.comment(w.film, "Boring"); return !ok })
	agree(w.alice, w.bob, w.film)
}

func (w *town) rated() {
	for _, c := range []struct {
		rating          string
		likes, dislikes int64
	}{{"like", 1, 0}, {"dislike", 0, 1}, {"none", 0, 0}, {"like", 1, 0}} {
		w.bob.does("PUT", "/api/v1/videos/"+w.film+"/rate", rest.VideoRateInput{Rating: c.rating})
		w.alice.sees("bob's "+c.rating, func() bool {
			v := w.alice.watch(w.film)
			return v.Likes == c.likes && v.Dislikes == c.dislikes
		})
	}
	w.alice.does("PUT", "/api/v1/videos/"+w.film+"/rate", rest.VideoRateInput{Rating: "like"})
	agree(w.alice, w.bob, w.film)
}

func (w *town) edited() {
	w.alice.does("PUT", "/api/v1/videos/"+w.film, map[string]any{
		"name": "A long walk", "description": "Out of the town.", "tags": []string{"walk", "sea"}, "nsfw": true, "category": 7,
	})
	w.bob.sees("the new name", func() bool { return w.bob.watch(w.film).Name == "A long walk" })
	agree(w.alice, w.bob, w.film)
	w.alice.does("PUT", "/api/v1/videos/"+w.film, map[string]any{"nsfw": false}) // lists of strangers have it again
	agree(w.alice, w.bob, w.film)
}

func (w *town) listed() {
	var made rest.PlaylistCreated
	w.one.decode(w.alice.tries("POST", "/api/v1/video-playlists", map[string]any{
		"displayName": "Walks", "privacy": 1, "videoChannelId": w.alice.channel,
	}), &made)
	walks := "/api/v1/video-playlists/" + made.VideoPlaylist.UUID
	w.alice.does("POST", walks+"/videos", map[string]any{"videoId": w.film, "startTimestamp": 1, "stopTimestamp": 3})
	path := "/api/v1/accounts/" + w.alice.handle() + "/video-playlists"
	w.bob.sees("the playlist", func() bool {
		return slices.ContainsFunc(list[rest.Playlist](w.bob, path), func(p rest.Playlist) bool {
			return p.UUID == made.VideoPlaylist.UUID && p.DisplayName == "Walks" && p.VideosLength == 1
		})
	})
	elements := list[rest.PlaylistElement](w.bob, walks+"/videos")
	if len(elements) != 1 || elements[0].Video == nil || elements[0].Video.UUID != w.film || elements[0].StartTimestamp == nil || *elements[0].StartTimestamp != 1 {
		w.two.Errorf("elements: got %+v", elements)
	}
	if got := list[rest.Playlist](w.bob, "/api/v1/search/video-playlists?search="+read[rest.Playlist](w.alice, walks).URL); len(got) != 1 {
		w.two.Errorf("a search for the playlist: got %+v", got)
	}
	w.alice.does("PUT", walks, map[string]any{"displayName": "Long walks"})
	w.bob.sees("the playlist's new name", func() bool { return read[rest.Playlist](w.bob, walks).DisplayName == "Long walks" })
	w.alice.does("DELETE", walks, nil)
	w.bob.sees("that the playlist is gone", func() bool { return w.bob.tries("GET", walks, nil).status == http.StatusNotFound })
}

// muted: bob sees no more of alice; carl does.
func (w *town) muted() {
	const mine = "/api/v1/users/me/blocklist/accounts"
	alices := "In the town, @" + w.bob.handle() + "."
	w.bob.does("POST", mine, map[string]any{"accountName": w.alice.handle()})
	if _, ok := w.bob.comment(w.film, alices); ok || w.bob.lists("/api/v1/videos", w.film) {
		w.two.Errorf("what somebody muted said is still there, or their video is")
	}
	if _, ok := w.carl.comment(w.film, alices); !ok || !w.carl.lists("/api/v1/videos", w.film) {
		w.two.Errorf("one who muted nobody misses something")
	}
	w.bob.does("DELETE", mine+"/"+w.alice.handle(), nil)
	w.bob.reads(w.film, alices)
}

func (w *town) reported() {
	w.bob.does("POST", "/api/v1/abuses", map[string]any{
		"reason": "This is my walk.", "predefinedReasons": []string{"rights"}, "video": map[string]any{"id": w.bob.watch(w.film).ID, "startAt": 1},
	})
	w.keeper.sees("the report", func() bool {
		l := list[rest.AdminAbuse](w.keeper, "/api/v1/abuses")
		return len(l) == 1 && l[0].Reason == "This is my walk." && l[0].Video != nil && l[0].Video.UUID == w.film &&
			l[0].ReporterAccount != nil && l[0].ReporterAccount.Name == "bob" && slices.Equal(l[0].PredefinedReasons, []string{"rights"})
	})
	w.keeper.notified(newAbuse, func(n rest.Notification) bool { return n.Abuse != nil })
	if l := list[rest.AdminAbuse](w.other, "/api/v1/abuses"); len(l) != 1 {
		w.two.Errorf("reports where it was made: got %+v", l)
	}
}

// senderKilled: the power of alice's server fails while it tells of what it was
// just asked to do.
func (w *town) senderKilled() {
	for n := range 10 {
		w.alice.comments(w.film, 0, fmt.Sprintf("Step %d", n))
		w.alice.does("PUT", "/api/v1/videos/"+w.film, map[string]any{"name": fmt.Sprintf("A walk of %d steps", n)})
	}
	w.one.kill()
	w.bob.comments(w.film, 0, "Are you there?")
	w.one.start()
	w.bob.reads(w.film, "Step 9")
	agree(w.alice, w.bob, w.film)
}

// takerKilled: the power of bob's server fails while it takes what alice's says.
func (w *town) takerKilled() {
	said := func(n int) string { return fmt.Sprintf("Pace %d", n) }
	for n := range 10 {
		w.alice.comments(w.film, 0, said(n))
	}
	w.bob.reads(w.film, said(0))
	w.two.kill()
	w.alice.comments(w.film, 0, said(10))
	w.alice.does("PUT", "/api/v1/videos/"+w.film, map[string]any{"name": "A walk in the rain"})
	w.two.start()
	w.bob.reads(w.film, said(10))
	agree(w.alice, w.bob, w.film)
}

// hidden: who takes a video back takes it from everywhere, and may give it
// again. What bob said below it went with it where he lives, so that his server
// no longer answers for it.
func (w *town) hidden() {
	w.alice.does("PUT", "/api/v1/videos/"+w.film, map[string]any{"privacy": 3})
	w.bob.sees("that the video is private", func() bool { return !w.bob.has(w.film) })
	w.alice.does("PUT", "/api/v1/videos/"+w.film, map[string]any{"privacy": 1})
	w.bob.sees("the video again", func() bool { return w.bob.has(w.film) })
	agreeButFor(w.alice, w.bob, w.film, func(line string) bool {
		return strings.HasPrefix(line, " ") || !strings.Contains(line, "(alice@")
	})
	w.bob.comments(w.film, 0, "Here again")
	w.alice.reads(w.film, "Here again")
}

// left: what somebody said goes with them.
func (w *town) left() {
	w.carl.comments(w.film, 0, "Farewell")
	w.alice.reads(w.film, "Farewell")
	w.carl.does("DELETE", "/api/v1/users/me", nil)
	w.alice.sees("nothing of somebody who left", func() bool {
		return !slices.ContainsFunc(w.alice.said(w.film), func(line string) bool { return strings.Contains(line, "carl@") })
	})
	if a := w.alice.tries("GET", "/api/v1/accounts/"+w.carl.handle(), nil); a.status != http.StatusNotFound {
		w.one.Errorf("who left: got %d %s", a.status, a.body)
	}
	agree(w.alice, w.bob, w.film)
}

func (w *town) unfollowed() {
	w.bob.does("DELETE", "/api/v1/users/me/subscriptions/alice_channel@"+w.one.addr, nil)
	w.other.does("DELETE", "/api/v1/server/following/"+w.one.addr, nil)
	w.keeper.sees("that nobody follows", func() bool {
		return len(list[rest.ActorFollow](w.keeper, "/api/v1/server/followers")) == 0 &&
			len(list[rest.ActorFollow](w.alice, "/api/v1/video-channels/alice_channel/followers")) == 0
	})
	if w.bob.lists("/api/v1/videos", w.film) {
		w.two.Errorf("a video of a server that is no longer followed is in the list")
	}
}
