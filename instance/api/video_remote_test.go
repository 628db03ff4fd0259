package api

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"vidiverse/instance/activitypub"
	"vidiverse/instance/db"
	"vidiverse/instance/db/dbtest"
	"vidiverse/instance/rest/resttest"
	"vidiverse/instance/video"
)

// toldBy is a video as PeerTube wrote it.
func toldBy(t *testing.T, name string) activitypub.Video {
	t.Helper()
	raw, err := os.ReadFile("../activitypub/testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	o, err := activitypub.ParseVideo(raw)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// heard has a video of another server be known here as that one tells it.
func (w *videoWorld) heard(o activitypub.Video) {
	w.t.Helper()
	d, err := video.ReadRemote(o, w.clock.now())
	w.must(err)
	d.Host, d.Channel = 70, 71
	w.must(w.db.Write(w.t.Context(), func(tx db.Tx) error {
		_, _, err := w.videos.SaveRemote(w.t.Context(), tx, d)
		return err
	}))
}

// A video of another server is shown as PeerTube shows it, field for field: its
// files at their addresses, its trackers, captions, what it has as a live.
func TestRemoteVideosAreShapedAsPeerTubes(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newVideoWorld(t, d)
		w.must(d.Write(t.Context(), func(tx db.Tx) error {
			for _, q := range []string{
				`INSERT INTO host (id, name, created_at) VALUES (70, '127.0.0.1:9001', 1)`,
				`INSERT INTO actor (id, kind, username, host_id, url, inbox_url, shared_inbox_url, created_at, updated_at) VALUES
					(70, 2, 'alicia', 70, 'http://127.0.0.1:9001/accounts/alicia', 'x', 'x', 1, 1), (71, 3, 'sea', 70, 'http://127.0.0.1:9001/video-channels/sea', 'x', 'x', 1, 1)`,
				`INSERT INTO actor_counter (actor_id) VALUES (70), (71)`,
				`INSERT INTO follow (follower_id, target_id, state, url, created_at, updated_at)
					SELECT id, 71, 'accepted', 'https://one.test/f', 1, 1 FROM actor WHERE username = 'peertube'`,
				`INSERT INTO account (id, actor_id, display_name, created_at, updated_at) VALUES (70, 70, 'Alicia', 1, 1)`,
				`INSERT INTO channel (id, actor_id, account_id, display_name, created_at, updated_at) VALUES (71, 71, 70, 'Sea', 1, 1)`,
			} {
				if _, err := tx.NewRaw(q).Exec(t.Context()); err != nil {
					return err
				}
			}
			return nil
		}))
		for file, object := range map[string]string{"video-vod-remote.json": "video-vod.json", "video-live-remote.json": "video-live.json"} {
			o := toldBy(t, object)
			var made struct{ CreatedAt string }
			w.must(json.Unmarshal(resttest.Load(t, file).Response.Body, &made))
			published := o.Published
			o.Published = made.CreatedAt // as it was told first
			w.heard(o)
			o.Published = published
			w.heard(o)
			resp, body := w.do("GET", "/api/v1/videos/"+o.UUID, "", nil)
			resttest.Status(t, file, resp)
			resttest.Body(t, file, body)
			same(t, file, body, resttest.Load(t, file).Response.Body)
		}
		one := "/api/v1/videos/" + toldBy(t, "video-vod.json").UUID
		for file, path := range map[string]string{"video-captions.json": one + "/captions", "video-storyboards.json": one + "/storyboards"} {
			resp, body := w.do("GET", path, "", nil)
			resttest.Status(t, file, resp)
			resttest.Body(t, file, body)
			same(t, file, body, resttest.Load(t, file).Response.Body)
		}
		live := toldBy(t, "video-live.json").UUID
		_, body := w.do("GET", "/api/v1/videos/live/"+live, "", nil)
		if got, want := strings.TrimSpace(string(body)), `{"permanentLive":false,"saveReplay":true,"latencyMode":1,"dvrWindow":3600,"schedules":[]}`; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if resp, _ := w.do("GET", "/api/v1/videos/live/"+toldBy(t, "video-vod.json").UUID, "", nil); resp.StatusCode != http.StatusNotFound {
			t.Errorf("the live of what is none: status %d", resp.StatusCode)
		}
		planned(t, w, live)
	})
}

