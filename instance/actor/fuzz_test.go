package actor_test

import (
	"net/url"
	"testing"
	"time"

	"vidiverse/instance/actor"
)

// Whatever is taken for an address is written in one way, and is one that a
// client would ask.
func FuzzAddress(f *testing.F) {
	for _, seed := range []string{
		"https://two.test/accounts/bob", "https://TWO.test:443/a?b#c", "http://127.0.0.1:9001/inbox", "data:,x", "https://[::1]/", "//two.test",
		"https://two.test:443:443/", "https://two.test/%zz", "https://two.test\\@evil.test/", "HTTPS://x:@y/", "https://two.test:/x",
	} {
		f.Add(seed)
	}
	s := actor.New(nil, &url.URL{Scheme: "https", Host: "one.test"}, time.Now)
	f.Fuzz(func(t *testing.T, raw string) {
		a, err := s.Address(raw)
		if err != nil {
			return
		}
		u, err := url.Parse(a)
		if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.Port() == "443" {
			t.Fatalf("%q became %q: %v", raw, a, err)
		}
		again, err := s.Address(a)
		if err != nil || again != a {
			t.Fatalf("%q became %q, then %q: %v", raw, a, again, err)
		}
	})
}
