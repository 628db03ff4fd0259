package instance

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// Who is behind a proxy is believed of trusted ones alone, in both forms of the
// protocol, and of the connection, not of what the request says besides.
func TestProxyProtocol(t *testing.T) {
	const request = "GET / HTTP/1.1\r\nHost: one.test\r\nX-Forwarded-For: 198.51.100.9\r\nConnection: close\r\n\r\n"
	second := "\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c\xcb\x00\x71\x07\x7f\x00\x00\x01\x04\xd2\x00\x50" // 203.0.113.7:1234
	for name, tt := range map[string]struct {
		trusted string
		head    string
		want    string // who it comes from; empty: the request is refused
	}{
		"first form":           {"127.0.0.0/8", "PROXY TCP4 203.0.113.7 127.0.0.1 1234 80\r\n", "203.0.113.7"},
		"second form":          {"127.0.0.0/8", second, "203.0.113.7"},
		"nothing said":         {"127.0.0.0/8", "", "198.51.100.9"}, // of a trusted proxy the header of the request counts
		"unknown":              {"127.0.0.0/8", "PROXY UNKNOWN\r\n", "198.51.100.9"},
		"not trusted":          {"192.0.2.0/24", "PROXY TCP4 203.0.113.7 127.0.0.1 1234 80\r\n", ""},
		"not trusted, second":  {"192.0.2.0/24", second, ""},
		"not trusted, nothing": {"192.0.2.0/24", "", "127.0.0.1"},
		"broken":               {"127.0.0.0/8", "PROXY TCP4 nowhere 127.0.0.1 1 80\r\n", ""},
		"endless":              {"127.0.0.0/8", "PROXY TCP4 " + strings.Repeat("1", 5000) + "\r\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			trusted := []netip.Prefix{netip.MustParsePrefix(tt.trusted)}
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			from := remote(trusted)
			s := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				fmt.Fprint(w, from(r))
			})}
			go s.Serve(behind(l, trusted)) //nolint:errcheck // it ends with Close
			defer s.Close()
			c, err := net.Dial("tcp", l.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if _, err := io.WriteString(c, tt.head+request); err != nil {
				t.Fatal(err)
			}
			resp, err := http.ReadResponse(bufio.NewReader(c), nil)
			got := ""
			if err == nil {
				defer resp.Body.Close()
				body, err := io.ReadAll(resp.Body)
				if err != nil {
					t.Fatal(err)
				}
				if resp.StatusCode == http.StatusOK {
					got = string(body)
				}
			}
			if got != tt.want {
				t.Errorf("got %q, %v, want %q", got, err, tt.want)
			}
		})
	}
}
