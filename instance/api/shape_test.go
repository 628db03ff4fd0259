package api

import (
	"net/http"
	"testing"

	"vidiverse/instance/db"
	"vidiverse/instance/db/dbtest"
	"vidiverse/instance/job"
	"vidiverse/instance/rest/resttest"
)

// Stock clients read these members. A missing or retyped one breaks them.
func TestAnswersAreShapedAsPeerTubes(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.must(d.Write(t.Context(), func(tx db.Tx) error {
			_, err := w.jobs.Enqueue(t.Context(), tx, job.Spec{Type: "video-transcoding"})
			return err
		}))
		alice, root := w.login("alice"), w.login("root")
		bad := w.password("alice", "wrong")
		stranger := w.password("alice", alicePassword)
		stranger.Set("client_id", "x")
		tests := []struct {
			file, method, path, token string
			body                      any
		}{
			{"oauth-clients-local.json", "GET", "/api/v1/oauth-clients/local", "", nil},
			{"users-token-password.json", "POST", "/api/v1/users/token", "", w.password("alice", alicePassword)},
			{"users-token-refresh.json", "POST", "/api/v1/users/token", "", w.refresh(w.grant(w.password("bob", "bob-password")).RefreshToken)},
			{"error-token-bad-client.json", "POST", "/api/v1/users/token", "", stranger},
			{"error-token-bad-password.json", "POST", "/api/v1/users/token", "", bad},
			{"error-token-bad-refresh.json", "POST", "/api/v1/users/token", "", w.refresh("nope")},
			{"users-me.json", "GET", "/api/v1/users/me", alice, nil},
			{"users-me-quota.json", "GET", "/api/v1/users/me/video-quota-used", alice, nil},
			{"accounts.json", "GET", "/api/v1/accounts", "", nil},
			{"account.json", "GET", "/api/v1/accounts/alice", "", nil},
			{"account-channels.json", "GET", "/api/v1/accounts/alice/video-channels", "", nil},
			{"video-channels.json", "GET", "/api/v1/video-channels", "", nil},
			{"video-channel.json", "GET", "/api/v1/video-channels/alice_channel", "", nil},
			{"config.json", "GET", "/api/v1/config", "", nil},
			{"config-about.json", "GET", "/api/v1/config/about", "", nil},
			{"jobs.json", "GET", "/api/v1/jobs?count=2", root, nil},
			{"jobs-completed.json", "GET", "/api/v1/jobs/completed?count=3", root, nil},
			{"server-debug.json", "GET", "/api/v1/server/debug", root, nil},
			{"error-400-bad-json.json", "POST", "/api/v1/video-channels", alice, "{bad"},
			{"error-401-bad-token.json", "GET", "/api/v1/users/me", "0123456789", nil},
			{"error-401-no-token.json", "GET", "/api/v1/users/me", "", nil},
			{"error-403-not-admin.json", "POST", "/api/v1/users", alice, nil},
			{"error-404-channel.json", "GET", "/api/v1/video-channels/none", "", nil},
			{"error-409-channel-name.json", "POST", "/api/v1/video-channels", alice, map[string]string{"name": "alice_channel", "displayName": "x"}},
			{"error-409-user-exists.json", "POST", "/api/v1/users", root, map[string]any{
				"username": "alice", "password": "password9", "email": "other@one.test", "role": 2, "videoQuota": -1, "videoQuotaDaily": -1}},
		}
		for _, tt := range tests {
			t.Run(tt.file, func(t *testing.T) {
				resp, body := w.do(tt.method, tt.path, tt.token, tt.body)
				resttest.Status(t, tt.file, resp)
				resttest.Body(t, tt.file, body)
			})
		}
	})
}

