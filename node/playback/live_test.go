package playback_test

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vidiverse/node/control"
	"vidiverse/node/playback"
	"vidiverse/node/remote"
	"vidiverse/node/remote/remotetest"
)

const liveFolder = "/static/streaming-playlists/hls/live/"

// broadcast is a folder that ffmpeg fills in real time, behind a server, and a
// world that plays it.
func broadcast(t *testing.T, extra func(rw http.ResponseWriter, r *http.Request) bool) (*world, string) {
	t.Helper()
	dir := t.TempDir()
	files := http.StripPrefix(liveFolder, http.FileServer(http.Dir(dir)))
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if extra == nil || !extra(rw, r) {
			files.ServeHTTP(rw, r)
		}
	}))
	t.Cleanup(server.Close)
	w := newWorld(t, remotetest.Media{}, func(w *world, c *playback.Config) {
		w.client.Trust(server.URL)
		w.film = &remote.Film{Origin: server.URL, Live: true, LiveURL: server.URL + liveFolder + "master.m3u8",
			Captions: []remote.Caption{{Language: "fr", Label: "French", URL: server.URL + liveFolder + "fr.vtt"}}}
	})
	return w, dir
}

// stream makes ffmpeg write a live into a folder, as PeerTube does, until the
// test ends.
func stream(t *testing.T, dir string) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, "ffmpeg", "-v", "error", "-nostdin", "-re", "-f", "lavfi", "-i", "testsrc2=s=160x90:r=10",
		"-f", "lavfi", "-i", "sine", "-c:v", "libx264", "-preset", "ultrafast", "-g", "10", "-c:a", "aac",
		"-f", "hls", "-hls_time", "1", "-hls_list_size", "5", "-hls_flags", "independent_segments+program_date_time+delete_segments",
		"-master_pl_name", "master.m3u8", "-hls_segment_filename", filepath.Join(dir, "0-%06d.ts"), filepath.Join(dir, "0.m3u8"))
	if err := cmd.Start(); err != nil {
		cancel()
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = cmd.Wait() // it was killed
	})
	for end := time.Now().Add(patience); ; {
		list, _ := os.ReadFile(filepath.Join(dir, "0.m3u8"))
		if _, err := os.Stat(filepath.Join(dir, "master.m3u8")); err == nil && strings.Count(string(list), "#EXTINF") > 1 {
			return
		}
		if time.Now().After(end) {
			t.Fatal("no live begins")
		}
		<-time.After(50 * time.Millisecond)
	}
}

// TestLive: a growing live plays through the session, and every address in its
// playlists is the session's.
func TestLive(t *testing.T) {
	t.Parallel()
	w, dir := broadcast(t, nil)
	stream(t, dir)
	s := w.open(0)
	if !s.Live || s.Duration != 0 || len(s.Qualities) != 0 {
		t.Fatalf("got %+v", s)
	}
	for list, base := s.Media, s.Media[:strings.LastIndex(s.Media, "/")+1]; list != ""; {
		res, body, err := w.get(list)
		if err != nil || res.StatusCode != 200 {
			t.Fatalf("got %v, %v", res, err)
		}
		list = ""
		for line := range strings.Lines(string(body)) {
			if line = strings.TrimSpace(line); strings.HasPrefix(line, "#") {
				continue
			}
			if strings.ContainsAny(line, "/:?") || strings.Contains(line, "0-0") {
				t.Errorf("got address %q", line)
			}
			if strings.HasSuffix(line, ".m3u8") {
				list = base + line
			}
		}
	}
	out := run(t, "ffmpeg", "-v", "error", "-nostdin", "-i", s.Media, "-t", "6", "-map", "0:v", "-f", "framemd5", "-")
	if n := strings.Count(out, "\n"); n < 60 {
		t.Errorf("got %d lines of frames, want more than six seconds' at 10 a second", n)
	}
	if p := w.progress(s.ID, 0); p.Bytes[control.FromServer] == 0 || p.Waiting != "" {
		t.Errorf("got %+v", p)
	}
}

