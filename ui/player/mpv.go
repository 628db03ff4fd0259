//go:build linux || darwin || freebsd

package player

import (
	"image"
	"sync"
	"time"
)

// mpvPlayer is the Player of libmpv. One goroutine, work, ends and starts
// engines, so that callers never wait for one.
type mpvPlayer struct {
	lib    *libmpv
	opt    Options
	screen *screen
	frames bell
	states bell

	mu      sync.Mutex
	owner   int // generation: the newest Open or Reload
	src     Source
	wish    wish
	core    *core // plays generation owner, or nil before it is made
	err     error // of making it
	started bool
	closed  bool
	change  chan struct{} // one pending: src is new, or closed
	done    chan struct{}
}

func newMPV(o Options) (Player, error) {
	lib, err := loadMPV()
	if err != nil {
		return nil, err
	}
	p := &mpvPlayer{lib: lib, opt: o, wish: normal}
	p.frames.listen, p.states.listen = o.OnFrame, o.OnState
	p.screen = newScreen(&p.frames)
	p.change, p.done = make(chan struct{}, 1), make(chan struct{})
	return p, nil
}

func (p *mpvPlayer) Kind() Kind { return MPV }

func (p *mpvPlayer) Open(s Source) error   { return p.load(s, true) }
func (p *mpvPlayer) Reload(s Source) error { return p.load(s, false) }

func (p *mpvPlayer) load(s Source, clear bool) error {
	if err := s.check(); err != nil {
		return err
	}
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return ErrClosed
	}
	p.owner++
	p.src, p.core, p.err = s.tidy(), nil, nil
	p.screen.hand(p.owner, clear)
	if !p.started {
		p.started = true
		go p.work()
	}
	p.mu.Unlock()
	p.wake()
	p.frames.ring()
	p.states.ring()
	return nil
}

func (p *mpvPlayer) wake() {
	select {
	case p.change <- struct{}{}:
	default: // work will see the newest anyway
	}
}

// work has at most one engine at a time. It alone ends them.
func (p *mpvPlayer) work() {
	defer close(p.done)
	var c *core
	for range p.change {
		p.mu.Lock()
		owner, s, w, closed := p.owner, p.src, p.wish, p.closed
		stale := c == nil || c.owner != owner
		p.mu.Unlock()
		if c != nil && (stale || closed) {
			c.close()
			c = nil
		}
		if closed {
			return
		}
		if stale {
			c = p.make(owner, s, w)
		}
	}
}

// make starts an engine. What was asked since its source was read is asked of
// it again.
func (p *mpvPlayer) make(owner int, s Source, w wish) *core {
	c, err := startCore(p.lib, owner, s, w, p.opt, p.screen, p.states.ring)
	if err != nil {
		p.opt.Log.Warn("player does not start", "err", err)
	}
	p.mu.Lock()
	if p.owner == owner {
		p.core, p.err = c, err
		if c != nil {
			p.repeat(c, s, w)
		}
	}
	p.mu.Unlock()
	p.states.ring()
	return c
}

func (p *mpvPlayer) repeat(c *core, s Source, w wish) {
	if p.src.At != s.At {
		c.seek(p.src.At)
	}
	if p.src.Paused != s.Paused {
		c.set("pause", yesNo(p.src.Paused))
	}
	if p.src.Caption != s.Caption {
		c.show(p.src.Caption)
	}
	if p.wish != w {
		c.set("volume", decimal(p.wish.volume))
		c.set("mute", yesNo(p.wish.muted))
		c.set("speed", decimal(p.wish.speed))
	}
}

// ask changes what is wanted, and tells the engine if there is one.
func (p *mpvPlayer) ask(change func(), tell func(c *core)) {
	p.mu.Lock()
	change()
	if p.core != nil {
		tell(p.core)
	}
	p.mu.Unlock()
	p.states.ring()
}

func (p *mpvPlayer) Pause(paused bool) {
	p.ask(func() { p.src.Paused = paused }, func(c *core) { c.set("pause", yesNo(paused)) })
}

func (p *mpvPlayer) Seek(t time.Duration) {
	t = min(max(t, 0), maxDuration)
	p.ask(func() { p.src.At = t }, func(c *core) { c.seek(t) })
}

func (p *mpvPlayer) Step(forward bool) {
	p.ask(func() { p.src.Paused = true }, func(c *core) { c.step(forward) })
}

func (p *mpvPlayer) SetVolume(percent float64) {
	percent = bound(percent, 0, MaxVolume)
	p.ask(func() { p.wish.volume = percent }, func(c *core) { c.set("volume", decimal(percent)) })
}

func (p *mpvPlayer) SetMuted(muted bool) {
	p.ask(func() { p.wish.muted = muted }, func(c *core) { c.set("mute", yesNo(muted)) })
}

func (p *mpvPlayer) SetSpeed(speed float64) {
	speed = bound(speed, MinSpeed, MaxSpeed)
	p.ask(func() { p.wish.speed = speed }, func(c *core) { c.set("speed", decimal(speed)) })
}

func (p *mpvPlayer) Caption(i int) {
	p.mu.Lock()
	if i < 0 || i >= len(p.src.Captions) {
		i = -1
	}
	p.mu.Unlock()
	p.ask(func() { p.src.Caption = i }, func(c *core) { c.show(i) })
}

func (p *mpvPlayer) State() State {
	p.states.answer()
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.src.before(p.wish)
	s.Err = p.err
	s.Buffering = p.err == nil && p.started && !p.closed
	if p.core != nil {
		p.core.fill(&s)
	}
	return s
}

func (p *mpvPlayer) Frame(w, h int) *image.RGBA {
	picture, resized := p.screen.take(w, h)
	if resized {
		p.mu.Lock()
		if p.core != nil {
			p.core.redraw()
		}
		p.mu.Unlock()
	}
	return picture
}

func (p *mpvPlayer) Close() error {
	p.mu.Lock()
	started := p.started
	if !p.closed {
		p.closed, p.core = true, nil
		p.owner++
		p.screen.hand(p.owner, true)
	}
	p.mu.Unlock()
	if started {
		p.wake()
		<-p.done
	}
	return nil
}
