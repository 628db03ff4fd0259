package guard_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"vidiverse/p2p/guard"
)

// local reaches this machine over plain HTTP.
func local(l guard.Limits) *guard.Client {
	return guard.New(guard.Config{Policy: guard.Policy{Plain: true, Allow: guard.Loopback()}, Limits: l, UserAgent: "test"})
}

func get(t *testing.T, url string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	return req
}

func serve(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

func TestFetch(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if got := r.Header.Get("User-Agent"); got != "test" {
			t.Errorf("got user agent %q", got)
		}
		w.WriteHeader(http.StatusTeapot)
		fmt.Fprint(w, "hello")
	})
	c := local(guard.Limits{Bytes: 5})
	defer c.Close()
	res, b, err := c.Fetch(get(t, s.URL))
	if err != nil || res.StatusCode != http.StatusTeapot || string(b) != "hello" {
		t.Errorf("got %v %q %v", res, b, err)
	}
}

// The open internet's policy refuses everything on this machine, however it is
// written, and before a connection is made.
func TestLocalAddressesAreRefused(t *testing.T) {
	var hits atomic.Int32
	s := serve(t, func(http.ResponseWriter, *http.Request) { hits.Add(1) })
	s.Config.ConnState = func(net.Conn, http.ConnState) { hits.Add(1) }
	port := s.Listener.Addr().(*net.TCPAddr).Port
	c := guard.New(guard.Config{Policy: guard.Policy{Plain: true}, Limits: guard.Limits{Total: 5 * time.Second}})
	for _, host := range []string{
		"127.0.0.1", "localhost", "127.1.2.3", "0.0.0.0", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]",
		"2130706433", "0x7f000001", "0177.0.0.1", "127.1", "10.0.0.1", "169.254.169.254", "[64:ff9b::7f00:1]", "[fe80::1%25lo]",
	} {
		req := get(t, fmt.Sprintf("http://%s:%d/", host, port))
		if _, _, err := c.Fetch(req); err == nil {
			t.Errorf("%s was fetched", host)
		}
	}
	if _, _, err := c.Fetch(get(t, s.URL)); !errors.Is(err, guard.ErrAddress) {
		t.Errorf("got %v, want ErrAddress", err)
	}
	if hits.Load() > 0 {
		t.Errorf("%d connections were made", hits.Load())
	}
}

func TestURLsThatAreRefused(t *testing.T) {
	c := guard.New(guard.Config{})
	for _, u := range []string{
		"http://example.com/", "file:///etc/passwd", "data:text/plain,hi", "gopher://example.com/", "ftp://example.com/",
		"https://user@example.com/", "https://user:pw@example.com/", "https:///path", "https://:443/", "//example.com/", "https:example.com",
	} {
		p, err := url.Parse(u)
		if err != nil {
			t.Fatal(err)
		}
		req := (&http.Request{Method: http.MethodGet, URL: p, Header: http.Header{}}).WithContext(t.Context())
		if _, _, err := c.Fetch(req); !errors.Is(err, guard.ErrURL) {
			t.Errorf("%s: got %v, want ErrURL", u, err)
		}
	}
}

// names is a DNS server whose answer to each A query is the next address.
func names(t *testing.T, answers ...string) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	go func() {
		next := 0
		for buf := make([]byte, 1500); ; {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return // closed with the test
			}
			if reply := answer(buf[:n], answers, &next); reply != nil {
				_, _ = conn.WriteTo(reply, from) // a lost answer is asked for again
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

func answer(query []byte, answers []string, next *int) []byte {
	var m dnsmessage.Message
	if m.Unpack(query) != nil || len(m.Questions) != 1 {
		return nil
	}
	m.Response, m.Additionals = true, nil
	if q := m.Questions[0]; q.Type == dnsmessage.TypeA {
		a := netip.MustParseAddr(answers[min(*next, len(answers)-1)]).As4()
		*next++
		m.Answers = []dnsmessage.Resource{{
			Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class},
			Body:   &dnsmessage.AResource{A: a},
		}}
	}
	reply, err := m.Pack()
	if err != nil {
		return nil
	}
	return reply
}

// DNS rebinding: a name that was public a moment ago now leads inside.
func TestResolverThatFlipsItsAnswer(t *testing.T) {
	inside := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("the inner server was reached") })
	port := inside.Listener.Addr().(*net.TCPAddr).Port
	outer, err := net.Listen("tcp", fmt.Sprintf("127.0.0.2:%d", port)) // stands for a public address
	if err != nil {
		t.Fatal(err)
	}
	outside := &httptest.Server{Listener: outer, Config: &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Connection", "close") // so that the next request resolves again
	})}}
	outside.Start()
	defer outside.Close()
	c := guard.New(guard.Config{
		Policy:   guard.Policy{Plain: true, Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.2/32")}},
		Resolver: names(t, "127.0.0.2", "127.0.0.1"),
	})
	url := fmt.Sprintf("http://rebind.test:%d/", port)
	if _, _, err := c.Fetch(get(t, url)); err != nil {
		t.Fatalf("the first answer is public: %v", err)
	}
	if _, _, err := c.Fetch(get(t, url)); !errors.Is(err, guard.ErrAddress) {
		t.Errorf("got %v, want ErrAddress", err)
	}
}

