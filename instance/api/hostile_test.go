package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"vidiverse/instance/db"
	"vidiverse/instance/db/dbtest"
	"vidiverse/instance/rest"
)

// mine are the members of GET /users/me that PUT /users/me may change.
var mine = []string{
	"theme", "nsfwPolicy", "nsfwFlagsHidden", "nsfwFlagsWarned", "p2pEnabled",
	"videosHistoryEnabled", "autoPlayVideo", "autoPlayNextVideo", "autoPlayNextVideoPlaylist", "videoLanguages", "language",
	"noInstanceConfigWarningModal", "noWelcomeModal", "noAccountSetupWarningModal",
}

// A user who sends back every member of their own record, changed, must not
// become an administrator, lift a quota or verify an address.
func TestMassAssignmentOnMe(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		alice := w.login("alice")
		get := func() map[string]any {
			return decodeInto[map[string]any](w, w.want(200, "GET", "/api/v1/users/me", alice, nil))
		}
		before := get()
		sent := map[string]any{"isPendingEmail": false, "userId": 1, "accountId": 1, "password_hash": "x", "emailVerified": true}
		for k, v := range before {
			sent[k] = changed(k, v)
		}
		delete(sent, "email")                                   // needs the password and is refused as a whole
		sent["nsfwFlagsHidden"], sent["nsfwFlagsWarned"] = 1, 2 // there are two flags, each shown in one way
		delete(sent, "nsfwFlagsDisplayed")
		delete(sent, "nsfwFlagsBlurred")
		w.want(204, "PUT", "/api/v1/users/me", alice, sent)
		after := get()
		for k, v := range before {
			got, _ := json.Marshal(after[k])
			had, _ := json.Marshal(v)
			if same := string(got) == string(had); same == slices.Contains(mine, k) {
				t.Errorf("%s: was %s, sent %v, is %s", k, had, sent[k], got)
			}
		}
	})
}

// changed is another valid value of the same kind.
func changed(key string, v any) any {
	switch key {
	case "nsfwPolicy":
		return "blur"
	case "language":
		return "fr"
	case "theme":
		return "default"
	case "videoLanguages":
		return []string{"fr"}
	case "role":
		return map[string]any{"id": 0, "label": "Administrator"}
	}
	switch v := v.(type) {
	case bool:
		return !v
	case float64:
		return v + 1
	case string:
		return v + "x"
	}
	return v
}

// A role must not be reachable by its bare number either.
func TestMassAssignmentOfRoleAndQuota(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	alice := w.login("alice")
	w.want(204, "PUT", "/api/v1/users/me", alice, `{"role":0,"Role":0,"videoQuota":9,"videoQuotaDaily":9,"adminFlags":1,"blocked":true}`)
	me := decodeInto[rest.Me](w, w.want(200, "GET", "/api/v1/users/me", alice, nil))
	if me.Role.ID != 2 || me.VideoQuota != -1 || me.VideoQuotaDaily != -1 || me.AdminFlags != 0 || me.Blocked {
		t.Errorf("got role %d, quotas %d and %d, flags %d", me.Role.ID, me.VideoQuota, me.VideoQuotaDaily, me.AdminFlags)
	}
	w.want(403, "GET", "/api/v1/jobs", alice, nil)
}

