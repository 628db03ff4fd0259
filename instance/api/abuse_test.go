package api

import (
	"fmt"
	"strings"
	"testing"

	"vidiverse/instance/db"
	"vidiverse/instance/db/dbtest"
	"vidiverse/instance/rest"
	"vidiverse/instance/rest/resttest"
	"vidiverse/instance/video"
)

// report makes a report and returns its number.
func (w *videoWorld) report(token string, body map[string]any) int64 {
	w.t.Helper()
	return decodeInto[rest.AbuseCreated](w.world, w.want(200, "POST", "/api/v1/abuses", token, body)).Abuse.ID
}

func (w *videoWorld) abuses(token, query string) rest.Page[rest.AdminAbuse] {
	w.t.Helper()
	return decodeInto[rest.Page[rest.AdminAbuse]](w.world, w.want(200, "GET", "/api/v1/abuses"+query, token, nil))
}

// People report what they see; moderators find it, by all that PeerTube's
// filters know, and what it was about is remembered when it is gone.
func TestReports(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newVideoWorld(t, d)
		root, bob := w.login("root"), w.login("bob")
		v := w.publish(nil)
		said := w.say(v, w.token, 0, "a rude word")
		w.report(bob, map[string]any{"reason": "bad walk", "predefinedReasons": []string{"violentOrRepulsive", "captions"},
			"video": map[string]any{"id": v.ShortUUID(), "startAt": 1, "endAt": 5}})
		w.report(bob, map[string]any{"reason": "bad word", "comment": map[string]any{"id": said.ID}})
		alice := decodeInto[rest.Account](w.world, w.want(200, "GET", "/api/v1/accounts/alice", "", nil))
		w.report(root, map[string]any{"reason": "bad person", "account": map[string]any{"id": alice.ID}})
		for file, tt := range map[string][2]string{"abuses.json": {"/api/v1/abuses", root}, "abuses-mine.json": {"/api/v1/users/me/abuses", bob}} {
			resp, body := w.do("GET", tt[0], tt[1], nil)
			resttest.Status(t, file, resp)
			resttest.Body(t, file, body)
		}
		for query, want := range map[string]string{
			"": "3 2 1", "?sort=createdAt": "1 2 3", "?sort=-id&start=1&count=1": "2", "?id=2": "2", "?id=56": "",
			"?filter=video": "1", "?filter=comment": "2", "?filter=account": "3", "?state=1": "3 2 1", "?state=3": "",
			"?predefinedReason=captions": "1", "?predefinedReason=privacy": "", "?search=walk": "2 1", "?search=BOB": "2 1", "?search=%25": "",
			"?searchReporter=root": "3", "?searchReportee=alice": "3 2 1", "?searchVideo=walk": "2 1", "?searchVideoChannel=alice_ch": "2 1",
			"?videoIs=deleted": "", "?videoIs=blacklisted": "",
		} {
			got := []string{}
			for _, one := range w.abuses(root, query).Data {
				got = append(got, fmt.Sprint(one.ID))
			}
			if strings.Join(got, " ") != want {
				t.Errorf("%s: got %v, want %s", query, got, want)
			}
		}
		one := w.abuses(root, "?id=1").Data[0]
		if one.ReporterAccount.Name != "bob" || one.CountReportsForReporter != 2 || one.CountReportsForReportee != 3 || *one.Video.CountReports != 1 ||
			*one.Video.StartAt != 1 || *one.Video.EndAt != 5 || one.Video.Deleted || strings.Join(one.PredefinedReasons, " ") != "violentOrRepulsive captions" {
			t.Errorf("got %+v", one)
		}
		w.want(204, "DELETE", fmt.Sprintf("/api/v1/videos/%s/comments/%d", v.UUID, said.ID), w.token, nil)
		if c := w.abuses(root, "?id=2").Data[0].Comment; c == nil || !c.Deleted || c.Text != "" || c.Video.Name != v.Name {
			t.Errorf("after the comment is gone: got %+v", c)
		}
		w.want(204, "DELETE", "/api/v1/videos/"+v.UUID, w.token, nil)
		list := w.abuses(root, "?videoIs=deleted")
		if list.Total != 1 || !list.Data[0].Video.Deleted || list.Data[0].Video.ID != int64(v.ID) || list.Data[0].Video.Name != v.Name || list.Data[0].Video.Channel == nil {
			t.Errorf("after the video is gone: got %+v", list.Data)
		}
		w.want(204, "DELETE", "/api/v1/users/2", root, nil)
		if one := w.abuses(root, "?id=3").Data[0]; one.FlaggedAccount != nil || one.Reason != "bad person" {
			t.Errorf("after the account is gone: got %+v", one)
		}
		w.want(204, "DELETE", "/api/v1/abuses/3", root, nil)
		if list := w.abuses(root, ""); list.Total != 2 {
			t.Errorf("after a deletion: got %d", list.Total)
		}
	})
}

