package player

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestCaptions chooses captions, changes its mind, and meets one that is gone.
func TestCaptions(t *testing.T) {
	t.Parallel()
	long.mp4(t)
	files := http.StripPrefix(secret, http.FileServer(http.Dir(films.dir)))
	srv := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch name := r.URL.Path[len(secret):]; {
		case strings.HasPrefix(name, "gone"):
			http.NotFound(w, r)
		case strings.HasSuffix(name, ".vtt"):
			w.Header().Set("Content-Type", "text/vtt")
			fmt.Fprintf(w, "WEBVTT\n\n00:00:00.000 --> 00:00:30.000\n%s\n", strings.Repeat(name[:1], 20))
		default:
			files.ServeHTTP(w, r)
		}
	}))
	base := srv.URL + secret
	v := watch(t, Options{})
	v.open(Source{Media: base + long.name, Paused: true, Caption: -1, Captions: []string{base + "i.vtt", base + "M.vtt", base + "gone.vtt"}})
	bare := v.still("without captions", func(pix []byte) bool { return true })
	is := func(other []byte) func([]byte) bool { return func(pix []byte) bool { return bytes.Equal(pix, other) } }
	isNot := func(others ...[]byte) func([]byte) bool {
		return func(pix []byte) bool {
			for _, o := range others {
				if bytes.Equal(pix, o) {
					return false
				}
			}
			return true
		}
	}
	v.Caption(0)
	first := v.still("with captions", isNot(bare))
	v.Caption(1)
	v.still("with other captions", isNot(bare, first))
	v.Caption(-1)
	v.still("without captions again", is(bare))
	for i := range 20 {
		v.Caption(i % 3)
	}
	v.Caption(0)
	v.still("with the captions that were chosen last", is(first))
	v.Caption(2)
	v.until("captions that are gone", func(s State) bool { return s.Caption == -1 })
	v.still("without captions that are gone", is(bare))
	if s := v.State(); s.Err != nil {
		t.Error(s.Err)
	}
	v.Caption(7)
	if s := v.State(); s.Caption != -1 {
		t.Errorf("got captions %d of 3", s.Caption)
	}
}

// still waits for a picture of 640 by 360 that fits.
func (v *viewer) still(what string, ok func(pix []byte) bool) []byte {
	v.t.Helper()
	deadline := time.Now().Add(patience)
	for {
		img := v.Frame(640, 360)
		if img != nil && img.Rect.Dx() == 640 && ok(img.Pix) {
			return bytes.Clone(img.Pix)
		}
		if time.Now().After(deadline) {
			v.t.Fatalf("no picture %s after %v (text needs a font, such as package fonts-inter)", what, patience)
		}
		<-time.After(time.Millisecond)
	}
}
