package transcode

import (
	"hash/fnv"
	"image"
	"image/color"

	"golang.org/x/image/draw"
)

// soundPicture is what a sound without a cover shows: calm bars whose colour
// and heights follow from the seed, so that two sounds do not look alike.
func soundPicture(seed string) image.Image {
	const w, h, bars = 1920, 1080, 48
	sum := fnv.New64a()
	_, _ = sum.Write([]byte(seed)) // never fails
	state := sum.Sum64()
	next := func() uint64 {
		state ^= state << 13
		state ^= state >> 7
		state ^= state << 17
		return state
	}
	hues := []color.RGBA{{0x1f, 0x2a, 0x44, 255}, {0x2b, 0x1f, 0x44, 255}, {0x1f, 0x3d, 0x3a, 255}, {0x44, 0x2a, 0x1f, 255}}
	ground := hues[next()%uint64(len(hues))]
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(img, img.Bounds(), image.NewUniform(ground), image.Point{}, draw.Src)
	bar := image.NewUniform(color.RGBA{R: ground.R + 0x60, G: ground.G + 0x60, B: ground.B + 0x60, A: 255})
	const step = w * 3 / 4 / bars
	for i := range bars {
		// Taller towards the middle, like a phrase that swells and fades.
		swell := bars - abs(2*i-bars)
		height := 40 + int(next()%uint64(20+swell*9))
		x := w/8 + i*step
		draw.Draw(img, image.Rect(x, h/2-height/2, x+step/2, h/2+height/2), bar, image.Point{}, draw.Src)
	}
	return img
}

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}
