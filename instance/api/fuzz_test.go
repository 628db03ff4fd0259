package api

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"vidiverse/instance/fault"
	"vidiverse/instance/rest"
)

// No query makes a page that is negative, longer than 100 or sorted by what is
// not in the list.
func FuzzPage(f *testing.F) {
	for _, q := range []string{"", "start=1&count=2&sort=-name", "count=0", "count=1000&sort=bad", "start=2147483648", "sort=%00", "%zz"} {
		f.Add(q)
	}
	f.Fuzz(func(t *testing.T, query string) {
		p, err := parsePage(&http.Request{URL: &url.URL{RawQuery: query}}, "-createdAt", "name")
		if err != nil {
			if fault.KindOf(err) != fault.Invalid {
				t.Fatalf("got %v, want invalid", err)
			}
			return
		}
		column := strings.TrimPrefix(p.Sort, "-")
		if p.Start < 0 || p.Count < 0 || p.Count > maxCount || (column != "createdAt" && column != "name") {
			t.Fatalf("got %+v", p)
		}
	})
}

// No body ends the process; every refusal is the caller's fault.
func FuzzBody(f *testing.F) {
	for _, b := range []string{"", "{bad", "null", "[]", `{"displayName":"x","description":null,"videoLanguages":["fr"],"p2pEnabled":false}`, `{"language":{}}`, strings.Repeat("[", 1000)} {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, body string) {
		for _, into := range []any{&rest.UserUpdateMe{}, &rest.ChannelCreate{}, &rest.ChannelUpdate{}, &rest.UserCreate{}} {
			r := httptest.NewRequest(http.MethodPut, "/", strings.NewReader(body))
			r.Header.Set("Content-Type", "application/json")
			if err := decode(r, into); err != nil {
				if k := fault.KindOf(err); k != fault.Invalid && k != fault.TooLarge {
					t.Fatalf("got %v", err)
				}
				w := httptest.NewRecorder()
				e, _ := fault.As(err)
				writeProblem(w, r, problem(r, route{}, e))
				if w.Code < 400 || w.Code > 499 {
					t.Fatalf("got %d", w.Code)
				}
			}
		}
	})
}

// Behind an untrusted connection no header changes the address; behind a
// trusted one the answer is an address or none, never a panic.
func FuzzForwardedFor(f *testing.F) {
	for _, h := range []string{"", "203.0.113.5", "10.0.0.1, 203.0.113.5", "unknown", "[2001:db8::1]:443", "::ffff:127.0.0.1", ",,,", "1.2.3.4\n"} {
		f.Add(h)
	}
	a := &API{Config: Config{Proxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}}
	f.Fuzz(func(t *testing.T, header string) {
		r := &http.Request{RemoteAddr: "198.51.100.7:1234", Header: http.Header{"X-Forwarded-For": {header}}}
		if got := a.clientIP(r).String(); got != "198.51.100.7" {
			t.Fatalf("got %s", got)
		}
		r.RemoteAddr = "127.0.0.1:1234"
		if got := a.clientIP(r); !got.IsValid() {
			t.Fatalf("got no address for %q", header)
		}
		network(a.clientIP(r))
	})
}
