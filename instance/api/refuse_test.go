package api

import (
	"fmt"
	"testing"

	"vidiverse/instance/db"
	"vidiverse/instance/db/dbtest"
	"vidiverse/instance/rest"
)

// What clients may say of videos, playlists, subscriptions and searches is
// refused with PeerTube's status and under PeerTube's name for it, and what
// PeerTube takes is taken.
func TestContentRefuses(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newVideoWorld(t, d)
		v := w.publish(nil)
		bob, one := w.login("bob"), "/api/v1/videos/"+v.UUID
		list := decodeInto[rest.PlaylistCreated](w.world, w.want(200, "POST", "/api/v1/video-playlists", w.token, map[string]any{"displayName": "mine"})).VideoPlaylist
		elements := fmt.Sprintf("/api/v1/video-playlists/%d/videos", list.ID)
		for _, tt := range []struct {
			want         int
			method, path string
			token        string
			body         any
			field        string // that is refused
		}{
			{400, "GET", "/api/v1/videos/nothing", "", nil, "id"},
			{400, "GET", "/api/v1/videos/nothing/comment-threads", "", nil, "videoId"},
			{400, "GET", "/api/v1/videos/nothing/chapters", "", nil, "videoId"},
			{400, "GET", "/api/v1/player-settings/videos/nothing", "", nil, "videoId"},
			{400, "GET", "/api/v1/users/me/videos/nothing/rating", bob, nil, "videoId"},
			{400, "GET", "/api/v1/video-playlists/nothing", "", nil, "playlistId"},
			{400, "GET", "/api/v1/videos/languages?scope=all", "", nil, "scope"},
			{400, "PUT", one, w.token, map[string]any{"nsfwFlags": 1}, ""},
			{400, "PUT", one, w.token, map[string]any{"nsfw": false, "nsfwSummary": "a summary"}, ""},
			{204, "PUT", one, w.token, map[string]any{"nsfw": true, "nsfwFlags": 1}, ""},
			{204, "PUT", one, w.token, map[string]any{"nsfw": false}, ""},
			{404, "GET", "/api/v1/users/me/videos?channelId=9999", w.token, nil, ""},
			{403, "GET", fmt.Sprintf("/api/v1/users/me/videos?channelId=%d", v.ChannelID), bob, nil, ""},
			{200, "GET", fmt.Sprintf("/api/v1/users/me/videos?channelId=%d", v.ChannelID), w.token, nil, ""},
			{401, "GET", "/api/v1/users/me/videos?include=0", bob, nil, ""},
			{200, "GET", "/api/v1/users/me/videos?privacyOneOf=4&excludeAlreadyWatched=true", bob, nil, ""},
			{400, "GET", "/api/v1/users/me/subscriptions?search=", bob, nil, "search"},
			{400, "GET", "/api/v1/accounts/alice/video-playlists?search=", "", nil, "search"},
			{400, "GET", "/api/v1/search/videos?search=", "", nil, "search"},
			{400, "GET", "/api/v1/search/videos?durationMin=long", "", nil, "durationMin"},
			{400, "GET", "/api/v1/search/videos?startDate=once", "", nil, "startDate"},
			{400, "GET", "/api/v1/search/videos?originallyPublishedEndDate=once", "", nil, "originallyPublishedEndDate"},
			{400, "GET", "/api/v1/search/videos?uuids[]=12", "", nil, "uuids"},
			{400, "GET", "/api/v1/search/videos?sort=-trending", "", nil, "sort"},
			{200, "GET", "/api/v1/search/videos?sort=-match&categoryOneOf[0]=1&categoryOneOf[1]=15&endDate=2100-01-01", "", nil, ""},
			{400, "GET", "/api/v1/search/video-channels?handles[]=", "", nil, "handles"},
			{400, "GET", "/api/v1/search/video-channels?sort=name", "", nil, "sort"},
			{200, "GET", "/api/v1/search/video-playlists?sort=displayName&uuids=" + list.UUID, "", nil, ""},
			{200, "POST", elements, w.token, map[string]any{"videoId": fmt.Sprint(v.ID), "startTimestamp": "2"}, ""},
			{400, "POST", elements, w.token, map[string]any{"videoId": v.ID, "stopTimestamp": "late"}, "stopTimestamp"},
			{400, "POST", elements + "/reorder", w.token, map[string]any{"startPosition": 1 << 40, "insertAfterPosition": 0}, "startPosition"},
		} {
			resp, body := w.do(tt.method, tt.path, tt.token, tt.body)
			p := rest.Problem{}
			if tt.want >= 400 {
				p = decodeInto[rest.Problem](w.world, body)
			}
			if _, named := p.InvalidParams[tt.field]; resp.StatusCode != tt.want || tt.field != "" && !named {
				t.Errorf("%s %.90s: got %d %s, want %d of %s", tt.method, tt.path, resp.StatusCode, body, tt.want, tt.field)
			}
		}
	})
}

// A search by handles, by UUIDs and by host finds just these.
func TestSearchNarrows(t *testing.T) {
	w := newVideoWorld(t, dbtest.SQLite(t))
	v := w.publish(nil)
	for path, want := range map[string]int{
		"videos?uuids=" + v.UUID: 1, "videos?uuids[]=" + v.ShortUUID(): 1, "videos?uuids=00000000-0000-4000-8000-000000000000": 0,
		"videos?search=" + v.UUID: 1, "videos?host=one.test": 1, "videos?host=two.test": 0, "videos?durationMax=1": 0, "videos?durationMin=1": 1,
		"videos?startDate=2100-01-01T00:00:00.000Z": 0, "videos?originallyPublishedStartDate=2020-01-01&originallyPublishedEndDate=2021": 1,
		"video-channels?handles=alice_channel": 1, "video-channels?handles[]=ALICE_channel@one.test&handles[]=none": 1, "video-channels?handles=none": 0,
		"video-channels?search=alice&host=two.test": 0, "video-channels?search=alice&host=one.test": 1,
	} {
		resp, body := w.do("GET", "/api/v1/search/"+path, "", nil)
		if got := decodeInto[rest.Page[any]](w.world, body); resp.StatusCode != 200 || got.Total != want || len(got.Data) != want {
			t.Errorf("%s: got %d %.200s, want %d", path, resp.StatusCode, body, want)
		}
	}
}