func TestRedirects(t *testing.T) {
	var seen atomic.Pointer[http.Header]
	other := serve(t, func(_ http.ResponseWriter, r *http.Request) { seen.Store(&r.Header) })
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch to, hops := r.URL.Query().Get("to"), len(r.URL.Query().Get("hops")); {
		case to != "":
			http.Redirect(w, r, to, http.StatusFound)
		case hops > 0:
			http.Redirect(w, r, "/?hops="+strings.Repeat("x", hops-1), http.StatusTemporaryRedirect)
		default:
			seen.Store(&r.Header)
		}
	})
	c := local(guard.Limits{})
	for _, test := range []struct {
		name, url string
		want      error
	}{
		{"three hops", s.URL + "/?hops=xxx", nil},
		{"four hops", s.URL + "/?hops=xxxx", guard.ErrRedirect},
		{"to a private address", s.URL + "/?to=" + url.QueryEscape("http://10.0.0.1/"), guard.ErrAddress},
		{"to another scheme", s.URL + "/?to=" + url.QueryEscape("file:///etc/passwd"), guard.ErrURL},
		{"to a user name", s.URL + "/?to=" + url.QueryEscape("http://u:p@127.0.0.1/"), guard.ErrURL},
	} {
		if _, _, err := c.Fetch(get(t, test.url)); !errors.Is(err, test.want) || (err != nil) != (test.want != nil) {
			t.Errorf("%s: got %v, want %v", test.name, err, test.want)
		}
	}
	for _, test := range []struct {
		to   string
		sent bool
	}{{other.URL, false}, {s.URL, true}} {
		req := get(t, s.URL+"/?to="+url.QueryEscape(test.to))
		for _, h := range []string{"Authorization", "Cookie", "Signature", "X-Token"} {
			req.Header.Set(h, "secret")
		}
		req.Header.Set("Accept", "application/json")
		if _, _, err := c.Fetch(req); err != nil {
			t.Fatal(err)
		}
		for _, h := range []string{"Authorization", "Cookie", "Signature", "X-Token"} {
			if got := seen.Load().Get(h) != ""; got != test.sent {
				t.Errorf("redirect to %s: %s sent: %v, want %v", test.to, h, got, test.sent)
			}
		}
		if seen.Load().Get("Accept") == "" || seen.Load().Get("Referer") != "" && !test.sent {
			t.Errorf("redirect to %s: got headers %v", test.to, *seen.Load())
		}
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/?hops=x", strings.NewReader("signed"))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.Fetch(req); !errors.Is(err, guard.ErrRedirect) {
		t.Errorf("redirect of a POST: got %v, want ErrRedirect", err)
	}
}

// An address that the user typed is reached, and nothing else beside it.
func TestHome(t *testing.T) {
	next := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("the neighbour was reached") })
	home := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if to := r.URL.Query().Get("to"); to != "" {
			http.Redirect(w, r, to, http.StatusFound)
		}
	})
	c := guard.New(guard.Config{Policy: guard.Policy{Home: home.URL}})
	if _, _, err := c.Fetch(get(t, home.URL+"/?to=/again")); err != nil {
		t.Errorf("home: %v", err)
	}
	secure := strings.Replace(next.URL, "http:", "https:", 1)
	for _, u := range []string{next.URL, home.URL + "/?to=" + url.QueryEscape(next.URL), "http://example.com/"} {
		if _, _, err := c.Fetch(get(t, u)); !errors.Is(err, guard.ErrURL) {
			t.Errorf("%s: got %v, want ErrURL", u, err)
		}
	}
	for _, u := range []string{secure, home.URL + "/?to=" + url.QueryEscape(secure)} {
		if _, _, err := c.Fetch(get(t, u)); !errors.Is(err, guard.ErrAddress) {
			t.Errorf("%s: got %v, want ErrAddress", u, err)
		}
	}
	for _, u := range []string{"http://169.254.169.254", "http://0.0.0.0:1", "http://224.0.0.1"} {
		c := guard.New(guard.Config{Policy: guard.Policy{Home: u}})
		if _, _, err := c.Fetch(get(t, u)); !errors.Is(err, guard.ErrAddress) {
			t.Errorf("%s as home: got %v, want ErrAddress", u, err)
		}
	}
}

