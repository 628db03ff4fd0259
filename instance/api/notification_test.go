package api

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"vidiverse/instance/db"
	"vidiverse/instance/db/dbtest"
	"vidiverse/instance/rest"
	"vidiverse/instance/rest/resttest"
)

const notices = "/api/v1/users/me/notifications"

// told writes notifications of everything that there is, as if they had been
// heard, for alice and root.
func (w *videoWorld) told() {
	w.t.Helper()
	v := w.publish(nil)
	bob := w.login("bob")
	said := w.say(v, bob, 0, "hello")
	of := map[string]any{"reason": "rude", "video": map[string]any{"id": v.ID}}
	w.report(bob, of)
	w.report(bob, map[string]any{"reason": "rude", "comment": map[string]any{"id": said.ID}})
	w.report(bob, map[string]any{"reason": "rude", "account": map[string]any{"id": w.alice.AccountID}})
	w.must(w.db.Write(w.t.Context(), func(tx db.Tx) error {
		for _, q := range []string{
			`INSERT INTO host (id, name, created_at) VALUES (7, 'two.test', 1)`,
			`INSERT INTO actor (id, kind, username, host_id, url, inbox_url, shared_inbox_url, created_at, updated_at)
			 VALUES (702, 1, 'peertube', 7, 'https://two.test/accounts/peertube', 'x', 'x', 1, 1)`,
			`INSERT INTO actor_image (actor_id, kind, width, height, file, created_at, updated_at)
			 SELECT id, 1, 48, 48, 'small' || username, 1, 1 FROM actor WHERE username = 'alice_channel'`,
			`INSERT INTO actor_image (actor_id, kind, width, height, file, created_at, updated_at)
			 SELECT id, 1, 120, 120, 'large' || username, 1, 1 FROM actor WHERE username IN ('alice', 'alice_channel')`,
			`INSERT INTO follow (id, follower_id, target_id, state, url, created_at, updated_at)
			 SELECT 1, b.id, c.id, 'accepted', 'x', 1, 1 FROM actor b, actor c WHERE b.username = 'bob' AND c.username = 'alice_channel'`,
			`INSERT INTO follow (id, follower_id, target_id, state, url, created_at, updated_at)
			 SELECT 2, 702, id, 'accepted', 'y', 1, 1 FROM actor WHERE username = 'peertube' AND host_id IS NULL`,
			`INSERT INTO notification (user_id, type, video_id, created_at, updated_at) SELECT 2, 6, id, 1, 1 FROM video`,
			`INSERT INTO notification (user_id, type, comment_id, created_at, updated_at) SELECT 2, 2, id, 1, 1 FROM comment`,
			`INSERT INTO notification (user_id, type, follow_id, created_at, updated_at) VALUES (2, 10, 1, 1, 1), (1, 13, 2, 1, 1)`,
			`INSERT INTO notification (user_id, type, report_id, created_at, updated_at) SELECT 1, 3, id, 1, 1 FROM report`,
		} {
			if _, err := tx.NewRaw(q).Exec(w.t.Context()); err != nil {
				return fmt.Errorf("%s: %w", q, err)
			}
		}
		return nil
	}))
}