// A channel belongs to who made it, whatever the body says.
func TestMassAssignmentOfOwner(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	alice, bob := w.login("alice"), w.login("bob")
	claims := map[string]any{
		"name": "alices", "displayName": "Alice's", "accountId": 2, "ownerAccount": map[string]any{"id": 2, "name": "root"},
		"ownerAccountId": 2, "id": 1, "url": "https://evil.test/x", "host": "evil.test", "isLocal": false, "followersCount": 1_000_000,
	}
	w.want(200, "POST", "/api/v1/video-channels", alice, claims)
	w.want(204, "PUT", "/api/v1/video-channels/alices", alice, claims)
	c := decodeInto[rest.Channel](w, w.want(200, "GET", "/api/v1/video-channels/alices", "", nil))
	if c.OwnerAccount.Name != "alice" || c.URL != "https://one.test/video-channels/alices" || c.Host != "one.test" ||
		!c.IsLocal || c.FollowersCount != 0 || c.ID == 1 {
		t.Errorf("got %+v", c)
	}
	w.want(403, "PUT", "/api/v1/video-channels/alices", bob, map[string]string{"displayName": "Bob's"})
	w.want(403, "DELETE", "/api/v1/video-channels/alices", bob, nil)
	w.want(401, "DELETE", "/api/v1/video-channels/alices", "", nil)
}

// Tokens and passwords must not reach the log, in whichever way a request
// carries them.
func TestNoSecretInTheLog(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t), func(c *Config) {
		c.Quota = nil // makes the route panic
	})
	tok := w.grant(w.password("alice", alicePassword))
	w.do("POST", "/api/v1/users/token", "", w.password("alice", "secret-guess"))
	w.do("POST", "/api/v1/users/token?password=secret-query&refresh_token="+tok.RefreshToken, "", nil)
	w.do("GET", "/api/v1/nothing?access_token="+tok.AccessToken, tok.AccessToken, nil)
	w.do("GET", "/api/v1/accounts/"+tok.AccessToken+"?token="+tok.AccessToken, tok.AccessToken, nil)
	if resp, body := w.do("GET", "/api/v1/users/me/video-quota-used?t="+tok.AccessToken, tok.AccessToken, nil); resp.StatusCode != 500 ||
		strings.Contains(string(body), "nil pointer") {
		t.Errorf("panic: got %d %s, want 500 that tells nothing", resp.StatusCode, body)
	}
	w.must(w.db.Write(t.Context(), func(tx db.Tx) error {
		_, err := tx.NewRaw(`ALTER TABLE account RENAME TO gone`).Exec(t.Context())
		return err
	}))
	if resp, body := w.do("GET", "/api/v1/accounts/alice?t="+tok.AccessToken, "", nil); resp.StatusCode != 500 ||
		strings.Contains(string(body), "table") {
		t.Errorf("broken database: got %d %s, want 500 that tells nothing", resp.StatusCode, body)
	}
	log := w.log.String()
	if !strings.Contains(log, "request failed") || !strings.Contains(log, "panic in a request") {
		t.Errorf("failures are not logged:\n%s", log)
	}
	for _, secret := range []string{tok.AccessToken, tok.RefreshToken, alicePassword, "secret-guess", "secret-query"} {
		if strings.Contains(log, secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
}

// One address may guess fifteen times in five minutes, whatever it writes into
// X-Forwarded-For; an address behind a trusted proxy is counted for itself.
func TestBruteForceFromOneAddress(t *testing.T) {
	guess := func(w *world, headers ...string) *http.Response {
		resp, _ := w.do("POST", "/api/v1/users/token", "", w.password("alice", "guess"), headers...)
		return resp
	}
	t.Run("direct", func(t *testing.T) {
		w := newWorld(t, dbtest.SQLite(t), func(c *Config) { c.Limits = Limits{}; c.Proxies = nil })
		w.config.Proxies = nil
		for i := range 15 {
			if resp := guess(w); resp.StatusCode != 400 {
				t.Fatalf("guess %d: got %d, want 400", i, resp.StatusCode)
			}
		}
		resp := guess(w)
		wait, _ := strconv.Atoi(resp.Header.Get("Retry-After"))
		if resp.StatusCode != 429 || wait < 1 || wait > 300 || resp.Header.Get("X-Ratelimit-Remaining") != "0" {
			t.Fatalf("guess 16: got %d, Retry-After %q, want 429", resp.StatusCode, resp.Header.Get("Retry-After"))
		}
		w.clock.advance(time.Duration(wait) * time.Second)
		if resp := guess(w); resp.StatusCode != 400 {
			t.Errorf("after the wait: got %d, want 400", resp.StatusCode)
		}
	})
	t.Run("liar behind a proxy", func(t *testing.T) {
		w := newWorld(t, dbtest.SQLite(t), func(c *Config) { c.Limits = Limits{} })
		status := 0
		for i := range 16 { // the proxy appends the true address at the right
			status = guess(w, "X-Forwarded-For", fmt.Sprintf("10.9.8.%d, 203.0.113.5", i)).StatusCode
		}
		if status != 429 {
			t.Errorf("16th guess with changing claims: got %d, want 429", status)
		}
		if resp := guess(w, "X-Forwarded-For", "203.0.113.6"); resp.StatusCode != 400 {
			t.Errorf("another address: got %d, want 400", resp.StatusCode)
		}
	})
}

// A flood of requests is held back; the people who must repair things are not.
func TestRateLimitSparesModerators(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t), func(c *Config) { c.Limits = Limits{API: Rate{Max: 3, Window: time.Minute}, Login: Rate{Max: 100}} })
	alice, root := w.login("alice"), w.login("root")
	for range 3 {
		w.want(200, "GET", "/api/v1/config", "", nil)
	}
	w.want(429, "GET", "/api/v1/config", "", nil)
	w.want(429, "GET", "/api/v1/config", alice, nil)
	w.want(200, "GET", "/api/v1/config", root, nil)
	w.want(200, "GET", "/api/v1/ping", "", nil)
}

