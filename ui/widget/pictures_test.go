package widget

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"strings"
	"sync"
	"testing"
	"time"
)

func picture(t testing.TB, w, h int) []byte {
	t.Helper()
	img := image.NewPaletted(image.Rect(0, 0, w, h), color.Palette{color.Black, color.White})
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// claim makes a PNG say that it has another size.
func claim(file []byte, w, h uint32) []byte {
	b := bytes.Clone(file)
	binary.BigEndian.PutUint32(b[16:], w)
	binary.BigEndian.PutUint32(b[20:], h)
	binary.BigEndian.PutUint32(b[29:], crc32.ChecksumIEEE(b[12:29]))
	return b
}

// A few bytes that claim gigabytes are refused before anything is decoded.
func TestPictureBombsAreRefused(t *testing.T) {
	t.Parallel()
	small := picture(t, 64, 64)
	for name, file := range map[string][]byte{
		"a wall of 100,000 × 100,000": claim(small, 100_000, 100_000),
		"a thread of 60,000 × 1":      claim(small, 60_000, 1),
		"50 megapixels, really":       picture(t, 10_000, 5_000),
		"no pixels":                   claim(small, 0, 64),
		"nothing":                     nil,
		"a page":                      []byte("<!doctype html>"),
		"a torn file":                 small[:40],
		"nine megabytes":              append(bytes.Clone(small), make([]byte, 9<<20)...),
	} {
		start := time.Now()
		if img, err := Decode(file, 320, 180); !errors.Is(err, ErrPicture) {
			t.Errorf("%s: got %v, %v", name, img, err)
		}
		if d := time.Since(start); d > 5*time.Second {
			t.Errorf("%s took %s", name, d)
		}
	}
}

func TestDecodeScalesToThePlace(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ w, h, gotW, gotH int }{{1280, 720, 320, 180}, {720, 1280, 101, 180}, {100, 50, 100, 50}, {4000, 1, 320, 1}} {
		img, err := Decode(picture(t, c.w, c.h), 320, 180)
		if err != nil {
			t.Fatal(err)
		}
		if s := img.Bounds().Size(); s.X != c.gotW || s.Y != c.gotH {
			t.Errorf("%d×%d: got %v, want %d×%d", c.w, c.h, s, c.gotW, c.gotH)
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 32, 18)), nil); err != nil {
		t.Fatal(err)
	}
	if _, err := Decode(b.Bytes(), 320, 180); err != nil {
		t.Errorf("JPEG: %v", err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(picture(f, 8, 8))
	f.Add(claim(picture(f, 8, 8), 1<<31, 1<<31))
	f.Add([]byte("RIFF\x00\x00\x00\x00WEBPVP8 "))
	f.Add([]byte("\xff\xd8\xff\xe0"))
	f.Fuzz(func(t *testing.T, file []byte) {
		img, err := Decode(file, 64, 36)
		if err == nil && (img.Bounds().Dx() > 64 || img.Bounds().Dy() > 36) {
			t.Errorf("got %v", img.Bounds())
		}
	})
}

// The store keeps to its bounds, and what was given up is not delivered.
func TestPicturesAreBoundedAndCancelled(t *testing.T) {
	t.Parallel()
	ctx, end := context.WithCancel(t.Context())
	file := picture(t, 1280, 720)
	var mu sync.Mutex
	at, most := 0, 0
	gate := make(chan struct{})
	p := NewPictures(ctx, func(ctx context.Context, of Picture) ([]byte, error) {
		mu.Lock()
		at++
		most = max(most, at)
		mu.Unlock()
		defer func() { mu.Lock(); at--; mu.Unlock() }()
		if strings.HasPrefix(of.Name, "slow") {
			select {
			case <-gate:
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
		return file, nil
	}, func(do func()) { do() })

	done := make(chan string, 100)
	for i := range 40 { // 3.7 MB each, decoded
		p.Load(Picture{Name: string(rune('a' + i))}, 1280, 720, func(*image.RGBA) { done <- "ok" })
	}
	for range 40 {
		<-done
	}
	if p.used > cacheSize || p.order.Len() < 5 {
		t.Errorf("%d bytes in %d pictures are kept", p.used, p.order.Len())
	}
	if p.Get(Picture{Name: "a"}, 1280, 720) != nil && p.order.Len() == 40 {
		t.Error("nothing was dropped")
	}
	if most > loaders {
		t.Errorf("%d loaders at a time", most)
	}
	cancel := p.Load(Picture{Name: "slow"}, 10, 10, func(*image.RGBA) { done <- "late" })
	cancel()
	close(gate)
	end()
	p.Wait()
	select {
	case <-done:
		t.Error("a picture that was given up was delivered")
	default:
	}
}

func TestWrap(t *testing.T) {
	t.Parallel()
	each := func(s string) float32 { return float32(len([]rune(s))) } // one a character
	for _, c := range []struct {
		text  string
		width float32
		most  int
		want  string
	}{
		{"the slow road", 20, 2, "the slow road"},
		{"the slow road across the hills", 13, 0, "the slow road|across the|hills"},
		{"the slow road across the hills", 13, 2, "the slow road|across the h…"},
		{"aaaaaaaaaa", 4, 0, "aaaa|aaaa|aa"},
		{"aaaaaaaaaa", 4, 1, "aaa…"},
		{"a\nb\nc", 5, 2, "a|b…"},
		{"", 5, 2, ""},
		{"x", 0, 2, ""},
		{"éééééé", 3, 2, "ééé|ééé"},
	} {
		if got := strings.Join(wrap(c.text, c.width, c.most, each), "|"); got != c.want {
			t.Errorf("%q at %v: got %q, want %q", c.text, c.width, got, c.want)
		}
	}
	long := strings.Repeat("W", 100_000)
	start := time.Now()
	if lines := wrap(long, 40, 2, each); len(lines) != 2 {
		t.Errorf("got %d lines", len(lines))
	}
	if d := time.Since(start); d > 5*time.Second {
		t.Errorf("a title of 100 kB took %s", d)
	}
}
