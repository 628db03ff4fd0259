package hls

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func golden(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestMediaRoundTrip(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"vod-media-240.m3u8", "vod-media-360.m3u8"} {
		want := golden(t, "peertube-8.2/"+name)
		m, err := ReadMedia(bytes.NewReader(want))
		if err != nil {
			t.Fatal(err)
		}
		if m.Duration() != 10*time.Second {
			t.Errorf("%s: got %v, want 10s", name, m.Duration())
		}
		if got := m.Bytes(); !bytes.Equal(got, want) {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
		}
		size := m.Segments[len(m.Segments)-1].End()
		if err := m.Check(size); err != nil {
			t.Error(err)
		}
		if err := m.Check(size - 1); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s in a shorter file: got %v, want ErrMalformed", name, err)
		}
	}
}

func TestMasterRoundTrip(t *testing.T) {
	t.Parallel()
	want := golden(t, "peertube-8.2/vod-master.m3u8")
	m, err := ReadMaster(bytes.NewReader(want))
	if err != nil {
		t.Fatal(err)
	}
	if got := m.Bytes(); !bytes.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if _, err := ReadMaster(bytes.NewReader(golden(t, "peertube-8.2/live-master.m3u8"))); err != nil {
		t.Errorf("live master: %v", err)
	}
}

// TestMasterWithSeparateAudio: the sound is one track that every variant uses.
func TestMasterWithSeparateAudio(t *testing.T) {
	t.Parallel()
	m := Master{
		Variants: []Variant{
			{URI: "b-720.m3u8", Resolution: 720, Bandwidth: 2, Width: 1280, Height: 720, FrameRate: 29.97, Codecs: "avc1.64001f,mp4a.40.2", UsesAudio: true},
			{URI: "a-240.m3u8", Resolution: 240, Bandwidth: 1, Width: 426, Height: 240, FrameRate: 30, Codecs: "avc1.640015,mp4a.40.2", UsesAudio: true},
		},
		Audio: []Track{{Name: "Audio", URI: "c-0.m3u8"}},
	}
	m.Sort()
	const want = "#EXTM3U\n#EXT-X-VERSION:3\n\n\n" +
		"#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"audio\",NAME=\"Audio\",AUTOSELECT=YES,DEFAULT=YES,URI=\"c-0.m3u8\"\n\n" +
		"#EXT-X-STREAM-INF:BANDWIDTH=1,RESOLUTION=426x240,FRAME-RATE=30,CODECS=\"avc1.640015,mp4a.40.2\",AUDIO=\"audio\"\na-240.m3u8\n" +
		"#EXT-X-STREAM-INF:BANDWIDTH=2,RESOLUTION=1280x720,FRAME-RATE=29.97,CODECS=\"avc1.64001f,mp4a.40.2\",AUDIO=\"audio\"\nb-720.m3u8\n"
	if got := string(m.Bytes()); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	back, err := ReadMaster(strings.NewReader(want))
	if err != nil || len(back.Audio) != 1 || !back.Variants[0].UsesAudio {
		t.Errorf("read back: %+v, %v", back, err)
	}
	const url = "https://one.test/m.m3u8"
	if !slices.Equal(m.Swarms(url), back.Swarms(url)) {
		t.Error("a master read back names other swarms than the one written")
	}
	if n := len(m.Swarms(url)); n != 3+1+2+1 {
		t.Errorf("got %d swarms, want 7", n)
	}
}

func TestDigestsRoundTrip(t *testing.T) {
	t.Parallel()
	want := golden(t, "peertube-8.2/vod-segments-sha256.json")
	d, err := ReadDigests(bytes.NewReader(want))
	if err != nil {
		t.Fatal(err)
	}
	if got := d.Bytes(); !bytes.Equal(got, want) {
		t.Errorf("got %s, want %s", got, want)
	}
	if len(d) != 2 || len(d[0].Extents) != 3 || d[0].Extents[0].Range != (Range{1377, 158748}) {
		t.Errorf("got %+v", d)
	}
	if _, err := ReadDigests(bytes.NewReader(golden(t, "peertube-8.2/live-segments-sha256.json"))); !errors.Is(err, ErrMalformed) {
		t.Errorf("a live's list: got %v, want ErrMalformed", err)
	}
}

