package api

import (
	"slices"
	"strings"
	"testing"

	"vidiverse/instance/db"
	"vidiverse/instance/db/dbtest"
	"vidiverse/instance/rest"
)

// refusal is a request that is refused, and what the refusal says.
type refusal struct {
	status              int
	method, path, token string
	body                any
	says                string
}

func (w *world) refuses(all []refusal) {
	w.t.Helper()
	for _, tt := range all {
		resp, body := w.do(tt.method, tt.path, tt.token, tt.body)
		if resp.StatusCode != tt.status || !strings.Contains(string(body), tt.says) {
			w.t.Errorf("%s %s %v: got %d %s, want %d %s", tt.method, tt.path, tt.body, resp.StatusCode, body, tt.status, tt.says)
		}
	}
}

// Clients show what is wrong with a name: which one it is must not be guessed.
func TestNewUsersRefuse(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		root := w.login("root")
		w.want(200, "POST", "/api/v1/users", root, map[string]any{
			"username": "mod", "password": "mod-password", "email": "mod@one.test", "role": "1", "videoQuota": "-1"})
		mod := w.login("mod")
		draft := func(change ...any) map[string]any {
			m := map[string]any{"username": "carol", "password": "a good password", "email": "carol@one.test", "role": 2}
			for i := 0; i < len(change); i += 2 {
				m[change[i].(string)] = change[i+1]
			}
			return m
		}
		const users, sign = "/api/v1/users", "/api/v1/users/register"
		channel := func(name, display string) map[string]any { return map[string]any{"name": name, "displayName": display} }
		w.refuses([]refusal{
			{400, "POST", users, root, draft("adminFlags", "toto"), "adminFlags"}, {400, "POST", users, root, draft("role", "x"), "role"},
			{409, "POST", users, root, draft("username", "alice"), "User with this username or email already exists."},
			{409, "POST", users, root, draft("email", "ALICE@one.test"), "User with this username or email already exists."},
			{409, "POST", users, root, draft("username", "peertube"), "Another actor (account/channel) with this name on this instance"},
			{409, "POST", users, root, draft("username", "alice_channel"), "Another actor (account/channel) with this name on this instance"},
			{400, "POST", users, root, draft("channelName", "carol"), "Channel name cannot be the same as user username."},
			{409, "POST", users, root, draft("channelName", "Alice_channel"), "Channel with name Alice_channel already exists."},
			{403, "POST", users, mod, draft("role", 1), "You can only create users (and not administrators or moderators)"},
			{409, "POST", users, mod, draft("role", 1, "username", "alice"), "already exists"},
			{409, "POST", sign, "", draft("username", "peertube"), "Another actor (account/channel) with this name on this instance"},
			{409, "POST", sign, "", draft("channel", channel("alice_channel", "x")), "Channel with name alice_channel already exists."},
			{400, "POST", sign, "", draft("channel", channel("carol", "x")), "Channel name cannot be the same as user username."},
			{400, "POST", sign, "", draft("channel", channel("c", "")), "Channel is optional"},
			{409, "PUT", users + "/2", root, map[string]any{"email": "MOD@one.test"}, "User with this email already exists."},
			{400, "GET", users + "/2?withStats=x", root, nil, "withStats"},
		})
	})
}

// A settings page says what was wrong, and a stolen session learns nothing from
// the order of the checks.
func TestOwnSettingsRefuse(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	alice := w.login("alice")
	const me = "/api/v1/users/me"
	put := func(kv ...any) map[string]any {
		m := map[string]any{}
		for i := 0; i < len(kv); i += 2 {
			m[kv[i].(string)] = kv[i+1]
		}
		return m
	}
	w.refuses([]refusal{
		{400, "PUT", me, alice, put("password", "a new password"), `"currentPassword parameter is missing"`},
		{401, "PUT", me, alice, put("password", "x", "currentPassword", "wrong"), `"code":"current_password_is_invalid"`},
		{401, "PUT", me, alice, put("email", "new@one.test", "currentPassword", "wrong"), "currentPassword is invalid."},
		{400, "PUT", me, alice, put("password", "x", "currentPassword", alicePassword), "invalid-params"},
		{409, "PUT", me, alice, put("email", "BOB@one.test", "currentPassword", alicePassword), "User with this email already exists."},
		{400, "PUT", me, alice, put("nsfwFlagsDisplayed", 1, "nsfwFlagsWarned", 3), "Cannot use same flags in nsfwFlagsDisplayed"},
		{400, "PUT", me, alice, put("nsfwFlagsHidden", 2, "nsfwFlagsBlurred", 2), "Cannot use same flags"},
		{400, "PUT", me, alice, put("theme", "unknown"), "theme"}, {400, "PUT", me, alice, put("language", "toto"), "language"},
		{401, "POST", me + "/new-feature-info/read", "", put("feature", 1), ""},
		{400, "POST", me + "/new-feature-info/read", alice, put(), "feature"}, {400, "POST", me + "/new-feature-info/read", alice, put("feature", "toto"), "feature"},
	})
	w.want(204, "PUT", me, alice, put("theme", "peertube-core-dark-brown", "language", "zh-Hans", "nsfwFlagsHidden", 1, "nsfwFlagsWarned", 2))
	w.want(204, "POST", me+"/new-feature-info/read", alice, put("feature", 2))
	if got := decodeInto[rest.Me](w, w.want(200, "GET", me, alice, nil)); got.NewFeaturesInfoRead != 3 || got.Theme != "peertube-core-dark-brown" {
		t.Errorf("got features %d, theme %s", got.NewFeaturesInfoRead, got.Theme)
	}
}

// An operator stops the queue before a repair: nothing may begin meanwhile.
func TestJobsPause(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	root, alice := w.login("root"), w.login("alice")
	const jobs = "/api/v1/jobs"
	w.refuses([]refusal{
		{401, "POST", jobs + "/pause", "", nil, ""}, {403, "POST", jobs + "/resume", alice, nil, ""},
		{400, "GET", jobs + "/failed?jobType=toto", root, nil, "jobType"}, {400, "GET", jobs + "/nowhere", root, nil, "state"},
		{400, "POST", "/api/v1/server/debug/run-command", root, map[string]any{"command": "x"}, "Invalid command"},
	})
	for _, kind := range slices.Concat(jobTypes, []string{"delete-user"}) {
		w.want(200, "GET", jobs+"?jobType="+kind, root, nil)
	}
	w.want(204, "POST", jobs+"/pause", root, nil)
	w.want(204, "POST", jobs+"/resume", root, nil)
}