// TestLiveNamesOnlyItsOwn: a playlist that names a file elsewhere is refused
// whole, and nobody asks for that file; what no playlist named cannot be had.
func TestLiveNamesOnlyItsOwn(t *testing.T) {
	t.Parallel()
	asked := make(chan string, 100)
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { asked <- r.URL.Path }))
	defer other.Close()
	var list string
	w, dir := broadcast(t, func(rw http.ResponseWriter, r *http.Request) bool {
		if strings.HasSuffix(r.URL.Path, "/master.m3u8") {
			_, _ = io.WriteString(rw, list)
			return true
		}
		asked <- r.URL.Path
		return false
	})
	if err := os.WriteFile(filepath.Join(dir, "0-1.ts"), []byte("segment"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := w.open(0)
	head := "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,title\n"
	for _, line := range []string{
		other.URL + liveFolder + "0-1.ts", "//evil.example/0-1.ts", "file:///etc/passwd.ts", "/etc/0-1.ts", "../secret/0-1.ts", "sub/0-1.ts",
		"data:video/mp2t;base64,AAAA.ts", "0-1.ts\n#EXT-X-KEY:METHOD=AES-128,URI=\"key.ts\"", "0-1.exe", "%2e%2e%2f0-1.ts", "concat:0-1.ts",
		"#EXT-X-MAP:URI=\"" + other.URL + "/0-1.mp4\"", "#EXT-X-MEDIA:TYPE=AUDIO,URI=\"file:///etc/passwd.ts\"", "#EXT-X-MAP:URI=\"0.mp4\",X-URI=\"http://evil.example/\"",
		"..\\0-1.ts", "http://user:pw@" + strings.TrimPrefix(w.film.Origin, "http://") + liveFolder + "0-1.ts",
		strings.Repeat("0-1.ts\n", 2001), "# " + strings.Repeat("x", 5000),
	} {
		list = head + line + "\n"
		if res, body, err := w.get(s.Media); err != nil || res.StatusCode != 503 {
			t.Errorf("%.60q: got %v, %q, %v, want a refusal", line, res, body, err)
		}
	}
	if len(asked) > 0 {
		t.Errorf("%s was asked for", <-asked)
	}
	list = head + "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"" + other.URL + "/x\"\n#EXT-X-SESSION-DATA:URI=\"x\"\n0-1.ts?token=1\n"
	_, body, err := w.get(s.Media)
	if want := "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n"; err != nil || !strings.HasPrefix(string(body), want) || strings.Count(string(body), "\n") != 4 {
		t.Fatalf("got %q, %v", body, err)
	}
	name, _ := bufio.NewReader(strings.NewReader(string(body)[strings.LastIndex(strings.TrimSpace(string(body)), "\n")+1:])).ReadString('\n')
	base := s.Media[:strings.LastIndex(s.Media, "/")+1]
	if res, body, err := w.get(base + strings.TrimSpace(name)); err != nil || res.StatusCode != 200 || string(body) != "segment" {
		t.Errorf("got %v, %q, %v", res, body, err)
	}
	for _, name := range []string{"0-1.ts", "999.ts", "master.m3u8", "%2e%2e%2fmaster.m3u8"} {
		if res, _, err := w.get(base + name); err != nil || res.StatusCode != 404 {
			t.Errorf("%s: got %v, %v, want 404", name, res, err)
		}
	}
}

// TestCaptions: subtitles come through the session, and only their cues.
func TestCaptions(t *testing.T) {
	t.Parallel()
	w, dir := broadcast(t, nil)
	raw := "WEBVTT\n\nSTYLE\n::cue { background: url(http://evil.example/) }\n\nNOTE a\n\n1\n00:01.000 --> 00:02.500 line:0\nBonjour\n<i>vous</i>\n"
	if err := os.WriteFile(filepath.Join(dir, "fr.vtt"), []byte(raw), 0o600); err != nil {
		t.Fatal(err)
	}
	s := w.open(0)
	if len(s.Captions) != 1 || s.Captions[0].Label != "French" || !strings.HasPrefix(s.Captions[0].URL, "http://127.0.0.1:") {
		t.Fatalf("got %+v", s.Captions)
	}
	res, body, err := w.get(s.Captions[0].URL)
	if want := "WEBVTT\n\n00:00:01.000 --> 00:00:02.500\nBonjour\n<i>vous</i>\n"; err != nil || res.StatusCode != 200 || string(body) != want {
		t.Errorf("got %v, %q, %v", res, body, err)
	}
	if out := run(t, "ffmpeg", "-v", "error", "-nostdin", "-i", s.Captions[0].URL, "-f", "srt", "-"); !strings.Contains(out, "00:00:01,000 --> 00:00:02,500") {
		t.Errorf("ffmpeg reads %q", out)
	}
}