// Stock clients read notifications by these members.
func TestNotificationsAreShapedAsPeerTubes(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newVideoWorld(t, d)
		w.told()
		for file, token := range map[string]string{"users-me-notifications.json": w.token, "users-me-notifications-root.json": w.login("root")} {
			resp, body := w.do("GET", notices, token, nil)
			resttest.Status(t, file, resp)
			resttest.Body(t, file, body)
		}
		list := decodeInto[rest.Page[rest.Notification]](w.world, w.want(200, "GET", notices+"?sort=createdAt", w.token, nil)).Data
		if len(list) != 3 {
			t.Fatalf("got %d", len(list))
		}
		v, c, f := list[0].Video, list[1].Comment, list[2].ActorFollow
		if v == nil || v.Name != "A walk" || v.Channel.Name != "alice_channel" || v.Channel.Avatar == nil || v.Channel.Avatar.Width != 120 || len(v.Channel.Avatars) != 2 {
			t.Errorf("video: got %+v", v)
		}
		if c == nil || c.Account.Name != "bob" || c.Video.Name != "A walk" || c.ThreadID != c.ID {
			t.Errorf("comment: got %+v", c)
		}
		if f == nil || f.Follower.Name != "bob" || f.Following.Type != "channel" || f.Following.Name != "alice_channel" || f.Following.Host != "one.test" {
			t.Errorf("follow: got %+v", f)
		}
		root := string(w.want(200, "GET", notices+"?typeOneOf=13", w.login("root"), nil))
		if !strings.Contains(root, `"host":"two.test"`) || !strings.Contains(root, `"type":"instance"`) || !strings.Contains(root, `"total":1`) {
			t.Errorf("got %s", root)
		}
	})
}

// Requests are refused as PeerTube refuses them, and nobody reads or marks what
// is another's.
func TestNotificationsRefuse(t *testing.T) {
	w := newVideoWorld(t, dbtest.SQLite(t))
	w.told()
	bob := w.login("bob")
	full := map[string]any{}
	b, _ := json.Marshal(rest.NotificationSettings{NewFollow: 1})
	w.must(json.Unmarshal(b, &full))
	delete(full, "automaticBlocklist")
	with := func(k string, v any) map[string]any {
		out := map[string]any{k: v}
		for name, value := range full {
			if name != k {
				out[name] = value
			}
		}
		return out
	}
	const settings = "/api/v1/users/me/notification-settings"
	for _, tt := range []struct {
		status              int
		method, path, token string
		body                any
	}{
		{401, "GET", notices, "", nil}, {400, "GET", notices + "?sort=type", bob, nil}, {400, "GET", notices + "?count=1000", bob, nil},
		{200, "GET", notices + "?unread=toto", bob, nil}, {400, "GET", notices + "?typeOneOf[]=x", bob, nil},
		{400, "GET", notices + "?" + strings.Repeat("typeOneOf=1&", 200), bob, nil}, {200, "GET", notices + "?start=2147483647&count=0", bob, nil},
		{400, "POST", notices + "/read", bob, map[string]any{"ids": []string{"hello"}}}, {400, "POST", notices + "/read", bob, map[string]any{"ids": []int{}}},
		{400, "POST", notices + "/read", bob, map[string]any{"ids": 5}}, {401, "POST", notices + "/read", "", map[string]any{"ids": []int{5}}},
		{400, "POST", notices + "/read", bob, map[string]any{"ids": make([]int, 5000)}},
		{204, "POST", notices + "/read", bob, map[string]any{"ids": []int{1, 2, 3}}}, {401, "POST", notices + "/read-all", "", nil},
		{204, "POST", notices + "/read-all", bob, nil},
		{400, "PUT", settings, bob, map[string]any{"newFollow": 1}}, {400, "PUT", settings, bob, with("newFollow", 15)},
		{400, "PUT", settings, bob, with("newFollow", "toto")}, {401, "PUT", settings, "", full}, {204, "PUT", settings, bob, with("newFollow", 3)},
	} {
		if resp, body := w.do(tt.method, tt.path, tt.token, tt.body); resp.StatusCode != tt.status {
			t.Errorf("%s %s %v: got %d %s, want %d", tt.method, tt.path, tt.body, resp.StatusCode, body, tt.status)
		}
	}
	if me := decodeInto[rest.Me](w.world, w.want(200, "GET", "/api/v1/users/me", bob, nil)); me.NotificationSettings.NewFollow != 3 {
		t.Errorf("got %+v", me.NotificationSettings)
	}
	unread := string(w.want(200, "GET", notices+"?unread=true&count=0", w.token, nil))
	if !strings.Contains(unread, `"total":3`) {
		t.Errorf("bob read alice's: %s are unread", unread)
	}
}