func TestSwarmHashes(t *testing.T) {
	t.Parallel()
	var v struct {
		V222 []struct {
			SwarmID     string
			Type        Kind
			Index       int
			InfoHashHex string
		}
		V231 []struct {
			SwarmID     string
			Type        Kind
			Properties  map[string]any
			ShortID     string
			InfoHashHex string
		}
		PeertubeNext []struct {
			VideoUUID   string
			Type        Kind
			Resolution  int
			InfoHashHex string
		} `json:"peertube_next"`
	}
	if err := json.Unmarshal(golden(t, "infohash.json"), &v); err != nil {
		t.Fatal(err)
	}
	if len(v.V222) == 0 || len(v.V231) == 0 || len(v.PeertubeNext) == 0 {
		t.Fatal("no vectors")
	}
	for _, c := range v.V222 {
		if h := SwarmHashG2(c.SwarmID, c.Type, c.Index); hex.EncodeToString(h[:]) != c.InfoHashHex {
			t.Errorf("%s %s %d: got %x, want %s", c.SwarmID, c.Type, c.Index, h, c.InfoHashHex)
		}
	}
	for _, c := range v.PeertubeNext {
		if h := SwarmHashG4(c.VideoUUID, c.Type, c.Resolution); hex.EncodeToString(h[:]) != c.InfoHashHex {
			t.Errorf("%s %s %d: got %x, want %s", c.VideoUUID, c.Type, c.Resolution, h, c.InfoHashHex)
		}
	}
	for _, c := range v.V231 {
		p := propertiesOf(c.Properties)
		if got := p.ShortID(); got != c.ShortID {
			t.Errorf("%v: got %s, want %s", c.Properties, got, c.ShortID)
		}
		if h := SwarmHashG3(c.SwarmID, c.Type, p); hex.EncodeToString(h[:]) != c.InfoHashHex {
			t.Errorf("%v: got %x, want %s", c.Properties, h, c.InfoHashHex)
		}
	}
}

func propertiesOf(m map[string]any) Properties {
	str := func(k string) string {
		if f, ok := m[k].(float64); ok {
			b, _ := json.Marshal(f)
			return string(b)
		}
		s, _ := m[k].(string)
		return s
	}
	num := func(k string) int { f, _ := m[k].(float64); return int(f) }
	return Properties{Bitrate: int64(num("bitrate")), Codecs: str("codecs"), Width: num("width"), Height: num("height"),
		Language: str("language"), Channels: str("channels"), Name: str("name"), FrameRate: str("frameRate"), VideoRange: str("videoRange")}
}

// TestReadRefusesBombs is the list of playlists made to hurt whoever reads them.
func TestReadRefusesBombs(t *testing.T) {
	t.Parallel()
	const head = "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:4\n#EXT-X-PLAYLIST-TYPE:VOD\n"
	const mapped = head + "#EXT-X-MAP:URI=\"x.mp4\",BYTERANGE=\"10@0\"\n"
	media := []struct{ name, text string }{
		{"too many segments", mapped + strings.Repeat("#EXTINF:1,\n#EXT-X-BYTERANGE:1@10\nx.mp4\n", 10_001)},
		{"ten megabyte line", mapped + "#EXTINF:1,\n#EXT-X-BYTERANGE:1@10\nx.mp4\n#" + strings.Repeat("a", 10<<20) + "\n"},
		{"negative duration", mapped + "#EXTINF:-4,\n#EXT-X-BYTERANGE:5@10\nx.mp4\n#EXT-X-ENDLIST\n"},
		{"not a number", mapped + "#EXTINF:NaN,\n#EXT-X-BYTERANGE:5@10\nx.mp4\n#EXT-X-ENDLIST\n"},
		{"header elsewhere", head + "#EXT-X-MAP:URI=\"https://evil.test/x.mp4\",BYTERANGE=\"10@0\"\n#EXTINF:1,\n#EXT-X-BYTERANGE:5@10\nx.mp4\n"},
		{"header above", head + "#EXT-X-MAP:URI=\"../x.mp4\",BYTERANGE=\"10@0\"\n#EXTINF:1,\n#EXT-X-BYTERANGE:5@10\n../x.mp4\n"},
		{"segment elsewhere", mapped + "#EXTINF:1,\n#EXT-X-BYTERANGE:5@10\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"},
		{"overflowing range", mapped + "#EXTINF:1,\n#EXT-X-BYTERANGE:9223372036854775807@9223372036854775807\nx.mp4\n#EXT-X-ENDLIST\n"},
		{"negative range", mapped + "#EXTINF:1,\n#EXT-X-BYTERANGE:-5@10\nx.mp4\n#EXT-X-ENDLIST\n"},
		{"panics the parser", "#EXTM3U\n#EXT-X-MAP:\n0"},
		{"a master", string(golden(t, "peertube-8.2/vod-master.m3u8"))},
		{"nothing", ""},
	}
	for _, tt := range media {
		if m, err := ReadMedia(strings.NewReader(tt.text)); err == nil {
			t.Errorf("%s: accepted as %+v", tt.name, m)
		}
	}
	const variant = "#EXT-X-STREAM-INF:BANDWIDTH=1,RESOLUTION=2x2\n"
	master := []struct{ name, text string }{
		{"too many variants", "#EXTM3U\n" + strings.Repeat(variant+"a.m3u8\n", 21)},
		{"another host", "#EXTM3U\n" + variant + "https://evil.test/a.m3u8\n"},
		{"a path", "#EXTM3U\n" + variant + "../../a.m3u8\n"},
		{"huge picture", "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1,RESOLUTION=99999999999x1\na.m3u8\n"},
		{"a media playlist", string(golden(t, "peertube-8.2/vod-media-240.m3u8"))},
	}
	for _, tt := range master {
		if m, err := ReadMaster(strings.NewReader(tt.text)); err == nil {
			t.Errorf("%s: accepted as %+v", tt.name, m)
		}
	}
}

