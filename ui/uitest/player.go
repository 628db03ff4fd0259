package uitest

import (
	"bytes"
	"image"
	"image/draw"
	"image/png"
	"sync"
	"time"

	"vidiverse/ui/player"
	"vidiverse/ui/viewmodel"
)

// Film is a player whose clock is moved by hand and whose picture is painted.
type Film struct {
	mu      sync.Mutex
	state   player.State
	Opened  []player.Source
	Reloads int
	closed  bool
	OnFrame func()
	Refuse  error // answers Open, when set
	frame   *image.RGBA
}

// Players makes f the player here.
func (f *Film) Players() func(func(), func(player.Player)) viewmodel.Players {
	return func(onFrame func(), made func(player.Player)) viewmodel.Players {
		return viewmodel.Players{Here: func() (viewmodel.Player, error) {
			f.mu.Lock()
			f.OnFrame = onFrame
			f.mu.Unlock()
			made(f)
			return wrapped{f}, nil
		}}
	}
}

// Absent is a computer without mpv; f is the system's player.
func (f *Film) Absent() func(func(), func(player.Player)) viewmodel.Players {
	return func(onFrame func(), made func(player.Player)) viewmodel.Players {
		return viewmodel.Players{
			Here:   func() (viewmodel.Player, error) { return nil, player.ErrNoMPV },
			System: func() (viewmodel.Player, error) { return wrapped{f}, nil },
		}
	}
}

type wrapped struct{ *Film }

func src(s viewmodel.Source) player.Source {
	return player.Source{Media: s.Media, Sound: s.Sound, At: s.At, Paused: s.Paused, Caption: s.Caption, Captions: s.Captions}
}
func (w wrapped) Open(s viewmodel.Source) error   { return w.Film.Open(src(s)) }
func (w wrapped) Reload(s viewmodel.Source) error { return w.Film.Reload(src(s)) }
func (w wrapped) State() viewmodel.PlayerState {
	s := w.Film.State()
	return viewmodel.PlayerState{Position: s.Position, Duration: s.Duration, Paused: s.Paused, Buffering: s.Buffering, Ended: s.Ended, Seeking: s.Seeking, Err: s.Err}
}

// Set changes the state.
func (f *Film) Set(change func(*player.State)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change(&f.state)
}

// Sources are all that were opened.
func (f *Film) Sources() []player.Source {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]player.Source(nil), f.Opened...)
}

// Kind implements player.Player.
func (f *Film) Kind() player.Kind { return player.MPV }

// Open implements player.Player.
func (f *Film) Open(s player.Source) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.Refuse != nil {
		return f.Refuse
	}
	f.Opened = append(f.Opened, s)
	f.state = player.State{Position: s.At, Duration: 24*time.Minute + 18*time.Second, Paused: s.Paused, Volume: 100, Speed: 1, Caption: -1}
	return nil
}

// Reload implements player.Player.
func (f *Film) Reload(s player.Source) error {
	err := f.Open(s)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.Reloads++
	return err
}

// Pause implements player.Player.
func (f *Film) Pause(on bool) { f.Set(func(s *player.State) { s.Paused = on }) }

// Seek implements player.Player.
func (f *Film) Seek(t time.Duration) { f.Set(func(s *player.State) { s.Position, s.Ended = t, false }) }

// Step implements player.Player.
func (f *Film) Step(forward bool) {
	f.Set(func(s *player.State) {
		s.Paused = true
		if forward {
			s.Position += time.Second / 30
		} else {
			s.Position -= time.Second / 30
		}
	})
}

// SetVolume implements player.Player.
func (f *Film) SetVolume(v float64) { f.Set(func(s *player.State) { s.Volume = v }) }

// SetMuted implements player.Player.
func (f *Film) SetMuted(on bool) { f.Set(func(s *player.State) { s.Muted = on }) }

// SetSpeed implements player.Player.
func (f *Film) SetSpeed(x float64) { f.Set(func(s *player.State) { s.Speed = x }) }

// Caption implements player.Player.
func (f *Film) Caption(i int) { f.Set(func(s *player.State) { s.Caption = i }) }

// State implements player.Player.
func (f *Film) State() player.State {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.state
}

// Frame implements player.Player.
func (f *Film) Frame(w, h int) *image.RGBA {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.Opened) == 0 {
		return nil
	}
	if f.frame == nil {
		img, err := png.Decode(bytes.NewReader(Picture("frame")))
		if err != nil {
			return nil
		}
		f.frame = image.NewRGBA(img.Bounds())
		draw.Draw(f.frame, img.Bounds(), img, image.Point{}, draw.Src)
	}
	return f.frame
}

// Close implements player.Player.
func (f *Film) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	return nil
}

// Ended reports whether the film was closed.
func (f *Film) Ended() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.closed
}