// Moderators do not see reports by whom they or the instance muted.
func TestReportsOfMutedAreHidden(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newVideoWorld(t, d)
		root, bob := w.login("root"), w.login("bob")
		v := w.publish(nil)
		w.report(bob, map[string]any{"reason": "will mute this", "video": map[string]any{"id": v.ID}})
		w.report(w.token, map[string]any{"reason": "stays", "video": map[string]any{"id": v.ID}})
		for _, path := range []string{ourMutes, myMutes} {
			w.want(204, "POST", path+"/accounts", root, rest.BlockAccount{AccountName: "bob"})
			if list := w.abuses(root, ""); list.Total != 1 || len(list.Data) != 1 || list.Data[0].Reason != "stays" {
				t.Errorf("%s: got %+v", path, list)
			}
			w.want(204, "DELETE", path+"/accounts/bob", root, nil)
			if list := w.abuses(root, ""); list.Total != 2 {
				t.Errorf("%s taken back: got %d", path, list.Total)
			}
		}
	})
}

// Moderators decide and talk with who reported; nobody else reads along.
func TestReportsAreDecidedAndTalkedAbout(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newVideoWorld(t, d)
		root, bob := w.login("root"), w.login("bob")
		id := w.report(bob, map[string]any{"reason": "bad walk", "video": map[string]any{"id": w.publish(nil).UUID}})
		path := fmt.Sprintf("/api/v1/abuses/%d", id)
		w.want(204, "PUT", path, root, map[string]any{})
		w.want(204, "PUT", path, root, map[string]any{"state": 3, "moderationComment": "Valid"})
		if one := w.abuses(root, "?state=3").Data[0]; one.State.Label != "Accepted" || *one.ModerationComment != "Valid" {
			t.Errorf("got %+v", one)
		}
		own := w.want(200, "GET", "/api/v1/users/me/abuses?state=3&search=walk", bob, nil)
		if strings.Contains(string(own), "Valid") || !strings.Contains(string(own), `"total":1`) {
			t.Errorf("who reported sees %s", own)
		}
		var ids []int64
		for _, m := range []struct{ token, text string }{{bob, "message 1"}, {root, "message 2"}, {bob, "message 3"}} {
			b := w.want(200, "POST", path+"/messages", m.token, rest.AbuseMessageCreate{Message: m.text})
			ids = append(ids, decodeInto[rest.AbuseMessageCreated](w.world, b).AbuseMessage.ID)
		}
		for _, token := range []string{bob, root} {
			list := decodeInto[rest.Page[rest.AbuseMessage]](w.world, w.want(200, "GET", path+"/messages", token, nil))
			if list.Total != 3 || list.Data[0].Message != "message 1" || list.Data[0].ByModerator || list.Data[0].Account.Name != "bob" ||
				!list.Data[1].ByModerator || list.Data[1].Account.Name != "root" {
				t.Errorf("got %+v", list)
			}
		}
		if one := w.abuses(root, "").Data[0]; one.CountMessages != 3 {
			t.Errorf("got %d messages", one.CountMessages)
		}
		w.want(403, "DELETE", fmt.Sprintf("%s/messages/%d", path, ids[1]), bob, nil)
		w.want(204, "DELETE", fmt.Sprintf("%s/messages/%d", path, ids[0]), bob, nil)
		w.want(204, "DELETE", fmt.Sprintf("%s/messages/%d", path, ids[2]), root, nil)
		for _, tt := range []struct {
			status              int
			method, path, token string
			body                any
		}{
			{404, "DELETE", path + "/messages/888", bob, nil}, {404, "DELETE", "/api/v1/abuses/888/messages/1", bob, nil},
			{404, "POST", "/api/v1/abuses/888/messages", bob, rest.AbuseMessageCreate{Message: "hello"}},
			{403, "POST", path + "/messages", w.token, rest.AbuseMessageCreate{Message: "hello"}}, {403, "GET", path + "/messages", w.token, nil},
			{400, "POST", path + "/messages", bob, rest.AbuseMessageCreate{Message: strings.Repeat("a", 5000)}}, {401, "GET", path + "/messages", "", nil},
			{400, "PUT", path, root, map[string]any{"state": 5}}, {400, "PUT", path, root, map[string]any{"moderationComment": strings.Repeat("b", 3001)}},
			{404, "PUT", "/api/v1/abuses/45", root, map[string]any{}}, {403, "PUT", path, bob, map[string]any{}}, {403, "DELETE", path, bob, nil},
			{404, "DELETE", "/api/v1/abuses/45", root, nil}, {403, "GET", "/api/v1/abuses", bob, nil}, {401, "GET", "/api/v1/abuses", "", nil},
		} {
			if resp, body := w.do(tt.method, tt.path, tt.token, tt.body); resp.StatusCode != tt.status {
				t.Errorf("%s %s: got %d %s, want %d", tt.method, tt.path, resp.StatusCode, body, tt.status)
			}
		}
	})
}

