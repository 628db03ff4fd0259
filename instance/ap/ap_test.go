package ap

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"vidiverse/instance/activitypub"
	"vidiverse/instance/db"
	"vidiverse/instance/federation/object"
	"vidiverse/instance/hls"
	"vidiverse/instance/stream"
	"vidiverse/instance/upload"
	"vidiverse/instance/upload/uploadtest"
	"vidiverse/instance/video"
)

const activity = "application/activity+json"

// house is an instance's pages with objects over them, by real HTTP.
type house struct {
	*uploadtest.World
	t       *testing.T
	url     string
	masters int // that were made
}

func open(t *testing.T) *house {
	t.Helper()
	h := &house{World: uploadtest.New(t, "", nil), t: t}
	pages := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "the page") })
	public := &url.URL{Scheme: "https", Host: "one.test"}
	objects := object.New(object.Config{DB: h.DB, PublicURL: public, Actors: h.Actors, Videos: h.Videos})
	s := httptest.NewServer(New(Config{PublicURL: public, Videos: h.Videos, Actors: h.Actors, Objects: objects}).Over(pages))
	t.Cleanup(s.Close)
	h.url = s.URL
	return h
}

// film publishes a video of two renditions with the sound apart.
func (h *house) film(privacy video.Privacy) video.Video {
	h.t.Helper()
	clip := uploadtest.Clip(h.t)
	fields := upload.Fields{
		"name": {"A <film> & more"}, "channelId": {fmt.Sprint(h.Channel)}, "privacy": {fmt.Sprint(int(privacy))}, "filename": {"a.mp4"},
		"category": {"15"}, "licence": {"1"}, "language": {"en"}, "description": {"Desc **bold**"}, "support": {"please"},
		"tags[0]": {"tag1"}, "originallyPublishedAt": {"2020-01-02T03:04:05.000Z"},
	}
	if privacy == video.PasswordProtected {
		fields.Set("videoPasswords", "sesame")
	}
	ctx := h.t.Context()
	id, _, err := h.Uploads.Begin(ctx, h.Alice, upload.Start{Fields: fields, Size: int64(len(clip)), Mime: "video/mp4"})
	h.must(err)
	p, err := h.Uploads.Append(ctx, h.Alice, id, upload.Span{Last: int64(len(clip)) - 1, Total: int64(len(clip))}, bytes.NewReader(clip), nil)
	h.must(err)
	v := video.Video{ID: p.Video.ID, UUID: p.Video.UUID, URL: "https://one.test/videos/watch/" + p.Video.UUID}
	h.master(v, privacy)
	h.must(h.DB.Write(ctx, func(tx db.Tx) error { return h.Videos.Publish(ctx, tx, v.ID) }))
	return v
}

