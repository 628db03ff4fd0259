package instance

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"vidiverse/instance/rest"
)

// server is a running instance that others can reach, and its administrator.
type server struct {
	t         *testing.T
	url, host string
	token     string
	stop      func() error
}

func newServer(t *testing.T, change func(*Config)) *server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	cfg := testConfig(t)
	cfg.URL, cfg.Client = "http://"+l.Addr().String(), false
	cfg.Federation = Federation{Enabled: true, SignFetches: true, RemoteComments: true}
	cfg.Follows = Follows{Instance: true, Channels: true}
	cfg.Limits = Limits{API: Rate{Max: 1 << 20, Window: time.Minute}, Client: Rate{Max: 1 << 20, Window: time.Minute}, Login: Rate{Max: 1 << 20, Window: time.Minute}}
	if change != nil {
		change(&cfg)
	}
	ready := make(chan struct{})
	cfg.Listener, cfg.Ready = l, func(string, string) { close(ready) }
	i := open(t, cfg)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- errors.Join(i.Serve(ctx), i.Close()) }()
	select {
	case <-ready:
	case err := <-done:
		t.Fatalf("Serve: %v", err)
	}
	s := &server{t: t, url: cfg.URL, host: l.Addr().String(), stop: func() error { cancel(); return <-done }}
	t.Cleanup(func() {
		if err := s.stop(); err != nil {
			t.Error(err)
		}
	})
	var client struct {
		ID     string `json:"client_id"`
		Secret string `json:"client_secret"`
	}
	ask(t, "GET", s.url+"/api/v1/oauth-clients/local", nil, "", &client)
	var token struct {
		Access string `json:"access_token"`
	}
	ask(t, "POST", s.url+"/api/v1/users/token", url.Values{
		"client_id": {client.ID}, "client_secret": {client.Secret}, "grant_type": {"password"}, "username": {"root"}, "password": {"correct-horse"},
	}, "", &token)
	s.token = token.Access
	return s
}

// do asks the server as its administrator.
func (s *server) do(method, path string, body any, accept string) (int, string) {
	s.t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		s.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, bytes.NewReader(raw))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+s.token)
	if accept != "" {
		r.Header.Set("Accept", accept)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

func (s *server) follows(path string) (all []rest.ActorFollow) {
	s.t.Helper()
	_, body := s.do("GET", path, nil, "")
	var page rest.Page[rest.ActorFollow]
	if err := json.Unmarshal([]byte(body), &page); err != nil {
		s.t.Fatalf("%s: %v in %s", path, err, body)
	}
	return page.Data
}

// until waits for something that other servers have to do.
func (s *server) until(what string, ok func() bool) {
	s.t.Helper()
	deadline := time.After(time.Minute)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline:
			s.t.Fatalf("%s: it did not come about", what)
		}
	}
}

