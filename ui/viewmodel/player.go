package viewmodel

import "time"

// Player plays what a session names. Its methods but Close return at once; what
// follows shows in State. New players are made off the UI goroutine, and Open,
// Reload and Close are called there.
type Player interface {
	// Open plays a source in place of what was playing.
	Open(s Source) error
	// Reload goes on with another source of the same video; the picture stays.
	Reload(s Source) error
	Pause(on bool)
	Seek(at time.Duration)
	Step(forward bool)         // one picture, and pause
	SetVolume(percent float64) // 0 to 100
	SetMuted(on bool)
	SetSpeed(times float64)
	Caption(i int) // of Source.Captions; -1: none
	State() PlayerState
	Close() error
}

// Players makes players. Here plays in the window, with sound; where it cannot,
// people choose between the others.
type Players struct {
	Here   func() (Player, error)
	Silent func() (Player, error) // in the window, without sound; nil: there is none
	System func() (Player, error) // in a window of its own
}

// Source is what a player opens.
type Source struct {
	Media, Sound string // URLs on loopback; Sound is empty where Media has it
	Captions     []string
	Caption      int
	At           time.Duration
	Duration     time.Duration
	Live         bool
	Paused       bool
}

// PlayerState is where a player is.
type PlayerState struct {
	Position, Duration time.Duration
	From, To           time.Duration // where a live can be sought
	Paused             bool
	Buffering          bool
	Seeking            bool // the picture of the last Seek is not there yet
	Ended              bool
	Err                error // playback stopped because of it
}
