package stats

import (
	"fmt"
	"testing"
	"time"

	"vidiverse/instance/db"
	"vidiverse/instance/db/dbtest"
	"vidiverse/instance/fault"
	"vidiverse/instance/user"
	"vidiverse/instance/video"
)

// watch reports every five seconds, as players do, and returns the time left.
func (w *world) watch(v video.Video, who View, seconds int) {
	w.Helper()
	for at := 0; at <= seconds; at += 5 {
		who.CurrentTime = at
		w.must(w.stats.View(w.ctx(), user.Caller{}, video.Ref(v.UUID), video.Credentials{}, who))
		w.at = w.at.Add(5 * time.Second)
	}
}

func (w *world) viewsOf(v video.Video) int64 {
	w.Helper()
	w.must(w.stats.FlushViews(w.ctx()))
	got, err := w.videos.Get(w.ctx(), w.root, video.Ref(v.UUID), video.Credentials{})
	w.must(err)
	return got.Counters.Views
}

// A view is somebody who watched for ten seconds, once an hour.
func TestViewsAreCountedOncePerViewer(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		v := w.create(nil)
		expect := func(n int64, what string) {
			t.Helper()
			if got := w.viewsOf(v); got != n {
				t.Errorf("%s: got %d views, want %d", what, got, n)
			}
		}
		home := View{Address: "192.0.2.1"}
		w.watch(v, home, 5)
		expect(0, "five seconds")
		w.watch(v, View{Address: "192.0.2.2"}, 10)
		expect(1, "ten seconds")
		w.watch(v, View{Address: "192.0.2.2"}, 10)
		expect(1, "again within the hour")
		w.watch(v, View{Address: "192.0.2.2", Session: "other browser"}, 10)
		expect(2, "another session")
		w.at = w.at.Add(time.Hour)
		w.watch(v, View{Address: "192.0.2.2"}, 10)
		expect(3, "an hour later")
		w.must(w.stats.View(w.ctx(), user.Caller{}, video.Ref(v.UUID), video.Credentials{}, View{Address: "192.0.2.9"}))
		w.must(w.stats.View(w.ctx(), user.Caller{}, video.Ref(v.UUID), video.Credentials{}, View{Address: "192.0.2.9", CurrentTime: 12, Seek: true}))
		expect(3, "a jump to the end")
		w.must(w.stats.View(w.ctx(), user.Caller{}, video.Ref(v.UUID), video.Credentials{}, View{Address: "192.0.2.8", CurrentTime: 0}))
		w.must(w.stats.View(w.ctx(), user.Caller{}, video.Ref(v.UUID), video.Credentials{}, View{Address: "192.0.2.8", CurrentTime: 12}))
		expect(4, "twelve seconds, told at once")
		p, err := w.videos.List(w.ctx(), user.Caller{}, video.Filter{Sort: "-trending"})
		w.must(err)
		if p.Items[0].Counters.Views != 4 || p.Items[0].Viewers == 0 {
			t.Errorf("got %+v and %d viewers", p.Items[0].Counters, p.Items[0].Viewers)
		}
		w.at = w.at.Add(2 * time.Minute)
		if p, _ = w.videos.List(w.ctx(), user.Caller{}, video.Filter{}); p.Items[0].Viewers != 0 {
			t.Errorf("got %d viewers after all left", p.Items[0].Viewers)
		}
		w.kind(w.stats.View(w.ctx(), user.Caller{}, video.Ref(v.UUID), video.Credentials{}, View{CurrentTime: 1000}), fault.Invalid, "past the end")
		w.kind(w.stats.View(w.ctx(), user.Caller{}, video.Ref(v.UUID), video.Credentials{}, View{CurrentTime: -1}), fault.Invalid, "before the start")
		hidden := w.create(func(d *video.Draft) { d.Privacy = video.Private })
		w.kind(w.stats.View(w.ctx(), user.Caller{}, video.Ref(hidden.UUID), video.Credentials{}, View{}), fault.Unauthorized, "a private video")
	})
}

