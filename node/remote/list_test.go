package remote_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"vidiverse/node/remote"
	"vidiverse/node/remote/remotetest"
)

func TestInstance(t *testing.T) {
	t.Parallel()
	s := remotetest.Stock(t)
	got, err := ask(t, s).Instance(t.Context(), s.URL)
	if err != nil || got.Origin != s.URL || got.Host != s.Host() || got.Name != "Reference 1" || got.Version != "8.2.1" || len(got.STUN) != 4 {
		t.Errorf("got %+v %v", got, err)
	}
}

func TestNotPeerTube(t *testing.T) {
	t.Parallel()
	s := remotetest.Stock(t)
	c := ask(t, s)
	for name, body := range map[string]string{"html": "<html>", "nothing": "", "other JSON": `{"version":"1"}`, "a list": "[1]", "a number": "7", "null": "null"} {
		s.Intercept(func(w http.ResponseWriter, _ *http.Request) bool { fmt.Fprint(w, body); return true })
		if _, err := c.Instance(t.Context(), s.URL); !errors.Is(err, remote.ErrNotPeerTube) {
			t.Errorf("%s: got %v, want ErrNotPeerTube", name, err)
		}
	}
	s.Intercept(func(w http.ResponseWriter, _ *http.Request) bool { http.NotFound(w, nil); return true })
	if _, err := c.Instance(t.Context(), s.URL); !errors.Is(err, remote.ErrNotPeerTube) {
		t.Errorf("404: got %v, want ErrNotPeerTube", err)
	}
}

// An instance that moved to TLS, or behind another name, is known by where it
// answers.
func TestInstanceBehindRedirect(t *testing.T) {
	t.Parallel()
	s := remotetest.Stock(t)
	s.Intercept(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Host == s.Host() && r.URL.Query().Get("moved") == "" {
			http.Redirect(w, r, r.URL.Path+"?moved=1", http.StatusMovedPermanently)
			return true
		}
		return false
	})
	if got, err := ask(t, s).Instance(t.Context(), s.URL); err != nil || got.Origin != s.URL {
		t.Errorf("got %+v %v", got, err)
	}
}

func TestVideos(t *testing.T) {
	t.Parallel()
	s := remotetest.Stock(t, remotetest.Media{}, remotetest.Media{}, remotetest.Media{})
	c := ask(t, s)
	s.Videos()[0].SetTitle("About the sea")
	s.Videos()[2].SetPrivacy(remotetest.Private)
	p, err := c.Videos(t.Context(), s.URL, remote.Query{Count: 1})
	if err != nil || p.Total != 2 || len(p.Videos) != 1 {
		t.Fatalf("got %+v %v", p, err)
	}
	v, want := p.Videos[0], s.Videos()[1]
	if v.UUID != want.UUID || v.ShortUUID != want.Short || v.Title != "Video 2" || v.Origin != s.URL || v.Home != s.URL || v.Page != s.URL+"/videos/watch/"+want.UUID ||
		v.Duration != 3*time.Second || v.Likes != 2 || v.Live || v.Sensitive || v.Privacy != 1 || v.Description == "" || v.Published.IsZero() {
		t.Errorf("got %+v", v)
	}
	if ch := (remote.Channel{Name: "Alicia channel", Handle: "alicia_channel", Host: s.Host(), Avatar: v.Channel.Avatar}); v.Channel != ch || !strings.HasPrefix(ch.Avatar, s.URL+"/lazy-static/avatars/") {
		t.Errorf("got channel %+v", v.Channel)
	}
	for _, picture := range []string{v.Thumbnail, v.Poster, v.Channel.Avatar} {
		if b, err := c.Picture(t.Context(), s.URL, picture); err != nil || len(b) == 0 {
			t.Errorf("%s: %v", picture, err)
		}
	}
	if p, err := c.Videos(t.Context(), s.URL, remote.Query{Search: "sea", Local: true}); err != nil || len(p.Videos) != 1 || p.Videos[0].Title != "About the sea" {
		t.Errorf("search: got %+v %v", p, err)
	}
	if p, err := c.Videos(t.Context(), s.URL, remote.Query{Start: 5}); err != nil || len(p.Videos) != 0 || p.Total != 2 {
		t.Errorf("behind the end: got %+v %v", p, err)
	}
	one, err := c.Video(t.Context(), s.URL, want.Short)
	if err != nil || one.UUID != want.UUID || strings.Join(one.Tags, " ") != "tag1 tag2" || one.Channel != v.Channel {
		t.Errorf("by its short UUID: got %+v %v", one, err)
	}
}

