package search

import (
	"net/url"
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
			s.longActor(u)
			s.longPlaylist(u)
		}
		name, host, ok := s.handle(text)
		if ok && (name == "" || strings.ContainsAny(name+host, "@/ ") || host == "one.test") {
			t.Errorf("%q is taken for %q at %q", text, name, host)
		}
	})
}
