package e2e

import (
	"image"
	"image/png"
	"os"
	"testing"

	"vidiverse/app/e2e/browser"
)

// playing is how a test looks at the video element of a page.
type playing struct {
	testing.TB
	*browser.Page
}

const playsOn = `(from) => { const v = document.querySelector("video"); return v && !v.paused && v.currentTime > from && v.readyState > 2 }`

// reach waits until the page plays beyond a time in seconds.
func (p playing) reach(seconds float64) {
	p.Helper()
	p.Page.Wait(playsOn, seconds)
}

// at is the time in seconds that the page has played to.
func (p playing) at() (seconds float64) {
	p.Helper()
	p.Eval(`() => document.querySelector("video").currentTime`, nil, &seconds)
	return seconds
}

// moves requires what a person would: that the time goes on, and that what is
// painted is no black box and no still.
func (p playing) moves() {
	p.Helper()
	p.reach(p.at() + 0.2)
	first, from := p.seen(), p.at()
	p.reach(from + 1)
	second := p.seen()
	if light := brightness(first); light < 20 {
		p.Errorf("the picture is black: got a brightness of %.1f of 255", light)
	}
	if change := difference(first, second); change < 0.5 {
		p.Errorf("after a second of playing the picture changed by %.2f of 255", change)
	}
}

// seen is the upper half of the picture as it is painted: below are controls.
func (p playing) seen() image.Image {
	p.Helper()
	f, err := os.Open(p.ScreenshotOf("video", "picture"))
	if err != nil {
		p.Fatal(err)
	}
	defer f.Close()
	img, err := png.Decode(f)
	if err != nil {
		p.Fatal(err)
	}
	b := img.Bounds()
	b.Max.Y = (b.Min.Y + b.Max.Y) / 2
	return img.(interface {
		SubImage(image.Rectangle) image.Image
	}).SubImage(b)
}

func brightness(img image.Image) float64 {
	return mean(img.Bounds(), func(x, y int) int { return light(img, x, y) })
}

func difference(a, b image.Image) float64 {
	return mean(a.Bounds().Intersect(b.Bounds()), func(x, y int) int {
		d := light(a, x, y) - light(b, x, y)
		return max(d, -d)
	})
}

func light(img image.Image, x, y int) int {
	r, g, b, _ := img.At(x, y).RGBA()
	return int(r+g+b) / 3 >> 8
}

// mean looks at every fourth point.
func mean(in image.Rectangle, of func(x, y int) int) float64 {
	sum, n := 0, 0
	for y := in.Min.Y; y < in.Max.Y; y += 4 {
		for x := in.Min.X; x < in.Max.X; x += 4 {
			sum += of(x, y)
			n++
		}
	}
	return float64(sum) / float64(max(n, 1))
}
