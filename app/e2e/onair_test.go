package e2e

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"image"
	"image/jpeg"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"vidiverse/app/e2e/browser"
	"vidiverse/instance/activitypub"
	"vidiverse/instance/rest"
)

// origin makes the broadcast a server that other servers read: of a person with
// a channel, a live that is on air and one that is planned.
func (b *broadcast) origin(t *testing.T, starts time.Time) (onAir, planned activitypub.Video) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	public := string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	person, group := b.actor("Person", "/accounts/alicia", public), b.actor("Group", "/video-channels/alicia_channel", public)
	group["attributedTo"] = []any{map[string]any{"type": "Person", "id": person["id"]}}

	raw, err := os.ReadFile("../../instance/activitypub/testdata/video-live.json")
	if err != nil {
		t.Fatal(err)
	}
	read := func() activitypub.Video {
		v, err := activitypub.ParseVideo(bytes.ReplaceAll(raw, []byte("http://127.0.0.1:9001"), []byte(b.URL)))
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	onAir, planned = read(), read()
	picture := activitypub.List[activitypub.Image]{{Type: "Image", URL: b.URL + "/sheet.jpg", MediaType: "image/jpeg", Width: 320, Height: 180}}
	onAir.Icon, planned.Icon = picture, picture
	for i, l := range onAir.URL {
		switch {
		case l.MediaType == activitypub.HLS:
			onAir.URL[i].Href, onAir.URL[i].Tag = b.master(), activitypub.List[activitypub.Link]{
				{Type: "Link", Name: "sha256", MediaType: "application/json", Href: b.URL + "/hls/sha256.json"},
			}
		case strings.HasPrefix(l.Href, "ws"):
			onAir.URL[i].Href = b.socket()
		}
	}
	for _, language := range []string{"en", "fr"} {
		onAir.SubtitleLanguage = append(onAir.SubtitleLanguage, activitypub.Subtitle{
			Label: activitypub.Label{Identifier: language}, AutomaticallyGenerated: language == "fr",
			URL: activitypub.List[activitypub.Link]{{Type: "Link", MediaType: "text/vtt", Href: b.URL + "/" + language + ".vtt"}},
		})
	}
	onAir.Preview = activitypub.List[activitypub.Preview]{{Type: "Image", Rel: []string{"storyboard"}, URL: activitypub.List[activitypub.Sheet]{{
		MediaType: "image/jpeg", Href: b.URL + "/sheet.jpg", Width: 320, Height: 180, TileWidth: 160, TileHeight: 90, TileDuration: "PT5S",
	}}}}
	planned.UUID = "11111111-2222-4333-8444-555555555555"
	planned.ID, planned.Name, planned.State = b.URL+"/videos/watch/"+planned.UUID, "A concert", 4
	planned.URL = planned.URL[:2]
	planned.Schedules = activitypub.List[activitypub.Schedule]{{StartDate: starts.Format(time.RFC3339)}}

	b.serve(t, person, group, onAir, planned)
	return onAir, planned
}

func (b *broadcast) actor(kind, path, public string) map[string]any {
	id, name := b.URL+path, path[strings.LastIndex(path, "/")+1:]
	return map[string]any{
		"@context": []string{"https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"}, "type": kind, "id": id, "preferredUsername": name, "name": name,
		"inbox": id + "/inbox", "outbox": id + "/outbox", "followers": id + "/followers", "following": id + "/following",
		"endpoints": map[string]string{"sharedInbox": b.URL + "/inbox"}, "publicKey": map[string]string{"id": id + "#main-key", "owner": id, "publicKeyPem": public},
	}
}