// A report is refused as PeerTube refuses it; pathological filters are answered
// as what they are.
func TestReportsRefuse(t *testing.T) {
	w := newVideoWorld(t, dbtest.SQLite(t))
	root, bob := w.login("root"), w.login("bob")
	v := w.publish(nil)
	hidden := w.publish(func(d *video.Draft) { d.Name, d.Privacy = "hidden", video.Private })
	of := func(kind string, id any, more ...any) map[string]any {
		thing := map[string]any{"id": id}
		for i := 0; i < len(more); i += 2 {
			thing[more[i].(string)] = more[i+1]
		}
		return map[string]any{"reason": "my super reason", kind: thing}
	}
	with := func(m map[string]any, k string, v any) map[string]any { m[k] = v; return m }
	for i, tt := range []struct {
		status int
		body   any
	}{
		{400, map[string]any{}}, {400, map[string]any{"reason": "my super reason"}}, {400, of("video", "blabla")}, {404, of("video", 42)},
		{400, of("comment", "blabla")}, {404, of("comment", 42)}, {400, of("account", "blabla")}, {404, of("account", 42)},
		{400, with(of("video", v.ID), "reason", "h")}, {400, with(of("video", v.ID), "reason", strings.Repeat("super", 605))},
		{400, with(of("video", v.ID), "predefinedReasons", []string{"wrong"})}, {400, of("video", v.ID, "startAt", -1)},
		{400, of("video", v.ID, "startAt", 5, "endAt", 1)}, {400, of("account", map[string]any{})},
		{403, of("video", hidden.ID)}, {403, of("video", hidden.UUID)}, {400, "{bad"}, {400, nil},
	} {
		if resp, body := w.do("POST", "/api/v1/abuses", bob, tt.body); resp.StatusCode != tt.status {
			t.Errorf("%d %v: got %d %s, want %d", i, tt.body, resp.StatusCode, body, tt.status)
		}
	}
	w.want(401, "POST", "/api/v1/abuses", "", of("video", v.ID))
	for _, query := range []string{
		"?id=toto", "?filter=toto", "?filter=videos", "?predefinedReason=violentOrRepulsives", "?state=toto", "?state=0", "?state=4", "?videoIs=toto",
		"?sort=reason", "?sort=id%3Bdrop", "?count=1000", "?start=-1", "?search=%00", "?searchVideo=" + strings.Repeat("a", 2000),
	} {
		if resp, body := w.do("GET", "/api/v1/abuses"+query, root, nil); resp.StatusCode != 400 {
			t.Errorf("%s: got %d %s", query, resp.StatusCode, body)
		}
	}
	w.want(200, "GET", "/api/v1/abuses?id=13&predefinedReason=violentOrRepulsive&filter=comment&state=2&videoIs=deleted", root, nil)
	w.want(200, "GET", "/api/v1/abuses?start=2147483647&count=0&search=%25_%21%27", root, nil)
}

// Who reports cannot say what moderators decide, nor in whose name.
func TestMassAssignmentOnReports(t *testing.T) {
	w := newVideoWorld(t, dbtest.SQLite(t))
	root, bob := w.login("root"), w.login("bob")
	id := w.report(bob, map[string]any{
		"reason": "my super reason", "video": map[string]any{"id": w.publish(nil).UUID, "deleted": true, "name": "x"}, "id": 77, "state": 3,
		"reporterAccount": map[string]any{"id": 1}, "reporterAccountId": 1, "flaggedAccountId": 1, "moderationComment": "fine", "url": "https://x.test",
		"createdAt": "2000-01-01T00:00:00Z", "countMessages": 9,
	})
	one := w.abuses(root, "").Data[0]
	if id == 77 || one.State.ID != 1 || one.ReporterAccount.Name != "bob" || one.FlaggedAccount.Name != "alice" || one.ModerationComment != nil ||
		one.Video.Deleted || one.Video.Name != "A walk" || one.CountMessages != 0 {
		t.Errorf("got %+v", one)
	}
	path := fmt.Sprintf("/api/v1/abuses/%d", id)
	w.want(204, "PUT", path, root, map[string]any{"state": 2, "reason": "other", "reporterAccountId": 1, "flaggedAccountId": 1, "id": 78})
	if one := w.abuses(root, "?state=2").Data[0]; one.ID != id || one.Reason != "my super reason" || one.ReporterAccount.Name != "bob" || one.FlaggedAccount.Name != "alice" {
		t.Errorf("after an update: got %+v", one)
	}
	w.want(200, "POST", path+"/messages", bob, map[string]any{"message": "hello", "byModerator": true, "accountId": 1})
	list := decodeInto[rest.Page[rest.AbuseMessage]](w.world, w.want(200, "GET", path+"/messages", bob, nil))
	if m := list.Data[0]; m.ByModerator || m.Account.Name != "bob" {
		t.Errorf("got %+v", m)
	}
}
