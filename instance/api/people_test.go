package api

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"vidiverse/instance/db"
	"vidiverse/instance/db/dbtest"
	"vidiverse/instance/rest"
	"vidiverse/instance/rest/resttest"
)

func registration(name string) map[string]any {
	return map[string]any{"username": name, "password": "a good password", "email": name + "@two.test"}
}

// People sign up as plain users until the instance is full, and the
// configuration says when it is.
func TestSignUp(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, func(c *Config) { c.Limits.Signup.Max = 100 })
		carol := registration("carol")
		carol["displayName"] = "Carol C."
		carol["channel"] = map[string]string{"name": "carols", "displayName": "Of Carol"}
		w.want(204, "POST", "/api/v1/users/register", "", carol)
		me := decodeInto[rest.Me](w, w.want(200, "GET", "/api/v1/users/me", w.grant(w.password("carol", "a good password")).AccessToken, nil))
		if me.Role.ID != 2 || me.EmailVerified || me.Account.DisplayName != "Carol C." || me.VideoQuota != -1 ||
			len(me.VideoChannels) != 1 || me.VideoChannels[0].Name != "carols" || me.VideoChannels[0].DisplayName != "Of Carol" {
			t.Errorf("got %+v", me)
		}
		config := func() rest.ServerConfig {
			return decodeInto[rest.ServerConfig](w, w.want(200, "GET", "/api/v1/config", "", nil))
		}
		if c := config(); !c.Signup.Allowed || !c.Signup.AllowedForCurrentIP {
			t.Errorf("with room for one: got %+v", c.Signup)
		}
		w.want(204, "POST", "/api/v1/users/register", "", registration("dave"))
		if c := config(); c.Signup.Allowed {
			t.Errorf("when full: got %+v", c.Signup)
		}
		resp, body := w.do("POST", "/api/v1/users/register", "", registration("erin"))
		if resp.StatusCode != 403 || !strings.Contains(string(body), "User registration is not allowed") {
			t.Errorf("when full: got %d %s", resp.StatusCode, body)
		}
	})
}

// A registration is refused as PeerTube refuses it.
func TestSignUpRefuses(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	with := func(pairs ...any) map[string]any {
		r := registration("carol")
		for i := 0; i < len(pairs); i += 2 {
			r[pairs[i].(string)] = pairs[i+1]
		}
		return r
	}
	channel := func(name, display string) map[string]string {
		return map[string]string{"name": name, "displayName": display}
	}
	for i, tt := range []struct {
		status int
		body   any
	}{
		{400, with("username", "")}, {400, with("username", strings.Repeat("super", 50))}, {400, with("username", "my name")},
		{400, with("username", "Carol")}, {400, with("email", "")}, {400, with("email", "carol_two.test")},
		{400, with("password", "bla")}, {400, with("password", strings.Repeat("super", 61))}, {400, with("displayName", strings.Repeat("a", 150))},
		{400, with("channel", channel("[]azf", "toto"))}, {400, with("channel", channel("toto", ""))}, {400, with("channel", channel("", "toto"))},
		{400, with("channel", channel("carol", "same"))}, {400, "{bad"}, {400, nil},
		{409, with("username", "alice")}, {409, with("username", "peertube")}, {409, with("email", "ALICE@one.test")},
		{409, with("channel", channel("alice_channel", "toto"))}, {409, with("channel", channel("alice", "toto"))},
	} {
		if resp, body := w.do("POST", "/api/v1/users/register", "", tt.body); resp.StatusCode != tt.status {
			t.Errorf("%d %v: got %d %s, want %d", i, tt.body, resp.StatusCode, body, tt.status)
		}
	}
	resp, _ := w.do("POST", "/api/v1/users/register", "", registration("carol"), "X-Forwarded-For", "10.1.2.3")
	if resp.StatusCode != 403 {
		t.Errorf("from a refused network: got %d", resp.StatusCode)
	}
	for n, want := range []int{204, 204, 429} { // what was refused did not count
		if resp, body := w.do("POST", "/api/v1/users/register", "", registration(fmt.Sprintf("new%d", n))); resp.StatusCode != want {
			t.Errorf("registration %d: got %d %s, want %d", n, resp.StatusCode, body, want)
		}
	}
}