// master makes a new master with new swarms current.
func (h *house) master(v video.Video, privacy video.Privacy) hls.Master {
	h.t.Helper()
	ctx, private := h.t.Context(), !privacy.Open()
	h.masters++
	name := fmt.Sprintf("%s-%d-master.m3u8", v.UUID, h.masters)
	m := hls.Master{
		Variants: []hls.Variant{{URI: "a-240.m3u8", Resolution: 240, Bandwidth: 100, Width: 426, Height: 240, FrameRate: 25, Codecs: "avc1.640015,mp4a.40.2", UsesAudio: true}},
		Audio:    []hls.Track{{Name: "Audio", URI: "a-0.m3u8"}},
	}
	rendition := func(height int) stream.Rendition {
		base := fmt.Sprintf("%s-%d-%d", v.UUID, h.masters, height)
		return stream.Rendition{
			Resolution: height, Width: height * 16 / 9, Height: height, FPS: 25, HasVideo: height > 0, HasAudio: height == 0,
			File: base + "-fragmented.mp4", Playlist: base + ".m3u8", Size: 1000,
		}
	}
	h.must(h.DB.Write(ctx, func(tx db.Tx) error {
		err := h.Videos.PutRenditions(ctx, tx, v.ID, []stream.Rendition{rendition(240), rendition(0)}, stream.Master{
			Name: name, Sha256Name: strings.Replace(name, "master.m3u8", "segments-sha256.json", 1), Private: private,
			Swarms: m.Swarms(h.Videos.MasterURL(v.UUID, name, private)),
		})
		if err != nil {
			return err
		}
		return h.Videos.PutThumbnails(ctx, tx, v.ID, []stream.Thumbnail{{Width: 280, Height: 157, File: v.UUID + fmt.Sprint(h.masters) + ".jpg"}})
	}))
	return m
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) get(path string, header ...string) (*http.Response, []byte) {
	h.t.Helper()
	r, err := http.NewRequestWithContext(h.t.Context(), http.MethodGet, h.url+path, nil)
	h.must(err)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	h.must(err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	h.must(err)
	return res, body
}

// A node reads of our videos what it reads of PeerTube's, and may join exactly
// the swarms of the master that is current: more would shut it out of the
// tracker, fewer would leave viewers alone.
func TestVideo(t *testing.T) {
	t.Parallel()
	h := open(t)
	v := h.film(video.Public)
	for range 2 { // a second master replaces the first
		m := h.master(v, video.Public)
		for _, path := range []string{"/videos/watch/" + v.UUID, "/w/" + v.ShortUUID()} {
			res, body := h.get(path, "Accept", activity+", application/ld+json")
			if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != activitypub.ContentType || res.Header.Get("Vary") != "Accept" {
				t.Fatalf("%s: got %d %v %s", path, res.StatusCode, res.Header, body)
			}
			o, err := activitypub.ReadVideo(bytes.NewReader(body))
			h.must(err)
			h.checkSwarms(o, m)
			if o.ID != v.URL || o.UUID != v.UUID || o.Name != "A <film> & more" || !slices.Contains(o.To, activitypub.Public) {
				t.Errorf("%s: got %+v", path, o)
			}
			if got := o.Trackers(); len(got) != 1 || got[0] != "wss://one.test:443/tracker/socket" {
				t.Errorf("%s: got trackers %q", path, got)
			}
			again, _ := h.get(path, "Accept", activity, "If-None-Match", res.Header.Get("ETag"))
			if again.StatusCode != http.StatusNotModified {
				t.Errorf("%s: unchanged: got %d", path, again.StatusCode)
			}
		}
	}
}

func (h *house) checkSwarms(o activitypub.Video, m hls.Master) {
	h.t.Helper()
	var want [][20]byte
	for _, s := range m.Swarms(o.MasterURL()) {
		want = append(want, s.Hash)
	}
	got := o.Hashes()
	for _, hash := range got {
		allowed, err := h.Videos.SwarmAllowed(h.t.Context(), hash)
		if err != nil || !allowed || !slices.Contains(want, hash) {
			h.t.Errorf("hash %s is federated: allowed %v, of the master %v", hash, allowed, slices.Contains(want, hash))
		}
	}
	if len(got) != len(want) || len(want) != 5 {
		h.t.Errorf("got %d hashes, want %d", len(got), len(want))
	}
}

// Every member that stock servers read is there, and of the same type.
func TestShape(t *testing.T) {
	t.Parallel()
	h := open(t)
	v := h.film(video.Public)
	_, body := h.get("/videos/watch/"+v.UUID, "Accept", activity)
	raw, err := os.ReadFile("testdata/video-vod.json")
	h.must(err)
	var got, want map[string]any
	h.must(json.Unmarshal(body, &got))
	h.must(json.Unmarshal(raw, &want))
	delete(want, "preview") // there are no storyboards
	for k, w := range want {
		g, ok := got[k]
		if !ok || fmt.Sprintf("%T", g) != fmt.Sprintf("%T", w) {
			t.Errorf("%s: got %T, want %T", k, g, w)
		}
	}
	for k := range got {
		if _, ok := want[k]; !ok {
			t.Errorf("%s is nothing that PeerTube writes", k)
		}
	}
	for _, k := range []string{"category", "licence", "language", "originallyPublishedAt", "mediaType", "commentsPolicy", "state"} {
		if fmt.Sprint(got[k]) != fmt.Sprint(want[k]) {
			t.Errorf("%s: got %v, want %v", k, got[k], want[k])
		}
	}
}

// What a stranger may not watch is not shown, whoever asks: its swarms would
// lead to its viewers. The refusals are PeerTube's.
func TestClosedVideosAreNotShown(t *testing.T) {
	t.Parallel()
	h := open(t)
	refused := map[string]int{"00000000-0000-4000-8000-000000000000": 404, "nonsense": 404, "1%002": 404, strings.Repeat("x", 3000): 404}
	for _, p := range []video.Privacy{video.Private, video.Internal, video.PasswordProtected} {
		refused[h.film(p).UUID] = 401
	}
	for id, want := range refused {
		res, body := h.get("/videos/watch/"+id, "Accept", activity, "X-PeerTube-Video-Password", "sesame")
		if res.StatusCode != want || !strings.HasPrefix(res.Header.Get("Content-Type"), "application/problem+json") || bytes.Contains(body, []byte("Infohash")) {
			t.Errorf("%.40s: got %d %s", id, res.StatusCode, body)
		}
	}
	v := h.film(video.Unlisted)
	res, body := h.get("/w/"+v.ShortUUID(), "Accept", activity)
	o, err := activitypub.ReadVideo(bytes.NewReader(body))
	if err != nil || res.StatusCode != http.StatusOK || len(o.To) != 0 || len(o.CC) != 1 || len(o.Hashes()) != 5 {
		t.Errorf("unlisted: got %d to %q, cc %q, %d hashes, %v", res.StatusCode, o.To, o.CC, len(o.Hashes()), err)
	}
	private := video.Private
	h.must(h.Videos.Edit(t.Context(), h.Alice, video.Ref(v.UUID), video.Patch{Privacy: &private}, nil))
	if res, _ := h.get("/w/"+v.ShortUUID(), "Accept", activity); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("made private: got %d", res.StatusCode)
	}
}

