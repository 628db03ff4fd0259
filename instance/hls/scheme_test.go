package hls

import (
	"slices"
	"testing"
)

var film = Playlist{
	URL: "https://one.test/m.m3u8", Video: "9c9de5e8-0a1e-484a-b099-e80766180a6d",
	Master: Master{
		Variants: []Variant{
			{URI: "a.m3u8", Resolution: 240, Bandwidth: 1, Width: 426, Height: 240, FrameRate: 30, Codecs: "avc1.640015,mp4a.40.2", UsesAudio: true},
			{URI: "b.m3u8", Resolution: 720, Bandwidth: 2, Width: 1280, Height: 720, FrameRate: 30, Codecs: "avc1.64001f,mp4a.40.2", UsesAudio: true},
		},
		Audio: []Track{{Name: "Audio", URI: "c.m3u8"}},
	},
}

// TestFederated: of each stream exactly those swarms are joined that its origin
// lists, whatever the generation of its players.
func TestFederated(t *testing.T) {
	t.Parallel()
	for _, scheme := range Schemes() {
		var listed [][20]byte
		for i := range 2 {
			hash, ok := scheme.Hash(film, Main, i)
			if !ok {
				t.Fatalf("G%d names no variant %d", scheme.Generation(), i)
			}
			listed = append(listed, hash)
		}
		for i := range 2 {
			want := []Swarm{{scheme.Generation(), listed[i]}}
			if got := film.Federated(Main, i, listed); !slices.Equal(got, want) {
				t.Errorf("G%d: variant %d: got %v, want %v", scheme.Generation(), i, got, want)
			}
		}
		if got := film.Federated(Secondary, 0, listed); got != nil {
			t.Errorf("G%d: the sound is not listed, and got %v", scheme.Generation(), got)
		}
		if _, ok := scheme.Hash(film, Main, 2); ok {
			t.Errorf("G%d names a variant that is not there", scheme.Generation())
		}
		if _, ok := scheme.Hash(film, "other", 0); ok {
			t.Errorf("G%d names a stream of no kind", scheme.Generation())
		}
	}
	if got := film.Federated(Main, 0, nil); got != nil {
		t.Errorf("an origin that lists nothing: got %v", got)
	}
	if n := len(film.Master.Swarms(film.URL)); n != 3+1+2+1 {
		t.Errorf("PeerTube and players of now: %d swarms", n)
	}
}

// TestFederatedAmbiguous: two renditions that have one name share no swarm:
// their segments have the same numbers and other bytes.
func TestFederatedAmbiguous(t *testing.T) {
	t.Parallel()
	twins := film
	twins.Master.Variants = []Variant{film.Master.Variants[0], film.Master.Variants[0]}
	twins.Master.Variants[1].URI = "b.m3u8"
	var listed [][20]byte
	for _, scheme := range Schemes() {
		hash, _ := scheme.Hash(twins, Main, 1)
		listed = append(listed, hash)
	}
	got := twins.Federated(Main, 1, listed)
	if len(got) != 1 || got[0].Scheme != G2 {
		t.Errorf("got %v, want the position's alone", got)
	}
}
