package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"vidiverse/instance/db"
	"vidiverse/instance/db/dbtest"
	"vidiverse/instance/playlist"
	"vidiverse/instance/rest"
	"vidiverse/instance/rest/resttest"
	"vidiverse/instance/video"
)

// inChannel makes a playlist of alice's in her channel by a form, as browsers do.
func (w *videoWorld) inChannel(fields map[string]string, picture string) rest.PlaylistCreated {
	w.t.Helper()
	ch, err := w.config.Channels.ByHandle(w.t.Context(), "alice_channel")
	w.must(err)
	fields["videoChannelId"] = strconv.FormatInt(int64(ch.ID), 10)
	status, body := w.form("POST", "/api/v1/video-playlists", fields, picture)
	if status != http.StatusOK {
		w.t.Fatalf("got %d %s", status, body)
	}
	return decodeInto[rest.PlaylistCreated](w.world, body)
}

// form sends a multipart form; picture is the content of a thumbnailfile.
func (w *videoWorld) form(method, path string, fields map[string]string, picture string) (int, []byte) {
	w.t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for name, value := range fields {
		w.must(m.WriteField(name, value))
	}
	if picture != "" {
		part, err := m.CreateFormFile("thumbnailfile", "thumb.jpg")
		w.must(err)
		_, err = part.Write([]byte(picture))
		w.must(err)
	}
	w.must(m.Close())
	resp, body := w.do(method, path, w.token, b.String(), "Content-Type", m.FormDataContentType())
	return resp.StatusCode, body
}

// Stock clients read playlists by these members.
func TestPlaylistAnswersAreShapedAsPeerTubes(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newVideoWorld(t, d)
		v := w.publish(nil)
		made := w.inChannel(map[string]string{"displayName": "Public playlist 2", "description": "pl desc", "privacy": "1"}, "a picture").VideoPlaylist
		one := "/api/v1/video-playlists/" + made.UUID
		for _, id := range []any{v.ID, v.UUID, v.ShortUUID()} {
			body := map[string]any{"videoId": id, "startTimestamp": 1, "stopTimestamp": 5}
			e := decodeInto[rest.PlaylistElementCreated](w.world, w.want(200, "POST", one+"/videos", w.token, body))
			if e.VideoPlaylistElement.ID == 0 {
				t.Errorf("no number of an element for %v", id)
			}
		}
		for _, tt := range []struct{ file, path, token string }{
			{"video-playlists.json", "/api/v1/video-playlists", ""},
			{"video-playlists.json", "/api/v1/accounts/alice/video-playlists", w.token},
			{"video-playlist.json", "/api/v1/video-playlists/" + made.ShortUUID, ""},
			{"video-playlist-videos.json", one + "/videos", ""},
			{"video-playlist-privacies.json", "/api/v1/video-playlists/privacies", ""},
			{"video-channel-playlists.json", "/api/v1/video-channels/alice_channel/video-playlists", ""},
		} {
			resp, body := w.do("GET", tt.path, tt.token, nil)
			resttest.Status(t, tt.file, resp)
			resttest.Body(t, tt.file, body)
		}
		p := decodeInto[rest.Playlist](w.world, w.want(200, "GET", one, "", nil))
		if p.URL != "https://one.test/video-playlists/"+made.UUID || p.VideosLength != 3 || *p.ThumbnailPath != "/lazy-static/thumbnails/9.jpg" || *p.VideoChannelPosition != 1 ||
			p.OwnerAccount.Name != "alice" || p.VideoChannel.Name != "alice_channel" || p.Thumbnails[0].AspectRatio != "16:9" || p.Type.Label != "Regular" {
			t.Errorf("got %+v", p)
		}
		exist := fmt.Sprintf("/api/v1/users/me/video-playlists/videos-exist?videoIds=%d&videoIds=77", v.ID)
		found := decodeInto[map[int64][]rest.PlaylistWithVideo](w.world, w.want(200, "GET", exist, w.token, nil))
		if len(found[int64(v.ID)]) != 3 || found[int64(v.ID)][0].PlaylistDisplayName != p.DisplayName || found[77] == nil {
			t.Errorf("exist: %+v", found)
		}
		resttest.Body(t, "users-me-playlists-exist.json", []byte(strings.Replace(string(w.want(200, "GET", fmt.Sprintf(
			"/api/v1/users/me/video-playlists/videos-exist?videoIds=%d", v.ID), w.token, nil)), fmt.Sprintf(`"%d":`, v.ID), `"1":`, 1)))
	})
}

