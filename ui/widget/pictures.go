package widget

import (
	"bytes"
	"container/list"
	"context"
	"errors"
	"image"
	_ "image/jpeg" // formats of thumbnails
	_ "image/png"
	"sync"

	"golang.org/x/image/draw"
	_ "golang.org/x/image/webp" // newer servers make these
)

// Picture names an image file of a video.
type Picture struct{ Origin, Video, Name string }

// Bounds of pictures that strangers made. A file is measured before it is
// decoded: a few bytes can claim gigabytes.
const (
	maxFile   = 8 << 20
	maxPixels = 24 << 20 // a 4K frame three times
	maxSide   = 16_384
	cacheSize = 64 << 20
	loaders   = 4
)

// ErrPicture is an image that is not decoded: too large, or none.
var ErrPicture = errors.New("widget: not a picture that is shown")

// Pictures loads, scales and keeps the pictures of all lists of a window. Its
// work happens off the UI goroutine; answers come through Dispatch.
type Pictures struct {
	Fetch    func(ctx context.Context, p Picture) ([]byte, error)
	Dispatch func(func())
	ctx      context.Context
	work     sync.WaitGroup
	slots    chan struct{}

	mu    sync.Mutex
	order *list.List // of *kept, newest first
	known map[key]*list.Element
	used  int
}

type key struct {
	Picture
	w, h int
}

type kept struct {
	key
	img *image.RGBA
}

// NewPictures returns an empty store whose work ends with ctx.
func NewPictures(ctx context.Context, fetch func(context.Context, Picture) ([]byte, error), dispatch func(func())) *Pictures {
	return &Pictures{Fetch: fetch, Dispatch: dispatch, ctx: ctx, slots: make(chan struct{}, loaders),
		order: list.New(), known: map[key]*list.Element{}}
}

// Wait returns when no loader runs, after the context has ended.
func (p *Pictures) Wait() { p.work.Wait() }

// Get returns a picture that fits in w×h pixels if it is there already.
func (p *Pictures) Get(of Picture, w, h int) *image.RGBA {
	p.mu.Lock()
	defer p.mu.Unlock()
	e := p.known[key{of, w, h}]
	if e == nil {
		return nil
	}
	p.order.MoveToFront(e)
	return e.Value.(*kept).img
}

// Any returns the largest size of a picture that is there already.
func (p *Pictures) Any(of Picture) (largest *image.RGBA) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for e := p.order.Front(); e != nil; e = e.Next() {
		if k := e.Value.(*kept); k.Picture == of && (largest == nil || k.img.Rect.Dx() > largest.Rect.Dx()) {
			largest = k.img
		}
	}
	return largest
}

// Load fetches a picture and calls done on the UI goroutine, unless the
// returned function was called before. A picture that cannot be had stays away.
func (p *Pictures) Load(of Picture, w, h int, done func(*image.RGBA)) (cancel func()) {
	ctx, cancel := context.WithCancel(p.ctx)
	p.work.Go(func() {
		select {
		case p.slots <- struct{}{}:
			defer func() { <-p.slots }()
		case <-ctx.Done():
			return
		}
		if ctx.Err() != nil {
			return
		}
		file, err := p.Fetch(ctx, of)
		if err != nil {
			return
		}
		img, err := Decode(file, w, h)
		if err != nil {
			return
		}
		p.keep(key{of, w, h}, img)
		p.Dispatch(func() {
			if ctx.Err() == nil {
				done(img)
			}
		})
	})
	return cancel
}

func (p *Pictures) keep(k key, img *image.RGBA) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.known[k] != nil {
		return
	}
	p.known[k] = p.order.PushFront(&kept{k, img})
	p.used += len(img.Pix)
	for p.used > cacheSize && p.order.Len() > 1 {
		last := p.order.Remove(p.order.Back()).(*kept)
		p.used -= len(last.img.Pix)
		delete(p.known, last.key)
	}
}

// Decode reads a picture and scales it down to fit in w×h pixels. It looks at
// what the file claims before it decodes: ErrPicture if that is too much.
func Decode(file []byte, w, h int) (*image.RGBA, error) {
	if len(file) == 0 || len(file) > maxFile || w <= 0 || h <= 0 {
		return nil, ErrPicture
	}
	c, _, err := image.DecodeConfig(bytes.NewReader(file))
	if err != nil || c.Width <= 0 || c.Height <= 0 || c.Width > maxSide || c.Height > maxSide || c.Width*c.Height > maxPixels {
		return nil, ErrPicture
	}
	img, _, err := image.Decode(bytes.NewReader(file))
	if err != nil {
		return nil, ErrPicture
	}
	b := img.Bounds()
	scale := min(float64(w)/float64(b.Dx()), float64(h)/float64(b.Dy()), 1)
	small := image.NewRGBA(image.Rect(0, 0, max(int(float64(b.Dx())*scale+.5), 1), max(int(float64(b.Dy())*scale+.5), 1)))
	draw.ApproxBiLinear.Scale(small, small.Bounds(), img, b, draw.Src, nil)
	return small, nil
}