// Of a film that is shorter than what makes a view, it is more than half; of a
// live, which has no length, it is all of it.
func TestViewsOfShortFilms(t *testing.T) {
	for _, c := range []struct {
		of   video.Seen
		last int // second
		want bool
	}{
		{video.Seen{ID: 1, Seconds: 6, Local: true}, 3, false}, {video.Seen{ID: 2, Seconds: 6, Local: true}, 4, true},
		{video.Seen{ID: 3, Seconds: 10, Local: true}, 9, false}, {video.Seen{ID: 4, Seconds: 10, Local: true}, 10, true},
		{video.Seen{ID: 5, Live: true, Local: true}, 9, false}, {video.Seen{ID: 6, Live: true, Local: true}, 10, true},
	} {
		v, now, got := newViews(10*time.Second, time.Hour), time.Unix(1000, 0), false
		for at := 0; at <= c.last; at++ {
			got = v.note(c.of, View{Address: "192.0.2.1", CurrentTime: at}, now.Add(time.Duration(at)*time.Second)).view || got
		}
		if got != c.want {
			t.Errorf("%+v until %d s: got a view %v, want %v", c.of, c.last, got, c.want)
		}
	}
}

// What trends is what was watched in the last days, whatever was watched before.
func TestOldViewsDoNotTrend(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		old, fresh := w.create(nil), w.create(nil)
		order := func(sort string) video.ID {
			t.Helper()
			p, err := w.videos.List(w.ctx(), user.Caller{}, video.Filter{Sort: sort})
			w.must(err)
			return p.Items[0].ID
		}
		w.watch(old, View{Address: "192.0.2.1"}, 10)
		w.watch(old, View{Address: "192.0.2.2"}, 10)
		w.viewsOf(old)
		w.must(w.stats.Trend(w.ctx()))
		if got := order("-trending"); got != old.ID {
			t.Errorf("got %d first, want %d, the only one that was watched", got, old.ID)
		}
		w.at = w.at.Add(8 * 24 * time.Hour)
		w.watch(fresh, View{Address: "192.0.2.1"}, 10)
		w.viewsOf(fresh)
		w.must(w.stats.Trend(w.ctx()))
		if got := order("-trending"); got != fresh.ID {
			t.Errorf("got %d first, want %d, which is watched now", got, fresh.ID)
		}
		for _, sort := range []string{"-views", "-hot", "-best"} {
			if got := order(sort); got != old.ID {
				t.Errorf("%s: got %d first, want %d, which has more views", sort, got, old.ID)
			}
		}
	})
}

// Threat 21: one address that invents sessions cannot make a video famous, nor
// fill the memory.
func TestInventedSessions(t *testing.T) {
	v := newViews(10*time.Second, time.Hour)
	now, one := time.Unix(1000, 0), video.Seen{ID: 1, Seconds: 60, Local: true}
	for i := range 3 * maxOfAddress {
		who := View{Address: "192.0.2.1", Session: fmt.Sprint(i)}
		v.note(one, who, now)
		who.CurrentTime = 10
		v.note(one, who, now.Add(10*time.Second))
	}
	if got := v.take(now)[1].here; got != maxOfAddress {
		t.Errorf("got %d views of one address, want %d", got, maxOfAddress)
	}
	for i := range maxViewings + 1000 {
		v.note(video.Seen{ID: video.ID(i), Seconds: 60, Local: true}, View{Address: fmt.Sprint(i)}, now)
	}
	if len(v.viewings) > maxViewings || len(v.current) > maxViewings {
		t.Errorf("got %d viewings, want at most %d", len(v.viewings), maxViewings)
	}
	later := now.Add(2 * time.Hour)
	v.take(later)
	if len(v.viewings)+len(v.addresses)+len(v.current) != 0 {
		t.Errorf("after their time %d, %d, %d are left", len(v.viewings), len(v.addresses), len(v.current))
	}
}