func TestPagesStay(t *testing.T) {
	t.Parallel()
	h := open(t)
	for _, path := range []string{"/", "/w/", "/w/a/b", "/videos/watch/", "/videos/watch/a/other", "/about"} {
		if _, body := h.get(path, "Accept", activity); string(body) != "the page" {
			t.Errorf("%s: got %s", path, body)
		}
	}
	res, err := http.Post(h.url+"/w/x", activity, nil)
	h.must(err)
	res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Errorf("POST: got %d from the pages", res.StatusCode)
	}
}

func TestNegotiation(t *testing.T) {
	for accept, want := range map[string]bool{
		"":                    false,
		"*/*":                 false,
		"text/html":           false,
		"application/json":    false,
		activity:              true,
		"application/ld+json": true,
		"application/activity+json, application/ld+json":                       true,
		`application/ld+json; profile="https://www.w3.org/ns/activitystreams"`: true,
		`application/ld+json; profile="https://example.com/other"`:             false,
		"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8":      false,
		"text/html, application/activity+json":                                 false,
		"application/activity+json, text/html":                                 true,
		"application/activity+json;q=0.5, text/html":                           false,
		"application/activity+json, */*":                                       true,
		"application/activity+json;q=0":                                        false,
		"application/activity+json;q=NaN":                                      false,
		"application/activity+json;q=x, text/html":                             false,
		"application/*":                                          false,
		"APPLICATION/ACTIVITY+JSON":                              true,
		"application/json, application/activity+json":            false,
		"image/png, application/activity+json;q=0.1, ;;;, a/b/c": true,
		strings.Repeat("a/b,", 40) + activity:                    false,
		strings.Repeat("application/activity+json,", 1000):       false,
	} {
		if got := wanted(http.Header{"Accept": {accept}}); got != want {
			t.Errorf("%.80s: got %v, want %v", accept, got, want)
		}
	}
}

func FuzzNegotiation(f *testing.F) {
	f.Add(`application/ld+json; profile="https://www.w3.org/ns/activitystreams"; q=0.3, */*;q=0.1`)
	f.Fuzz(func(t *testing.T, accept string) {
		if wanted(http.Header{"Accept": {accept}}) && !strings.Contains(strings.ToLower(accept), "json") {
			t.Errorf("%q gets an object", accept)
		}
	})
}
