package federation_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"vidiverse/instance/activitypub"
	"vidiverse/instance/db"
	"vidiverse/instance/db/dbtest"
	"vidiverse/instance/federation/object"
	"vidiverse/instance/news"
	"vidiverse/instance/video"
)

// kinds are the types of deliveries, in order.
func kinds(all []sent) (list []string) {
	for _, s := range all {
		list = append(list, fmt.Sprint(s.body["type"]))
	}
	return list
}

// one is the only delivery there must be.
func (w *world) one(all []sent) sent {
	w.Helper()
	if len(all) != 1 {
		w.Fatalf("got deliveries %q, want one", kinds(all))
	}
	return all[0]
}

// What followers hear of a video through its life is what PeerTube's hear.
func TestVideosAreToldAsPeerTubeDoes(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		v := w.create()
		got := w.settle()
		if k := kinds(got); !slices.Equal(k, []string{"Create", "Announce", "Announce"}) {
			t.Fatalf("got %q", k)
		}
		w.like("create-video", got[0])
		w.like("announce-video-by-instance", got[1])
		w.like("announce-video-by-channel", got[2])
		for _, s := range got {
			w.proven(s)
		}
		name, ref := "Another walk", video.Ref(v.UUID)
		for range 3 {
			name += "!"
			w.must(w.videos.Edit(t.Context(), w.alice, ref, video.Patch{Name: &name}, nil))
		}
		got = w.settle()
		if len(got) > 2 {
			t.Errorf("three changes at once were told as %q", kinds(got))
		}
		w.like("update-video", got[len(got)-1])
		if o := got[len(got)-1].body["object"].(map[string]any); o["name"] != name {
			t.Errorf("got name %v, want the last", o["name"])
		}
		w.news(news.Change{What: news.VideoRated, ID: int64(v.ID), Actor: int64(w.bobby)}, news.Rating{After: "like"})
		w.like("update-video", w.one(w.settle()))

		w.exec("INSERT INTO actor (id, kind, username, url, inbox_url, shared_inbox_url, created_at, updated_at) VALUES (700, 3, 'second', '" + ours + "/video-channels/second', 'x', 'x', 1, 1)")
		w.exec("INSERT INTO actor_counter (actor_id) VALUES (700)")
		w.exec("INSERT INTO channel (id, actor_id, account_id, display_name, created_at, updated_at) VALUES (701, 700, ?, 's', 1, 1)", w.alice.AccountID)
		w.exec("UPDATE video SET channel_id = 701 WHERE id = ?", int64(v.ID))
		w.news(news.Change{What: news.VideoMoved, ID: int64(v.ID), Other: int64(w.home)}, nil)
		got = w.settle()
		if k := kinds(got); !slices.Equal(k, []string{"Undo", "Announce"}) {
			t.Fatalf("got %q", k)
		}
		w.like("undo-announce-on-channel-change", got[0])
		w.like("announce-video-by-channel", got[1])
		if got[1].body["actor"] != ours+"/video-channels/second" {
			t.Errorf("announced by %v", got[1].body["actor"])
		}
		w.must(w.videos.Delete(t.Context(), w.alice, ref))
		w.like("delete-video", w.one(w.settle()))
	})
}

// A video that is closed is deleted elsewhere; opened again it is made known anew.
func TestClosedVideosAreDeletedElsewhere(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	v := w.create()
	w.settle()
	closed, open, ref := video.Private, video.Public, video.Ref(v.UUID)
	w.must(w.videos.Edit(t.Context(), w.alice, ref, video.Patch{Privacy: &closed}, nil))
	w.like("delete-video", w.one(w.settle()))
	var shares int
	w.scan("SELECT COUNT(*) FROM video_share", nil, &shares)
	if shares != 0 {
		t.Errorf("%d announces are left", shares)
	}
	w.must(w.videos.Edit(t.Context(), w.alice, ref, video.Patch{Privacy: &open}, nil))
	if k := kinds(w.settle()); !slices.Equal(k[:3], []string{"Create", "Announce", "Announce"}) {
		t.Errorf("got %q", k)
	}
}

