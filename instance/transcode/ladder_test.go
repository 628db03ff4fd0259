package transcode

import (
	"slices"
	"testing"

	"vidiverse/instance/ffmpeg"
)

// TestBitrates holds the table against command lines captured from PeerTube
// 8.2, which transcoded 1280×720 at 30 frames a second.
func TestBitrates(t *testing.T) {
	t.Parallel()
	p := ffmpeg.Probe{Video: &ffmpeg.Video{Width: 1280, Height: 720, FPS: 30}}
	want := map[int]int64{480: 1474578, 360: 1036812, 240: 522246}
	for _, r := range (Settings{Resolutions: []int{480, 360, 240}}.ladder(p)) {
		if got := r.target(2_000_000); got != want[r.Resolution] {
			t.Errorf("%dp: got %d, want %d", r.Resolution, got, want[r.Resolution])
		}
	}
	if got := (rung{Resolution: 240, Ratio: 1.7778, FPS: 30}).target(100_000); got != 130_000 {
		t.Errorf("a thin source: got %d, want 130000", got)
	}
}

func TestLadder(t *testing.T) {
	t.Parallel()
	all := []int{0, 144, 240, 360, 480, 720, 1080, 1440, 2160}
	video := func(w, h int, fps float64) ffmpeg.Probe {
		return ffmpeg.Probe{Video: &ffmpeg.Video{Width: w, Height: h, FPS: fps}}
	}
	heard := func(p ffmpeg.Probe) ffmpeg.Probe { p.Audio = &ffmpeg.Audio{Codec: "aac", Channels: 2}; return p }
	type size struct{ resolution, width, height, fps int }
	tests := []struct {
		name     string
		settings Settings
		probe    ffmpeg.Probe
		want     []size
	}{
		{"never above the source", Settings{Resolutions: all, MaxFPS: 60}, video(640, 360, 25),
			[]size{{360, 640, 360, 25}, {240, 426, 240, 25}, {144, 256, 144, 25}}},
		{"original kept above the limits", Settings{Resolutions: []int{240}, AlwaysOriginal: true, MaxFPS: 60}, video(1280, 720, 30),
			[]size{{720, 1280, 720, 30}, {240, 426, 240, 30}}},
		{"original not wanted", Settings{Resolutions: []int{240}, MaxFPS: 60}, video(1280, 720, 30), []size{{240, 426, 240, 30}}},
		{"smaller than all", Settings{Resolutions: []int{720}, MaxFPS: 60}, video(200, 100, 30), []size{{100, 200, 100, 30}}},
		{"portrait", Settings{Resolutions: []int{240}, AlwaysOriginal: true, MaxFPS: 60}, video(720, 1280, 30),
			[]size{{720, 720, 1280, 30}, {240, 240, 426, 30}}},
		{"odd sizes are made even", Settings{AlwaysOriginal: true, MaxFPS: 60}, video(321, 241, 30), []size{{240, 320, 240, 30}}},
		{"one pixel", Settings{AlwaysOriginal: true, MaxFPS: 60}, video(1, 1, 30), []size{{2, 2, 2, 30}}},
		{"a line", Settings{Resolutions: []int{144}, AlwaysOriginal: true, MaxFPS: 60}, video(16384, 2, 30), []size{{2, 16384, 2, 30}}},
		{"60 frames only where they matter", Settings{Resolutions: []int{720, 480}, AlwaysOriginal: true, MaxFPS: 60}, video(1920, 1080, 60),
			[]size{{1080, 1920, 1080, 60}, {720, 1280, 720, 60}, {480, 854, 480, 30}}},
		{"50 becomes 25", Settings{Resolutions: []int{480}, MaxFPS: 60}, video(1280, 720, 50), []size{{480, 854, 480, 25}}},
		{"too fast", Settings{AlwaysOriginal: true, MaxFPS: 30}, video(1280, 720, 120), []size{{720, 1280, 720, 30}}},
		{"sound apart", Settings{AlwaysOriginal: true, SplitAudio: true, MaxFPS: 60}, heard(video(640, 360, 25)), []size{{360, 640, 360, 25}, {}}},
		{"sound alone on top", Settings{Resolutions: []int{0}, AlwaysOriginal: true, MaxFPS: 60}, heard(video(640, 360, 25)), []size{{360, 640, 360, 25}, {}}},
		{"silent", Settings{Resolutions: []int{0}, AlwaysOriginal: true, SplitAudio: true, MaxFPS: 60}, video(640, 360, 25), []size{{360, 640, 360, 25}}},
		{"only sound", Settings{Resolutions: []int{240, 1080}, AlwaysOriginal: true, MaxFPS: 60}, heard(ffmpeg.Probe{}), []size{{480, 854, 480, 25}, {240, 426, 240, 25}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got []size
			for _, r := range tt.settings.ladder(tt.probe) {
				got = append(got, size{r.Resolution, r.Width, r.Height, int(r.FPS)})
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}