// Texts that are SQL, or that one database cannot hold, are just texts.
func TestSQLInNames(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		alice := w.login("alice")
		for _, evil := range []string{
			"alice' OR '1'='1", "'; DROP TABLE account; --", `alice"`, "alice\\", "?0", "?", "%", "_____", "al\x00ice", "\xff\xfe", "alice/*",
			strings.Repeat("a", 3000), "@", "@@@", "alice@", "alice@one.test@", "\u202ealice",
		} {
			p := url.PathEscape(evil)
			for _, path := range []string{"/api/v1/accounts/" + p, "/api/v1/video-channels/" + p, "/api/v1/accounts/" + p + "/video-channels"} {
				resp, body := w.do("GET", path, "", nil)
				found := evil == "@alice@one.test" || evil == "alice@"
				if resp.StatusCode != 404 && !(found && resp.StatusCode == 200) {
					t.Errorf("%s: got %d %s, want 404", path, resp.StatusCode, body)
				}
			}
			if resp, body := w.do("GET", "/api/v1/video-channels?search="+url.QueryEscape(evil), "", nil); resp.StatusCode == 500 ||
				(resp.StatusCode == 200 && decodeInto[rest.Page[any]](w, body).Total > 1) {
				t.Errorf("search %q: got %d %s, want what resembles it at most", evil, resp.StatusCode, body)
			}
			name, _ := json.Marshal(map[string]string{"name": "c" + evil, "displayName": evil})
			if resp, body := w.do("POST", "/api/v1/video-channels", alice, string(name)); resp.StatusCode != 400 && evil != "_____" {
				t.Errorf("channel %q: got %d %s, want 400", evil, resp.StatusCode, body)
			}
		}
		text := "'; DROP TABLE channel; -- ? ?0 \\ \" % _ <script>"
		w.want(204, "PUT", "/api/v1/video-channels/alice_channel", alice, map[string]string{"displayName": text, "description": text})
		c := decodeInto[rest.Channel](w, w.want(200, "GET", "/api/v1/video-channels/alice_channel", "", nil))
		if c.DisplayName != text || *c.Description != text {
			t.Errorf("got %q, want %q", c.DisplayName, text)
		}
	})
}