// Lists of PeerTube 6 have no sizes of pictures, and other versions other
// members: a video that can be understood is shown, and one that cannot does
// not hide the others.
func TestOlderAndOddLists(t *testing.T) {
	t.Parallel()
	s := remotetest.Stock(t, remotetest.Media{})
	c := ask(t, s)
	uuid := s.Videos()[0].UUID
	video := func(more string) string {
		return fmt.Sprintf(`{"uuid":%q,"url":"%s/videos/watch/%s","name":"n","privacy":{"id":1,"label":"Public"}%s}`, uuid, s.URL, uuid, more)
	}
	for name, test := range map[string]struct {
		body   string
		videos int
	}{
		"older":             {`{"total":1,"data":[` + video(`,"thumbnailPath":"/lazy-static/thumbnails/a.jpg","previewPath":"/lazy-static/previews/a.jpg"`) + `]}`, 1},
		"odd members":       {`{"total":"1","data":[` + video(`,"views":"many","nsfw":0,"channel":7,"thumbnails":{"a":1},"duration":1.5,"category":null`) + `]}`, 1},
		"bad time":          {`{"total":2,"data":[` + video(`,"publishedAt":"yesterday"`) + `,` + video("") + `]}`, 1},
		"no uuid":           {`{"total":2,"data":[{"uuid":"x","url":"` + s.URL + `"},` + video("") + `,null,[],7]}`, 1},
		"no address":        {`{"total":1,"data":[{"uuid":"` + uuid + `","url":"javascript:alert(1)"}]}`, 0},
		"hostile pictures":  {`{"total":1,"data":[` + video(`,"thumbnailPath":"//evil.example/x","thumbnails":[{"width":900,"fileUrl":"file:///etc/passwd"},{"width":-5,"fileUrl":"x"}]`) + `]}`, 1},
		"negative":          {`{"total":-5,"data":[` + video(`,"views":-1,"duration":-7,"likes":-3,"viewers":-1`) + `]}`, 1},
		"large":             {`{"total":9e99,"data":[` + video(`,"duration":1e300,"views":1e300,"name":"`+strings.Repeat("x", 5000)+`"`) + `]}`, 1},
		"no data":           {`{"total":3}`, 0},
		"data that is none": {`{"total":3,"data":{"a":1}}`, 0},
	} {
		s.Intercept(func(w http.ResponseWriter, _ *http.Request) bool { fmt.Fprint(w, test.body); return true })
		p, err := c.Videos(t.Context(), s.URL, remote.Query{})
		if err != nil || len(p.Videos) != test.videos || p.Total < 0 {
			t.Errorf("%s: got %+v %v, want %d videos", name, p, err, test.videos)
		}
		for _, v := range p.Videos {
			if older := name == "older"; older != (v.Thumbnail == s.URL+"/lazy-static/thumbnails/a.jpg" && v.Poster == s.URL+"/lazy-static/previews/a.jpg") || !older && v.Thumbnail+v.Poster != "" {
				t.Errorf("%s: got pictures %q %q", name, v.Thumbnail, v.Poster)
			}
			if v.Views < 0 || v.Duration < 0 || v.Duration > 100*24*time.Hour || len(v.Title) > 500 {
				t.Errorf("%s: got %+v", name, v)
			}
		}
	}
}

// What did not change is not sent again.
func TestETag(t *testing.T) {
	t.Parallel()
	s := remotetest.Stock(t, remotetest.Media{})
	c := ask(t, s)
	unchanged := 0
	s.Intercept(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Header.Get("If-None-Match") != "" {
			unchanged++
		}
		return false
	})
	for i := range 3 {
		if p, err := c.Videos(t.Context(), s.URL, remote.Query{}); err != nil || len(p.Videos) != 1 {
			t.Errorf("%d: got %+v %v", i, p, err)
		}
	}
	if unchanged != 2 {
		t.Errorf("got %d conditional requests, want 2", unchanged)
	}
	s.Videos()[0].SetTitle("changed")
	if p, err := c.Videos(t.Context(), s.URL, remote.Query{}); err != nil || p.Videos[0].Title != "changed" {
		t.Errorf("after a change: got %+v %v", p, err)
	}
}

// No more than six lists a minute are asked of a server, and pauses that it
// asks for are kept.
func TestListsAreFew(t *testing.T) {
	t.Parallel()
	s := remotetest.Stock(t, remotetest.Media{})
	c := remote.New(remote.Config{})
	t.Cleanup(c.Close)
	c.Trust(s.URL)
	for i := range 6 {
		if _, err := c.Videos(t.Context(), s.URL, remote.Query{Start: i}); err != nil {
			t.Fatal(err)
		}
	}
	short, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if _, err := c.Videos(short, s.URL, remote.Query{}); !errors.Is(err, remote.ErrUnavailable) {
		t.Errorf("the seventh: got %v, want ErrUnavailable", err)
	}
	if n := s.Count("/api/v1/videos?"); n != 6 {
		t.Errorf("the server got %d requests, want 6", n)
	}
	s.Intercept(func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Retry-After", "600")
		w.WriteHeader(http.StatusTooManyRequests)
		return true
	})
	for range 5 {
		if _, err := c.Video(t.Context(), s.URL, s.Videos()[0].UUID); !errors.Is(err, remote.ErrUnavailable) {
			t.Errorf("got %v, want ErrUnavailable", err)
		}
	}
	if n := s.Count("/api/v1/videos/"); n != 1 {
		t.Errorf("a server that asks for a pause got %d requests, want 1", n)
	}
}
