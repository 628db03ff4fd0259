package api

import (
	"bytes"
	"encoding/json"
	"image"
	"image/png"
	"mime/multipart"
	"net/http"
	"testing"

	"vidiverse/instance/blob"
	"vidiverse/instance/db"
	"vidiverse/instance/db/dbtest"
	"vidiverse/instance/gallery"
	"vidiverse/instance/rest"
	"vidiverse/instance/rest/resttest"
)

// Chapters are the owner's to set, everybody's to see, and never nonsense.
func TestChapters(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newVideoWorld(t, d)
		one := "/api/v1/videos/" + w.publish(nil).UUID + "/chapters"
		body := resttest.Load(t, "video-chapters.json").Response.Body
		w.want(http.StatusNoContent, "PUT", one, w.token, string(body))
		if got := w.want(200, "GET", one, "", nil); !bytes.Equal(bytes.TrimSpace(got), compact(t, body)) {
			t.Errorf("got %s, want %s", got, body)
		}
		for _, bad := range []string{
			`{"chapters":[{"timecode":-1,"title":"a"}]}`, `{"chapters":[{"timecode":1,"title":""}]}`, `{"chapters":[{"timecode":1,"title":"a"},{"timecode":1,"title":"b"}]}`,
			`{"chapters":[{"timecode":1.5,"title":"a"}]}`, `{"chapters":"all"}`,
		} {
			w.want(http.StatusBadRequest, "PUT", one, w.token, bad)
		}
		w.want(http.StatusForbidden, "PUT", one, w.login("bob"), `{"chapters":[]}`)
		w.want(http.StatusUnauthorized, "PUT", one, "", `{"chapters":[]}`)
		w.want(http.StatusNoContent, "PUT", one, w.token, `{"chapters":[]}`)
		if got := w.want(200, "GET", one, "", nil); string(bytes.TrimSpace(got)) != `{"chapters":[]}` {
			t.Errorf("got %s", got)
		}
	})
}

// What a player looks like is the video's choice, or the channel's, or the
// instance's.
func TestThemes(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newVideoWorld(t, d)
		const settings, channel = "/api/v1/player-settings/videos/", "/api/v1/player-settings/video-channels/alice_channel"
		one := settings + w.publish(nil).UUID
		get := func(path, token, want string) {
			t.Helper()
			if got := w.want(200, "GET", path, token, nil); string(bytes.TrimSpace(got)) != `{"theme":"`+want+`"}` {
				t.Errorf("%s: got %s, want %s", path, got, want)
			}
		}
		get(one, "", "instance-default")
		get(one+"?raw=true", w.token, "channel-default")
		w.want(200, "PUT", channel, w.token, rest.PlayerSettings{Theme: "galaxy"})
		get(one, "", "galaxy")
		get(channel, "", "galaxy")
		w.want(200, "PUT", one, w.token, rest.PlayerSettings{Theme: "lucide"})
		get(one, "", "lucide")
		w.want(200, "PUT", one, w.token, rest.PlayerSettings{Theme: "channel-default"})
		get(one, "", "galaxy")
		w.want(200, "PUT", channel, w.token, rest.PlayerSettings{Theme: "instance-default"})
		get(channel+"?raw=true", w.token, "instance-default")
		w.want(http.StatusBadRequest, "PUT", channel, w.token, rest.PlayerSettings{Theme: "channel-default"})
		w.want(http.StatusBadRequest, "PUT", one, w.token, rest.PlayerSettings{Theme: "<b>"})
		bob := w.login("bob")
		w.want(http.StatusForbidden, "PUT", one, bob, rest.PlayerSettings{Theme: "galaxy"})
		w.want(http.StatusForbidden, "PUT", channel, bob, rest.PlayerSettings{Theme: "galaxy"})
		w.want(http.StatusForbidden, "GET", one+"?raw=true", bob, nil)
	})
}

// Pictures of accounts and channels are their owner's to choose.
func TestFaces(t *testing.T) {
	d := dbtest.SQLite(t)
	w := newWorld(t, d, func(c *Config) {
		folder, err := blob.OpenFolder(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { folder.Close() })
		c.Video.TempDir = folder.TempDir()
		c.Faces = gallery.New(gallery.Config{DB: d, Blob: folder, Dir: folder.TempDir(), Actors: c.Actors})
	})
	alice, bob := w.login("alice"), w.login("bob")
	const channel = "/api/v1/video-channels/alice_channel"
	for _, tt := range []struct {
		path, token, field string
		status, sizes      int
	}{
		{"/api/v1/users/me/avatar/pick", alice, "avatarfile", 200, 4},
		{channel + "/avatar/pick", alice, "avatarfile", 200, 4},
		{channel + "/banner/pick", alice, "bannerfile", 200, 2},
		{channel + "/avatar/pick", bob, "avatarfile", http.StatusForbidden, 0},
		{channel + "/banner/pick", alice, "avatarfile", http.StatusBadRequest, 0},
		{"/api/v1/users/me/avatar/pick", "", "avatarfile", http.StatusUnauthorized, 0},
	} {
		resp, body := w.upload(tt.path, tt.token, tt.field)
		if resp.StatusCode != tt.status || bytes.Count(body, []byte("fileUrl")) != tt.sizes {
			t.Errorf("%+v: got %d %s", tt, resp.StatusCode, body)
		}
	}
	if got := w.want(200, "GET", channel, "", nil); bytes.Count(got, []byte("/lazy-static/banners/")) != 4 {
		t.Errorf("got %s", got)
	}
	w.want(http.StatusForbidden, "DELETE", channel+"/banner", bob, nil)
	w.want(http.StatusNoContent, "DELETE", channel+"/banner", alice, nil)
	w.want(http.StatusNoContent, "DELETE", "/api/v1/users/me/avatar", alice, nil)
	if got := w.want(200, "GET", channel, "", nil); bytes.Contains(got, []byte("/lazy-static/banners/")) {
		t.Errorf("got %s", got)
	}
}

func (w *world) upload(path, token, field string) (*http.Response, []byte) {
	w.t.Helper()
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	part, err := form.CreateFormFile(field, "me.png")
	w.must(err)
	w.must(png.Encode(part, image.NewGray(image.Rect(0, 0, 20, 20))))
	w.must(form.Close())
	return w.do("POST", path, token, b.String(), "Content-Type", form.FormDataContentType())
}

func compact(t *testing.T, raw []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := json.Compact(&b, raw); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
