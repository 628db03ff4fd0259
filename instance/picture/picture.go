// Package picture reads the pictures that people send, within bounds, and makes the
// sizes of them that are shown. It knows no video and no database.
package picture

import (
	"bufio"
	"fmt"
	"image"
	"image/color"
	_ "image/gif" // a picture that somebody chose
	"image/jpeg"
	"image/png"
	"io"
	"os"

	"golang.org/x/image/draw"
	_ "golang.org/x/image/webp" // likewise

	"vidiverse/instance/fault"
)

// Pictures beyond these are refused before they are decoded.
const (
	MaxSide   = 8192
	maxPixels = 40 << 20
)

// Read decodes a picture that somebody sent, within limits. What is no
// picture is fault.Unsupported, what is too large fault.TooLarge.
func Read(path string) (image.Image, error) {
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
	if c.Width <= 0 || c.Height <= 0 || c.Width > MaxSide || c.Height > MaxSide || c.Width*c.Height > maxPixels {
		return nil, fault.New(fault.TooLarge, "The picture is %d × %d; at most %d pixels on a side are accepted.", c.Width, c.Height, MaxSide)
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

// Fill draws src into a picture of exactly w × h. What is much too tall for it
// is shown whole over a darkened, blurred copy of itself; anything else covers
// it, cut evenly at two sides.
func Fill(src image.Image, w, h int) *image.RGBA {
	b := src.Bounds()
	if b.Dx() >= b.Dy() || w < h {
		return Cover(src, w, h)
	}
	dst := image.NewRGBA(image.Rect(0, 0, w, h))
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

// Cover draws the middle of src over a picture of exactly w × h.
func Cover(src image.Image, w, h int) *image.RGBA {
	dst := image.NewRGBA(image.Rect(0, 0, w, h))
	part := cover(src.Bounds(), w, h)
	scaler(part.Dx(), w).Scale(dst, dst.Bounds(), src, part, draw.Src, nil)
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

// Shrink makes src at most side pixels wide and high, so that several sizes
// can be made from it quickly; smaller pictures stay as they are.
func Shrink(src image.Image, side int) image.Image {
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

// WriteJPEG writes a picture to a new file.
func WriteJPEG(path string, img image.Image) error {
	return write(path, func(w io.Writer) error { return jpeg.Encode(w, img, &jpeg.Options{Quality: 85}) })
}

// WritePNG writes a picture to a new file; what one can see through stays so.
func WritePNG(path string, img image.Image) error {
	return write(path, func(w io.Writer) error { return png.Encode(w, img) })
}

func write(path string, encode func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	err = encode(w)
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

// RGBA is img in the form that is scaled fastest.
func RGBA(img image.Image) *image.RGBA {
	if same, ok := img.(*image.RGBA); ok {
		return same
	}
	b := img.Bounds()
	dst := image.NewRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	draw.Draw(dst, dst.Bounds(), img, b.Min, draw.Src)
	return dst
}
