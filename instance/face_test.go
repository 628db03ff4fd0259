package instance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vidiverse/instance/rest"
)

// pick sends a picture as the administrator.
func (s *server) pick(path, field string) int {
	s.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile(field, "a.png")
	if err != nil {
		s.t.Fatal(err)
	}
	if err := png.Encode(part, image.NewRGBA(image.Rect(0, 0, 40, 30))); err != nil {
		s.t.Fatal(err)
	}
	if err := form.Close(); err != nil {
		s.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.url+path, &body)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Content-Type", form.FormDataContentType())
	r.Header.Set("Authorization", "Bearer "+s.token)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	res.Body.Close()
	return res.StatusCode
}

// The instance has a face: clients, pages about it and the servers that follow it
// see the same, and its end.
func TestInstanceHasAFace(t *testing.T) {
	one, two := newServer(t, nil), newServer(t, nil)
	if code, body := one.do("POST", "/api/v1/server/following", rest.ServerFollow{Hosts: []string{two.host}}, ""); code != 204 {
		t.Fatalf("got %d %s", code, body)
	}
	two.until("it is followed", func() bool { return len(two.follows("/api/v1/server/followers?state=accepted")) == 1 })
	const config = "/api/v1/config"
	if code := two.pick(config+"/instance-avatar/pick", "avatarfile"); code != 204 {
		t.Fatalf("avatar: got %d", code)
	}
	if code := two.pick(config+"/instance-banner/pick", "bannerfile"); code != 204 {
		t.Fatalf("banner: got %d", code)
	}
	for _, path := range []string{config, config + "/about"} {
		avatars, banners := two.faces(path)
		if len(avatars) != 4 || len(banners) != 2 || !strings.HasPrefix(avatars[0].FileURL, two.url+"/lazy-static/avatars/") || !strings.HasPrefix(banners[0].Path, "/lazy-static/banners/") {
			t.Errorf("%s: got %+v, %+v", path, avatars, banners)
		}
		if code, _ := two.do("GET", avatars[0].Path, nil, ""); code != 200 {
			t.Errorf("%s: got %d", avatars[0].Path, code)
		}
	}
	_, body := two.do("GET", "/accounts/peertube", nil, "application/activity+json")
	var doc struct{ Icon, Image []struct{ Width int } }
	if err := json.Unmarshal([]byte(body), &doc); err != nil || fmt.Sprint(doc.Icon) != "[{120} {48} {600} {1500}]" || len(doc.Image) != 2 {
		t.Errorf("the actor: %v, %+v", err, doc)
	}
	one.until("a server that follows knows its face", func() bool {
		l := one.follows("/api/v1/server/following")
		return len(l) == 1 && len(l[0].Following.Avatars) == 4
	})
	for _, path := range []string{"/instance-avatar", "/instance-banner", "/instance-banner"} {
		if code, body := two.do("DELETE", config+path, nil, ""); code != 204 {
			t.Errorf("%s: got %d %s", path, code, body)
		}
	}
	if avatars, banners := two.faces(config); len(avatars)+len(banners) != 0 {
		t.Errorf("still there: %+v, %+v", avatars, banners)
	}
	stranger := *two
	stranger.token = "none"
	if code := stranger.pick(config+"/instance-avatar/pick", "avatarfile"); code != 401 {
		t.Errorf("a stranger: got %d", code)
	}
	if code := two.pick(config+"/instance-avatar/pick", "bannerfile"); code != 400 {
		t.Errorf("without a picture: got %d", code)
	}
}

func (s *server) faces(path string) (avatars, banners []rest.ActorImage) {
	s.t.Helper()
	_, body := s.do("GET", path, nil, "")
	var c struct {
		Instance struct{ Avatars, Banners []rest.ActorImage }
	}
	if err := json.Unmarshal([]byte(body), &c); err != nil || c.Instance.Avatars == nil || c.Instance.Banners == nil {
		s.t.Fatalf("%s: %v in %s", path, err, body)
	}
	return c.Instance.Avatars, c.Instance.Banners
}

// Pictures of who was deleted, and those that were replaced, do not stay on the
// disk.
func TestPicturesGoWithTheirActor(t *testing.T) {
	var files string
	s := newServer(t, func(c *Config) { files = filepath.Join(c.Files, "avatars") })
	count := func() int {
		all, err := os.ReadDir(files)
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		return len(all)
	}
	if code, body := s.do("POST", "/api/v1/video-channels", rest.ChannelCreate{Name: "sky", DisplayName: "Sky"}, ""); code != 200 {
		t.Fatalf("got %d %s", code, body)
	}
	for range 2 {
		if code := s.pick("/api/v1/video-channels/sky/avatar/pick", "avatarfile"); code != 200 {
			t.Fatalf("got %d", code)
		}
	}
	s.until("the first is replaced", func() bool { return count() == 4 })
	if code, body := s.do("DELETE", "/api/v1/video-channels/sky", nil, ""); code != 204 {
		t.Fatalf("got %d %s", code, body)
	}
	s.until("the files are gone", func() bool { return count() == 0 })
}
