package remote

import (
	"encoding/json"
	"os"
	"testing"

	"vidiverse/instance/rest"
)

func capturedAnswer(f *testing.F, name string) []byte {
	b, err := os.ReadFile("remotetest/testdata/" + name)
	if err != nil {
		f.Fatal(err)
	}
	return b
}

// sound is what the rest of a node relies on.
func sound(t *testing.T, body []byte, v Video) {
	t.Helper()
	_, home := originOf(v.Home)
	if !uuidForm.MatchString(v.UUID) || !home || v.Duration < 0 || v.Views < 0 || len([]rune(v.Title)) > 500 || idOf(v.ShortUUID) != v.ShortUUID {
		t.Errorf("%q: got %+v", body, v)
	}
	for _, address := range []string{v.Thumbnail, v.Poster, v.Channel.Avatar} {
		if _, ok := originOf(address); address != "" && !ok {
			t.Errorf("%q: got picture %q", body, address)
		}
	}
	if _, err := json.Marshal(v); err != nil {
		t.Errorf("%q: %v", body, err)
	}
}

// Whatever a server answers, a list holds sound videos or is refused.
func FuzzPage(f *testing.F) {
	f.Add([]byte(`{"total":1,"data":[` + string(capturedAnswer(f, "listed.json")) + `]}`))
	f.Add([]byte(`{"total":2,"data":[{"uuid":"e6b078bc-3feb-4c72-8f4f-aff5828507e1","url":"https://a.example/x","thumbnails":[{"width":1,"fileUrl":"/a"}]},7]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		p, err := readPage("https://a.example", body)
		if err != nil {
			return
		}
		for _, v := range p.Videos {
			sound(t, body, v)
		}
	})
}

// Whatever a server says of a video, its files lie where files may lie.
func FuzzDetails(f *testing.F) {
	f.Add(capturedAnswer(f, "video.json"))
	f.Fuzz(func(t *testing.T, body []byte) {
		var d rest.VideoDetails
		if decode(body, &d) != nil {
			return
		}
		v, err := detailed("https://a.example", d)
		if err != nil {
			return
		}
		sound(t, body, v)
		for _, list := range d.StreamingPlaylists {
			x := &fetch{details: d, video: v, film: Film{Origin: "https://a.example"}, list: list}
			if x.place() == nil {
				if at, ok := originOf(x.folder); !ok || at[:8] != "https://" || x.folder[len(x.folder)-1] != '/' {
					t.Errorf("%q: files at %q", body, x.folder)
				}
			}
		}
	})
}

// A stored film that is damaged is an error, and a sound one is written again
// the same.
func FuzzRendition(f *testing.F) {
	f.Add([]byte(`{"kind":"main","packed":"AAICAgIC","summed":false}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		var r, again Rendition
		if json.Unmarshal(body, &r) != nil {
			return
		}
		b, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(b, &again); err != nil || len(again.Segments) != len(r.Segments) || len(again.Extents) != len(r.Extents) {
			t.Errorf("%q: wrote %s: %v", body, b, err)
		}
	})
}