// planned lives are in lists for who asks for them, with their times.
func planned(t *testing.T, w *videoWorld, live string) {
	t.Helper()
	at := w.clock.now().Add(time.Hour).UTC().Truncate(time.Millisecond)
	o := toldBy(t, "video-live.json")
	o.State, o.Schedules = 4, activitypub.List[activitypub.Schedule]{{StartDate: at.Format(time.RFC3339Nano)}}
	w.heard(o)
	schedules := fmt.Sprintf(`"liveSchedules":[{"startAt":"%s"}]`, at.Format("2006-01-02T15:04:05.000Z"))
	for path, want := range map[string]bool{"?isLive=true": false, "?isLive=true&includeScheduledLive=true": true, "?isLive=false&includeScheduledLive=true": false} {
		resp, body := w.do("GET", "/api/v1/video-channels/sea@127.0.0.1:9001/videos"+path, "", nil)
		got := strings.Contains(string(body), live)
		if resp.StatusCode != http.StatusOK || got != want || want && (!strings.Contains(string(body), schedules) || !strings.Contains(string(body), `"state":{"id":4,"label":"Waiting for livestream"}`)) {
			t.Errorf("%s: status %d, %s", path, resp.StatusCode, body)
		}
	}
	if _, body := w.do("GET", "/api/v1/videos/"+live, "", nil); !strings.Contains(string(body), schedules) {
		t.Errorf("the video says nothing of its start: %s", body)
	}
}

// told is what of a captured answer no object tells: numbers and names of that
// server's own, and what it counts or fetches by itself.
var told = map[string]string{
	"account": "of another object", "channel": "of another object", "id": "a number of its own", "redundancies": "told by CacheFile",
	"likes": "counted from collections", "dislikes": "counted from collections", "comments": "counted from collections",
	"updatedAt": "when that server wrote it",
}

var ownName = regexp.MustCompile(`((?:/|%2F)(?:thumbnails|torrents|video-captions|storyboards)(?:/|%2F))[0-9a-f-]{36}`)

// same holds an answer against the captured one, value by value.
func same(t *testing.T, file string, got, want []byte) {
	t.Helper()
	read := func(raw []byte, base string) (v any) {
		raw = bytes.ReplaceAll(raw, []byte(base), []byte("http://here"))
		raw = bytes.ReplaceAll(raw, []byte(url.QueryEscape(base)), []byte("http%3A%2F%2Fhere"))
		raw = ownName.ReplaceAll(raw, []byte("${1}NAME"))
		if err := json.Unmarshal(raw, &v); err != nil {
			t.Fatal(err)
		}
		// The order of thumbnails is that of PeerTube's database: none.
		if o, ok := v.(map[string]any); ok && o["thumbnails"] != nil {
			list := o["thumbnails"].([]any)
			slices.SortFunc(list, func(a, b any) int {
				return cmp.Compare(a.(map[string]any)["width"].(float64), b.(map[string]any)["width"].(float64))
			})
		}
		return v
	}
	here, there := "https://one.test", "http://127.0.0.1:9002"
	if file == "video-captions.json" || file == "video-storyboards.json" { // captured at the origin
		here, there = here+"/lazy-static", "http://127.0.0.1:9001/lazy-static"
	}
	compare(t, file, read(got, here), read(want, there))
}

func compare(t *testing.T, path string, got, want any) {
	t.Helper()
	switch w := want.(type) {
	case map[string]any:
		g, _ := got.(map[string]any)
		for k := range w {
			if told[k] == "" {
				compare(t, path+"."+k, g[k], w[k])
			}
		}
		for k := range g {
			if _, ok := w[k]; !ok {
				t.Errorf("%s.%s: PeerTube does not say it", path, k)
			}
		}
	case []any:
		g, _ := got.([]any)
		if len(g) != len(w) {
			t.Errorf("%s: got %d, want %d", path, len(g), len(w))
			return
		}
		for i := range w {
			compare(t, fmt.Sprintf("%s[%d]", path, i), g[i], w[i])
		}
	default:
		if got != want {
			t.Errorf("%s: got %v, want %v", path, got, want)
		}
	}
}
