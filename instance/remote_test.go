package instance

import (
	"net/http"
	"net/netip"
	"testing"
)

// A limiter that believes anyone's X-Forwarded-For blocks nobody, and one that
// believes no proxy blocks everybody.
func TestRemote(t *testing.T) {
	trusted := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	for _, c := range []struct {
		name, peer string
		said       []string
		want       string
	}{
		{"alone", "192.0.2.1:5", nil, "192.0.2.1"},
		{"stranger's claim", "192.0.2.1:5", []string{"203.0.113.9"}, "192.0.2.1"},
		{"through the proxy", "127.0.0.1:5", []string{"203.0.113.9"}, "203.0.113.9"},
		{"claim before the proxy", "127.0.0.1:5", []string{"1.1.1.1, 203.0.113.9"}, "203.0.113.9"},
		{"two proxies", "127.0.0.1:5", []string{"203.0.113.9, 10.0.0.7"}, "203.0.113.9"},
		{"two headers", "127.0.0.1:5", []string{"1.1.1.1", "203.0.113.9"}, "203.0.113.9"},
		{"nonsense", "127.0.0.1:5", []string{"203.0.113.9, who knows"}, "127.0.0.1"},
		{"empty", "127.0.0.1:5", []string{""}, "127.0.0.1"},
		{"mapped", "[::ffff:127.0.0.1]:5", []string{"203.0.113.9"}, "203.0.113.9"},
		{"v6", "[::1]:5", []string{"2001:db8::1"}, "2001:db8::1"},
		{"all trusted", "127.0.0.1:5", []string{"10.0.0.1"}, "10.0.0.1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := &http.Request{RemoteAddr: c.peer, Header: http.Header{"X-Forwarded-For": c.said}}
			if got := remote(trusted)(r); got.String() != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}
