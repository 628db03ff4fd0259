package remote

import (
	"errors"
	"testing"

	"vidiverse/instance/rest"
)

// A film's files lie at its home or at one public host that home names: who
// can say where digests come from can say what they are.
func TestPlace(t *testing.T) {
	const home = "https://a.example"
	for name, test := range map[string]struct {
		master, digests string
		good            bool
	}{
		"at home":                     {home + "/hls/u/x-master.m3u8", home + "/hls/u/x.json", true},
		"at home, no digests":         {home + "/hls/u/x-master.m3u8", "", true},
		"in object storage":           {"https://bucket.example/u/x-master.m3u8", "https://bucket.example/u/x.json", true},
		"digests at home":             {"https://bucket.example/u/x-master.m3u8", home + "/u/x.json", true},
		"digests of a third":          {"https://bucket.example/u/x-master.m3u8", "https://c.example/u/x.json", false},
		"digests elsewhere":           {home + "/u/x-master.m3u8", "https://c.example/u/x.json", false},
		"digests over plain":          {home + "/u/x-master.m3u8", "http://a.example/u/x.json", false},
		"over plain":                  {"http://a.example/u/x-master.m3u8", "", false},
		"with a name":                 {"https://u:p@a.example/u/x-master.m3u8", "", false},
		"with a query":                {home + "/u/x-master.m3u8?v=2", "", false},
		"no playlist":                 {home + "/u/x.mp4", "", false},
		"nothing":                     {"", "", false},
		"digests that are no address": {home + "/u/x-master.m3u8", "x.json", false},
	} {
		f := &fetch{film: Film{Origin: home}, list: rest.StreamingPlaylist{PlaylistURL: test.master, SegmentsSHA256URL: test.digests}}
		if err := f.place(); (err == nil) != test.good || err != nil && !errors.Is(err, ErrRefused) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