// Who signs up and sends every member that a user has gets none that is not
// theirs to say.
func TestMassAssignmentOnSignUp(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	body := registration("carol")
	for k, v := range map[string]any{
		"role": 0, "videoQuota": 1 << 40, "videoQuotaDaily": 1 << 40, "adminFlags": 1, "emailVerified": true, "blocked": true,
		"id": 1, "userId": 1, "accountId": 1, "pluginAuth": "x", "isPendingEmail": false, "createdAt": "2000-01-01T00:00:00Z",
	} {
		body[k] = v
	}
	w.want(204, "POST", "/api/v1/users/register", "", body)
	me := decodeInto[rest.Me](w, w.want(200, "GET", "/api/v1/users/me", w.grant(w.password("carol", "a good password")).AccessToken, nil))
	if me.ID == 1 || me.Role.ID != 2 || me.VideoQuota != -1 || me.VideoQuotaDaily != -1 || me.AdminFlags != 0 || me.EmailVerified || me.Blocked ||
		me.PluginAuth != nil || time.Time(me.CreatedAt).Year() < 2020 {
		t.Errorf("got %+v", me)
	}
}

// Moderators care for plain users; nobody takes anything from root.
func TestManageUsers(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		root, alice := w.login("root"), w.login("alice")
		w.want(200, "POST", "/api/v1/users", root, map[string]any{
			"username": "mod", "password": "mod-password", "email": "mod@one.test", "role": 1, "videoQuota": -1, "videoQuotaDaily": -1})
		mod := w.login("mod")
		const one = "/api/v1/users/"
		for _, tt := range []struct {
			status              int
			method, path, token string
			body                any
		}{
			{401, "GET", "/api/v1/users", "", nil}, {403, "GET", "/api/v1/users", alice, nil}, {403, "GET", one + "1", alice, nil},
			{403, "PUT", one + "2", alice, map[string]any{"role": 0}}, {403, "DELETE", one + "3", alice, nil}, {403, "POST", one + "3/block", alice, nil},
			{400, "GET", "/api/v1/users?sort=password", root, nil}, {400, "GET", "/api/v1/users?count=1000", root, nil},
			{400, "GET", one + "x", root, nil}, {404, "GET", one + "99", root, nil}, {404, "DELETE", one + "99", root, nil},
			{400, "PUT", one + "2", root, map[string]any{"email": "blabla"}}, {409, "PUT", one + "2", root, map[string]any{"email": "MOD@one.test"}},
			{400, "PUT", one + "2", root, map[string]any{"emailVerified": "yes"}}, {400, "PUT", one + "2", root, map[string]any{"videoQuota": -90}},
			{400, "PUT", one + "2", root, map[string]any{"role": 54878}}, {400, "PUT", one + "2", root, map[string]any{"password": "bla"}},
			{400, "PUT", one + "2", root, map[string]any{"adminFlags": "toto"}}, {400, "PUT", one + "2", root, map[string]any{"adminFlags": -1}},
			{400, "PUT", one + "1", root, map[string]any{"role": 1}}, {400, "POST", one + "1/block", root, nil}, {400, "DELETE", one + "1", root, nil},
			{400, "DELETE", "/api/v1/users/me", root, nil}, {400, "POST", one + "2/block", root, map[string]any{"reason": "x"}},
			{403, "PUT", one + "4", mod, map[string]any{"videoQuota": 42}}, {400, "DELETE", one + "1", mod, nil}, {400, "POST", one + "1/block", mod, nil}, {400, "POST", one + "1/unblock", mod, nil},
			{403, "PUT", one + "2", mod, map[string]any{"role": 0}}, {403, "PUT", one + "2", mod, map[string]any{"role": 1}},
			{204, "PUT", one + "2", mod, map[string]any{"videoQuota": 42, "role": 2}},
			{204, "PUT", one + "2", root, map[string]any{"email": "alice@one.test", "emailVerified": true, "videoQuotaDaily": 7, "adminFlags": 1}},
		} {
			if resp, body := w.do(tt.method, tt.path, tt.token, tt.body); resp.StatusCode != tt.status {
				t.Errorf("%s %s %v: got %d %s, want %d", tt.method, tt.path, tt.body, resp.StatusCode, body, tt.status)
			}
		}
		u := decodeInto[rest.UserWithStats](w, w.want(200, "GET", one+"2?withStats=true", mod, nil))
		if u.Username != "alice" || u.VideoQuota != 42 || u.VideoQuotaDaily != 7 || !u.EmailVerified || u.AdminFlags != 1 || len(u.VideoChannels) != 1 {
			t.Errorf("got %+v", u)
		}
		for query, want := range map[string]string{
			"": "mod bob alice root", "?sort=username": "alice bob mod root", "?sort=-role": "bob alice mod root", "?sort=videoQuotaUsed": "root alice bob mod",
			"?sort=id&start=1&count=2": "alice bob", "?role=1": "mod", "?search=BOB@": "bob", "?blocked=true": "", "?search=%25": "",
		} {
			page := decodeInto[rest.Page[rest.ListedUser]](w, w.want(200, "GET", "/api/v1/users"+query, mod, nil))
			names := []string{}
			for _, u := range page.Data {
				names = append(names, u.Username)
			}
			if got := strings.Join(names, " "); got != want {
				t.Errorf("%s: got %q, want %q", query, got, want)
			}
		}
		if got := string(w.want(200, "GET", "/api/v1/users/autocomplete?search=o", "", nil)); got != `["bob","mod","root"]` {
			t.Errorf("complete: got %s", got)
		}
	})
}

