// Package player plays what a node hands out on loopback and gives pictures to
// draw. It knows addresses, times and pixels; no video, page or window.
//
//	Session of a node ──▶ Open(Source) ──▶ engine ──▶ screen ──▶ Frame(w, h) ──▶ a raster
//	                                         └──────▶ State, sound
//
// Three engines: libmpv, loaded at run time (mpv.go, core.go, render.go); a
// child ffmpeg, without sound (ffmpeg.go); the system's player in its own
// window (external.go). Media come from strangers: nothing but numeric loopback
// addresses is opened, and the engines' own networks, scripts, configuration
// and helper files are off (options.go).
//
// Every Open is a new engine, never one used before: no picture, error or
// option of an earlier video can show in a later one.
package player

import (
	"errors"
	"image"
	"log/slog"
	"os/exec"
	"time"
)

// Errors of a State, and of New and Open, for errors.Is.
var (
	ErrNoMPV    = errors.New("To play here, Vidiverse needs mpv: `sudo apt install libmpv2`. Until then, use the system player.")
	ErrNoPlayer = errors.New("player: no program to play videos was found")
	ErrAddress  = errors.New("player: not an address of a node on this computer")
	ErrClosed   = errors.New("player: closed")
	ErrLoad     = errors.New("player: the video does not open")
	ErrSound    = errors.New("player: the sound does not open")
	ErrCut      = errors.New("player: the video ended too early")
	ErrEngine   = errors.New("player: the engine failed")
)

// Kind is an engine.
type Kind int

// The engines, best first.
const (
	Best     Kind = iota // New chooses
	MPV                  // all that Player offers
	FFmpeg               // pictures without sound or captions
	External             // a window of its own, which only Open and Close reach
)

// Options of a player. The zero value is a player for people.
type Options struct {
	Kind   Kind
	Silent bool // play into nothing: for tests, which have no sound device

	// OnFrame says that Frame has a new picture, OnState that State changed.
	// Each is called once until Frame or State is called, from a goroutine of
	// the player. They must not wait for the player, least of all for Close.
	OnFrame, OnState func()

	Log *slog.Logger // nil: discard
}

// Source is what to play: addresses of a node's session on loopback.
type Source struct {
	Media    string
	Sound    string        // the sound where it is apart; else empty
	Captions []string      // WebVTT
	Caption  int           // index that is shown, or -1
	At       time.Duration // position to begin at; not of a live
	Duration time.Duration // if it is known before
	Live     bool
	Paused   bool // show the first picture and wait
}

// State is a snapshot. Times are the media's own: where its first picture
// stands at 66 ms, as in PeerTube's files, so does Position.
type State struct {
	Position time.Duration
	Duration time.Duration // 0 of a live, or not known yet
	From, To time.Duration // where Seek goes without loss: all, or what is kept of a live

	Paused    bool // as asked
	Buffering bool // it would play, but waits for bytes
	Seeking   bool // the picture of the last Seek is not there yet
	Ended     bool // the last picture is shown
	Err       error

	Width, Height int // of the pictures as shown; 0: none yet, or sound alone
	Volume        float64
	Muted         bool
	Speed         float64
	Caption       int
}

// Bounds of what can be asked.
const (
	MaxVolume = 130
	MinSpeed  = 0.25
	MaxSpeed  = 3
)

// Player plays one source at a time. It may be used from several goroutines.
// But for Close its methods return at once; what follows shows in State.
type Player interface {
	Kind() Kind
	// Open drops what is played, its picture too, and plays s. ErrAddress: s
	// names something else than a node on this computer.
	Open(s Source) error
	// Reload goes on with another source of the same video, or with the same
	// one after a read of it was cut. The picture stays until the next is there.
	Reload(s Source) error
	Pause(paused bool)
	// Seek goes to the picture at t, or to the last one.
	Seek(t time.Duration)
	// Step pauses and shows the next picture, or the one before if forward is false.
	Step(forward bool)
	SetVolume(percent float64) // 0 to MaxVolume
	SetMuted(muted bool)
	SetSpeed(speed float64) // MinSpeed to MaxSpeed; the pitch stays
	// Caption shows captions i of the source, or none with -1.
	Caption(i int)
	State() State
	// Frame is the newest picture for a place of w by h pixels, bars included;
	// nil while there is none. It may be smaller than asked, or of the size
	// asked before: whoever draws stretches it. Its pixels are opaque and stay
	// as they are until the next call; Frame is for one painter.
	Frame(w, h int) *image.RGBA
	// Close ends all that was started, and returns when it has ended.
	Close() error
}

// Missing is nil where libmpv can be used, and otherwise an ErrNoMPV to show
// beside what New found instead.
func Missing() error {
	_, err := loadMPV()
	return err
}

// New makes a player of the kind that is asked for, or of the best kind that
// this computer can run. It starts nothing.
func New(o Options) (Player, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	switch o.Kind {
	case MPV:
		return newMPV(o)
	case FFmpeg:
		return newFFmpeg(o)
	case External:
		return newExternal(o, exec.LookPath)
	}
	for _, kind := range []Kind{MPV, FFmpeg, External} {
		o.Kind = kind
		if p, err := New(o); err == nil {
			return p, nil
		}
	}
	return nil, ErrNoPlayer
}
