//go:build linux || darwin || freebsd

package player

import (
	"fmt"
	"image"
	"runtime"
	"time"
	"unsafe"
)

// easel is the memory that mpv is shown while it draws: parameters, and what
// they point to. It is pinned for the time of a call only.
type easel struct {
	params [6]mpvParam
	size   [2]int32
	stride uintptr
	skip   int32
	info   mpvFrameInfo
}

var (
	apiName    = [...]byte{'s', 'w', 0}
	pixelsName = [...]byte{'r', 'g', 'b', '0', 0}
)

// openRender connects mpv's output to our memory.
func (c *core) openRender() error {
	if c.sem = c.lib.calloc(1, 128); c.sem == 0 || c.lib.semInit(c.sem, 0, 0) != 0 {
		return fmt.Errorf("%w: no semaphore", ErrEngine)
	}
	var pin runtime.Pinner
	defer pin.Unpin()
	params := &[2]mpvParam{{kind: paramAPI, data: unsafe.Pointer(&apiName[0])}, {kind: paramEnd}}
	out := new(uintptr)
	pin.Pin(params)
	pin.Pin(out)
	if code := c.lib.renderCreate(out, c.h, unsafe.Pointer(params)); code < 0 {
		return fmt.Errorf("%w: software pictures: %s", ErrEngine, c.lib.errorString(code))
	}
	c.render = *out
	c.lib.renderNews(c.render, c.lib.semPostAddress, c.sem)
	return nil
}

// redraw asks for a picture in the size that is now wanted.
func (c *core) redraw() { c.lib.semPost(c.sem) }

// draw makes a picture whenever mpv has one or the painter's place changed. It
// always takes what mpv offers, because mpv waits for that.
func (c *core) draw() {
	e := new(easel)
	var buf *image.RGBA
	var last image.Point // size of the picture on the screen; zero: none, or an old one
	any := false         // mpv has had a picture; before, it would draw black
	for {
		for c.lib.semWait(c.sem) != 0 { // a signal came
		}
		if c.closing.Load() {
			return
		}
		fresh := c.lib.renderUpdate(c.render)&updateFrame != 0
		any = any || fresh && c.present(e)
		size, idle := c.screen.size(c.shape())
		at, offered := time.Now(), c.present(e) // no more, if that took long
		switch {
		case !fresh && (!any || size == last):
		case !any || idle:
			c.drawInto(e, nil)
			last = image.Point{}
		default:
			buf = canvas(buf, size)
			if c.drawInto(e, buf) {
				buf = c.screen.publish(c.owner, buf)
				last = size
			}
		}
		if any && fresh && offered {
			c.took(at)
		}
	}
}

func (c *core) shape() (width, height int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.seen.width, c.seen.height
}

// present says whether what update announced is a picture of the source.
func (c *core) present(e *easel) bool {
	var pin runtime.Pinner
	defer pin.Unpin()
	pin.Pin(e)
	code := c.lib.renderInfo(c.render, paramInfo, unsafe.Pointer(&e.info))
	return code >= 0 && e.info.flags&infoPresent != 0
}

// drawInto draws the picture that is due, when it is due; nil takes it without
// drawing.
func (c *core) drawInto(e *easel, buf *image.RGBA) bool {
	var pin runtime.Pinner
	defer pin.Unpin()
	pin.Pin(e)
	if buf == nil {
		e.skip = 1
		e.params = [6]mpvParam{{kind: paramSkip, data: unsafe.Pointer(&e.skip)}}
		return c.lib.renderDraw(c.render, unsafe.Pointer(&e.params)) >= 0
	}
	pin.Pin(&pixelsName[0])
	pin.Pin(&buf.Pix[0])
	e.size = [2]int32{int32(buf.Rect.Dx()), int32(buf.Rect.Dy())}
	e.stride = uintptr(buf.Stride)
	e.params = [6]mpvParam{
		{kind: paramSize, data: unsafe.Pointer(&e.size)},
		{kind: paramPixels, data: unsafe.Pointer(&pixelsName[0])},
		{kind: paramStride, data: unsafe.Pointer(&e.stride)},
		{kind: paramPointer, data: unsafe.Pointer(&buf.Pix[0])},
	}
	if c.lib.renderDraw(c.render, unsafe.Pointer(&e.params)) < 0 {
		return false
	}
	opaque(buf.Pix)
	return true
}

// opaque sets the fourth bytes, which mpv leaves as they are.
func opaque(pix []byte) {
	for i := 3; i < len(pix); i += 4 {
		pix[i] = 255
	}
}
