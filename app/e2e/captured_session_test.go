package e2e

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
)

// Sizes of the captured uploads: of the file, and of the form around one.
const (
	capturedFile = 926500
	capturedForm = 926942
)

// uploads sends one video in pieces, begins and cancels another, and sends a
// third in one request. It returns the first.
func (p *replay) uploads(alicia person) string {
	p.Helper()
	p.put[`"channelId":2`] = fmt.Sprintf(`"channelId":%d`, alicia.channel)
	film := exactly(p, load(p, small), capturedFile)
	// Each captured upload has its own identifier.
	p.begin("upload-resumable-2-chunk")
	first := p.do("upload-resumable-2-chunk", film[:524288])
	again := p.do("upload-resumable-2b-status-query", nil)
	if a, b := first.header.Get("Range"), again.header.Get("Range"); a != b {
		p.Errorf("the status says %q after a chunk answered with %q", b, a)
	}
	uuid := alicia.made(p.do("upload-resumable-3-chunk", film[524288:]))
	p.begin("upload-resumable-9-cancel")
	p.do("upload-resumable-9-cancel", nil)

	_, _, header, _ := p.captured("upload-legacy-response")
	alicia.made(p.do("upload-legacy-response", form(p, header, alicia.channel)))
	alicia.settle(uuid)
	return uuid
}

// begin opens an upload; the captured requests of file then go to it.
func (p *replay) begin(file string) {
	p.Helper()
	a := p.do("upload-resumable-1-init", nil)
	_, id, found := strings.Cut(a.header.Get("Location"), "//"+p.addr+"/api/v1/videos/upload-resumable?upload_id=")
	if !found {
		p.Fatalf("begin an upload: got Location %q", a.header.Get("Location"))
	}
	_, target, _, _ := p.captured(file)
	place, err := url.Parse(target)
	if err != nil {
		p.Fatal(err)
	}
	p.put[place.Query().Get("upload_id")] = id
}

// form is an upload in one request, as long as the captured one and with its
// boundary.
func form(p *replay, header []line, channel int) []byte {
	p.Helper()
	wrap := func(film []byte) []byte {
		var b bytes.Buffer
		w := multipart.NewWriter(&b)
		for _, l := range header {
			if _, boundary, found := strings.Cut(l.value, "boundary="); found {
				if err := w.SetBoundary(boundary); err != nil {
					p.Fatal(err)
				}
			}
		}
		for _, f := range []line{{"name", "Legacy upload"}, {"channelId", fmt.Sprint(channel)}, {"privacy", "1"}} {
			_ = w.WriteField(f.name, f.value) // to memory
		}
		part, err := w.CreateFormFile("videofile", "sample10.mp4")
		if err != nil {
			p.Fatal(err)
		}
		_, _ = part.Write(film)
		_ = w.Close()
		return b.Bytes()
	}
	return wrap(exactly(p, load(p, small), capturedForm-len(wrap(nil))))
}

// look asks for everything that a client shows of a video and its people.
func (p *replay) look(alicia person, uuid string) {
	p.Helper()
	v := alicia.video(uuid)
	p.put["e6b078bc-3feb-4c72-8f4f-aff5828507e1"] = uuid
	p.put["/users/me/videos/1/rating"] = fmt.Sprintf("/users/me/videos/%d/rating", v.ID)
	p.put["/metadata/3"] = fmt.Sprintf("/metadata/%d", v.Playlists[0].Files[0].ID)
	for _, file := range []string{
		"config", "config-about", "users-me", "users-me-quota", "users-me-videos", "users-me-rating",
		"videos-list", "videos-list-local", "videos-categories", "videos-licences", "videos-languages", "videos-privacies",
		"video-vod", "video-vod-owner", "video-source", "video-token", "video-captions", "video-chapters", "video-storyboards", "video-file-metadata",
		"accounts", "account", "account-channels", "account-videos", "video-channels", "video-channel", "video-channel-videos", "ping",
	} {
		p.do(file, nil)
	}
}

// closed asks for videos that not everybody may see.
func (p *replay) closed(alicia person) {
	p.Helper()
	film := load(p, small)
	p.put["99d541af-5f57-4c9d-a522-6faaab2f00f3"] = alicia.settle(alicia.upload("locked.mp4", film, map[string]string{"privacy": "5", "videoPasswords[0]": "secretpw"})).UUID
	p.put["c3da7ce9-12fa-4a12-b54e-9112c123b474"] = alicia.upload("private.mp4", film, map[string]string{"privacy": "3"})
	for _, file := range []string{"video-password-missing-403", "video-password-ok", "video-passwords-list", "video-private-anonymous-401"} {
		p.do(file, nil)
	}
}

// mistakes of clients are answered as they are used to.
func (p *replay) mistakes() {
	p.Helper()
	for _, file := range []string{
		"error-400-upload-validation", "error-400-validation", "error-401-no-token", "error-404-channel",
		"error-404-route", "error-404-video", "error-409-channel-name", "error-token-bad-client", "error-token-bad-password", "error-token-bad-refresh",
	} {
		p.do(file, nil)
	}
}

// signOut refreshes the session and ends it; its token is then worth nothing.
func (p *replay) signOut() {
	p.Helper()
	p.grant(p.do("users-token-refresh", nil))
	p.do("users-revoke-token", nil)
	if a := p.do("error-401-bad-token", nil); a.status != http.StatusUnauthorized {
		p.Errorf("after the sign-out: got %d", a.status)
	}
}
