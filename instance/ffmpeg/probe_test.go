package ffmpeg

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

const (
	picture = "testsrc2=size=320x180:rate=25:duration=1"
	tone    = "sine=frequency=440:duration=1"
)

func TestProbe(t *testing.T) {
	t.Parallel()
	tools := testTools(t)
	tests := []struct {
		name   string
		args   []string
		format string
		video  string
		audio  string
	}{
		{"plain.mp4", []string{"-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", tone, "-c:v", "libx264", "-pix_fmt", "yuv420p"}, "mov", "h264", "aac"},
		{"plain.webm", []string{"-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", tone, "-c:v", "libvpx", "-deadline", "realtime"}, "matroska", "vp8", "opus"},
		{"plain.avi", []string{"-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", tone}, "avi", "mpeg4", "mp3"},
		{"plain.ts", []string{"-f", "lavfi", "-i", picture, "-c:v", "mpeg2video"}, "mpegts", "mpeg2video", ""},
		{"sound.mp3", []string{"-f", "lavfi", "-i", tone}, "mp3", "", "mp3"},
		{"sound.flac", []string{"-f", "lavfi", "-i", tone}, "flac", "", "flac"},
		{"sound.ogg", []string{"-f", "lavfi", "-i", tone, "-c:a", "libvorbis"}, "ogg", "", "vorbis"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			// The name lies about the type: only the bytes count.
			path := makeClip(t, tt.name, tt.args...)
			if err := os.Rename(path, path+".jpg"); err != nil {
				t.Fatal(err)
			}
			p, err := tools.Probe(t.Context(), path+".jpg")
			if err != nil {
				t.Fatal(err)
			}
			if p.Format != tt.format || codec(p.Video) != tt.video || codecA(p.Audio) != tt.audio {
				t.Errorf("got %s %s %s, want %s %s %s", p.Format, codec(p.Video), codecA(p.Audio), tt.format, tt.video, tt.audio)
			}
			if d := p.Duration - time.Second; d < -50*time.Millisecond || d > 100*time.Millisecond {
				t.Errorf("duration: got %v, want about 1s", p.Duration)
			}
			if p.Video != nil && (p.Video.Width != 320 || p.Video.Height != 180 || p.Video.FPS < 24.5 || p.Video.FPS > 25.5) {
				t.Errorf("video: got %+v", *p.Video)
			}
		})
	}
}

func codec(v *Video) string {
	if v == nil {
		return ""
	}
	return v.Codec
}

func codecA(a *Audio) string {
	if a == nil {
		return ""
	}
	return a.Codec
}

func TestProbeWithoutDuration(t *testing.T) {
	t.Parallel()
	// Browsers record WebM as a stream: no duration is written.
	path := makeClip(t, "live.webm", "-f", "lavfi", "-i", picture, "-c:v", "libvpx", "-deadline", "realtime", "-live", "1", "-f", "webm")
	p, err := testTools(t).Probe(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if p.Duration < 900*time.Millisecond || p.Duration > 1100*time.Millisecond {
		t.Errorf("duration: got %v, want about 1s", p.Duration)
	}
}

func TestProbeRotation(t *testing.T) {
	t.Parallel()
	plain := makeClip(t, "p.mp4", "-f", "lavfi", "-i", picture, "-pix_fmt", "yuv420p")
	turned := makeClip(t, "r.mp4", "-i", plain, "-c", "copy", "-metadata:s:v:0", "rotate=90")
	p, err := testTools(t).Probe(t.Context(), turned)
	if err != nil {
		t.Fatal(err)
	}
	if w, h := p.Video.Size(); w != 180 || h != 320 || p.Video.Rotation%180 != 90 {
		t.Errorf("got %d×%d rotated %d, want 180×320", w, h, p.Video.Rotation)
	}
}

func TestProbeTakesTheDefaultSound(t *testing.T) {
	t.Parallel()
	path := makeClip(t, "two.mkv", "-f", "lavfi", "-i", tone, "-f", "lavfi", "-i", tone,
		"-map", "0", "-map", "1", "-c:a", "flac", "-disposition:a:0", "0", "-disposition:a:1", "default")
	p, err := testTools(t).Probe(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if p.Audio == nil || p.Audio.Index != 1 {
		t.Errorf("got %+v, want stream 1", p.Audio)
	}
}

// TestProbeRefuses feeds what must neither be accepted nor open anything else.
func TestProbeRefuses(t *testing.T) {
	t.Parallel()
	tools := testTools(t)
	secret := write(t, "secret.txt", "the secret")
	film := makeClip(t, "film.mp4", "-f", "lavfi", "-i", picture, "-pix_fmt", "yuv420p")
	whole, err := os.ReadFile(film)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, content, reason string
	}{
		{"empty.mp4", "", "empty file"},
		{"playlist.mp4", "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile://" + secret + "\n#EXT-X-ENDLIST\n", "a playlist"},
		{"playlist.avi", "#EXTM3U\n#EXTINF:1,\nconcat:file:///etc/passwd|subfile,,start,0,end,9,,:/etc/passwd\n", "a playlist"},
		{"concat.mkv", "ffconcat version 1.0\nfile '" + secret + "'\n", "a list of files"},
		{"concat2.mp4", "file '/etc/passwd'\n", "a text file"},
		{"xbin.mp4", "XBIN\x1a\x50\x00\xff\xff\x10\x00" + strings.Repeat("A", 100), "an XBIN text picture"},
		{"notes.txt", "hello\n", "a text file"},
		{"svg.mp4", "<svg xmlns:xlink='x'><image xlink:href='/etc/passwd'/></svg>", "a web page or XML file"},
		{"zip.mp4", "PK\x03\x04rest", "a ZIP archive"},
		{"zeros.mp4", strings.Repeat("\x00", 9000), "a file of zeros"},
		{"truncated.mp4", string(whole[:len(whole)/3]), "damaged or incomplete"},
		{"moovless.mp4", string(whole[:64]), "damaged or incomplete"},
		{"hls-in-mov.mp4", "\x00\x00\x00\x14ftypisom\x00\x00\x00\x00isom#EXTM3U\nfile:///etc/passwd\n", "damaged or incomplete"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := tools.Probe(t.Context(), write(t, tt.name, tt.content))
			var r *Refusal
			if !errors.As(err, &r) {
				t.Fatalf("got %v, want a refusal", err)
			}
			if !strings.Contains(r.Reason, tt.reason) {
				t.Errorf("reason: got %q, want it to contain %q", r.Reason, tt.reason)
			}
			if strings.Contains(r.Reason, "secret") || strings.Contains(r.Reason, "/") {
				t.Errorf("reason names a path: %q", r.Reason)
			}
		})
	}
}

