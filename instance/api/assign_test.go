package api

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"vidiverse/instance/db"
	"vidiverse/instance/db/dbtest"
	"vidiverse/instance/rest"
)

// A moderator who sends back every member of a user's record, changed, changes
// exactly those that are theirs to change.
func TestMassAssignmentOnUsers(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		root := w.login("root")
		get := func() map[string]any {
			return decodeInto[map[string]any](w, w.want(200, "GET", "/api/v1/users/2?withStats=true", root, nil))
		}
		before := get()
		sent := map[string]any{"userId": 1, "accountId": 1, "password_hash": "x", "blockedReason": "x", "nsfw_policy": "x"}
		for k, v := range before {
			sent[k] = changed(k, v)
		}
		sent["email"], sent["role"], sent["adminFlags"], sent["videoQuota"], sent["videoQuotaDaily"] = "new@one.test", 1, 1, 5, 6
		w.want(204, "PUT", "/api/v1/users/2", root, sent)
		theirs := []string{"email", "emailVerified", "role", "adminFlags", "videoQuota", "videoQuotaDaily"}
		after := get()
		for k, v := range before {
			got, _ := json.Marshal(after[k])
			had, _ := json.Marshal(v)
			if same := string(got) == string(had); same == slices.Contains(theirs, k) {
				t.Errorf("%s: was %s, sent %v, is %s", k, had, sent[k], got)
			}
		}
	})
}

// What belongs to nobody's wish is not taken from bodies of new users, mutes and
// notifications either.
func TestMassAssignmentElsewhere(t *testing.T) {
	w := newVideoWorld(t, dbtest.SQLite(t))
	root, bob := w.login("root"), w.login("bob")
	body := map[string]any{"username": "carol", "password": "carol-password", "email": "carol@one.test", "role": 2}
	for k, v := range map[string]any{
		"id": 77, "emailVerified": true, "blocked": true, "blockedReason": "x", "accountId": 1, "pluginAuth": "x", "twoFactorEnabled": true,
		"lastLoginDate": "2000-01-01T00:00:00Z", "createdAt": "2000-01-01T00:00:00Z", "account": map[string]any{"id": 1, "displayName": "x"},
	} {
		body[k] = v
	}
	id := decodeInto[rest.UserCreated](w.world, w.want(200, "POST", "/api/v1/users", root, body)).User.ID
	me := decodeInto[rest.Me](w.world, w.want(200, "GET", "/api/v1/users/me", w.login("carol"), nil))
	if id == 77 || me.ID != id || me.EmailVerified || me.Blocked || me.PluginAuth != nil || me.TwoFactorEnabled || me.Account.DisplayName != "carol" {
		t.Errorf("got %+v", me)
	}
	w.want(204, "POST", myMutes+"/accounts", bob, map[string]any{"accountName": "alice", "byAccount": map[string]any{"id": 1}, "accountId": 1, "id": 77})
	for token, want := range map[string]int{bob: 1, root: 0} {
		if list := decodeInto[rest.Page[rest.AccountBlock]](w.world, w.want(200, "GET", myMutes+"/accounts", token, nil)); list.Total != want {
			t.Errorf("got %d mutes, want %d", list.Total, want)
		}
	}
	w.told()
	w.want(204, "POST", notices+"/read", bob, map[string]any{"ids": []int{1}, "userId": 2, "user": map[string]any{"id": 2}, "all": true})
	if unread := string(w.want(200, "GET", notices+"?unread=true&count=0", w.token, nil)); !strings.Contains(unread, `"total":3`) {
		t.Errorf("alice has %s", unread)
	}
}