// The whole life of a playlist as clients drive it.
func TestPlaylistRoutes(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newVideoWorld(t, d)
		a, b := w.publish(nil), w.publish(func(d *video.Draft) { d.Name = "Another" })
		made := decodeInto[rest.PlaylistCreated](w.world, w.want(200, "POST", "/api/v1/video-playlists", w.token, map[string]any{"displayName": "mine"})).VideoPlaylist
		one := "/api/v1/video-playlists/" + made.UUID
		w.want(http.StatusUnauthorized, "GET", one, "", nil)
		w.want(http.StatusForbidden, "GET", one, w.login("bob"), nil)
		var ids []int64
		for _, v := range []video.Video{a, b} {
			ids = append(ids, decodeInto[rest.PlaylistElementCreated](w.world, w.want(200, "POST", one+"/videos", w.token, map[string]any{"videoId": v.ID})).VideoPlaylistElement.ID)
		}
		w.want(http.StatusNoContent, "POST", one+"/videos/reorder", w.token, map[string]any{"startPosition": 2, "insertAfterPosition": 0})
		w.want(http.StatusNoContent, "PUT", fmt.Sprintf("%s/videos/%d", one, ids[0]), w.token, map[string]any{"startTimestamp": 4, "stopTimestamp": nil})
		list := decodeInto[rest.Page[rest.PlaylistElement]](w.world, w.want(200, "GET", one+"/videos", w.token, nil))
		if list.Total != 2 || list.Data[0].Video.ID != int64(b.ID) || *list.Data[1].StartTimestamp != 4 || list.Data[1].StopTimestamp != nil || list.Data[1].Position != 2 {
			t.Errorf("got %+v", list)
		}
		w.want(http.StatusNoContent, "DELETE", fmt.Sprintf("%s/videos/%d", one, ids[1]), w.token, nil)
		if p := decodeInto[rest.Playlist](w.world, w.want(200, "GET", one, w.token, nil)); p.VideosLength != 1 || p.Description != nil || p.VideoChannel != nil || p.VideoChannelPosition != nil {
			t.Errorf("got %+v", p)
		}
		if status, body := w.form("PUT", one, map[string]string{"displayName": "yours", "privacy": "3", "description": "null"}, "pic"); status != http.StatusNoContent {
			t.Errorf("got %d %s", status, body)
		}
		if p := decodeInto[rest.Playlist](w.world, w.want(200, "GET", one, w.token, nil)); p.DisplayName != "yours" || *p.ThumbnailPath != "/lazy-static/thumbnails/3.jpg" {
			t.Errorf("got %+v", p)
		}
		first := w.inChannel(map[string]string{"displayName": "first", "privacy": "1"}, "")
		w.inChannel(map[string]string{"displayName": "second", "privacy": "1"}, "")
		const reorder = "/api/v1/video-channels/alice_channel/video-playlists/reorder"
		w.want(http.StatusNoContent, "POST", reorder, w.token, map[string]any{"startPosition": 1, "insertAfterPosition": 2})
		if p := decodeInto[rest.Playlist](w.world, w.want(200, "GET", "/api/v1/video-playlists/"+first.VideoPlaylist.UUID, "", nil)); *p.VideoChannelPosition != 2 {
			t.Errorf("got %+v", p)
		}
		w.want(http.StatusForbidden, "POST", reorder, w.login("bob"), map[string]any{"startPosition": 1, "insertAfterPosition": 2})
		w.want(http.StatusNoContent, "DELETE", one, w.token, nil)
		w.want(http.StatusNotFound, "GET", one, w.token, nil)
	})
}