// TestProbeOpensNothingElse: a playlist that passes for a film must not be
// followed, neither to a file beside it nor into the network.
func TestProbeOpensNothingElse(t *testing.T) {
	t.Parallel()
	tools := testTools(t)
	var visits atomic.Int32
	site := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { visits.Add(1) }))
	defer site.Close()
	film := makeClip(t, "film.ts", "-f", "lavfi", "-i", picture, "-c:v", "mpeg2video")
	list := filepath.Join(filepath.Dir(film), "list.mp4")
	const head = "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n"
	if err := os.WriteFile(list, []byte(head+"film.ts\n#EXT-X-ENDLIST\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, format := range []string{"mov", "avi", "matroska", "mpegts"} {
		if raw, err := tools.probeJSON(t.Context(), list, format); err == nil && bytes.Contains(raw, []byte("codec_name")) {
			t.Errorf("%s: a playlist was followed: %s", format, raw)
		}
	}
	// Even if a playlist were opened as one, it could not reach the network.
	remote := write(t, "remote.mp4", head+site.URL+"/x.ts\n#EXT-X-ENDLIST\n")
	if raw, err := tools.probeJSON(t.Context(), remote, "hls"); err == nil && bytes.Contains(raw, []byte("codec_name")) {
		t.Errorf("got %s", raw)
	}
	if n := visits.Load(); n != 0 {
		t.Errorf("the network was asked %d times", n)
	}
}

func TestParseProbeLimits(t *testing.T) {
	t.Parallel()
	var tracks []string
	for i := range 1000 {
		tracks = append(tracks, fmt.Sprintf(`{"index":%d,"codec_type":"audio","codec_name":"aac","channels":2}`, i))
	}
	tests := []struct{ name, json, reason string }{
		{"thousand tracks", `{"streams":[` + strings.Join(tracks, ",") + `]}`, "1000 tracks"},
		{"huge picture", `{"streams":[{"codec_type":"video","codec_name":"h264","width":65535,"height":65535}]}`, "65535 × 65535"},
		{"no json", `{`, "cannot be understood"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := ParseProbe([]byte(tt.json))
			var r *Refusal
			if !errors.As(err, &r) || !strings.Contains(r.Reason, tt.reason) {
				t.Errorf("got %v, want a refusal with %q", err, tt.reason)
			}
		})
	}
}

func TestMetadataHasNoPathOrPlace(t *testing.T) {
	t.Parallel()
	p, err := ParseProbe([]byte(`{"format":{"filename":"file:/srv/x.mp4","duration":"10.022000","size":"924958",
		"tags":{"com.apple.quicktime.location.ISO6709":"+48+002/","major_brand":"iso5","minor_version":"512"}},
		"streams":[{"index":0,"id":"0x1","codec_type":"audio","codec_name":"aac","channels":1,"sample_rate":"48000"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(p.Metadata, &got); err != nil {
		t.Fatal(err)
	}
	f := got["format"].(map[string]any)
	if f["duration"] != 10.022 || f["size"] != 924958.0 || f["filename"] != nil {
		t.Errorf("format: got %v", f)
	}
	if tags := f["tags"].(map[string]any); tags["major_brand"] != "iso5" || tags["minor_version"] != "512" || len(tags) != 2 {
		t.Errorf("tags: got %v", tags)
	}
}

func FuzzParseProbe(f *testing.F) {
	f.Add([]byte(`{"format":{"duration":"1.0"},"streams":[{"codec_type":"video","codec_name":"h264","width":2,"height":2,"avg_frame_rate":"25/1"}]}`))
	f.Add([]byte(`{"format":{"duration":"NaN"},"streams":[{"codec_type":"video","width":-1,"side_data_list":[{"rotation":"1e300"}]}]}`))
	f.Add([]byte(`{"streams":[{"codec_type":"audio","tags":{"rotate":5}}],"chapters":[[[[[[[[[[]]]]]]]]]]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		p, err := ParseProbe(raw)
		if err != nil {
			return
		}
		if p.Duration < 0 || len(p.Metadata) > 0 && !json.Valid(p.Metadata) {
			t.Errorf("got %+v", p)
		}
		if v := p.Video; v != nil {
			if w, h := v.Size(); w < 1 || h < 1 || v.FPS < 0 || v.FPS > 1000 {
				t.Errorf("got %+v of %d×%d", v, w, h)
			}
		}
	})
}
