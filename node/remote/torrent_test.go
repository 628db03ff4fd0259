package remote_test

import (
	"slices"
	"strings"
	"testing"

	"vidiverse/node/remote/remotetest"
	"vidiverse/p2p/metainfo"
)

// What an origin publishes of a file's torrent is known, with its own trackers
// alone; what leads elsewhere is left out.
func TestTorrentOfAFile(t *testing.T) {
	t.Parallel()
	s := remotetest.Stock(t, remotetest.Media{})
	v := s.Videos()[0]
	known, err := film(t, ask(t, s), s, v)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range v.Renditions() {
		want := v.Magnet(r)
		got := known.Renditions[i].Torrent
		if got == nil || got.Hash != want.Hash || got.URL != want.Torrents[0] || !slices.Equal(got.Trackers, want.Trackers) {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
	own := v.Magnet(v.Renditions()[0])
	for name, change := range map[string]func(m *metainfo.Magnet, file map[string]any){
		"trackers of others": func(m *metainfo.Magnet, _ map[string]any) {
			m.Trackers = []string{"https://victim.example/announce", "wss://victim.example/tracker/socket"}
		},
		"a .torrent elsewhere": func(_ *metainfo.Magnet, file map[string]any) {
			file["torrentUrl"] = strings.Replace(own.Torrents[0], s.URL, "https://victim.example", 1)
		},
		"no hash": func(m *metainfo.Magnet, file map[string]any) { m.Name = ""; file["magnetUri"] = "magnet:?dn=x" },
	} {
		v.EditDetail(func(d map[string]any) {
			for _, f := range playlist(d)["files"].([]any) {
				file, m := f.(map[string]any), own
				change(&m, file)
				if m.Name != "" {
					file["magnetUri"] = m.String()
				}
			}
		})
		known, err := film(t, ask(t, s), s, v)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range known.Renditions {
			if r.Torrent != nil {
				t.Errorf("%s: got %+v", name, r.Torrent)
			}
		}
	}
}
