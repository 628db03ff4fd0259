package e2e

import (
	"math"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestPlay: ffmpeg, which knows no browser's leniency, plays what we publish
// from the first to the last frame: public, private and behind a password.
func TestPlay(t *testing.T) {
	t.Parallel()
	s := newServer(t, apart, "")
	s.start()
	root := s.signIn()
	film := load(t, clip)
	for _, c := range []struct {
		name   string
		fields map[string]string
		header []string // that gets a token; nil needs none
	}{
		{"public", nil, nil},
		{"private", map[string]string{"privacy": "3"}, []string{"Authorization", "Bearer " + root.token}},
		{"password", map[string]string{"privacy": "5", "videoPasswords[0]": "open sesame"}, []string{"x-peertube-video-password", "open sesame"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := root.on(t)
			v := in.settle(in.upload(c.name+".mp4", film, c.fields))
			if len(v.Playlists) != 1 {
				t.Fatalf("got %d playlists, want 1", len(v.Playlists))
			}
			master := v.Playlists[0].PlaylistURL
			if c.header != nil {
				if got := in.get(master); got.status != http.StatusUnauthorized {
					t.Errorf("without a right: got %d, want 401", got.status)
				}
				var right struct{ Files struct{ Token string } }
				in.decode(in.request(http.MethodPost, "/api/v1/videos/"+v.UUID+"/token", nil, c.header...), &right)
				master += "?videoFileToken=" + right.Files.Token + "&reinjectVideoFileToken=true"
			}
			plays(t, master)
		})
	}
	s.stop()
	s.check()
}

// plays requires picture and sound of the clip's length, without a complaint.
func plays(t *testing.T, master string) {
	t.Helper()
	p := probeOf(t, master)
	if math.Abs(p.seconds-clipSeconds) > 0.2 {
		t.Errorf("got a playlist of %.2f s, want %d", p.seconds, clipSeconds)
	}
	for _, kind := range []string{"video", "audio"} {
		if !slices.Contains(p.kinds, kind) {
			t.Errorf("got streams %v, want %s", p.kinds, kind)
		}
		cmd := exec.CommandContext(t.Context(), "ffmpeg", "-nostdin", "-v", "error", "-xerror", "-i", master, "-map", "0:"+kind[:1]+":0", "-progress", "-", "-f", "null", "-")
		var complaints strings.Builder
		cmd.Stderr = &complaints
		out, err := cmd.Output()
		if err != nil || complaints.Len() > 0 {
			t.Errorf("ffmpeg plays %s: %v\n%s", kind, err, &complaints)
		}
		if at := played(string(out)); math.Abs(at-clipSeconds) > 0.2 {
			t.Errorf("ffmpeg decodes %.2f s of %s, want %d", at, kind, clipSeconds)
		}
	}
}
