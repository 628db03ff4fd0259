package search

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"vidiverse/instance/actor"
)

// What people type is anything at all: an address without secrets in it, a handle
// of one name and one host, or words.
func FuzzText(f *testing.F) {
	for _, s := range []string{"", "sea birds", "@a@b.test", "a@b@c", "https://b.test/w/x#y", "http://u:p@b.test", "https://", "@", "a@ b", " HTTP://b.test"} {
		f.Add(s)
	}
	s, err := New(Config{Actors: actor.New(nil, &url.URL{Scheme: "https", Host: "one.test"}, time.Now)})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		u, ok := s.address(text)
		if ok && (u.Host == "" || u.User != nil || u.Fragment != "" || u.Scheme != "http" && u.Scheme != "https") {
			t.Errorf("%q is taken for the address %s", text, u)
		}
		if ok {
			for _, long := range []func(*url.URL) string{longActor, longVideo, longPlaylist} {
				if names := also(u, long); len(names) > 2 || len(names) == 0 {
					t.Errorf("%q has the names %q", text, names)
				}
			}
		}
		name, host, ok := s.handle(text)
		if ok && (name == "" || strings.ContainsAny(name+host, "@/ ") || host == "one.test") {
			t.Errorf("%q is taken for %q at %q", text, name, host)
		}
	})
}

// Addresses of pages and short ones lead to what PeerTube calls the thing, after
// the address itself, which is the thing's own name on some servers.
func TestOtherNames(t *testing.T) {
	const uuid, short = "8fb95c27-345f-419c-93f3-a1369adb75c7", "jtHN2EmWRBMjLCb9yJDKsy"
	for in, want := range map[string]struct {
		long func(*url.URL) string
		path string
	}{
		"/c/sea":                            {longActor, "/video-channels/sea"},
		"/c/sea/videos?s=1":                 {longActor, "/video-channels/sea"},
		"/video-channels/sea/about":         {longActor, "/video-channels/sea"},
		"/a/alice":                          {longActor, "/accounts/alice"},
		"/users/alice":                      {longActor, ""},
		"/w/" + uuid:                        {longVideo, "/videos/watch/" + uuid},
		"/videos/watch/" + uuid + "/":       {longVideo, "/videos/watch/" + uuid},
		"/w/nothing":                        {longVideo, ""},
		"/w/p/" + uuid:                      {longPlaylist, "/video-playlists/" + uuid},
		"/videos/watch/playlist/" + uuid:    {longPlaylist, "/video-playlists/" + uuid},
		"/video-playlists/" + uuid + "?a=b": {longPlaylist, ""},
	} {
		u, err := url.Parse("https://two.test" + in)
		if err != nil {
			t.Fatal(err)
		}
		names := []string{"https://two.test" + in}
		if want.path != "" {
			names = append(names, "https://two.test"+want.path)
		}
		if got := also(u, want.long); !slices.Equal(got, names) {
			t.Errorf("got %q, want %q", got, names)
		}
	}
	u := &url.URL{Path: "/w/" + short}
	if got := longVideo(u); !strings.HasPrefix(got, "/videos/watch/") || len(got) != len("/videos/watch/")+36 {
		t.Errorf("short: got %q", got)
	}
}
