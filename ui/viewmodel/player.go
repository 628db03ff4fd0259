package viewmodel

import "time"

// Player plays what a session names. Its methods may take time and are called
// off the UI goroutine, save State, which answers at once; they are never
// called from two goroutines at the same time, save State again.
type Player interface {
	// Open plays a source from Source.At, in place of what was playing.
	Open(s Source) error
	Pause(on bool)
	Seek(at time.Duration)
	SetVolume(v float64) // 0 to 1
	SetMuted(on bool)
	SetSpeed(times float64)
	Caption(i int) // of Source.Captions; -1: none
	State() PlayerState
	Close() error
}

// Source is what a player opens.
type Source struct {
	Media, Sound string // URLs on loopback; Sound is empty where Media has it
	At           time.Duration
	Live         bool
	Paused       bool
	Captions     []CaptionTrack
}

// CaptionTrack is a subtitle track on loopback.
type CaptionTrack struct{ Label, Language, URL string }

// PlayerState is where a player is.
type PlayerState struct {
	Position, Duration time.Duration
	Paused             bool
	Buffering          bool
	Ended              bool
	Err                error // playback stopped because of it
}
