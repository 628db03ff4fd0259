package hls

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

func TestReadLive(t *testing.T) {
	t.Parallel()
	l, err := ReadLive(bytes.NewReader(golden(t, "peertube-8.2/live-media.m3u8")))
	if err != nil {
		t.Fatal(err)
	}
	sums, err := ReadLiveDigests(bytes.NewReader(golden(t, "peertube-8.2/live-segments-sha256.json")))
	if err != nil {
		t.Fatal(err)
	}
	if l.First != 0 || l.Ended || l.Target != 2*time.Second || len(l.Segments) == 0 || l.Segments[1] != (LiveSegment{"0-000001.ts", 2 * time.Second}) {
		t.Errorf("got %+v", l)
	}
	if len(sums) != 5 || sums["0-000001.ts"][0] != 0x04 {
		t.Errorf("got %d digests", len(sums))
	}
	if _, known := sums[l.Segments[len(l.Segments)-1].Name]; known {
		t.Error("the capture is one in which the newest segment has no digest yet")
	}
	const head = "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:2\n"
	later, err := ReadLive(strings.NewReader(head + "#EXT-X-MEDIA-SEQUENCE:300\n#EXTINF:2,\nx.ts\n#EXT-X-ENDLIST\n"))
	if err != nil || later.First != 300 || !later.Ended || len(later.Segments) != 1 {
		t.Errorf("got %+v, %v", later, err)
	}
}

func TestReadLiveRefuses(t *testing.T) {
	t.Parallel()
	const head = "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:2\n"
	for name, text := range map[string]string{
		"segment elsewhere": head + "#EXTINF:2,\nhttps://evil.test/x.ts\n",
		"a path":            head + "#EXTINF:2,\n../x.ts\n",
		"negative duration": head + "#EXTINF:-2,\nx.ts\n",
		"not a number":      head + "#EXTINF:NaN,\nx.ts\n",
		"endless number":    head + "#EXT-X-MEDIA-SEQUENCE:18446744073709551615\n#EXTINF:2,\nx.ts\n",
		"byte ranges":       head + "#EXTINF:2,\n#EXT-X-BYTERANGE:5@10\nx.ts\n",
		"too many":          head + strings.Repeat("#EXTINF:2,\nx.ts\n", MaxSegments+1),
		"a master":          "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\na.m3u8\n",
		"nothing":           "",
	} {
		if l, err := ReadLive(strings.NewReader(text)); err == nil {
			t.Errorf("%s: accepted as %d: %d segments", name, l.First, len(l.Segments))
		}
	}
	sum := strings.Repeat("a", 64)
	for name, text := range map[string]string{
		"of a finished video": `{"x.mp4":{"10-50":"` + sum + `"}}`,
		"short digest":        `{"x.ts":"aa"}`,
		"not hex":             `{"x.ts":"` + strings.Repeat("z", 64) + `"}`,
		"path":                `{"../x.ts":"` + sum + `"}`,
		"cut":                 `{"x.ts":"` + sum + `"`,
		"trailing value":      `{}{}`,
		"no object":           `[]`,
	} {
		if d, err := ReadLiveDigests(strings.NewReader(text)); err == nil {
			t.Errorf("%s: accepted as %v", name, d)
		}
	}
}

func FuzzReadLive(f *testing.F) {
	f.Add(golden(f, "peertube-8.2/live-media.m3u8"))
	f.Add(golden(f, "peertube-8.2/vod-media-240.m3u8"))
	f.Add([]byte("#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:300\n#EXTINF:2,\nx.ts\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		l, err := ReadLive(bytes.NewReader(b))
		if err != nil {
			return
		}
		if l.First < 0 || l.Target < 0 || len(l.Segments) > MaxSegments {
			t.Errorf("got %d from %d on, each at most %v", len(l.Segments), l.First, l.Target)
		}
		for _, s := range l.Segments {
			if s.Duration < 0 || plainName(s.Name) != nil {
				t.Errorf("got %+v", s)
			}
		}
	})
}

func FuzzReadLiveDigests(f *testing.F) {
	f.Add(golden(f, "peertube-8.2/vod-segments-sha256.json"))
	f.Add(golden(f, "peertube-8.2/live-segments-sha256.json"))
	f.Fuzz(func(t *testing.T, b []byte) {
		sums, err := ReadLiveDigests(bytes.NewReader(b))
		if err == nil && len(sums)*64 > len(b) {
			t.Errorf("%d digests of %d bytes", len(sums), len(b))
		}
	})
}
