package video

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"vidiverse/instance/activitypub"
	"vidiverse/instance/db"
	"vidiverse/instance/db/dbtest"
	"vidiverse/instance/fault"
	"vidiverse/instance/user"
)

// attributes are those of a video that came to be known under a UUID.
func (w *world) attributes(uuid string) Attributes {
	w.Helper()
	v, err := w.videos.Get(w.ctx(), user.Caller{}, Ref(uuid), Credentials{})
	w.must(err)
	a, err := w.videos.Attributes(w.ctx(), v.Video)
	w.must(err)
	return a
}

func vtt(language, address string) activitypub.Subtitle {
	return activitypub.Subtitle{
		Label: activitypub.Label{Identifier: language}, URL: activitypub.List[activitypub.Link]{{Type: "Link", MediaType: "text/vtt", Href: address}},
	}
}

// Captions and storyboard of a remote video are kept, replaced when its server
// names others, and gone when it names none.
func TestRemoteAttributes(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.farChannel("127.0.0.1:9001", 70)
		o := captured(t, "video-vod.json")
		_, _, err := w.save(w.heard(o, 70))
		w.must(err)
		first := w.attributes(o.UUID)
		if len(first.Captions) != 1 || first.Live != nil || first.Storyboard == nil {
			t.Fatalf("got %+v", first)
		}
		c, b := first.Captions[0], *first.Storyboard
		if c.Language != "en" || c.Automatic || !strings.HasSuffix(c.File, "-en.vtt") || c.Address != o.SubtitleLanguage[0].URL[0].Href ||
			c.PlaylistURL != o.SubtitleLanguage[0].URL[1].Href || !c.UpdatedAt.Equal(w.at) {
			t.Errorf("got caption %+v", c)
		}
		if b.Width != 1920 || b.Height != 108 || b.TileWidth != 192 || b.TileHeight != 108 || b.Seconds != 1 || b.Address != o.Preview[0].URL[0].Href {
			t.Errorf("got storyboard %+v", b)
		}

		w.at = w.at.Add(time.Hour)
		o.SubtitleLanguage[0].AutomaticallyGenerated = true
		o.SubtitleLanguage = append(o.SubtitleLanguage, vtt("fr", "https://far.test/fr.vtt"))
		_, _, err = w.save(w.heard(o, 70))
		w.must(err)
		second := w.attributes(o.UUID)
		if got := second.Captions; len(got) != 2 || got[0].File != c.File || !got[0].Automatic || !got[0].UpdatedAt.Equal(w.at) || got[1].Language != "fr" || got[1].PlaylistURL != "" {
			t.Errorf("got %+v", got)
		}
		if second.Storyboard.File != b.File {
			t.Error("the name of a storyboard that stays the same changed")
		}

		o.SubtitleLanguage = activitypub.List[activitypub.Subtitle]{vtt("fr", "https://far.test/newer.vtt")}
		o.Preview[0].URL[0].Href = "https://far.test/other.jpg"
		_, _, err = w.save(w.heard(o, 70))
		w.must(err)
		third := w.attributes(o.UUID)
		if len(third.Captions) != 1 || third.Captions[0].File == second.Captions[1].File || third.Storyboard.File == b.File {
			t.Errorf("other files have the names of those before: %+v, %+v", third.Captions, third.Storyboard)
		}
		o.SubtitleLanguage, o.Preview = nil, nil
		_, _, err = w.save(w.heard(o, 70))
		w.must(err)
		if a := w.attributes(o.UUID); len(a.Captions) != 0 || a.Storyboard != nil {
			t.Errorf("what its server names no longer is still here: %+v", a)
		}
	})
}

// A live has its attributes while it is one, and may be planned.
func TestRemoteLives(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.farChannel("127.0.0.1:9001", 70)
		w.run(`UPDATE actor SET kind = 1 WHERE id = 70`) // who is followed: lists show what that server has
		o := captured(t, "video-live.json")
		starts := w.at.Add(time.Hour)
		o.State = int(WaitingForLive)
		o.Schedules = activitypub.List[activitypub.Schedule]{{StartDate: stamp(starts.Add(time.Hour))}, {StartDate: stamp(starts)}, {StartDate: stamp(starts)}, {StartDate: "soon"}}
		_, _, err := w.save(w.heard(o, 70))
		w.must(err)
		l, err := w.videos.Live(w.ctx(), user.Caller{}, Ref(o.UUID), Credentials{})
		w.must(err)
		if l.Permanent || !l.SaveReplay || l.Latency != LatencyDefault || l.DVR != 3600 || len(l.Starts) != 2 || !l.Starts[0].Equal(starts) {
			t.Errorf("got %+v", l)
		}
		w.want("without lives that are planned", w.names(user.Caller{}, Filter{Far: true}))
		w.want("with them", w.names(user.Caller{}, Filter{Far: true, Scheduled: true}), o.Name)
		p, err := w.videos.List(w.ctx(), user.Caller{}, Filter{Far: true, Scheduled: true})
		if err != nil || len(p.Items[0].Starts) != 2 {
			t.Errorf("got %+v, %v", p.Items, err)
		}
		w.at = starts.Add(2 * time.Hour)
		w.want("once its time is over", w.names(user.Caller{}, Filter{Far: true, Scheduled: true}))

		var changed []ID
		w.videos.cfg.LiveChanged = func(_ context.Context, id ID) { changed = append(changed, id) }
		o.State, o.PermanentLive, o.LatencyMode, o.DVRWindow, o.Schedules = int(Published), new(bool), new(int), nil, nil
		*o.PermanentLive = true
		_, _, err = w.save(w.heard(o, 70))
		w.must(err)
		if l, err := w.videos.Live(w.ctx(), user.Caller{}, Ref(o.UUID), Credentials{}); err != nil || !l.Permanent || l.Latency != LatencyDefault || l.DVR != 0 || len(l.Starts) != 0 {
			t.Errorf("got %+v, %v", l, err)
		}
		if len(changed) != 1 {
			t.Errorf("that it went on air was told %d times", len(changed))
		}
		yes, no := true, false
		w.want("lives", w.names(user.Caller{}, Filter{Far: true, IsLive: &yes}), o.Name)
		w.want("others", w.names(user.Caller{}, Filter{Far: true, IsLive: &no}))

		o.IsLiveBroadcast = false // its replay took its place
		_, _, err = w.save(w.heard(o, 70))
		w.must(err)
		if _, err := w.videos.Live(w.ctx(), user.Caller{}, Ref(o.UUID), Credentials{}); fault.KindOf(err) != fault.NotFound {
			t.Errorf("of what is no live: %v", err)
		}
	})
}