// What an error says is part of the contract: clients show detail and switch
// on code.
func TestErrorsSayWhatPeerTubesSay(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	alice := w.login("alice")
	tests := []struct {
		name, method, path, token string
		body                      any
		status                    int
		want                      string
	}{
		{"no token", "GET", "/api/v1/users/me", "", nil, 401,
			`{"type":"https://docs.joinpeertube.org/api-rest-reference.html#section/Errors/unauthorized_request","detail":"Token is invalid","status":401,"code":"unauthorized_request"}`},
		{"no right", "GET", "/api/v1/server/debug", alice, nil, 403,
			`{"type":"about:blank","title":"Forbidden","detail":"User alice does not have right (No. 4) to access to /api/v1/server/debug.","status":403}`},
		{"bad password", "POST", "/api/v1/users/token", "", w.password("alice", "x"), 400,
			`{"type":"https://docs.joinpeertube.org/api-rest-reference.html#section/Errors/invalid_grant","detail":"Invalid grant: user credentials are invalid","status":400,"docs":"https://docs.joinpeertube.org/api-rest-reference.html#operation/getOAuthToken","code":"invalid_grant"}`},
		{"bad page", "GET", "/api/v1/accounts?count=1000", "", nil, 400,
			`{"type":"about:blank","title":"Bad Request","detail":"Incorrect request parameters: count","instance":"/api/v1/accounts?count=1000","status":400,"invalid-params":{"count":{"type":"field","value":"1000","msg":"Should have a number count (max: 100)","path":"count","location":"query"}}}`},
		{"taken name", "POST", "/api/v1/video-channels", alice, map[string]string{"name": "ROOT", "displayName": "x"}, 409,
			`{"type":"about:blank","title":"Conflict","detail":"Another actor (account/channel) with name ROOT on this instance already exists or has already existed.","status":409}`},
		{"unknown route", "GET", "/api/v1/nothing", "", nil, 400, ""},
		{"unknown method", "PATCH", "/api/v1/config", "", nil, 400, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			resp, body := w.do(tt.method, tt.path, tt.token, tt.body)
			if resp.StatusCode != tt.status || string(body) != tt.want {
				t.Errorf("got %d %s\nwant %d %s", resp.StatusCode, body, tt.status, tt.want)
			}
		})
	}
}

// Browsers on other origins, caches and stock clients rely on these headers.
func TestHeaders(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t), func(c *Config) { c.Limits = Limits{} })
	for _, file := range []string{"ping.json", "oauth-clients-local.json", "error-404-route.json", "error-404-channel.json"} {
		want := resttest.Load(t, file)
		resp, body := w.do("GET", map[string]string{
			"ping.json": "/api/v1/ping", "oauth-clients-local.json": "/api/v1/oauth-clients/local",
			"error-404-route.json": "/api/v1/nothing", "error-404-channel.json": "/api/v1/video-channels/none",
		}[file], "", nil)
		for _, name := range []string{"X-Powered-By", "X-Frame-Options", "Access-Control-Allow-Origin",
			"Access-Control-Allow-Credentials", "Access-Control-Expose-Headers", "Tk", "Content-Type"} {
			if got := resp.Header.Get(name); got != want.Header(name) {
				t.Errorf("%s: got %s %q, want %q", file, name, got, want.Header(name))
			}
		}
		if has, wants := resp.Header.Get("X-Ratelimit-Limit") != "", want.Header("X-RateLimit-Limit") != ""; has != wants {
			t.Errorf("%s: rate limit headers %v, want %v", file, has, wants)
		}
		if file == "ping.json" && (string(body) != "pong" || resp.Header.Get("ETag") != want.Header("ETag")) {
			t.Errorf("got %q with ETag %s, want ETag %s", body, resp.Header.Get("ETag"), want.Header("ETag"))
		}
	}
	resp, _ := w.do("GET", "/api/v1/config", "", nil)
	again, body := w.do("GET", "/api/v1/config", "", nil, "If-None-Match", resp.Header.Get("ETag"))
	if again.StatusCode != http.StatusNotModified || len(body) != 0 {
		t.Errorf("with a known ETag: got %d and %d bytes, want 304", again.StatusCode, len(body))
	}
	if head, body := w.do("HEAD", "/api/v1/config", "", nil); head.StatusCode != 200 || len(body) != 0 || head.ContentLength != resp.ContentLength {
		t.Errorf("HEAD: got %d, %d bytes announced, %d sent", head.StatusCode, head.ContentLength, len(body))
	}
	if slash, again := w.do("GET", "/api/v1/config/", "", nil); slash.StatusCode != 200 || slash.Header.Get("ETag") != resp.Header.Get("ETag") {
		t.Errorf("with a slash behind it: got %d, %d bytes; want the same answer", slash.StatusCode, len(again))
	}
	pre, _ := w.do("OPTIONS", "/api/v1/users/me", "", nil, "Access-Control-Request-Headers", "authorization")
	if pre.StatusCode != http.StatusNoContent || pre.Header.Get("Access-Control-Allow-Headers") != "authorization" {
		t.Errorf("preflight: got %d %v", pre.StatusCode, pre.Header)
	}
}

// Addresses in answers are the instance's, whatever Host a request claims:
// they end in caches and in other people's clients.
func TestHostOfTheRequestIsNotBelieved(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	r, err := http.NewRequestWithContext(t.Context(), "GET", w.server.URL+"/api/v1/accounts/alice", nil)
	w.must(err)
	r.Host = "evil.test"
	r.Header.Set("X-Forwarded-Host", "evil.test")
	resp, err := w.server.Client().Do(r)
	w.must(err)
	defer resp.Body.Close()
	var got struct{ URL, Host string }
	w.must(jsonDecode(resp.Body, &got))
	if got.URL != "https://one.test/accounts/alice" || got.Host != "one.test" {
		t.Errorf("got %+v, want the public address", got)
	}
}
