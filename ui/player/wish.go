package player

// wish is what stays the same from video to video.
type wish struct {
	volume float64
	muted  bool
	speed  float64
}

var normal = wish{volume: 100, speed: 1}

// before is the State of a source that no engine plays yet.
func (s Source) before(w wish) State {
	return State{
		Position: s.At, Duration: s.Duration, To: s.Duration,
		Paused: s.Paused, Caption: s.Caption,
		Volume: w.volume, Muted: w.muted, Speed: w.speed,
	}
}

// bound also makes a number of what is none.
func bound(f, low, high float64) float64 {
	if !(f >= low) {
		return low
	}
	return min(f, high)
}