// Comments, their approval and their deletion.
func TestCommentsAreToldAsPeerTubeDoes(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	v := w.create()
	w.settle()
	comment := func(id int, url string, video int64, account any, parent any, held int) {
		w.exec("INSERT INTO comment (id, url, video_id, account_id, parent_id, text, held, created_at, updated_at) VALUES (?, ?, ?, ?, ?, 'words', ?, 1000, 1000)",
			id, url, video, account, parent, held)
	}
	watch := ours + "/videos/watch/" + v.UUID + "/comments/"
	comment(1, theirs+"/videos/watch/"+v.UUID+"/comments/1", int64(v.ID), 501, nil, 0)
	w.news(news.Change{What: news.CommentMade, ID: 1}, nil)
	approval := w.one(w.settle())
	w.like("approve-reply", approval)

	comment(2, watch+"2", int64(v.ID), w.alice.AccountID, 1, 0)
	w.news(news.Change{What: news.CommentMade, ID: 2}, nil)
	reply := w.one(w.settle())
	w.like("create-note-reply", reply)
	w.proven(reply)

	comment(3, theirs+"/videos/watch/"+v.UUID+"/comments/3", int64(v.ID), 501, nil, 1)
	comment(4, watch+"4", int64(v.ID), w.alice.AccountID, 3, 1)
	w.news(news.Change{What: news.CommentHeld, ID: 3}, nil)
	w.news(news.Change{What: news.CommentHeld, ID: 4}, nil)
	if got := w.settle(); len(got) != 0 {
		t.Errorf("of held comments got %q", kinds(got))
	}
	w.exec("UPDATE comment SET held = 0 WHERE id = 3")
	w.news(news.Change{What: news.CommentApproved, ID: 3}, nil)
	w.like("approve-reply-manual", w.one(w.settle()))

	comment(5, ours+"/videos/watch/e6b078bc-3feb-4c72-8f4f-aff5828507e1/comments/5", int64(w.far), w.alice.AccountID, nil, 1)
	w.news(news.Change{What: news.CommentHeld, ID: 5}, nil)
	w.like("create-note-thread", w.one(w.settle()))

	w.exec("UPDATE comment SET deleted_at = 2000, account_id = NULL, text = '' WHERE id = 5")
	w.news(news.Change{What: news.CommentGone, ID: 5}, news.Gone{URL: ours + "/videos/watch/e6b078bc-3feb-4c72-8f4f-aff5828507e1/comments/5", Actor: int64(w.alicia), To: []int64{int64(w.bobby)}, Type: "Note"})
	w.like("delete-note", w.one(w.settle()))

	w.exec("INSERT INTO host_block (account_id, host_id, created_at) VALUES (?, 50, 1)", w.alice.AccountID)
	comment(6, theirs+"/videos/watch/"+v.UUID+"/comments/6", int64(v.ID), 501, nil, 0)
	w.news(news.Change{What: news.CommentMade, ID: 6}, nil)
	if got := w.settle(); len(got) != 0 {
		t.Errorf("who is muted got %q", kinds(got))
	}
}

// However often a video changes in a moment, and whenever in it something is sent,
// others hear few times of it, and the last they hear is how it is.
func TestTheLastWordArrives(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		v := w.create()
		w.settle()
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- w.jobs.Serve(ctx) }()
		const changes = 12
		for n := range changes {
			name, likes := fmt.Sprint("Title ", n+1), video.Like
			w.must(w.videos.Edit(t.Context(), w.alice, video.Ref(v.UUID), video.Patch{Name: &name}, nil))
			if n%2 == 1 {
				likes = video.Dislike
			}
			w.must(w.videos.Rate(t.Context(), w.alice, video.Ref(v.UUID), video.Credentials{}, likes))
		}
		stop()
		w.must(<-done)
		w.mu.Lock()
		early := w.got
		w.mu.Unlock()
		all := w.settle()
		updates := 0
		last := ""
		for _, s := range all {
			if s.body["type"] == "Update" {
				updates++
				last = fmt.Sprint(s.body["object"].(map[string]any)["name"])
			}
		}
		if last != fmt.Sprint("Title ", changes) || updates > changes/2 {
			t.Errorf("the last of %d updates is %q (%d deliveries came early)", updates, last, len(early))
		}
	})
}

