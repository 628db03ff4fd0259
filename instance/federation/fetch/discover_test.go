package fetch_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"vidiverse/instance/account"
	"vidiverse/instance/actor"
	"vidiverse/instance/channel"
	"vidiverse/instance/db/dbtest"
	"vidiverse/instance/federation/fetch"
	"vidiverse/instance/job"
	"vidiverse/p2p/guard"
)

const someKey = `-----BEGIN PUBLIC KEY-----\nMIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQC8a4Ka8yHmfjp8W9YMucuGeMg9\n90hOHEdgJAC7yGa/l2gPe9yRG2dRFrU8yClfSeG2lMnqQcrng+fflk1FF+IVbU9l\n+9k6fABFBxo/tzvC6wK1RJml0N8lC9fzV0uvZytnugxGh11PptxLXKPodLrqs0Xx\nWLkK92/wHf9O0eR8KwIDAQAB\n-----END PUBLIC KEY-----\n`

// elsewhere is another server: it answers what it was told to, and notes what it
// was asked.
type elsewhere struct {
	url, host string
	mu        sync.Mutex
	asked     []string
	answers   map[string]answer
}

type answer struct{ kind, body, location string }

func newElsewhere(t *testing.T) *elsewhere {
	e := &elsewhere{answers: map[string]answer{}}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.asked = append(e.asked, r.URL.Path)
		a, ok := e.answers[r.URL.Path]
		switch {
		case !ok:
			http.NotFound(w, r)
		case a.location != "":
			http.Redirect(w, r, a.location, http.StatusFound)
		default:
			w.Header().Set("Content-Type", a.kind)
			fmt.Fprint(w, a.body)
		}
	}))
	t.Cleanup(s.Close)
	e.url, e.host = s.URL, strings.TrimPrefix(s.URL, "http://")
	return e
}

func (e *elsewhere) put(path string, a answer) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.answers[path] = a
}

func (e *elsewhere) wasAsked() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	all := e.asked
	e.asked = nil
	return all
}

// application is the document of the server's own actor.
func (e *elsewhere) application() answer {
	u := e.url + "/accounts/peertube"
	return answer{kind: "application/activity+json", body: fmt.Sprintf(`{"@context":"https://www.w3.org/ns/activitystreams","type":"Application","id":%q,
		"inbox":%q,"preferredUsername":"peertube","publicKey":{"id":%q,"owner":%q,"publicKeyPem":"%s"}}`, u, u+"/inbox", u+"#main-key", u, someKey)}
}

func nodeInfo(href string) answer {
	return answer{kind: "application/json", body: fmt.Sprintf(`{"links":[{"rel":"https://www.w3.org/ns/activitystreams#Application","href":%q}]}`, href)}
}

func newFetcher(t *testing.T, policy guard.Policy) *fetch.Fetcher {
	d := dbtest.SQLite(t)
	actors := actor.New(d, &url.URL{Scheme: "http", Host: "127.0.0.1:9001"}, time.Now)
	accounts := account.New(d, actors, time.Now)
	return fetch.New(fetch.Config{
		DB: d, Jobs: job.New(d, job.Config{}), Client: guard.New(guard.Config{Policy: policy}), Actors: actors, Accounts: accounts,
		Channels: channel.New(channel.Config{DB: d, Actors: actors, Accounts: accounts}),
	})
}

var loopback = guard.Policy{Plain: true, Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}

// A server that is followed is found by what its NodeInfo names.
func TestInstanceActor(t *testing.T) {
	two := newElsewhere(t)
	two.put("/.well-known/nodeinfo", nodeInfo(two.url+"/accounts/peertube"))
	two.put("/accounts/peertube", two.application())
	a, err := newFetcher(t, loopback).InstanceActor(t.Context(), two.host)
	if err != nil || a.URL != two.url+"/accounts/peertube" || a.Kind != actor.Application || a.Host != two.host {
		t.Errorf("got %+v %v", a, err)
	}
}

// A server names nobody but its own in NodeInfo and WebFinger: what it names
// elsewhere is not asked.
func TestDiscoveryLeadsNowhereElse(t *testing.T) {
	evil, victim := newElsewhere(t), newElsewhere(t)
	victim.put("/accounts/peertube", victim.application())
	f := newFetcher(t, loopback)
	for _, href := range []string{
		victim.url + "/accounts/peertube", "http://x@" + victim.host + "/", "data:application/activity+json,{}", "file:///etc/passwd",
		"http://127.0.0.1:9001/accounts/peertube", "/accounts/peertube", "//" + victim.host, "gopher://" + victim.host, "", "http://",
	} {
		evil.put("/.well-known/nodeinfo", nodeInfo(href))
		evil.put("/.well-known/webfinger", answer{kind: "application/jrd+json", body: fmt.Sprintf(
			`{"subject":"acct:peertube@%s","links":[{"rel":"self","type":"application/activity+json","href":%q}]}`, evil.host, href)})
		if a, err := f.InstanceActor(t.Context(), evil.host); err == nil {
			t.Errorf("%q: found %s", href, a.URL)
		}
		if a, err := f.ActorByHandle(t.Context(), "bob", evil.host); err == nil {
			t.Errorf("%q: found %s", href, a.URL)
		}
	}
	if asked := victim.wasAsked(); len(asked) > 0 {
		t.Errorf("another server was asked for %q", asked)
	}
	for name, a := range map[string]answer{
		"a page": {kind: "text/html", body: nodeInfo(evil.url + "/accounts/peertube").body}, "no JSON": {kind: "application/json", body: "[[["},
		"many links":       {kind: "application/json", body: `{"links":[` + strings.Repeat(`{"rel":"x"},`, 10_000) + `{}]}`},
		"deep":             {kind: "application/json", body: strings.Repeat(`{"links":`, 1000)},
		"around in circle": {location: evil.url + "/.well-known/nodeinfo"},
	} {
		evil.wasAsked()
		evil.put("/.well-known/nodeinfo", a)
		if a, err := f.InstanceActor(t.Context(), evil.host); err == nil {
			t.Errorf("%s: found %s", name, a.URL)
		}
		if asked := evil.wasAsked(); len(asked) > 10 {
			t.Errorf("%s: %d requests", name, len(asked))
		}
	}
}

// Addresses inside are not asked, whoever names them.
func TestDiscoveryStaysOutside(t *testing.T) {
	two := newElsewhere(t)
	f := newFetcher(t, guard.Policy{Plain: true})
	for _, host := range []string{two.host, "localhost:" + two.host[strings.LastIndex(two.host, ":")+1:], "[::1]:80", "0.0.0.0:80", "169.254.169.254"} {
		if a, err := f.InstanceActor(t.Context(), host); err == nil {
			t.Errorf("%s: found %s", host, a.URL)
		}
		if a, err := f.ActorByHandle(t.Context(), "bob", host); err == nil {
			t.Errorf("%s: found %s", host, a.URL)
		}
	}
	if asked := two.wasAsked(); len(asked) > 0 {
		t.Errorf("it was asked for %q", asked)
	}
}