// Two servers find, follow, accept, reject and leave each other over HTTP, as
// servers and as people; both know the same of it.
func TestServersFollowEachOther(t *testing.T) {
	one := newServer(t, nil)
	two := newServer(t, func(c *Config) { c.Follows.ManualApproval = true })
	const following, followers = "/api/v1/server/following", "/api/v1/server/followers"
	if code, body := one.do("POST", following, rest.ServerFollow{Hosts: []string{two.host}}, ""); code != 204 {
		t.Fatalf("got %d %s", code, body)
	}
	two.until("the follower waits", func() bool {
		l := two.follows(followers + "?state=pending")
		return len(l) == 1 && l[0].Follower.Host == one.host
	})
	if code, body := two.do("POST", followers+"/peertube@"+one.host+"/accept", nil, ""); code != 204 {
		t.Fatalf("got %d %s", code, body)
	}
	one.until("the follow is accepted", func() bool {
		l := one.follows(following + "?state=accepted")
		return len(l) == 1 && l[0].Following.Host == two.host
	})
	if _, body := two.do("GET", "/accounts/peertube/followers?page=1", nil, "application/activity+json"); !strings.Contains(body, `"`+one.url+`/accounts/peertube"`) {
		t.Errorf("the collection: %s", body)
	}

	uri := "root_channel@" + two.host
	if code, body := one.do("POST", "/api/v1/users/me/subscriptions", rest.Subscribe{URI: uri}, ""); code != 204 {
		t.Fatalf("got %d %s", code, body)
	}
	const ofChannel = "/api/v1/video-channels/root_channel/followers"
	two.until("somebody subscribes", func() bool {
		l := two.follows(ofChannel)
		return len(l) == 1 && l[0].Follower.URL == one.url+"/accounts/root"
	})
	one.until("the channel is known", func() bool {
		code, body := one.do("GET", "/api/v1/users/me/subscriptions/"+uri, nil, "")
		return code == 200 && strings.Contains(body, `"ownerAccount":{"url":"`+two.url+`/accounts/root"`)
	})
	if code, body := one.do("GET", "/api/v1/accounts/root@"+two.host, nil, ""); code != 200 || !strings.Contains(body, `"host":"`+two.host+`"`) {
		t.Errorf("the owner: %d %s", code, body)
	}
	if code, _ := one.do("DELETE", "/api/v1/users/me/subscriptions/"+uri, nil, ""); code != 204 {
		t.Errorf("unsubscribe: %d", code)
	}

	if code, _ := two.do("POST", followers+"/peertube@"+one.host+"/reject", nil, ""); code != 204 {
		t.Errorf("reject: %d", code)
	}
	one.until("the follow is rejected", func() bool { l := one.follows(following); return len(l) == 1 && l[0].State == "rejected" })
	if code, _ := one.do("DELETE", following+"/"+two.host, nil, ""); code != 204 {
		t.Errorf("unfollow: %d", code)
	}
	if l := one.follows(following); len(l) != 0 {
		t.Errorf("still there: %+v", l)
	}
}

// What a channel says of itself reaches those who are subscribed elsewhere, and
// so does its end; then its address says that it is gone.
func TestProfilesReachOthers(t *testing.T) {
	one, two := newServer(t, nil), newServer(t, nil)
	must := func(code int, body string) {
		t.Helper()
		if code/100 != 2 {
			t.Fatalf("got %d %s", code, body)
		}
	}
	must(two.do("POST", "/api/v1/video-channels", rest.ChannelCreate{Name: "sky", DisplayName: "Sky"}, ""))
	uri := "sky@" + two.host
	must(one.do("POST", "/api/v1/users/me/subscriptions", rest.Subscribe{URI: uri}, ""))
	two.until("somebody subscribes", func() bool { return len(two.follows("/api/v1/video-channels/sky/followers")) == 1 })
	must(two.do("PUT", "/api/v1/video-channels/sky", map[string]string{"displayName": "Blue sky", "support": "with *stars*"}, ""))
	one.until("the new name arrives", func() bool {
		_, body := one.do("GET", "/api/v1/video-channels/"+uri, nil, "")
		return strings.Contains(body, `"displayName":"Blue sky"`) && strings.Contains(body, `"support":"with *stars*"`)
	})
	must(two.do("DELETE", "/api/v1/video-channels/sky", nil, ""))
	one.until("it is gone", func() bool {
		code, _ := one.do("GET", "/api/v1/video-channels/"+uri, nil, "")
		return code == 404
	})
	if _, body := one.do("GET", "/api/v1/users/me/subscriptions", nil, ""); !strings.HasPrefix(body, `{"total":0,`) {
		t.Errorf("still subscribed: %s", body)
	}
	if code, body := two.do("GET", "/video-channels/sky", nil, "application/activity+json"); code != 410 {
		t.Errorf("its address: got %d %s", code, body)
	}
}

