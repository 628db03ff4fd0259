package player

import (
	"net/http"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// TestMatroska plays the other container that a torrent may be of, and jumps in
// it: the address says nothing of what it is.
func TestMatroska(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "film.mkv")
	if out, err := exec.CommandContext(t.Context(), "ffmpeg", "-v", "error", "-i", long.mp4(t), "-c", "copy", file).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	srv := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "video/x-matroska")
		http.ServeFile(w, r, file)
	}))
	v := watch(t, Options{Kind: MPV, Silent: true})
	v.open(Source{Media: srv.URL + secret + "media", Paused: true})
	v.see("of the film", func(n int) bool { return n == long.first })
	v.Seek(20 * time.Second)
	v.see("after the jump", func(n int) bool { return n >= long.first+20*30-1 })
}