// What a hostile server writes is bounded, and left out where it makes no sense.
func TestRemoteAttributesAreBounded(t *testing.T) {
	o := captured(t, "video-live.json")
	for i := range 1000 {
		o.SubtitleLanguage = append(o.SubtitleLanguage, vtt("en", fmt.Sprintf("https://far.test/%d.vtt", i)), vtt(fmt.Sprintf("x%d", i), "https://far.test/x.vtt"))
		o.Schedules = append(o.Schedules, activitypub.Schedule{StartDate: stamp(time.Unix(int64(i), 0))})
	}
	o.SubtitleLanguage = append(o.SubtitleLanguage, vtt("fr", "javascript:alert(1)"), vtt("de", ""))
	d, err := ReadRemote(o, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Captions) != 1 || len(d.Live.Starts) != maxStarts {
		t.Errorf("got %d captions and %d plans", len(d.Captions), len(d.Live.Starts))
	}
	good := activitypub.Sheet{MediaType: "image/jpeg", Href: "https://far.test/a.jpg", Width: 1920, Height: 108, TileWidth: 192, TileHeight: 108, TileDuration: "PT1S"}
	for name, change := range map[string]func(*activitypub.Sheet){
		"address":        func(s *activitypub.Sheet) { s.Href = "file:///etc/passwd" },
		"no picture":     func(s *activitypub.Sheet) { s.MediaType = "image/svg+xml" },
		"no width":       func(s *activitypub.Sheet) { s.Width = 0 },
		"huge":           func(s *activitypub.Sheet) { s.Height = 1 << 20 },
		"below nothing":  func(s *activitypub.Sheet) { s.TileWidth = -1 },
		"tile too large": func(s *activitypub.Sheet) { s.TileHeight = 109 },
		"no time":        func(s *activitypub.Sheet) { s.TileDuration = "PT0S" },
	} {
		s := good
		change(&s)
		o.Preview = activitypub.List[activitypub.Preview]{{Type: "Image", Rel: []string{"storyboard"}, URL: []activitypub.Sheet{s}}}
		if d, err := ReadRemote(o, time.Now()); err != nil || d.Storyboard != nil {
			t.Errorf("%s: got %+v, %v", name, d.Storyboard, err)
		}
		o.Preview[0].URL = append(o.Preview[0].URL, good)
		if d, err := ReadRemote(o, time.Now()); err != nil || d.Storyboard == nil {
			t.Errorf("%s: the good one behind it is not taken: %v", name, err)
		}
	}
}

// Our copy of a torrent keeps its name as long as it is the same torrent.
func TestRemoteTorrents(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.farChannel("127.0.0.1:9001", 70)
		o := captured(t, "video-vod.json")
		links := func() (all []string) {
			t.Helper()
			_, _, err := w.save(w.heard(o, 70))
			w.must(err)
			v, err := w.videos.Get(w.ctx(), user.Caller{}, Ref(o.UUID), Credentials{})
			w.must(err)
			for _, f := range append(v.Remote.Web, v.Remote.HLS...) {
				l := w.videos.RemoteLinks(&v.Item, f)
				if l.Torrent != w.videos.base+"/lazy-static/torrents/"+f.Torrent || !strings.HasPrefix(l.Download, w.videos.base+"/download/torrents/") ||
					!strings.Contains(l.Magnet, "xs="+strings.NewReplacer(":", "%3A", "/", "%2F").Replace(l.Torrent)+"&xt=urn:btih:") || l.File != f.URL {
					t.Errorf("got %+v", l)
				}
				all = append(all, f.Torrent)
			}
			return all
		}
		first := links()
		if len(first) != 4 || !strings.HasSuffix(first[0], "-360.torrent") || !strings.HasSuffix(first[3], "-240-hls.torrent") {
			t.Fatalf("got %q", first)
		}
		if again := links(); !slices.Equal(again, first) {
			t.Errorf("got %q, want %q", again, first)
		}
		for i, l := range o.URL {
			if l.MediaType == activitypub.Magnet && *l.Height == 360 {
				o.URL[i].Href = strings.Replace(l.Href, "btih:a", "btih:b", 1)
			}
		}
		if other := links(); other[0] == first[0] || other[1] != first[1] || other[2] != first[2] {
			t.Errorf("got %q after %q", other, first)
		}
		for i, l := range o.URL {
			if l.MediaType == activitypub.Magnet {
				o.URL[i].Href = "magnet:?dn=nothing"
			}
		}
		_, _, err := w.save(w.heard(o, 70))
		w.must(err)
		v, err := w.videos.Get(w.ctx(), user.Caller{}, Ref(o.UUID), Credentials{})
		w.must(err)
		if f := v.Remote.Web[0]; f.Torrent != "" {
			t.Errorf("a torrent that nothing tells from another has a copy: %+v", f)
		}
	})
}
