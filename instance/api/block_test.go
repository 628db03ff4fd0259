package api

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"vidiverse/instance/db"
	"vidiverse/instance/db/dbtest"
	"vidiverse/instance/rest"
	"vidiverse/instance/rest/resttest"
)

const (
	myMutes  = "/api/v1/users/me/blocklist"
	ourMutes = "/api/v1/server/blocklist"
)

// People mute accounts and servers for themselves, moderators for everybody;
// each list tells of its own alone, and what is unmuted is gone from it.
func TestMutes(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		alice, root := w.login("alice"), w.login("root")
		for _, l := range []struct{ path, token, by string }{{myMutes, alice, "alice"}, {ourMutes, root, "peertube"}} {
			w.want(204, "POST", l.path+"/accounts", l.token, rest.BlockAccount{AccountName: "bob"})
			w.want(204, "POST", l.path+"/accounts", l.token, rest.BlockAccount{AccountName: "bob@one.test"})
			w.want(204, "POST", l.path+"/servers", l.token, rest.Host{Host: "Two.test:9002"})
			accounts := decodeInto[rest.Page[rest.AccountBlock]](w, w.want(200, "GET", l.path+"/accounts?search=bo&sort=createdAt", l.token, nil))
			if accounts.Total != 1 || accounts.Data[0].ByAccount.Name != l.by || accounts.Data[0].BlockedAccount.Name != "bob" {
				t.Errorf("%s: got %+v", l.path, accounts)
			}
			servers := decodeInto[rest.Page[rest.ServerBlock]](w, w.want(200, "GET", l.path+"/servers", l.token, nil))
			if servers.Total != 1 || servers.Data[0].ByAccount.Name != l.by || servers.Data[0].BlockedServer.Host != "two.test:9002" {
				t.Errorf("%s: got %+v", l.path, servers)
			}
		}
		ask := "/api/v1/blocklist/status?accounts[]=bob@one.test&accounts[]=root@one.test&hosts=two.test:9002&hosts=three.test"
		for token, user := range map[string]bool{"": false, alice: true, root: false} {
			s := decodeInto[rest.BlockStatus](w, w.want(200, "GET", ask, token, nil))
			want := rest.Blocked{ByServer: true, ByUser: user}
			if s.Accounts["bob@one.test"] != want || s.Hosts["two.test:9002"] != want || len(s.Accounts) != 2 || len(s.Hosts) != 2 ||
				s.Accounts["root@one.test"] != (rest.Blocked{}) || s.Hosts["three.test"] != (rest.Blocked{}) {
				t.Errorf("got %+v, want by the server and by the user %v", s, user)
			}
		}
		w.want(204, "DELETE", ourMutes+"/accounts/bob", root, nil)
		w.want(204, "DELETE", ourMutes+"/servers/two.test:9002", root, nil)
		w.want(404, "DELETE", ourMutes+"/accounts/bob", root, nil)
		w.want(404, "DELETE", ourMutes+"/servers/two.test:9002", root, nil)
		s := decodeInto[rest.BlockStatus](w, w.want(200, "GET", ask, alice, nil))
		if want := (rest.Blocked{ByUser: true}); s.Accounts["bob@one.test"] != want || s.Hosts["two.test:9002"] != want {
			t.Errorf("after the instance took it back: got %+v, want by the user alone", s)
		}
	})
}

// Every list refuses what PeerTube's refuses.
func hostsAsked(n int) string {
	q := url.Values{}
	for i := range n {
		q.Add("hosts", fmt.Sprintf("h%d.test", i))
	}
	return q.Encode()
}

func TestMutesRefuse(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	alice, root := w.login("alice"), w.login("root")
	account := func(name string) any { return rest.BlockAccount{AccountName: name} }
	host := func(name string) any { return rest.Host{Host: name} }
	for _, tt := range []struct {
		status              int
		method, path, token string
		body                any
	}{
		{401, "GET", myMutes + "/accounts", "", nil}, {401, "GET", ourMutes + "/servers", "", nil},
		{403, "GET", ourMutes + "/accounts", alice, nil}, {403, "POST", ourMutes + "/accounts", alice, account("bob")},
		{403, "GET", ourMutes + "/servers", alice, nil}, {403, "DELETE", ourMutes + "/servers/two.test", alice, nil},
		{400, "GET", myMutes + "/accounts?sort=name", alice, nil}, {400, "GET", myMutes + "/servers?count=200", alice, nil},
		{404, "POST", myMutes + "/accounts", alice, account("nobody")}, {400, "POST", myMutes + "/accounts", alice, account("")},
		{409, "POST", myMutes + "/accounts", alice, account("alice")}, {409, "POST", ourMutes + "/accounts", root, account("root")},
		{409, "POST", ourMutes + "/accounts", root, account("peertube")},
		{409, "POST", myMutes + "/servers", alice, host("ONE.test")}, {400, "POST", myMutes + "/servers", alice, host("https://two.test")},
		{400, "POST", myMutes + "/servers", alice, host("")}, {400, "POST", myMutes + "/servers", alice, host("two.test/x")},
		{404, "DELETE", myMutes + "/servers/two.test", alice, nil}, {404, "DELETE", myMutes + "/accounts/bob", alice, nil},
		{401, "GET", "/api/v1/blocklist/status", "wrong", nil},
		{400, "GET", "/api/v1/blocklist/status?accounts=1", "", nil}, {400, "GET", "/api/v1/blocklist/status?hosts[]=1", "", nil},
		{400, "GET", "/api/v1/blocklist/status?hosts=a.test&hosts=a.test", "", nil},
		{200, "GET", "/api/v1/blocklist/status?" + strings.Repeat("accounts[]=a@a.test&", 101), "", nil},
		{200, "GET", "/api/v1/blocklist/status?" + hostsAsked(100), "", nil}, {400, "GET", "/api/v1/blocklist/status?" + hostsAsked(101), "", nil},
		{400, "GET", "/api/v1/blocklist/status?accounts=a@b.test%00", "", nil},
		{400, "GET", "/api/v1/blocklist/status?accounts=a%00@b.test", "", nil}, {400, "GET", "/api/v1/blocklist/status?accounts=%ff@b.test", "", nil},
		{200, "GET", myMutes + "/accounts?search=" + url.QueryEscape("%_!'\\"), alice, nil},
	} {
		if resp, body := w.do(tt.method, tt.path, tt.token, tt.body); resp.StatusCode != tt.status {
			t.Errorf("%s %s: got %d %s, want %d", tt.method, tt.path, resp.StatusCode, body, tt.status)
		}
	}
}

func TestMutesAreShapedAsPeerTubes(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	root := w.login("root")
	for file, path := range map[string]string{
		"server-blocklist-accounts.json": ourMutes + "/accounts",
		"blocklist-status.json":          "/api/v1/blocklist/status?accounts%5B%5D=bobby@127.0.0.1:9002",
	} {
		resp, body := w.do(http.MethodGet, path, root, nil)
		resttest.Status(t, file, resp)
		resttest.Body(t, file, body)
	}
}
