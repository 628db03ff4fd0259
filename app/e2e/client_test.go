package e2e

import (
	"bytes"
	"encoding/json"
	"maps"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// person is somebody signed in, over REST, as a stock client does it.
type person struct {
	*server
	token   string
	channel int // id of their first one
}

// signIn signs root in. Tokens outlive the process that gave them.
func (s *server) signIn() person {
	s.Helper()
	return s.signInAs("root", rootPassword)
}

func (s *server) signInAs(name, password string) person {
	s.Helper()
	var app struct {
		ID     string `json:"client_id"`
		Secret string `json:"client_secret"`
	}
	s.decode(s.get("/api/v1/oauth-clients/local"), &app)
	form := url.Values{"client_id": {app.ID}, "client_secret": {app.Secret}, "grant_type": {"password"}, "username": {name}, "password": {password}}
	var grant struct {
		Token string `json:"access_token"`
	}
	s.decode(s.request(http.MethodPost, "/api/v1/users/token", []byte(form.Encode()), "Content-Type", "application/x-www-form-urlencoded"), &grant)
	p := person{server: s, token: grant.Token}
	var me struct {
		Channels []struct{ ID int } `json:"videoChannels"`
	}
	p.decode(p.ask(http.MethodGet, "/api/v1/users/me", nil), &me)
	p.channel = me.Channels[0].ID
	return p
}

// on is the same person whose failures are those of t.
func (p person) on(t testing.TB) person {
	s := *p.server
	s.TB, p.server = t, &s
	return p
}

// ask sends a signed request.
func (p person) ask(method, path string, body []byte, header ...string) answer {
	p.Helper()
	return p.request(method, path, body, append(header, "Authorization", "Bearer "+p.token)...)
}

// decode requires success and reads the answer.
func (s *server) decode(a answer, into any) {
	s.Helper()
	if a.status/100 != 2 {
		s.Fatalf("got %d %s", a.status, a.body)
	}
	if err := json.Unmarshal(a.body, into); err != nil {
		s.Fatalf("%v in %s", err, a.body)
	}
}

// video is what tests read of one.
type video struct {
	ID                    int
	UUID, ShortUUID, Name string
	Duration              int
	State                 struct{ ID int }
	Progress              *int `json:"transcodingProgress"`
	Playlists             []struct {
		PlaylistURL string
		Files       []struct {
			ID                 int
			Resolution         struct{ ID int }
			HasVideo, HasAudio bool
			FileURL            string
		}
	} `json:"streamingPlaylists"`
}

const published = 1

// upload sends a file in one request and returns the video's UUID.
func (p person) upload(filename string, file []byte, fields map[string]string) string {
	p.Helper()
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	all := map[string]string{"name": strings.TrimSuffix(filename, ".mp4"), "channelId": strconv.Itoa(p.channel), "privacy": "1", "waitTranscoding": "true"}
	maps.Copy(all, fields)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if err := form.WriteField(name, all[name]); err != nil {
			p.Fatal(err)
		}
	}
	part, err := form.CreateFormFile("videofile", filename)
	if err != nil {
		p.Fatal(err)
	}
	_, _ = part.Write(file) // to memory
	if err := form.Close(); err != nil {
		p.Fatal(err)
	}
	return p.made(p.ask(http.MethodPost, "/api/v1/videos/upload", b.Bytes(), "Content-Type", form.FormDataContentType()))
}

// made reads the answer of a finished upload.
func (p person) made(a answer) string {
	p.Helper()
	var got struct{ Video struct{ UUID string } }
	p.decode(a, &got)
	return got.Video.UUID
}

func (p person) video(uuid string) (v video) {
	p.Helper()
	p.decode(p.ask(http.MethodGet, "/api/v1/videos/"+uuid, nil), &v)
	return v
}

// finished reports whether a video is published with all its renditions.
func (p person) finished(uuid string) bool {
	p.Helper()
	v := p.video(uuid)
	if v.State.ID != published && v.State.ID != 2 {
		p.Fatalf("video %s: got state %d, want published or being transcoded", uuid, v.State.ID)
	}
	return v.State.ID == published && v.Progress == nil
}

// settle waits until a video is published with all its renditions.
func (p person) settle(uuid string) video {
	p.Helper()
	p.eventually("video "+uuid+" is published", func() bool { return p.finished(uuid) })
	return p.video(uuid)
}

// original downloads the file that was uploaded.
func (p person) original(uuid string) []byte {
	p.Helper()
	var source struct{ FileDownloadURL string }
	p.decode(p.ask(http.MethodGet, "/api/v1/videos/"+uuid+"/source", nil), &source)
	a := p.ask(http.MethodGet, source.FileDownloadURL, nil)
	if a.status != http.StatusOK {
		p.Fatalf("original file: got %d %s", a.status, a.body)
	}
	return a.body
}
