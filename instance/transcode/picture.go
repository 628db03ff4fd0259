package transcode

import (
	"bufio"
	"fmt"
	"hash/fnv"
	"image"
	"image/color"
	_ "image/gif" // a picture somebody chose as a thumbnail
	"image/jpeg"
	_ "image/png" // likewise, and what ffmpeg writes
	"io"
	"os"

	"golang.org/x/image/draw"
	_ "golang.org/x/image/webp" // likewise

	"vidiverse/instance/fault"
)

// Pictures beyond these are refused before they are decoded.
const (
	maxPictureSide   = 8192
	maxPicturePixels = 40 << 20
)

// readPicture decodes a picture that somebody sent, within limits. What is no
// picture is fault.Unsupported, what is too large fault.TooLarge.
func readPicture(path string) (image.Image, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := bufio.NewReader(f)
	c, _, err := image.DecodeConfig(r)
	if err != nil {
		return nil, fault.New(fault.Unsupported, "This is not a picture we can read. Try JPEG, PNG or WebP.")
	}
	if c.Width <= 0 || c.Height <= 0 || c.Width > maxPictureSide || c.Height > maxPictureSide || c.Width*c.Height > maxPicturePixels {
		return nil, fault.New(fault.TooLarge, "The picture is %d × %d; at most %d pixels on a side are accepted.", c.Width, c.Height, maxPictureSide)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	r.Reset(f)
	img, _, err := image.Decode(r)
	if err != nil {
		return nil, fault.New(fault.Unsupported, "The picture is damaged and cannot be read.")
	}
	return img, nil
}

// fill draws src into a picture of exactly w × h. What is much too tall for it
// is shown whole over a darkened, blurred copy of itself; anything else covers
// it, cut evenly at two sides.
func fill(src image.Image, w, h int) *image.RGBA {
	dst := image.NewRGBA(image.Rect(0, 0, w, h))
	b := src.Bounds()
	if b.Dx() >= b.Dy() || w < h {
		part := cover(b, w, h)
		scaler(part.Dx(), w).Scale(dst, dst.Bounds(), src, part, draw.Src, nil)
		return dst
	}
	// Scaled down to a few pixels and up again, a picture is blurred cheaply.
	small := image.NewRGBA(image.Rect(0, 0, 24, max(1, 24*h/w)))
	draw.BiLinear.Scale(small, small.Bounds(), src, cover(b, w, h), draw.Src, nil)
	draw.CatmullRom.Scale(dst, dst.Bounds(), small, small.Bounds(), draw.Src, nil)
	draw.Draw(dst, dst.Bounds(), image.NewUniform(color.RGBA{A: 0x80}), image.Point{}, draw.Over)
	fit := max(1, h*b.Dx()/b.Dy())
	left := (w - fit) / 2
	scaler(b.Dx(), fit).Scale(dst, image.Rect(left, 0, left+fit, h), src, b, draw.Over, nil)
	return dst
}

// scaler is the fastest that looks right: the quick one skips pixels when a
// picture shrinks to less than half.
func scaler(from, to int) draw.Scaler {
	if from > 2*to {
		return draw.BiLinear
	}
	return draw.ApproxBiLinear
}

// cover is the largest middle part of b with the shape of w × h.
func cover(b image.Rectangle, w, h int) image.Rectangle {
	cw, ch := b.Dx(), b.Dx()*h/w
	if ch > b.Dy() {
		cw, ch = b.Dy()*w/h, b.Dy()
	}
	cw, ch = max(1, cw), max(1, ch)
	x, y := b.Min.X+(b.Dx()-cw)/2, b.Min.Y+(b.Dy()-ch)/2
	return image.Rect(x, y, x+cw, y+ch)
}

// shrink makes src at most side pixels wide and high, so that several sizes
// can be made from it quickly; smaller pictures stay as they are.
func shrink(src image.Image, side int) image.Image {
	b := src.Bounds()
	if b.Dx() <= side && b.Dy() <= side {
		return src
	}
	w, h := side, max(1, side*b.Dy()/b.Dx())
	if b.Dy() > b.Dx() {
		w, h = max(1, side*b.Dx()/b.Dy()), side
	}
	dst := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.ApproxBiLinear.Scale(dst, dst.Bounds(), src, b, draw.Src, nil)
	return dst
}

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

// writeJPEG writes a picture to a new file.
func writeJPEG(path string, img image.Image) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	err = jpeg.Encode(w, img, &jpeg.Options{Quality: 85})
	if err == nil {
		err = w.Flush()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return fmt.Errorf("write picture: %w", err)
	}
	return nil
}

// rgba is img in the form that is scaled fastest.
func rgba(img image.Image) *image.RGBA {
	if same, ok := img.(*image.RGBA); ok {
		return same
	}
	b := img.Bounds()
	dst := image.NewRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	draw.Draw(dst, dst.Bounds(), img, b.Min, draw.Src)
	return dst
}
