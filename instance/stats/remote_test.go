package stats

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"vidiverse/instance/actor"
	"vidiverse/instance/db"
	"vidiverse/instance/db/dbtest"
	"vidiverse/instance/federation/inbox"
	"vidiverse/instance/federation/object"
	"vidiverse/instance/user"
	"vidiverse/instance/video"
)

// heard notes what other servers would be told.
type heard struct{ said []string }

func (h *heard) say(format string, a ...any) error {
	h.said = append(h.said, fmt.Sprintf(format, a...))
	return nil
}

func (h *heard) View(_ context.Context, id video.ID, local bool, viewer string) error {
	return h.say("view %d %v %v", id, local, len(viewer) == 32)
}

func (h *heard) Watching(_ context.Context, id video.ID, n int, _ time.Time) error {
	return h.say("watching %d %d", id, n)
}

func (h *heard) Viewer(_ context.Context, id video.ID, viewer string, n int, _ time.Time) error {
	return h.say("viewer %d %v %d", id, len(viewer) == 32, n)
}

func (h *heard) Download(_ context.Context, id video.ID, name string) error {
	return h.say("download %d %v", id, name != "")
}

func (h *heard) Watched(_ context.Context, id video.ID, w object.Watched) error {
	return h.say("watched %d %v %ds", id, w.Sections, w.Seconds)
}

func (h *heard) take() []string {
	all := h.said
	h.said = nil
	return all
}

// far makes a video of another server known.
func (w *world) far() video.Video {
	w.Helper()
	for _, q := range []string{
		"INSERT INTO host (id, name, created_at) VALUES (7, 'two.test', 1)",
		`INSERT INTO actor (id, kind, username, host_id, url, inbox_url, shared_inbox_url, created_at, updated_at)
		 VALUES (70, 2, 'bob', 7, 'https://two.test/accounts/bob', 'x', 'x', 1, 1), (71, 3, 'bobs', 7, 'https://two.test/video-channels/bobs', 'x', 'x', 1, 1)`,
		"INSERT INTO actor_counter (actor_id) VALUES (70), (71)",
		"INSERT INTO account (id, actor_id, display_name, created_at, updated_at) VALUES (70, 70, 'b', 1, 1)",
		"INSERT INTO channel (id, actor_id, account_id, display_name, created_at, updated_at) VALUES (70, 71, 70, 'b', 1, 1)",
		`INSERT INTO video (id, uuid, url, host_id, channel_id, name, privacy, state, duration, created_at, updated_at, published_at)
		 VALUES (700, 'e6b078bc-3feb-4c72-8f4f-aff5828507e1', 'https://two.test/v', 7, 70, 'far', 1, 1, 60, 1, 1, 1)`,
		"INSERT INTO video_counter (video_id, views) VALUES (700, 40)",
	} {
		w.must(w.db.Write(w.ctx(), func(tx db.Tx) error {
			_, err := tx.ExecContext(w.ctx(), q)
			return err
		}))
	}
	return video.Video{ID: 700, UUID: "e6b078bc-3feb-4c72-8f4f-aff5828507e1"}
}

func (w *world) remote(v inbox.View) {
	w.Helper()
	w.must(w.db.Write(w.ctx(), func(tx db.Tx) error { return w.stats.RemoteView(w.ctx(), tx, v) }))
}

// two is another server, and somebody on it.
var (
	two      = actor.Actor{ID: 1, Kind: actor.Application, Host: "two.test", URL: "https://two.test/accounts/peertube"}
	somebody = actor.Actor{ID: 2, Kind: actor.Person, Host: "two.test", URL: "https://two.test/accounts/bob"}
)