// Every other body of people and moderators: what the server alone knows of a
// thing is sent along, and changes nothing.
func TestMassAssignmentOnModeration(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newVideoWorld(t, d)
		root, bob := w.login("root"), w.login("bob")
		v := w.publish(nil)
		foreign := map[string]any{
			"id": 77, "userId": 1, "accountId": 1, "account": map[string]any{"id": 2}, "reporterAccount": map[string]any{"id": 1}, "reporterAccountId": 1,
			"flaggedAccount": map[string]any{"id": 1}, "flaggedAccountId": 1, "state": 3, "moderationComment": "Valid", "countMessages": 9,
			"byModerator": true, "isModerator": true, "role": 0, "blocked": false, "blockedReason": "x", "emailVerified": true, "adminFlags": 1,
			"createdAt": "2000-01-01T00:00:00Z", "updatedAt": "2000-01-01T00:00:00Z", "processedAt": "2000-01-01T00:00:00Z", "url": "https://two.test/1",
		}
		with := func(own map[string]any) map[string]any {
			m := maps.Clone(foreign)
			maps.Copy(m, own)
			return m
		}
		id := w.report(bob, with(map[string]any{"reason": "rude", "video": map[string]any{"id": v.ID, "deleted": true, "countReports": 9, "uuid": "x"}}))
		one := w.abuses(root, "").Data[0]
		if id == 77 || one.ID != id || one.ReporterAccount.Name != "bob" || one.FlaggedAccount.Name != "alice" || one.State.ID != 1 || one.ModerationComment != nil ||
			one.CountMessages != 0 || one.Video == nil || one.Video.Deleted || *one.Video.CountReports != 1 || time.Time(one.CreatedAt).Year() < 2020 {
			t.Errorf("a report: got %+v", one)
		}
		path := fmt.Sprintf("/api/v1/abuses/%d", id)
		w.want(200, "POST", path+"/messages", bob, with(map[string]any{"message": "please"}))
		said := decodeInto[rest.Page[rest.AbuseMessage]](w.world, w.want(200, "GET", path+"/messages", root, nil)).Data[0]
		if said.ByModerator || said.Account.Name != "bob" || said.ID == 77 || time.Time(said.CreatedAt).Year() < 2020 {
			t.Errorf("a message: got %+v", said)
		}
		change := with(map[string]any{"reason": "another"})
		delete(change, "state")
		change["moderationComment"] = "looked at"
		w.want(204, "PUT", path, root, change)
		if one = w.abuses(root, "").Data[0]; one.State.ID != 1 || one.Reason != "rude" || one.ReporterAccount.Name != "bob" || *one.ModerationComment != "looked at" {
			t.Errorf("a changed report: got %+v", one)
		}
		w.want(204, "POST", ourMutes+"/servers", root, with(map[string]any{"host": "three.test", "byAccount": map[string]any{"id": 3}}))
		if list := decodeInto[rest.Page[rest.ServerBlock]](w.world, w.want(200, "GET", ourMutes+"/servers", root, nil)).Data; len(list) != 1 || list[0].ByAccount.Name != "peertube" {
			t.Errorf("a muted server: got %+v", list)
		}
		w.want(204, "POST", "/api/v1/users/3/block", root, with(map[string]any{"reason": "enough", "blocked": false}))
		u := decodeInto[rest.User](w.world, w.want(200, "GET", "/api/v1/users/3", root, nil))
		if !u.Blocked || u.BlockedReason == nil || *u.BlockedReason != "enough" || u.Role.ID != 2 || u.EmailVerified || u.AdminFlags != 0 {
			t.Errorf("a blocked user: got %+v", u)
		}
		w.want(204, "POST", "/api/v1/users/me/new-feature-info/read", w.token, with(map[string]any{"feature": 2}))
		me := decodeInto[rest.Me](w.world, w.want(200, "GET", "/api/v1/users/me", w.token, nil))
		if me.Role.ID != 2 || me.EmailVerified || me.AdminFlags != 0 || me.NewFeaturesInfoRead != 3 {
			t.Errorf("alice: got %+v", me)
		}
	})
}

// No list falls over a pathological question.
func TestHostileListsOfPeople(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newVideoWorld(t, d)
		w.told()
		root := w.login("root")
		lists := []string{
			"/api/v1/users", "/api/v1/users/autocomplete", "/api/v1/abuses", "/api/v1/users/me/abuses", notices, "/api/v1/blocklist/status",
			myMutes + "/accounts", myMutes + "/servers", ourMutes + "/accounts", ourMutes + "/servers",
		}
		hostile := url.Values{
			"start": {"2147483648", "9223372036854775808", "-1", "1e9", "\x00"}, "count": {"0", "101", "-1", "9999999999", "a"},
			"sort":   {"-createdAt", "createdAt; DROP TABLE report", "--createdAt", "password", "(SELECT 1)", "\x00", strings.Repeat("a", 5000)},
			"search": {"%", "_", "!", "'", `\`, "\x00", "\xff", strings.Repeat("%", 900), strings.Repeat("a", 5000)},
			"role":   {"-1", "99", "0 OR 1=1"}, "blocked": {"x", "true"}, "id": {"-1", "99999999999999999999"}, "state": {"9", "\x00"},
			"filter": {"x' OR '1'='1"}, "predefinedReason": {"%"}, "videoIs": {"x"}, "searchReporter": {"\x00"}, "typeOneOf": {"-1", "99", "a"}, "unread": {"x"},
			"accounts": {"a@b.test", "a@b@c.test", "@", "\x00@b.test"}, "hosts": {"b.test", "\x00", "[::1]:80"},
		}
		for _, path := range lists {
			for _, name := range slices.Sorted(maps.Keys(hostile)) {
				for _, v := range hostile[name] {
					q := url.Values{name: {v}}.Encode()
					if resp, body := w.do("GET", path+"?"+q, root, nil); resp.StatusCode != 200 && resp.StatusCode != 400 {
						t.Errorf("%s?%s: got %d %s", path, q, resp.StatusCode, body)
					}
				}
			}
			many := path + "?" + strings.Repeat("typeOneOf[]=1&accounts[]=a@b.test&hosts[]=b.test&", 300)
			if resp, _ := w.do("GET", many, root, nil); resp.StatusCode != 200 && resp.StatusCode != 400 {
				t.Errorf("%s with long lists: got %d", path, resp.StatusCode)
			}
		}
		for _, path := range []string{"/api/v1/users/99999999999", "/api/v1/users/-1", "/api/v1/abuses/99999999999/messages", "/api/v1/abuses/x/messages"} {
			if resp, body := w.do("GET", path, root, nil); resp.StatusCode != 404 && resp.StatusCode != 400 {
				t.Errorf("%s: got %d %s", path, resp.StatusCode, body)
			}
		}
		for path, body := range map[string]any{
			"/api/v1/users/2/block": map[string]any{"reason": "a\x00bcd"}, myMutes + "/accounts": map[string]any{"accountName": "a\x00@b.test"},
			"/api/v1/abuses": map[string]any{"reason": "a\x00bc", "account": map[string]any{"id": 2}}, "/api/v1/users/register": registration("a\x00"),
		} {
			if resp, b := w.do("POST", path, root, body); resp.StatusCode != 404 && resp.StatusCode != 400 {
				t.Errorf("%s: got %d %s", path, resp.StatusCode, b)
			}
		}
	})
}