// Ratings of a video elsewhere go to its server alone, and a change of mind takes
// the first one back.
func TestRatesGoToTheOrigin(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	rate := func(before, after, url string) []sent {
		w.news(news.Change{What: news.VideoRated, ID: int64(w.far), Actor: int64(w.alicia)}, news.Rating{Before: before, After: after, URL: url})
		return w.settle()
	}
	w.like("like", w.one(rate("none", "like", "")))
	got := rate("like", "dislike", ours+"/accounts/alicia/likes/503")
	if k := kinds(got); !slices.Equal(k, []string{"Undo", "Dislike"}) {
		t.Fatalf("got %q", k)
	}
	w.like("undo-like", got[0])
	w.like("dislike", got[1])
	w.like("undo-dislike", w.one(rate("dislike", "none", "")))
}

// Follows and what becomes of them.
func TestFollowsAreToldAsPeerTubeDoes(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	follow := func(id int, by, to int64, state, url string) {
		w.exec("INSERT INTO follow (id, follower_id, target_id, state, url, created_at, updated_at) VALUES (?, ?, ?, ?, ?, 1, 1)", id, by, to, state, url)
	}
	follow(800, int64(w.me), int64(w.there), "pending", ours+"/accounts/peertube/follows/4")
	w.news(news.Change{What: news.FollowAsked, ID: 800}, nil)
	w.like("follow-instance", w.one(w.settle()))
	follow(801, int64(w.alicia), 5002, "pending", ours+"/accounts/alicia/follows/10")
	w.news(news.Change{What: news.FollowAsked, ID: 801}, nil)
	w.like("follow-channel-by-account", w.one(w.settle()))
	w.news(news.Change{What: news.FollowAccepted, ID: 600}, nil)
	w.like("accept-instance-follow", w.one(w.settle()))
	follow(802, int64(w.bobby), int64(w.group), "accepted", theirs+"/accounts/bobby/follows/10")
	w.news(news.Change{What: news.FollowAccepted, ID: 802}, nil)
	w.like("accept-channel-follow", w.one(w.settle()))
	document := func(url, by, to string) json.RawMessage {
		raw, err := object.Follow(url, by, to).Embedded()
		w.must(err)
		return raw
	}
	w.news(news.Change{What: news.FollowRejected, ID: 600}, news.Gone{
		URL: "x", Actor: int64(w.me), To: []int64{int64(w.there)}, Type: "Follow",
		Object: document(theirs+"/accounts/peertube/follows/1", theirs+"/accounts/peertube", ours+"/accounts/peertube"),
	})
	w.like("reject-follow", w.one(w.settle()))
	w.news(news.Change{What: news.FollowEnded, ID: 801}, news.Gone{
		URL: ours + "/accounts/alicia/follows/10", Actor: int64(w.alicia), To: []int64{5002}, Type: "Follow",
		Object: document(ours+"/accounts/alicia/follows/10", ours+"/accounts/alicia", theirs+"/video-channels/bobby_channel"),
	})
	w.like("undo-follow-channel", w.one(w.settle()))
}