func TestTLSIsVerifiedAndNotLeft(t *testing.T) {
	plain := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("the redirect left TLS") })
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/leave" {
			http.Redirect(w, r, plain.URL, http.StatusFound)
		}
	}))
	defer s.Close()
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	cfg := guard.Config{Policy: guard.Policy{Allow: guard.Loopback()}, Roots: roots}
	if _, _, err := guard.New(cfg).Fetch(get(t, s.URL)); err != nil {
		t.Error(err)
	}
	if _, _, err := guard.New(cfg).Fetch(get(t, s.URL+"/leave")); !errors.Is(err, guard.ErrRedirect) {
		t.Errorf("got %v, want ErrRedirect", err)
	}
	cfg.Roots = nil
	if _, _, err := guard.New(cfg).Fetch(get(t, s.URL)); err == nil {
		t.Error("a certificate of nobody was accepted")
	}
}

func TestSizeLimit(t *testing.T) {
	bomb := new(bytes.Buffer)
	z := gzip.NewWriter(bomb)
	if _, err := io.Copy(z, io.LimitReader(zeros{}, 64<<20)); err != nil || z.Close() != nil {
		t.Fatal(err)
	}
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/bomb":
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(bomb.Bytes()) // the client hangs up
		case "/long":
			_, _ = io.CopyN(w, zeros{}, 1001) // as above
		case "/announced":
			w.Header().Set("Content-Length", "1000000000000")
			w.WriteHeader(http.StatusOK)
		case "/lie":
			w.Header().Set("Content-Length", "900")
			_, _ = io.CopyN(w, zeros{}, 100) // the server notices
		case "/headers":
			w.Header().Set("X", strings.Repeat("x", 100<<10))
		default:
			_, _ = io.CopyN(w, zeros{}, 1000) // the client may hang up
		}
	})
	c := local(guard.Limits{Bytes: 1000})
	for path, want := range map[string]error{"/bomb": guard.ErrTooLarge, "/long": guard.ErrTooLarge, "/announced": guard.ErrTooLarge, "/lie": io.ErrUnexpectedEOF} {
		if _, _, err := c.Fetch(get(t, s.URL+path)); !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", path, err, want)
		}
	}
	if _, _, err := c.Fetch(get(t, s.URL+"/headers")); err == nil {
		t.Error("100 KiB of headers were accepted")
	}
	if _, b, err := c.Fetch(get(t, s.URL+"/exact")); err != nil || len(b) != 1000 {
		t.Errorf("exactly the limit: got %d bytes, %v", len(b), err)
	}
	if _, b, err := c.With(guard.Limits{Bytes: 2000}).Fetch(get(t, s.URL+"/long")); err != nil || len(b) != 1001 {
		t.Errorf("with a higher limit: got %d bytes, %v", len(b), err)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func TestSlowAnswersAreCut(t *testing.T) {
	end := make(chan struct{})
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		flush := w.(http.Flusher).Flush
		switch r.URL.Path {
		case "/silent":
		case "/stalls":
			fmt.Fprint(w, "begin")
			flush()
		case "/drips":
			tick := time.NewTicker(20 * time.Millisecond)
			defer tick.Stop()
			for {
				fmt.Fprint(w, "x")
				flush()
				select {
				case <-tick.C:
				case <-r.Context().Done():
					return
				}
			}
		}
		select {
		case <-r.Context().Done():
		case <-end:
		}
	})
	defer close(end)
	rate := guard.Limits{Rate: 1000, Patience: 200 * time.Millisecond, Total: 6 * time.Second}
	total := guard.Limits{Rate: 1, Patience: time.Minute, Total: 300 * time.Millisecond}
	for _, test := range []struct {
		path string
		l    guard.Limits
	}{{"/stalls", rate}, {"/drips", rate}, {"/silent", total}, {"/stalls", total}, {"/drips", total}} {
		start := time.Now()
		if _, _, err := local(test.l).Fetch(get(t, s.URL+test.path)); !errors.Is(err, guard.ErrTooSlow) {
			t.Errorf("%s: got %v, want ErrTooSlow", test.path, err)
		}
		if took := time.Since(start); took > 3*time.Second {
			t.Errorf("%s took %v", test.path, took)
		}
	}
}

// A slow consumer is no slow sender.
func TestSlowReaderIsNotCut(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.CopyN(w, zeros{}, 256<<10) // its errors show in the client
	})
	res, err := local(guard.Limits{Rate: 10 << 20, Patience: 100 * time.Millisecond}).Do(get(t, s.URL))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	pause := time.NewTicker(30 * time.Millisecond)
	defer pause.Stop()
	for range 8 {
		if _, err := io.CopyN(io.Discard, res.Body, 32<<10); err != nil {
			t.Fatal(err)
		}
		<-pause.C
	}
}

func TestCallersContextEndsTheRequest(t *testing.T) {
	s := serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, _, err := local(guard.Limits{}).Fetch(get(t, s.URL).WithContext(ctx)); !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, guard.ErrTooSlow) {
		t.Errorf("got %v, want the caller's deadline", err)
	}
}