// A blocked or deleted user, and one whose role changed, has no live token from
// that answer on; unblocked, they may come back.
func TestBlockedUsersAreOut(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		root := w.login("root")
		first := w.grant(w.password("alice", alicePassword))
		w.want(200, "GET", "/api/v1/users/me", first.AccessToken, nil)
		w.want(204, "POST", "/api/v1/users/2/block", root, rest.UserBlock{Reason: "was rude"})
		w.want(401, "GET", "/api/v1/users/me", first.AccessToken, nil)
		w.want(400, "POST", "/api/v1/users/token", "", w.refresh(first.RefreshToken))
		resp, body := w.do("POST", "/api/v1/users/token", "", w.password("alice", alicePassword))
		if resp.StatusCode != 400 || !strings.Contains(string(body), "account_blocked") {
			t.Errorf("log-in: got %d %s", resp.StatusCode, body)
		}
		u := decodeInto[rest.User](w, w.want(200, "GET", "/api/v1/users/2", root, nil))
		if !u.Blocked || u.BlockedReason == nil || *u.BlockedReason != "was rude" {
			t.Errorf("got %+v", u)
		}
		w.want(204, "POST", "/api/v1/users/2/unblock", root, nil)
		again := w.login("alice")
		w.want(200, "GET", "/api/v1/users/me", again, nil)
		w.want(204, "PUT", "/api/v1/users/2", root, map[string]any{"role": 1})
		w.want(401, "GET", "/api/v1/users/me", again, nil)
		bob := w.login("bob")
		w.want(204, "DELETE", "/api/v1/users/me", bob, nil)
		w.want(401, "GET", "/api/v1/users/me", bob, nil)
		w.want(400, "POST", "/api/v1/users/token", "", w.password("bob", "bob-password"))
		for _, path := range []string{"/api/v1/users/3", "/api/v1/accounts/bob", "/api/v1/video-channels/bob_channel"} {
			w.want(404, "GET", path, root, nil)
		}
		w.want(409, "POST", "/api/v1/users/register", "", registration("bob")) // the name stays taken
	})
}

func TestUsersAreShapedAsPeerTubes(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	resp, body := w.do(http.MethodGet, "/api/v1/users?count=3", w.login("root"), nil)
	resttest.Status(t, "users-list.json", resp)
	resttest.Body(t, "users-list.json", body)
}