// Playlists, profiles, deletions of actors, settings of players.
func TestProfilesAndPlaylistsAreToldAsPeerTubeDoes(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	v := w.create()
	w.settle()
	url := ours + "/video-playlists/cc232f94-6204-42a9-9774-5b6447faa926"
	w.exec(`INSERT INTO playlist (id, uuid, url, account_id, channel_id, channel_position, name, description, privacy, created_at, updated_at)
		VALUES (9, 'cc232f94-6204-42a9-9774-5b6447faa926', ?, ?, ?, 1, 'list', 'about', 1, 1000, 1000)`, url, w.alice.AccountID, int64(w.home))
	w.news(news.Change{What: news.PlaylistMade, ID: 9}, nil)
	w.like("create-playlist", w.one(w.settle()))
	w.exec("INSERT INTO playlist_element (playlist_id, video_id, position, created_at, updated_at) VALUES (9, ?, 1, 1, 1)", int64(v.ID))
	w.exec("INSERT INTO playlist_thumbnail (playlist_id, width, height, file, created_at) VALUES (9, 280, 157, 'playlist-8fa4cb9f-2a8e-4b68-b843-c8f5278eab9a.jpg', 1)")
	w.news(news.Change{What: news.PlaylistChanged, ID: 9}, nil)
	w.like("update-playlist", w.one(w.settle()))
	w.news(news.Change{What: news.PlaylistGone, ID: 9}, news.Gone{URL: url, Actor: int64(w.alicia), Via: []int64{int64(w.group)}, Type: "Playlist"})
	w.like("delete-playlist", w.one(w.settle()))
	w.exec("UPDATE playlist SET privacy = 3 WHERE id = 9")
	w.news(news.Change{What: news.PlaylistChanged, ID: 9}, nil)
	if got := w.settle(); len(got) != 0 {
		t.Errorf("of a private playlist got %q", kinds(got))
	}

	w.exec("INSERT INTO player_setting (video_id, theme, updated_at) VALUES (?, 'lucide', 1000)", int64(v.ID))
	w.exec("INSERT INTO player_setting (channel_id, theme, updated_at) VALUES (?, 'galaxy', 1000)", int64(w.home))
	w.news(news.Change{What: news.SettingsOfVideo, ID: int64(v.ID)}, nil)
	w.like("update-player-settings-video", w.one(w.settle()))
	w.news(news.Change{What: news.SettingsOfGroup, ID: int64(w.home)}, nil)
	w.like("update-player-settings-channel", w.one(w.settle()))

	for i, of := range []int64{int64(w.alicia), int64(w.group)} {
		w.exec("INSERT INTO actor_image (actor_id, kind, width, height, file, created_at, updated_at) VALUES (?, 1, 120, 120, ?, 1, 1)", of, fmt.Sprintf("%d6b078bc-3feb-4c72-8f4f-aff5828507e1.png", i))
	}
	w.exec("INSERT INTO actor_image (actor_id, kind, width, height, file, created_at, updated_at) VALUES (?, 2, 1920, 317, 'a6b078bc-3feb-4c72-8f4f-aff5828507e1.jpg', 1, 1)", int64(w.group))
	w.exec("UPDATE account SET description = 'me'")
	w.exec("UPDATE channel SET description = 'mine', support = 'money'")
	w.news(news.Change{What: news.ActorChanged, ID: int64(w.group)}, nil)
	w.like("update-actor-group", w.one(w.settle()))
	w.news(news.Change{What: news.ActorChanged, ID: int64(w.alicia)}, nil)
	w.like("update-actor-person", w.one(w.settle()))
	w.news(news.Change{What: news.ActorGone, ID: int64(w.group)}, news.Gone{URL: ours + "/video-channels/alicia_channel", Actor: int64(w.group), Type: "Group"})
	w.like("delete-actor-channel", w.one(w.settle()))
	w.news(news.Change{What: news.ActorGone, ID: int64(w.alicia)}, news.Gone{URL: ours + "/accounts/alicia", Actor: int64(w.alicia), Type: "Person"})
	w.like("delete-actor-account", w.one(w.settle()))
}