func TestReadDigestsRefuses(t *testing.T) {
	t.Parallel()
	sum := strings.Repeat("a", 64)
	for name, text := range map[string]string{
		"no object":      `[]`,
		"backwards":      `{"x.mp4":{"10-5":"` + sum + `"}}`,
		"negative":       `{"x.mp4":{"-1-5":"` + sum + `"}}`,
		"overflow":       `{"x.mp4":{"0-18446744073709551615":"` + sum + `"}}`,
		"short digest":   `{"x.mp4":{"0-5":"aa"}}`,
		"not hex":        `{"x.mp4":{"0-5":"` + strings.Repeat("z", 64) + `"}}`,
		"path":           `{"../x.mp4":{"0-5":"` + sum + `"}}`,
		"cut":            `{"x.mp4":{"0-5":"` + sum + `"`,
		"trailing value": `{}{}`,
		"too large":      `{"x.mp4":{` + strings.Repeat(" ", MaxDigests) + `}}`,
	} {
		if d, err := ReadDigests(strings.NewReader(text)); err == nil {
			t.Errorf("%s: accepted as %+v", name, d)
		}
	}
}

func FuzzReadMedia(f *testing.F) {
	f.Add(golden(f, "peertube-8.2/vod-media-240.m3u8"))
	f.Add(golden(f, "peertube-8.2/live-media.m3u8"))
	f.Add([]byte("#EXTM3U\n#EXT-X-MAP:\n0"))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := ReadMedia(bytes.NewReader(b))
		if err != nil {
			return
		}
		if back, err := ReadMedia(bytes.NewReader(m.Bytes())); err != nil || len(back.Segments) != len(m.Segments) {
			t.Errorf("wrote what cannot be read: %v\n%s", err, m.Bytes())
		}
	})
}

func FuzzReadMaster(f *testing.F) {
	f.Add(golden(f, "peertube-8.2/vod-master.m3u8"))
	f.Add(golden(f, "peertube-8.2/live-master.m3u8"))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := ReadMaster(bytes.NewReader(b))
		if err == nil && (len(m.Variants) == 0 || len(m.Swarms("u")) == 0) {
			t.Errorf("got %+v", m)
		}
	})
}

func FuzzReadDigests(f *testing.F) {
	f.Add(golden(f, "peertube-8.2/vod-segments-sha256.json"))
	f.Add(golden(f, "peertube-8.2/live-segments-sha256.json"))
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := ReadDigests(bytes.NewReader(b))
		if err != nil {
			return
		}
		if back, err := ReadDigests(bytes.NewReader(d.Bytes())); err != nil || len(back) != len(d) {
			t.Errorf("wrote what cannot be read: %v\n%s", err, d.Bytes())
		}
	})
}