// Who watches a video of ours is told to all, with those of other servers; who
// watches another server's video is told to that one, which alone counts.
func TestOtherServersHearOfViewers(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		h := &heard{}
		w.stats.Tell = h
		ours, far := w.create(nil), w.far()
		w.watch(ours, View{Address: "192.0.2.1"}, 10)
		if got, want := h.take(), []string{fmt.Sprintf("view %d true true", ours.ID)}; !slices.Equal(got, want) {
			t.Errorf("of ours got %q, want %q", got, want)
		}
		w.watch(far, View{Address: "192.0.2.1"}, 15)
		if got, want := h.take(), []string{"viewer 700 true 1", "view 700 false true"}; !slices.Equal(got, want) {
			t.Errorf("of theirs got %q, want %q", got, want)
		}
		for _, n := range []int{2, 3} { // the later word counts
			w.remote(inbox.View{Video: ours.ID, From: two, URL: "https://two.test/v/1", Viewers: n, Expires: w.at.Add(2 * time.Minute)})
		}
		w.remote(inbox.View{Video: ours.ID, From: two, URL: "https://two.test/v/2", Viewers: 1, Expires: w.at.Add(time.Minute)})
		if n := w.stats.Watching(ours.ID); n != 5 {
			t.Errorf("%d watch ours, want 1 here and 4 there", n)
		}
		w.remote(inbox.View{Video: far.ID, From: two, URL: "https://two.test/v/3", Viewers: 9, Expires: w.at.Add(2 * time.Minute)})
		w.remote(inbox.View{Video: far.ID, From: two, URL: "https://two.test/v/4", Viewers: 8, Expires: w.at.Add(2 * time.Minute)})
		if n := w.stats.Watching(far.ID); n != 8 {
			t.Errorf("%d watch theirs, want what its server said last", n)
		}
		w.must(w.stats.TellViewers(w.ctx()))
		got := h.take()
		slices.Sort(got)
		if want := []string{"viewer 700 true 1", fmt.Sprintf("watching %d 5", ours.ID)}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		w.at = w.at.Add(3 * time.Minute)
		if n, m := w.stats.Watching(ours.ID), w.stats.Watching(far.ID); n+m != 0 {
			t.Errorf("%d and %d watch after all went", n, m)
		}
		w.must(w.stats.FlushViews(w.ctx()))
		for id, want := range map[video.ID]int64{ours.ID: 1, far.ID: 40} {
			v, err := w.videos.Get(w.ctx(), user.Caller{}, video.Ref(map[video.ID]string{ours.ID: ours.UUID, far.ID: far.UUID}[id]), video.Credentials{})
			w.must(err)
			if v.Counters.Views != want {
				t.Errorf("video %d has %d views, want %d: its own server counts", id, v.Counters.Views, want)
			}
		}
		w.at = w.at.Add(2 * time.Hour)
		w.must(w.stats.TellViewers(w.ctx()))
		if got, want := h.take(), []string{"watched 700 [{0 15}] 15s"}; !slices.Equal(got, want) {
			t.Errorf("after an hour got %q, want %q", got, want)
		}
		for range 3 {
			w.stats.Downloaded(w.ctx(), ours.ID, "192.0.2.1")
		}
		if got, want := h.take(), []string{fmt.Sprintf("download %d true", ours.ID)}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

// Threat 22: a server that invents views is believed so far and no further, other
// servers are counted all the same, and invented views alone do not make a video
// trend.
func TestInventedRemoteViews(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	ours := w.create(nil)
	count := func() (views, recent, downloads int64) {
		w.must(w.stats.FlushViews(w.ctx()))
		w.must(w.db.Read().QueryRowContext(w.ctx(), "SELECT views, recent_views, downloads FROM video_counter WHERE video_id = ?", int64(ours.ID)).
			Scan(&views, &recent, &downloads))
		return views, recent, downloads
	}
	flood := func(n int, from actor.Actor) {
		w.must(w.db.Write(w.ctx(), func(tx db.Tx) error {
			for range n {
				if err := w.stats.RemoteView(w.ctx(), tx, inbox.View{Video: ours.ID, From: from, URL: "x"}); err != nil {
					return err
				}
			}
			return nil
		}))
	}
	flood(3*budgetOfPerson, somebody)
	if n, _, _ := count(); n != budgetOfPerson {
		t.Errorf("somebody added %d views, want %d", n, budgetOfPerson)
	}
	flood(budgetOfVideo+100, two)
	views, recent, _ := count()
	if views != budgetOfVideo || recent > 2*believed {
		t.Errorf("a server added %d views, want %d; %d make it trend, want at most %d", views, budgetOfVideo, recent, 2*believed)
	}
	if n := w.stats.Refused(); n == 0 {
		t.Error("nothing is said of what was refused")
	}
	three := two
	three.Host, three.URL = "three.test", "https://three.test/accounts/peertube"
	flood(5, three)
	if n, _, _ := count(); n != budgetOfVideo+5 {
		t.Errorf("got %d views: another server is counted too", n)
	}
	w.must(w.db.Write(w.ctx(), func(tx db.Tx) error { return w.stats.RemoteDownload(w.ctx(), tx, ours.ID, two) }))
	if _, _, n := count(); n != 0 {
		t.Errorf("%d downloads of a server that has nothing left to say", n)
	}
	w.at = w.at.Add(budgetSpan + time.Minute)
	flood(1, two)
	if n, _, _ := count(); n != budgetOfVideo+6 {
		t.Errorf("got %d views an hour later, want one more", n)
	}
	e := newElsewhere()
	for i := range 3 * maxClaimants {
		e.claim(1, true, fmt.Sprint(i), 1<<40, w.at.Add(1000*time.Hour), w.at)
	}
	if n, _ := e.claimed(1, w.at); n > maxClaimed || e.count > maxClaimants {
		t.Errorf("%d viewers by %d claims", n, e.count)
	}
	if n, _ := e.claimed(1, w.at.Add(longestClaim)); n != 0 {
		t.Errorf("%d viewers after the longest time", n)
	}
}

// Other servers that hear of a viewer of one video do not know them again at
// another.
func TestViewersCannotBeFollowed(t *testing.T) {
	v, at := newViews(10*time.Second, time.Hour), time.Unix(1000, 0)
	name := func(id video.ID) string { return v.note(video.Seen{ID: id}, View{Address: "192.0.2.1"}, at).viewer }
	one, again, other := name(1), name(1), name(2)
	if one != again || one == other || v.viewers(at)[1][0] != one {
		t.Errorf("got %s, then %s, and %s at another video", one, again, other)
	}
}
