package player

import (
	"fmt"
	"image"
	"os/exec"
	"sync"
	"time"
)

// externalPlayer hands the addresses to a program of the user's, in a window of
// its own. Everything but Open and Close is done there, by hand.
type externalPlayer struct {
	program program
	path    string
	opt     Options

	mu    sync.Mutex
	state State
	cmd   *exec.Cmd
	ended chan struct{} // closed when cmd was waited for
	shut  bool
}

// program is how a player is called. Addresses are checked before, begin with
// http:// and are the only thing from outside.
type program struct {
	name   string
	stays  bool // it runs as long as it plays
	sounds bool // it can join a second file
	args   func(s Source) []string
}

var programs = []program{
	{"mpv", true, true, func(s Source) []string {
		args := []string{"--force-window=yes", "--ytdl=no", "--load-scripts=no", "--sub-auto=no", "--start=" + seconds(s.At)}
		if s.Sound != "" {
			args = append(args, "--audio-file="+s.Sound)
		}
		return append(args, "--", s.Media)
	}},
	{"vlc", true, true, func(s Source) []string {
		args := []string{"--no-video-title-show", "--start-time=" + seconds(s.At)}
		if s.Sound != "" {
			args = append(args, "--input-slave="+s.Sound)
		}
		return append(args, s.Media)
	}},
	{"xdg-open", false, false, func(s Source) []string { return []string{s.Media} }},
	{"open", false, false, func(s Source) []string { return []string{s.Media} }},
}

// newExternal takes the first program that look finds.
func newExternal(o Options, look func(string) (string, error)) (Player, error) {
	for _, p := range programs {
		if path, err := look(p.name); err == nil {
			return &externalPlayer{program: p, path: path, opt: o, state: State{Volume: 100, Speed: 1, Caption: -1}}, nil
		}
	}
	return nil, ErrNoPlayer
}

func (p *externalPlayer) Kind() Kind { return External }

// Open starts the program; one that Open started before ends.
func (p *externalPlayer) Open(s Source) error {
	if err := s.check(); err != nil {
		return err
	}
	if s = s.tidy(); s.Sound != "" && !p.program.sounds {
		return fmt.Errorf("%w: %s cannot join it to the pictures", ErrSound, p.program.name)
	}
	p.end()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shut {
		return ErrClosed
	}
	cmd := exec.Command(p.path, p.program.args(s)...)
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("%w: %w", ErrLoad, err)
	}
	p.cmd, p.ended = cmd, make(chan struct{})
	p.state.Position, p.state.Duration, p.state.Ended, p.state.Err = s.At, s.Duration, false, nil
	go p.wait(cmd, p.ended)
	return nil
}

func (p *externalPlayer) wait(cmd *exec.Cmd, ended chan struct{}) {
	err := cmd.Wait()
	p.mu.Lock()
	if p.cmd == cmd {
		p.state.Ended = p.program.stays
		if err != nil {
			p.state.Err = fmt.Errorf("%w: %s: %w", ErrLoad, p.program.name, err)
		}
	}
	shut := p.shut
	p.mu.Unlock()
	close(ended)
	if p.opt.OnState != nil && !shut {
		p.opt.OnState()
	}
}

// end kills the program if it runs.
func (p *externalPlayer) end() {
	p.mu.Lock()
	cmd, ended := p.cmd, p.ended
	p.cmd = nil
	p.mu.Unlock()
	if cmd != nil {
		_ = cmd.Process.Kill() // it may have ended
		<-ended
	}
}

func (p *externalPlayer) Reload(s Source) error { return p.Open(s) }

func (p *externalPlayer) State() State {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state
}

// Close ends the program.
func (p *externalPlayer) Close() error {
	p.mu.Lock()
	p.shut = true
	p.mu.Unlock()
	p.end()
	return nil
}

// None of these reach a window of another program: Kind says External, and
// State does not change.

func (p *externalPlayer) Pause(bool)                 {}
func (p *externalPlayer) Seek(time.Duration)         {}
func (p *externalPlayer) Step(bool)                  {}
func (p *externalPlayer) SetVolume(float64)          {}
func (p *externalPlayer) SetMuted(bool)              {}
func (p *externalPlayer) SetSpeed(float64)           {}
func (p *externalPlayer) Caption(int)                {}
func (p *externalPlayer) Frame(w, h int) *image.RGBA { return nil }
