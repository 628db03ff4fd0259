//go:build linux || darwin || freebsd

package player

import (
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"
)

// core is one mpv that plays one source. Two goroutines are its own: listen
// hears events, draw makes pictures. The rest may be called from anywhere.
type core struct {
	lib    *libmpv
	owner  int // generation, for the screen
	screen *screen
	news   func()

	h, render uintptr
	sem       uintptr // C memory: posted when there may be a picture
	closing   atomic.Bool
	stopped   chan struct{} // closed when a source has ended
	stop      sync.Once
	loops     sync.WaitGroup

	mu      sync.Mutex
	src     Source
	seen    seen
	loaded  bool
	lastID  uint64
	later   *time.Duration // a Seek from before the source was open
	seeking seeking
	caption caption

	renewed  int       // how often a picture was to be drawn again
	renewals int       // of the one that is owed
	owed     time.Time // since when; zero: none is
	asked    time.Time // for the last one
}

// seen is what mpv said last.
type seen struct {
	position, duration float64
	now                float64 // position, also while seeking
	from, to           float64
	started            bool // the first picture or sound was there
	cache, idle, eof   bool
	err                error
	width, height      int
}

// seeking follows the newest Seek: queued with an id, answered, begun, done.
type seeking struct {
	id              uint64
	answered, begun bool
}

// caption is which track is shown, and which should be. Loading one takes a
// while, and only one is loaded at a time.
type caption struct {
	shown, wanted int
	busy          uint64 // id of the command that loads; 0: none
}

// startCore makes an engine and lets it open the source.
func startCore(lib *libmpv, owner int, s Source, w wish, o Options, sc *screen, news func()) (*core, error) {
	c := &core{lib: lib, owner: owner, screen: sc, news: news, src: s, stopped: make(chan struct{})}
	c.seen = seen{position: s.At.Seconds(), duration: s.Duration.Seconds()}
	c.caption = caption{shown: -1, wanted: s.Caption}
	if c.h = lib.create(); c.h == 0 {
		return nil, fmt.Errorf("%w: mpv does not start", ErrEngine)
	}
	if err := c.prepare(options(s, w, o.Silent)); err != nil {
		c.free()
		return nil, err
	}
	c.loops.Go(c.listen)
	c.loops.Go(c.draw)
	if s.Sound != "" {
		c.command("change-list", "audio-files", "append", s.Sound)
	}
	c.command("loadfile", s.Media)
	return c, nil
}

// prepare sets all options, joins the screen and subscribes.
func (c *core) prepare(list []option) error {
	for _, o := range list {
		if code := c.lib.setOption(c.h, o.name, o.value); code < 0 && (o.strict || code != -5) { // -5: no such option
			return fmt.Errorf("%w: option %s: %s", ErrEngine, o.name, c.lib.errorString(code))
		}
	}
	if code := c.lib.initialize(c.h); code < 0 {
		return fmt.Errorf("%w: %s", ErrEngine, c.lib.errorString(code))
	}
	if err := c.openRender(); err != nil {
		return err
	}
	for i, p := range properties {
		if p.live && !c.src.Live {
			continue
		}
		if code := c.lib.observe(c.h, uint64(i+1), p.name, p.format); code < 0 {
			return fmt.Errorf("%w: property %s: %s", ErrEngine, p.name, c.lib.errorString(code))
		}
	}
	return nil
}

// close ends the engine and returns when nothing of it is left. The source
// first: mpv waits a while for a picture to be taken that nobody draws any more.
func (c *core) close() {
	c.command("stop")
	patience := time.NewTimer(100 * time.Millisecond)
	select {
	case <-c.stopped:
	case <-patience.C:
	}
	patience.Stop()
	c.closing.Store(true)
	c.lib.wakeup(c.h)
	c.lib.semPost(c.sem)
	c.loops.Wait()
	c.free()
}

func (c *core) free() {
	if c.render != 0 {
		c.lib.renderFree(c.render)
	}
	c.lib.terminateDestroy(c.h)
	if c.sem != 0 {
		c.lib.semDestroy(c.sem)
		c.lib.free(c.sem)
	}
}

// command queues a command and returns its id.
func (c *core) command(args ...string) uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.queue(args...)
}

// queue is command with c.mu held: mpv takes it without waiting for anything,
// and commands keep the order of their ids.
func (c *core) queue(args ...string) uint64 {
	c.lastID++
	c.lib.command(c.h, c.lastID, args...)
	return c.lastID
}

func (c *core) seek(t time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.loaded {
		c.later = &t
		return
	}
	id := c.queue("seek", seconds(t), "absolute+exact")
	c.seeking = seeking{id: id}
	c.seen.position = t.Seconds()
}

func (c *core) step(forward bool) {
	if forward {
		c.command("frame-step")
	} else {
		c.command("frame-back-step")
	}
}

func (c *core) set(property, value string) { c.command("set", property, value) }

// show chooses a caption track; the newest choice wins.
func (c *core) show(i int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.caption.wanted = i
	c.nextCaption()
}

// nextCaption brings mpv one step nearer to the wanted caption, with c.mu held.
func (c *core) nextCaption() {
	k := &c.caption
	if !c.loaded || k.busy != 0 || k.shown == k.wanted {
		return
	}
	if k.shown >= 0 {
		c.queue("sub-remove")
	}
	k.shown = k.wanted
	if k.shown >= 0 {
		k.busy = c.queue("sub-add", c.src.Captions[k.shown], "select")
	}
}

// fill writes what the engine knows into s.
func (c *core) fill(s *State) {
	c.mu.Lock()
	defer c.mu.Unlock()
	v := &c.seen
	s.Position = duration(v.position)
	s.From, s.To = duration(v.from), duration(v.to)
	if !c.src.Live {
		s.Duration = duration(v.duration)
		s.From, s.To = 0, s.Duration
	}
	s.Seeking = c.seeks()
	s.Ended = v.eof && !s.Seeking
	s.Err = v.err
	s.Buffering = v.err == nil && !s.Ended && (!v.started || v.cache || v.idle && !s.Paused)
	s.Width, s.Height = v.width, v.height
	s.Caption = c.caption.wanted
}

// seeks says, with c.mu held, that a Seek has not arrived yet.
func (c *core) seeks() bool { return c.seeking.id != 0 || c.later != nil }

// duration reads a number of mpv's; nonsense is nothing.
func duration(seconds float64) time.Duration {
	if !(seconds > 0 && seconds < maxDuration.Seconds()) {
		return 0
	}
	return time.Duration(seconds * float64(time.Second))
}

// flag asks mpv now; false if it cannot say.
func (c *core) flag(name string) bool {
	out := new(int32)
	return c.lib.property(c.h, name, formatFlag, unsafe.Pointer(out)) >= 0 && *out != 0
}

// number asks mpv now; 0 if it cannot say.
func (c *core) number(name string) float64 {
	out := new(float64)
	if c.lib.property(c.h, name, formatDouble, unsafe.Pointer(out)) < 0 {
		return 0
	}
	return *out
}

func (c *core) reason(code int32) string {
	return c.lib.errorString(code) + " (" + strconv.Itoa(int(code)) + ")"
}
