// Command player compares our player, which draws mpv's pictures into memory,
// with mpv drawing them itself, on one clip of 720p30 in the same minutes:
//
//	go run ./app/bench/player
//
// It prints pictures a second, CPU and the time of seeks, and their ratios. It
// needs mpv and ffmpeg; mpv's own picture needs a display, and is left out
// without one. Sound goes nowhere on either side, and no window is drawn on
// ours: what a window costs comes on top.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"time"

	"vidiverse/app/bench/measure"
)

func main() {
	play := flag.String("play", "", "be the player that is measured, of this address")
	length := flag.Duration("length", 10*time.Second, "time that is played")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var err error
	if *play != "" {
		err = ours(ctx, *play, *length)
	} else {
		err = compare(ctx, *length)
	}
	if err != nil {
		log.Fatal(err)
	}
}

func compare(ctx context.Context, length time.Duration) error {
	dir, err := os.MkdirTemp("", "bench-player")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	clip := filepath.Join(dir, "clip.mp4")
	make := exec.CommandContext(ctx, "ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=1280x720:r=30:d=60", "-f", "lavfi", "-i", "sine=d=60",
		"-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-g", "120", "-c:a", "aac", "-movflags", "+faststart", clip)
	make.Stderr = os.Stderr
	if err := make.Run(); err != nil {
		return fmt.Errorf("make a clip: %w", err)
	}
	files := httptest.NewServer(http.StripPrefix(secret, http.FileServer(http.Dir(dir))))
	defer files.Close()
	url := files.URL + secret + "clip.mp4"

	self, err := os.Executable()
	if err != nil {
		return err
	}
	us, err := run(ctx, exec.CommandContext(ctx, self, "-play", url, "-length", length.String()))
	if err != nil {
		return fmt.Errorf("our player: %w", err)
	}
	rows := []measure.Row{{Figure: "pictures, 720p30", Unit: "1/s", Ours: us.Rate, Peer: 30, Of: "the clip", Budget: measure.Budget{RatioMin: 0.95}}}
	for _, output := range []string{"null", "gpu"} {
		if output == "gpu" && os.Getenv("DISPLAY") == "" && os.Getenv("WAYLAND_DISPLAY") == "" {
			continue
		}
		peer, err := mpv(ctx, dir, url, output, length)
		if err != nil {
			return fmt.Errorf("mpv: %w", err)
		}
		of, budget := "mpv --vo="+output+", now", measure.Budget{}
		if output == "gpu" {
			budget.RatioMax = 1.5
		}
		rows = append(rows, measure.Row{Figure: "CPU while playing", Unit: "% of a core", Ours: us.CPU, Peer: peer.CPU, Of: of, Budget: budget},
			measure.Row{Figure: "seek, p50", Unit: "ms", Ours: us.SeekP50, Peer: peer.SeekP50, Of: of},
			measure.Row{Figure: "seek, p95", Unit: "ms", Ours: us.SeekP95, Peer: peer.SeekP95, Of: of, Budget: measure.Budget{Max: 800}})
	}
	measure.Print(os.Stdout, rows)
	return nil
}
