package player

import (
	"fmt"
	"image"
	"os/exec"
	"sync"
	"time"
)

// ffmpegPlayer is the Player of a computer without libmpv: pictures of a child
// ffmpeg by our own clock, in silence. A seek is a new child.
type ffmpegPlayer struct {
	program string
	opt     Options
	screen  *screen
	frames  bell
	states  bell

	mu      sync.Mutex
	src     Source
	wish    wish
	owner   int  // generation: the newest Open or Reload
	run     int  // number of the child that is wanted: the newest Open, Reload or Seek
	sought  bool // run is a Seek
	now     progress
	started bool
	closed  bool
	change  chan struct{} // one pending
	done    chan struct{}
}

// progress is how far a child has come.
type progress struct {
	run      int
	position time.Duration
	shown    bool // its first picture is shown
	ended    bool
	err      error
	size     image.Point
}

// tempo is pictures a second: ffmpeg repeats or drops some to keep to it.
const tempo = 30

func newFFmpeg(o Options) (Player, error) {
	program, err := exec.LookPath("ffmpeg")
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoPlayer, err)
	}
	p := &ffmpegPlayer{program: program, opt: o, wish: normal}
	p.frames.listen, p.states.listen = o.OnFrame, o.OnState
	p.screen = newScreen(&p.frames)
	p.change, p.done = make(chan struct{}, 1), make(chan struct{})
	return p, nil
}

func (p *ffmpegPlayer) Kind() Kind            { return FFmpeg }
func (p *ffmpegPlayer) Open(s Source) error   { return p.load(s, true) }
func (p *ffmpegPlayer) Reload(s Source) error { return p.load(s, false) }

func (p *ffmpegPlayer) load(s Source, clear bool) error {
	if err := s.check(); err != nil {
		return err
	}
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return ErrClosed
	}
	p.owner++
	p.run++
	p.sought = false
	p.src = s.tidy()
	p.screen.hand(p.owner, clear)
	if !p.started {
		p.started = true
		go p.work()
	}
	p.mu.Unlock()
	p.tell()
	p.frames.ring()
	return nil
}

// tell wakes work after something was changed.
func (p *ffmpegPlayer) tell() {
	select {
	case p.change <- struct{}{}:
	default: // work will see the newest anyway
	}
	p.states.ring()
}

func (p *ffmpegPlayer) set(change func()) {
	p.mu.Lock()
	change()
	p.mu.Unlock()
	p.tell()
}

func (p *ffmpegPlayer) Pause(paused bool)   { p.set(func() { p.src.Paused = paused }) }
func (p *ffmpegPlayer) SetMuted(muted bool) { p.set(func() { p.wish.muted = muted }) }
func (p *ffmpegPlayer) SetVolume(percent float64) {
	p.set(func() { p.wish.volume = bound(percent, 0, MaxVolume) })
}
func (p *ffmpegPlayer) SetSpeed(speed float64) {
	p.set(func() { p.wish.speed = bound(speed, MinSpeed, MaxSpeed) })
}

// Caption changes nothing: this engine draws none, and State says -1.
func (p *ffmpegPlayer) Caption(int) {}

func (p *ffmpegPlayer) Seek(t time.Duration) {
	p.set(func() { p.seek(t) })
}

func (p *ffmpegPlayer) seek(t time.Duration) {
	if p.src.Live {
		return
	}
	if d := p.src.Duration; d > 0 { // beyond its last picture a child shows nothing
		t = min(t, d-100*time.Millisecond)
	}
	p.src.At = min(max(t, 0), maxDuration)
	p.run++
	p.sought = true
}

func (p *ffmpegPlayer) Step(forward bool) {
	p.set(func() {
		p.src.Paused = true
		step := time.Second / tempo
		if !forward {
			step = -step
		}
		p.seek(p.now.position + step)
	})
}

func (p *ffmpegPlayer) State() State {
	p.states.answer()
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.src.before(p.wish)
	s.Caption = -1
	s.Buffering = p.started && !p.closed
	if p.now.run != p.run {
		s.Seeking = p.sought
		return s
	}
	n := p.now
	s.Position, s.Ended, s.Err = n.position, n.ended, n.err
	s.Width, s.Height = n.size.X, n.size.Y
	s.Buffering = s.Buffering && !n.shown && !n.ended && n.err == nil
	s.Seeking = p.sought && s.Buffering
	return s
}

func (p *ffmpegPlayer) Frame(w, h int) *image.RGBA {
	picture, resized := p.screen.take(w, h)
	if resized {
		p.tell()
	}
	return picture
}

func (p *ffmpegPlayer) Close() error {
	p.mu.Lock()
	started := p.started
	if !p.closed {
		p.closed = true
		p.owner++
		p.screen.hand(p.owner, true)
	}
	p.mu.Unlock()
	if started {
		select {
		case p.change <- struct{}{}:
		default:
		}
		<-p.done
	}
	return nil
}