// What may be sorted by is a list; everything else is refused before SQL.
func TestSortInjection(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	for _, sort := range []string{
		"id; DROP TABLE channel", "(SELECT password_hash FROM local_user)", "-", "--id", "password_hash", "id,name", "ID", "createdAt ", "\x00",
	} {
		for _, path := range []string{"/api/v1/video-channels", "/api/v1/accounts", "/api/v1/accounts/alice/video-channels"} {
			resp, body := w.do("GET", path+"?sort="+url.QueryEscape(sort), "", nil)
			if resp.StatusCode != 400 || !strings.Contains(string(body), "sortable column") {
				t.Errorf("%s sort %q: got %d %s, want 400", path, sort, resp.StatusCode, body)
			}
		}
	}
	names := func(sort string) (out []string) {
		page := decodeInto[rest.Page[rest.ListedChannel]](w, w.want(200, "GET", "/api/v1/video-channels?sort="+sort, "", nil))
		for _, c := range page.Data {
			out = append(out, c.Name)
		}
		return out
	}
	up, down := names("name"), names("-name")
	if !slices.IsSorted(up) || len(up) != 3 || !slices.Equal(up, reversed(down)) {
		t.Errorf("got %v and %v", up, down)
	}
}

func reversed(s []string) []string {
	r := slices.Clone(s)
	slices.Reverse(r)
	return r
}

// A page is never longer than 100, and a count of 0 means the total alone.
func TestPagesAreBounded(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		root := w.login("root")
		tests := []struct {
			query         string
			status, total int
			length        int
		}{
			{"", 200, 3, 3},
			{"count=0", 200, 3, 0},
			{"count=2", 200, 3, 2},
			{"count=2&start=2", 200, 3, 1},
			{"count=100", 200, 3, 3},
			{"start=2147483648", 200, 3, 0},
			{"start=9223372036854775807", 200, 3, 0},
			{"count=101", 400, 0, 0},
			{"count=-1", 400, 0, 0},
			{"count=1e3", 400, 0, 0},
			{"count=99999999999999999999", 400, 0, 0},
			{"start=-1", 400, 0, 0},
			{"start=18446744073709551616", 400, 0, 0},
			{"start=0x10", 400, 0, 0},
		}
		for _, path := range []string{"/api/v1/video-channels", "/api/v1/jobs/failed"} {
			for _, tt := range tests {
				resp, body := w.do("GET", path+"?"+tt.query, root, nil)
				if resp.StatusCode != tt.status {
					t.Errorf("%s?%s: got %d %s, want %d", path, tt.query, resp.StatusCode, body, tt.status)
					continue
				}
				if tt.status == 200 && path == "/api/v1/video-channels" {
					p := decodeInto[rest.Page[any]](w, body)
					if p.Total != tt.total || len(p.Data) != tt.length || p.Data == nil {
						t.Errorf("%s: got %d of %d, want %d of %d", tt.query, len(p.Data), p.Total, tt.length, tt.total)
					}
				}
			}
		}
	})
}

// A body larger than PeerTube's 500 kB, or nested without end, is refused and
// not held in memory.
func TestBodiesAreBounded(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	alice := w.login("alice")
	fits := `{"theme":"default","x":"` + strings.Repeat("a", bodyLimit-40) + `"}`
	w.want(204, "PUT", "/api/v1/users/me", alice, fits)
	w.want(413, "PUT", "/api/v1/users/me", alice, fits+strings.Repeat(" ", 100))
	w.want(400, "PUT", "/api/v1/users/me", alice, strings.Repeat("[", 400_000))
	w.want(400, "PUT", "/api/v1/users/me", alice, `{"p2pEnabled":"maybe"}`)
	w.want(204, "PUT", "/api/v1/users/me", alice, "")
	big := w.password("alice", "x")
	big.Set("pad", strings.Repeat("a", bodyLimit))
	w.want(413, "POST", "/api/v1/users/token", "", big)
	w.want(400, "POST", "/api/v1/users/token", "", `{"grant_type":"password"}`)
}