// Reports of what is elsewhere go to its server, for each kind of thing.
func TestReportsAreToldAsPeerTubeDoes(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	w.exec("INSERT INTO comment (id, url, video_id, account_id, text, created_at, updated_at) VALUES (1, ?, 503, 501, 'bad', 1, 1)",
		theirs+"/videos/watch/e6b078bc-3feb-4c72-8f4f-aff5828507e1/comments/3")
	report := func(id int, video, comment, start, end any, reasons string) sent {
		w.exec(`INSERT INTO report (id, reporter_id, flagged_id, video_id, comment_id, kind, reason, reasons, start_at, end_at, created_at, updated_at)
			VALUES (?, ?, 501, ?, ?, 'x', 'why', ?, ?, ?, 1, 1)`, id, w.alice.AccountID, video, comment, reasons, start, end)
		w.news(news.Change{What: news.ReportMade, ID: int64(id)}, nil)
		return w.one(w.settle())
	}
	w.like("flag-video-unsigned-body", report(1, 503, nil, 1, 4, "[1, 3]"))
	w.like("flag-comment", report(2, 503, 1, nil, nil, "[]"))
	w.like("flag-account", report(3, nil, nil, nil, nil, "[]"))
}

// Views, viewers, downloads and what was watched: all who follow hear of a video
// of ours, its own server of another's.
func TestViewsAreToldAsPeerTubeDoes(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	v := w.create()
	w.settle()
	ctx, until := t.Context(), time.Now().Add(2*time.Minute)
	w.must(w.tell.Watching(ctx, v.ID, 3, until))
	w.must(w.tell.Watching(ctx, v.ID, 4, until))
	w.like("view-origin-broadcast", w.one(w.settle()))
	w.must(w.tell.Viewer(ctx, w.far, "sess-2-abcdef", 1, until))
	w.like("view-remote", w.one(w.settle()))
	w.must(w.tell.Download(ctx, v.ID, "pYcVd5mFcdegmLwmtNB9sL"))
	w.like("download", w.one(w.settle()))
	w.must(w.tell.Watched(ctx, w.far, object.Watched{
		UUID: "026d1551-4132-46be-9662-2de177843043", From: until, To: until, Seconds: 8, Sections: activitypub.List[activitypub.Section]{{EndTimestamp: 8}},
	}))
	w.like("create-watch-action", w.one(w.settle()))
	w.must(w.tell.Watched(ctx, v.ID, object.Watched{}))
	for range 10 {
		w.must(w.tell.View(ctx, v.ID, true, "someone"))
		w.must(w.tell.View(ctx, w.far, false, "someone"))
	}
	views := map[string]int{}
	for _, s := range w.settle() {
		views[fmt.Sprint(s.body["object"])]++
	}
	if views[v.URL] != 1 || len(views) != 2 {
		t.Errorf("got views %v: want those of our video together", views)
	}
}

// What a mirror will say of its copies is written as PeerTube writes it.
func TestMirrorsAreRenderedAsPeerTubeDoes(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	f, err := w.objs.Known(t.Context(), w.far)
	w.must(err)
	render := func(to object.Audience) (string, json.RawMessage) {
		c := w.objs.CacheFile(f, time.Now(), to)
		raw, err := object.Embed(c)
		w.must(err)
		return c.ID, raw
	}
	check := func(name string, a activitypub.Activity) {
		raw, err := a.JSON()
		w.must(err)
		s := sent{path: "/inbox", raw: raw}
		w.must(json.Unmarshal(raw, &s.body))
		s.body["signature"] = "there"
		w.like(name, s)
	}
	by, to := ours+"/accounts/peertube", f.Origin()
	id, raw := render(to)
	check("create-cache-file", object.Create(id, by, to, raw))
	check("update-cache-file", object.Update(id, by, time.Now(), to, raw))
	all := object.Everybody(by)
	_, open := render(all)
	undo, err := object.Undo(object.Create(id, by, all, open), to)
	w.must(err)
	undo.ID = id + "/undo" // PeerTube names it by the object
	check("undo-create-cache-file", undo)
}
