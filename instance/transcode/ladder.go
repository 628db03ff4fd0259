package transcode

import (
	"math"
	"slices"

	"vidiverse/instance/ffmpeg"
)

// rung is one rendition to make.
type rung struct {
	Resolution int     `json:"resolution"` // PeerTube's number: the shorter side; 0 is sound alone
	FPS        float64 `json:"fps"`
	Width      int     `json:"width"`
	Height     int     `json:"height"`
	Ratio      float64 `json:"ratio"`    // of the source, width by height
	Original   bool    `json:"original"` // the source's own resolution
}

// What PeerTube makes of a sound without a picture: a still one.
const (
	stillResolution = 480
	stillFPS        = 25
)

// Below keepFPSFrom lines, more than calmFPS frames a second are halved.
const (
	keepFPSFrom = 720
	calmFPS     = 30
)

// ladder lists the renditions to make of a source, highest first. It is never
// empty if the source has a picture or a sound.
func (s Settings) ladder(p ffmpeg.Probe) []rung {
	width, height, fps, source := 16, 9, float64(stillFPS), stillResolution
	if p.Video != nil {
		width, height = p.Video.Size()
		source = even(min(width, height))
		if fps = p.Video.FPS; fps <= 0 {
			fps = stillFPS
		}
	}
	var all []rung
	for _, r := range s.wanted(source) {
		original := p.Video != nil && r == source
		all = append(all, rung{Resolution: r, Original: original, FPS: s.fps(fps, r, original)}.sized(width, height))
	}
	if p.Audio != nil && (s.SplitAudio && p.Video != nil || slices.Contains(s.Resolutions, 0)) {
		all = append(all, rung{})
	}
	return all
}

// wanted is which resolutions to make of a source, highest first: those
// switched on and below it, and its own.
func (s Settings) wanted(source int) []int {
	var list []int
	for _, r := range s.Resolutions {
		if r > 0 && r <= source && !slices.Contains(list, r) {
			list = append(list, r)
		}
	}
	if (s.AlwaysOriginal || len(list) == 0) && !slices.Contains(list, source) {
		list = append(list, source)
	}
	slices.Sort(list)
	slices.Reverse(list)
	return list
}

// sized computes the exact size for a source of width × height: both sides
// even, as the codec wants them.
func (r rung) sized(width, height int) rung {
	r.Ratio = math.Round(1e4*float64(width)/float64(height)) / 1e4
	if r.Original {
		r.Width, r.Height = even(width), even(height)
		return r
	}
	long := func(a, b int) int { return max(2, 2*int(math.Round(float64(r.Resolution)*float64(a)/float64(b)/2))) }
	r.Width, r.Height = r.Resolution, long(height, width)
	if width >= height {
		r.Width, r.Height = long(width, height), r.Resolution
	}
	return r
}

func even(n int) int { return max(2, n&^1) }

// fps is the rate of a rendition. Small pictures do not need 60 frames a
// second; the new rate is one that divides the old best.
func (s Settings) fps(source float64, resolution int, original bool) float64 {
	if !original && resolution < keepFPSFrom && source > calmFPS {
		source = closest(source, 24, 25, 30)
	}
	if top := float64(s.MaxFPS); top > 0 && source > top {
		if source = closest(source, 50, 60); source > top {
			source = top
		}
	}
	return source
}

func closest(fps float64, standards ...float64) float64 {
	return slices.MinFunc(standards, func(a, b float64) int {
		return int(math.Round(1000 * (math.Mod(fps, a) - math.Mod(fps, b))))
	})
}

// bitsPerPixel are PeerTube's figures of one resolution and all up to the next.
type bitsPerPixel struct {
	resolution    int
	average, most float64
}

var bitTable = []bitsPerPixel{
	{2160, 0.08, 0.14}, {1440, 0.09, 0.16}, {1080, 0.10, 0.17}, {720, 0.11, 0.19},
	{480, 0.12, 0.22}, {360, 0.15, 0.26}, {240, 0.17, 0.29}, {144, 0.19, 0.32}, {0, 0.19, 0.32},
}

// leastBitsPerPixel keeps a rendition of a starved source watchable.
const leastBitsPerPixel = 0.02

func bits(resolution int) bitsPerPixel {
	i := slices.IndexFunc(bitTable, func(b bitsPerPixel) bool { return b.resolution <= resolution })
	return bitTable[max(0, i)]
}

// bitrate is perPixel spent on every pixel of a second, PeerTube's way: from
// the shorter side and the ratio in four decimals.
func (r rung) bitrate(perPixel float64) int64 {
	long := float64(r.Resolution) * r.Ratio
	if r.Ratio < 1 {
		long = float64(r.Resolution) / max(r.Ratio, 1e-4)
	}
	return int64(float64(r.Resolution) * long * r.FPS * perPixel)
}

// target is the bitrate to encode with: the table's, but not much above that
// of the source, in bits a second.
func (r rung) target(source int64) int64 {
	b := r.bitrate(bits(r.Resolution).average)
	if source > 0 {
		b = min(b, source+source*3/10)
	}
	return max(b, r.bitrate(leastBitsPerPixel))
}
