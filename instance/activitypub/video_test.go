package activitypub

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"

	"vidiverse/instance/hls"
)

func read(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// What a stock server writes is read whole and written the same: other servers
// see of our videos what they would of PeerTube's.
func TestCapturedVideos(t *testing.T) {
	for _, name := range []string{"video-vod.json", "video-live.json", "video-update.json"} {
		raw := read(t, name)
		v, err := ReadVideo(bytes.NewReader(raw))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		b, err := v.JSON()
		if err != nil {
			t.Fatal(err)
		}
		var got, want map[string]any
		if json.Unmarshal(b, &got) != nil || json.Unmarshal(raw, &want) != nil {
			t.Fatalf("%s: no JSON", name)
		}
		if want["@context"] == nil { // an Update carries it outside the object
			delete(got, "@context")
		}
		for k := range want {
			if !reflect.DeepEqual(got[k], want[k]) {
				t.Errorf("%s: %s: got %v, want %v", name, k, got[k], want[k])
			}
		}
		if len(got) != len(want) {
			t.Errorf("%s: got %d members, want %d", name, len(got), len(want))
		}
	}
}

func TestContextIsPeerTubes(t *testing.T) {
	v, err := ReadVideo(bytes.NewReader(read(t, "video-vod.json")))
	if err != nil {
		t.Fatal(err)
	}
	var got, want any
	if json.Unmarshal(VideoContext, &got) != nil || json.Unmarshal(v.Context, &want) != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %s, want %s", VideoContext, v.Context)
	}
}

// The hashes of the captured document are those that players compute: joining
// them is joining browsers.
func TestHashesAreThoseOfPlayers(t *testing.T) {
	for name, variants := range map[string]int{"video-vod.json": 2, "video-live.json": 2} {
		v, err := ReadVideo(bytes.NewReader(read(t, name)))
		if err != nil {
			t.Fatal(err)
		}
		hashes := v.Hashes()
		for i := range variants {
			want := hls.SwarmHashG2(v.MasterURL(), hls.Main, i)
			if len(hashes) <= i || hashes[i] != want {
				t.Errorf("%s: main %d: got %x, want %x", name, i, hashes, want)
			}
		}
		if trackers := v.Trackers(); len(trackers) != 1 || trackers[0] != "ws://127.0.0.1:9001/tracker/socket" {
			t.Errorf("%s: got trackers %q", name, trackers)
		}
		if !strings.HasSuffix(v.DigestsURL(), "segments-sha256.json") {
			t.Errorf("%s: got digests %q", name, v.DigestsURL())
		}
		if h, want := Infohash(hashes[0]), v.playlist().Tag[0]; !reflect.DeepEqual(h, want) {
			t.Errorf("%s: got %+v, want %+v", name, h, want)
		}
	}
}

// Servers and their plugins write one member for a list, a string for an object
// and the other way round.
func TestOddTypes(t *testing.T) {
	for name, body := range map[string]string{
		"one link":     `{"type":"Video","id":"a","url":{"type":"Link","mediaType":"application/x-mpegURL","href":"m","tag":{"type":"Infohash","name":"4e5553416b4a417a4f3752676c6531626269566e"}}}`,
		"odd members":  `{"type":"Video","id":"a","name":7,"views":"many","duration":[],"url":["https://x/",null,7,[],{"mediaType":"application/x-mpegURL","href":"m","height":"tall","tag":[1,"x",{"type":"Infohash","name":"4e5553416b4a417a4f3752676c6531626269566e"}]}]}`,
		"whole actors": `{"type":"Video","id":"a","attributedTo":"p","to":"x","audience":["c"],"hasParts":{"id":"parts"},"url":[{"mediaType":"application/x-mpegURL","href":"m","rel":"r","tag":[{"type":"Infohash","name":"4e5553416b4a417a4f3752676c6531626269566e"},{"type":"Infohash","name":"4e5553416b4a417a4f3752676c6531626269566e"},{"type":"Infohash","name":"zz"},{"type":"Infohash","name":"00"}]}]}`,
	} {
		v, err := ReadVideo(strings.NewReader(body))
		if err != nil || len(v.Hashes()) != 1 || v.MasterURL() != "m" {
			t.Errorf("%s: got %+v %v", name, v, err)
		}
		if name == "whole actors" && (len(v.AttributedTo) != 1 || v.AttributedTo[0].ID != "p" || v.To[0] != "x" || v.Audience != "c" || v.HasParts != "parts") {
			t.Errorf("%s: got %+v", name, v)
		}
	}
}

func TestHostileObjects(t *testing.T) {
	many := strings.Repeat(`{"type":"Infohash","name":"`+strings.Repeat("00", 20)+`"},`, 3000)
	for name, test := range map[string]struct {
		body string
		want error
	}{
		"empty":       {"", ErrMalformed},
		"list":        {"[]", ErrMalformed},
		"text":        {`"Video"`, ErrMalformed},
		"null":        {"null", ErrMalformed},
		"other":       {`{"type":"Note","id":"a"}`, ErrMalformed},
		"no id":       {`{"type":"Video"}`, ErrMalformed},
		"two":         {`{"type":"Video","id":"a"}{}`, ErrMalformed},
		"cut":         {`{"type":"Video","id":"a"`, ErrMalformed},
		"deep":        {`{"type":"Video","id":"a","url":` + strings.Repeat("[", 21) + strings.Repeat("]", 21) + `}`, ErrTooLarge},
		"deep object": {`{"type":"Video","id":"a","url":` + strings.Repeat(`{"tag":`, 30) + `1` + strings.Repeat(`}`, 30) + `}`, ErrTooLarge},
		"long":        {`{"type":"Video","id":"a","name":"` + strings.Repeat("x", MaxObject) + `"}`, ErrTooLarge},
		"many":        {`{"type":"Video","id":"a","url":{"mediaType":"application/x-mpegURL","tag":[` + many + `{}]}}`, nil},
		"brackets":    {`{"type":"Video","id":"a","name":"` + strings.Repeat(`[{\"`, 100) + `"}`, nil},
	} {
		v, err := ReadVideo(strings.NewReader(test.body))
		if !errors.Is(err, test.want) || (err == nil) != (test.want == nil) {
			t.Errorf("%s: got %v, want %v", name, err, test.want)
		}
		if len(v.URL) > 0 && len(v.URL[0].Tag) > maxList {
			t.Errorf("%s: got %d tags", name, len(v.URL[0].Tag))
		}
	}
}

// Whatever is read can be written, and says the same of swarms when it is read
// again.
func FuzzReadVideo(f *testing.F) {
	for _, name := range []string{"video-vod.json", "video-live.json", "video-update.json"} {
		f.Add(read(f, name))
	}
	f.Add([]byte(`{"type":"Video","id":"a","url":{"mediaType":"application/x-mpegURL","href":"m","tag":["x",{"name":"sha256"}],"rel":[null,3]}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		v, err := ReadVideo(bytes.NewReader(raw))
		if err != nil {
			return
		}
		b, err := v.JSON()
		if err != nil {
			t.Fatal(err)
		}
		again, err := ReadVideo(bytes.NewReader(b))
		if errors.Is(err, ErrTooLarge) {
			return // what was left out is written out, and may be longer
		}
		if err != nil || !reflect.DeepEqual(again.Hashes(), v.Hashes()) || !reflect.DeepEqual(again.Trackers(), v.Trackers()) || again.MasterURL() != v.MasterURL() {
			t.Errorf("read %s, wrote %s: %v", raw, b, err)
		}
	})
}