// serve answers for the documents and files of an origin.
func (b *broadcast) serve(t *testing.T, person, group map[string]any, videos ...activitypub.Video) {
	t.Helper()
	mux, ok := b.Config.Handler.(*http.ServeMux)
	if !ok {
		t.Fatal("the broadcast has another handler")
	}
	give := func(path, kind string, body []byte) {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			_, _ = w.Write(body) // who asks sees it
		})
	}
	for _, a := range []map[string]any{person, group} {
		raw, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		give(strings.TrimPrefix(fmt.Sprint(a["id"]), b.URL), activitypub.ContentType, raw)
	}
	for _, v := range videos {
		raw, err := v.JSON()
		if err != nil {
			t.Fatal(err)
		}
		give("/videos/watch/"+v.UUID, activitypub.ContentType, raw)
	}
	mux.HandleFunc("/.well-known/webfinger", func(w http.ResponseWriter, r *http.Request) {
		subject := r.URL.Query().Get("resource")
		self := person["id"]
		if strings.Contains(subject, "_channel") {
			self = group["id"]
		}
		_ = json.NewEncoder(w).Encode(map[string]any{ // who asks sees it
			"subject": subject, "links": []any{map[string]any{"rel": "self", "type": "application/activity+json", "href": self}},
		})
	})
	for _, language := range []string{"en", "fr"} {
		give("/"+language+".vtt", "text/vtt", []byte("WEBVTT\n\n00:00.000 --> 02:00.000\nSaid in "+language+"<script>alert(1)</script>\n"))
	}
	var sheet bytes.Buffer
	if err := jpeg.Encode(&sheet, image.NewGray(image.Rect(0, 0, 320, 180)), nil); err != nil {
		t.Fatal(err)
	}
	give("/sheet.jpg", "image/jpeg", sheet.Bytes())
	b.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { // pages of other servers play its files
		w.Header().Set("Access-Control-Allow-Origin", "*")
		mux.ServeHTTP(w, r)
	})
}

// TestFarLive: a live of another server is found, watched in the page with its
// captions and pictures, from the keyboard too, and on the page for embedding;
// one that is planned tells when it begins.
func TestFarLive(t *testing.T) {
	t.Parallel()
	live := newBroadcast(t, makeLive(t))
	starts := time.Now().Add(48 * time.Hour).UTC().Truncate(time.Second)
	onAir, planned := live.origin(t, starts)
	s, root := newFederated(t, "search: {remote_uri: {anonymous: true}}\n")
	for _, v := range []activitypub.Video{onAir, planned} {
		found := list[rest.Video](root, "/api/v1/search/videos?search="+url.QueryEscape(v.ID))
		if v.State == 1 && (len(found) != 1 || found[0].UUID != v.UUID || !found[0].IsLive) || !root.has(v.UUID) {
			t.Fatalf("looking for %s: got %+v", v.ID, found)
		}
	}
	p := browser.Start(t).Page(t, browser.Options{Viewport: &browser.Viewport{Width: 1280, Height: 900}, Locale: "en-GB"})
	p.Patience(time.Minute)
	const showing = `(language) => [...document.querySelector("video").textTracks].some((x) => x.mode === "showing" && x.language === language && x.cues?.length)`

	p.Goto(s.url + "/w/" + onAir.UUID)
	p.Wait(`() => document.querySelector("video")?.currentTime > 0.5`, nil)
	p.Visible(".live-now")
	p.Wait(`() => [...document.querySelector("video").textTracks].some((x) => x.label === "thumbnails" && x.cues?.length === 4)`, nil)
	p.Press("c")
	p.Wait(showing, "en")
	var said string
	p.Eval(`() => [...document.querySelector("video").textTracks].find((x) => x.mode === "showing").cues[0].text`, nil, &said)
	if said != "Said in enalert(1)" {
		t.Errorf("the caption says %q", said)
	}
	p.Eval(`() => document.querySelector(".gear > button").focus()`, nil, nil)
	p.Press("Enter")
	p.Visible(`text=French, automatic`)
	for range 20 { // to the last choice
		var last bool
		p.Eval(`() => document.activeElement.textContent === "French, automatic"`, nil, &last)
		if last {
			break
		}
		p.Press("ArrowDown")
	}
	p.Press("Enter")
	p.Wait(showing, "fr")
	p.Press("Escape")
	p.Press("c")
	p.Wait(`() => document.querySelector(".captions").getAttribute("aria-pressed") === "false"`, nil)

	p.Goto(s.url + "/videos/embed/" + onAir.UUID)
	p.Click(".captions")
	p.Wait(showing, "fr") // as was chosen last

	p.Goto(s.url + "/w/" + planned.UUID)
	p.Visible(`text=This live has not started yet.`)
	p.Visible(`time[datetime="` + starts.Format("2006-01-02T15:04:05.000Z") + `"]`)
	p.Goto(s.url + "/c/alicia_channel@" + strings.TrimPrefix(live.URL, "http://"))
	p.Visible(".over.live")
	p.Visible(`.over:has-text("Starts")`)
	if found := p.Errors(); len(found) > 0 {
		t.Errorf("errors in the page: %q", found)
	}
	s.stop()
	s.check()
}
