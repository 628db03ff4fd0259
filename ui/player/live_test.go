package player

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// broadcast serves a live: two seconds more every two seconds, and the last
// twelve in the playlist.
type broadcast struct {
	dir   string
	begin func() time.Time // when it is first asked
}

func onAir(t *testing.T) *broadcast {
	dir := once(t, "live", func(dir string) error {
		if err := os.Mkdir(dir, 0o700); err != nil {
			return err
		}
		return long.pipe("-threads", "1", "-c:v", "libx264", "-preset", "ultrafast", "-g", "60", "-f", "hls", "-hls_time", "2",
			"-hls_list_size", "0", "-hls_segment_filename", filepath.Join(dir, "%d.ts"), filepath.Join(dir, "live.m3u8"))
	})
	return &broadcast{dir, sync.OnceValue(time.Now)}
}

func (b *broadcast) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := filepath.Base(r.URL.Path)
	if name != "live.m3u8" {
		http.ServeFile(w, r, filepath.Join(b.dir, name))
		return
	}
	last := min(5+int(time.Since(b.begin())/(2*time.Second)), 14)
	w.Header().Set("Content-Type", "application/vnd.apple.mpegurl")
	fmt.Fprintf(w, "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:%d\n", last-5)
	for i := last - 5; i <= last; i++ {
		fmt.Fprintf(w, "#EXTINF:2.000,\n%d.ts\n", i)
	}
}

// TestLive plays a live that goes on, and goes back in what is kept of it.
func TestLive(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, kind Kind) {
		srv := serve(t, onAir(t))
		v := watch(t, Options{Kind: kind})
		begin := time.Now()
		v.open(Source{Media: srv.URL + secret + "live.m3u8", Live: true})
		a := v.see("of the live", func(n int) bool { return n >= long.first })
		v.see("six seconds on", func(n int) bool { return n >= a+180 })
		if took := time.Since(begin); took < 4*time.Second { // a live is not played ahead of itself
			t.Errorf("six seconds took %v", took)
		}
		s := v.State()
		if s.Duration != 0 || s.Err != nil || s.Ended {
			t.Errorf("got %+v", s)
		}
		if kind != MPV {
			return
		}
		if s.To-s.From < 4*time.Second || s.Position < s.From || s.Position > s.To+time.Second {
			t.Fatalf("got %+v", s)
		}
		n := number(v.Frame(width, height))
		v.Seek(s.Position - 4*time.Second)
		v.see("four seconds back", func(k int) bool { return k >= n-150 && k <= n-90 })
		v.until("play", func(s State) bool { return !s.Seeking })
	})
}