// What a refusal says is part of the contract.
func TestPlaylistErrorsSayWhatPeerTubesSay(t *testing.T) {
	w := newVideoWorld(t, dbtest.SQLite(t))
	v := w.publish(nil)
	made := w.inChannel(map[string]string{"displayName": "x", "privacy": "1"}, "").VideoPlaylist
	one, bob := "/api/v1/video-playlists/"+made.UUID, w.login("bob")
	for _, tt := range []struct {
		name, method, path, token string
		body                      any
		status                    int
		detail                    string
	}{
		{"no token", "POST", "/api/v1/video-playlists", "", nil, 401, "Token is invalid"},
		{"no name", "POST", "/api/v1/video-playlists", bob, map[string]any{}, 400, "Incorrect request parameters: displayName"},
		{"public in no channel", "POST", "/api/v1/video-playlists", bob, map[string]any{"displayName": "x", "privacy": 1}, 400, `Cannot set "public" a playlist that is not assigned to a channel.`},
		{"unlisted, likewise", "POST", "/api/v1/video-playlists", bob, map[string]any{"displayName": "x", "privacy": 2}, 400, `Cannot set "public" or "unlisted" a playlist that is not assigned to a channel.`},
		{"another's", "DELETE", one, bob, nil, 403, "Cannot manage video playlist of another user"},
		{"another's, changed", "PUT", one, bob, map[string]any{"displayName": "x"}, 403, "Cannot manage video playlist of another user"},
		{"add to another's", "POST", one + "/videos", bob, map[string]any{"videoId": v.ID}, 403, "Cannot manage video playlist of another user"},
		{"unknown", "GET", "/api/v1/video-playlists/12345", "", nil, 404, "Video playlist not found"},
		{"unlike any", "GET", "/api/v1/video-playlists/x", "", nil, 400, "Incorrect request parameters: playlistId"},
		{"no video", "POST", one + "/videos", w.token, map[string]any{}, 400, "Incorrect request parameters: videoId"},
		{"unknown video", "POST", one + "/videos", w.token, map[string]any{"videoId": 12345}, 404, "Video not found"},
		{"unknown element", "DELETE", one + "/videos/12345", w.token, nil, 404, "Video playlist element not found"},
		{"beyond", "POST", one + "/videos/reorder", w.token, map[string]any{"startPosition": 1, "insertAfterPosition": 0}, 400, "Start position or insert after position exceed the playlist limits (max: 0)"},
		{"no positions", "POST", one + "/videos/reorder", w.token, map[string]any{"reorderLength": 0}, 400, "Incorrect request parameters: startPosition, insertAfterPosition, reorderLength"},
		{"bad kind", "GET", "/api/v1/video-playlists?playlistType=7", "", nil, 400, "Incorrect request parameters: playlistType"},
		{"bad sort", "GET", "/api/v1/video-playlists?sort=privacy", "", nil, 400, "Incorrect request parameters: sort"},
		{"bad numbers", "GET", "/api/v1/users/me/video-playlists/videos-exist?videoIds=x", bob, nil, 400, "Incorrect request parameters: videoIds"},
	} {
		resp, body := w.do(tt.method, tt.path, tt.token, tt.body)
		var p rest.Problem
		w.must(json.Unmarshal(body, &p))
		if resp.StatusCode != tt.status || p.Detail != tt.detail {
			t.Errorf("%s: got %d %q, want %d %q", tt.name, resp.StatusCode, p.Detail, tt.status, tt.detail)
		}
	}
	if status, body := w.form("POST", "/api/v1/video-playlists", map[string]string{"displayName": "x", "privacy": "one"}, ""); status != http.StatusBadRequest {
		t.Errorf("no number: got %d %s", status, body)
	}
}

// Whose a playlist is, what for and where is decided here, whatever a body says.
func TestPlaylistsTakeNoMoreThanTheirMembers(t *testing.T) {
	w := newVideoWorld(t, dbtest.SQLite(t))
	v := w.publish(nil)
	ch, err := w.config.Channels.ByHandle(t.Context(), "alice_channel")
	w.must(err)
	bob, err := w.config.Channels.ByHandle(t.Context(), "bob_channel")
	w.must(err)
	hostile := map[string]any{
		"displayName": "x", "privacy": 1, "videoChannelId": ch.ID, "id": 77, "uuid": "0c0a5d5e-9d6b-4f8e-8d8e-3a3f4c1b2d11", "url": "https://evil.test/p",
		"ownerAccountId": bob.AccountID, "ownerAccount": map[string]any{"id": bob.AccountID}, "type": 2, "kind": 2, "videoChannelPosition": 9, "isLocal": false,
		"thumbnailPath": "../../etc/passwd", "thumbnails": []any{map[string]any{"fileUrl": "x"}}, "videosLength": 9, "createdAt": "2001-01-01T00:00:00.000Z",
	}
	check := func(name string, id int64) {
		t.Helper()
		p, err := w.config.Playlists.ByID(t.Context(), w.db.Read(), playlist.ID(id))
		w.must(err)
		if p.UUID == hostile["uuid"] || !strings.HasPrefix(p.URL, "https://one.test/") || int64(p.Owner) != w.alice.AccountID || p.Kind != playlist.Regular || p.Position != 1 ||
			!p.Local || len(p.Thumbnails) != 0 || p.Length != 0 || p.CreatedAt.Year() == 2001 || p.Channel != ch.ID {
			t.Errorf("%s: %+v", name, p)
		}
	}
	made := decodeInto[rest.PlaylistCreated](w.world, w.want(200, "POST", "/api/v1/video-playlists", w.token, hostile)).VideoPlaylist
	check("made", made.ID)
	one := "/api/v1/video-playlists/" + made.UUID
	w.want(http.StatusNoContent, "PUT", one, w.token, hostile)
	check("changed", made.ID)
	e := decodeInto[rest.PlaylistElementCreated](w.world, w.want(200, "POST", one+"/videos", w.token, map[string]any{
		"videoId": v.ID, "id": 77, "position": 9, "url": "https://evil.test/e", "playlistId": 12345, "type": 3,
	})).VideoPlaylistElement
	list := decodeInto[rest.Page[rest.PlaylistElement]](w.world, w.want(200, "GET", one+"/videos", "", nil))
	if e.ID == 77 || len(list.Data) != 1 || list.Data[0].Position != 1 || list.Data[0].Type != 0 {
		t.Errorf("element: %+v", list)
	}
	hostile["videoChannelId"] = bob.ID
	for method, path := range map[string]string{"POST": "/api/v1/video-playlists", "PUT": one} {
		w.want(http.StatusForbidden, method, path, w.token, hostile)
	}
}