// What was read long ago is read again when somebody looks at it, though nobody
// here follows it.
func TestProfilesAreReadAgain(t *testing.T) {
	one := newServer(t, func(c *Config) { c.Federation.Every.Refresh = time.Nanosecond })
	two := newServer(t, nil)
	uri := "root_channel@" + two.host
	if code, body := one.do("POST", "/api/v1/users/me/subscriptions", rest.Subscribe{URI: uri}, ""); code != 204 {
		t.Fatalf("got %d %s", code, body)
	}
	two.until("somebody subscribes", func() bool { return len(two.follows("/api/v1/video-channels/root_channel/followers")) == 1 })
	if code, _ := one.do("DELETE", "/api/v1/users/me/subscriptions/"+uri, nil, ""); code != 204 {
		t.Fatalf("got %d", code)
	}
	two.until("nobody is subscribed", func() bool { return len(two.follows("/api/v1/video-channels/root_channel/followers")) == 0 })
	if code, _ := two.do("PUT", "/api/v1/users/me", map[string]string{"displayName": "Root of two"}, ""); code != 204 {
		t.Fatalf("got %d", code)
	}
	one.until("the new name is read", func() bool {
		_, body := one.do("GET", "/api/v1/accounts/root@"+two.host, nil, "")
		return strings.Contains(body, `"displayName":"Root of two"`)
	})
}

// A server follows those of an index, each once, and no rubbish.
func TestServerFollowsAnIndex(t *testing.T) {
	two := newServer(t, nil)
	index := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"total":4,"data":[{"host":%q},{"host":%q},{"host":"no host"},{"host":7}]}`, two.host, two.host)
	}))
	t.Cleanup(index.Close)
	one := newServer(t, func(c *Config) { c.Follows.Index, c.Federation.Every.FollowUp = index.URL, time.Second })
	one.until("it follows", func() bool {
		l := one.follows("/api/v1/server/following?state=accepted")
		return len(l) == 1 && l[0].Following.Host == two.host
	})
}

// A server tells of itself where others look first; its actors have their keys
// by then.
func TestServerIsFound(t *testing.T) {
	s := newServer(t, nil)
	code, body := s.do("GET", "/nodeinfo/2.0.json", nil, "")
	var info rest.NodeInfo
	if err := json.Unmarshal([]byte(body), &info); err != nil || code != 200 {
		t.Fatalf("got %d %s", code, body)
	}
	if info.Usage.Users.Total != 1 || info.Usage.LocalPosts != 0 || info.Software.Name != "peertube" || len(info.Protocols) != 1 {
		t.Errorf("got %+v", info)
	}
	code, body = s.do("GET", "/.well-known/webfinger?resource=acct:root@"+s.host, nil, "")
	if code != 200 || !strings.Contains(body, `"href":"`+s.url+`/accounts/root"`) {
		t.Errorf("WebFinger: %d %s", code, body)
	}
	code, body = s.do("GET", "/accounts/root", nil, "application/activity+json")
	if code != 200 || !strings.Contains(body, "BEGIN PUBLIC KEY") {
		t.Errorf("actor: %d %s", code, body)
	}
	closed := newServer(t, func(c *Config) { c.Federation.Enabled = false })
	if code, body := closed.do("GET", "/accounts/root", nil, "application/activity+json"); code != 404 {
		t.Errorf("closed: %d %s", code, body)
	}
	if code, body := closed.do("POST", "/api/v1/server/following", rest.ServerFollow{Hosts: []string{s.host}}, ""); code == 204 {
		t.Errorf("closed, and follows: %d %s", code, body)
	}
}

// What federation does by itself it does as often as the operator wants, and an
// administrator sees each of it among the jobs.
func TestIntervalsAreTheOperators(t *testing.T) {
	s := newServer(t, func(c *Config) {
		c.Federation.CleanRemote = true
		each := time.Second
		c.Federation.Every = Intervals{Scores: each, Follows: each, Clean: each, Expire: each, Deliver: each, Viewers: each}
	})
	for _, kind := range []string{"activitypub-cleaner", "actor-update-scores", "actor-resend-follows", "clean-videos", "sweep-deliveries", "videos-viewers"} {
		s.until(kind, func() bool {
			_, body := s.do("GET", "/api/v1/jobs/completed?jobType="+kind, nil, "")
			var page rest.Page[rest.Job]
			return json.Unmarshal([]byte(body), &page) == nil && page.Total > 1
		})
	}
}
