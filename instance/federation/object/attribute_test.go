package object

import (
	"encoding/json"
	"os"
	"path"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vidiverse/instance/activitypub"
	"vidiverse/instance/video"
)

// A video of ours with the same captions, storyboard and live attributes is
// described as PeerTube describes it, to the letter; so is one without.
func TestAttributesAreTheCapturedOnes(t *testing.T) {
	for _, name := range []string{"video-vod.json", "video-live.json"} {
		raw, err := os.ReadFile("../../activitypub/testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		o, err := activitypub.ParseVideo(raw)
		if err != nil {
			t.Fatal(err)
		}
		d, err := video.ReadRemote(o, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		a := video.Attributes{Captions: d.Captions, Storyboard: d.Storyboard, Live: d.Live}
		for i := range a.Captions {
			a.Captions[i].File = path.Base(a.Captions[i].Address)
		}
		if a.Storyboard != nil {
			a.Storyboard.File = path.Base(a.Storyboard.Address)
		}
		r := &Renderer{base: "http://127.0.0.1:9001"}
		var ours activitypub.Video
		r.attributes(&ours, a)
		text, err := ours.JSON()
		if err != nil {
			t.Fatal(err)
		}
		var got, want map[string]json.RawMessage
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(raw, &want); err != nil {
			t.Fatal(err)
		}
		for _, member := range []string{"subtitleLanguage", "preview", "schedules", "liveSaveReplay", "permanentLive", "latencyMode", "dvrWindow"} {
			var g, w any
			_ = json.Unmarshal(got[member], &g) // absent stays nil
			_ = json.Unmarshal(want[member], &w)
			_, has := want[member]
			if _, does := got[member]; has != does {
				t.Errorf("%s: %s: it is there %v, want %v", name, member, does, has)
			}
			if diff := cmp.Diff(w, g); diff != "" {
				t.Errorf("%s: %s: %s", name, member, diff)
			}
		}
	}
	at := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	var planned activitypub.Video
	(&Renderer{}).attributes(&planned, video.Attributes{Live: &video.Live{Latency: video.LatencySmall, Starts: []time.Time{at}}})
	if len(planned.Schedules) != 1 || planned.Schedules[0].StartDate != "2030-01-02T03:04:05.000Z" || *planned.LatencyMode != 3 {
		t.Errorf("got %+v", planned)
	}
}
