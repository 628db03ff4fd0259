package crowd

import "time"

// Besieged is a swarm of thirty, some of whom are strangers of all kinds of ill
// will who come again under new names. Line is how many times as fast as the film
// people's lines are: they have little to spare.
func Besieged(live bool, percent int, line float64, manner Manner) Plan {
	const all = 30
	strangers := all * percent / 100
	return Plan{
		Segments: 25, Length: 4 * time.Second, Size: 200_000, Live: live,
		Viewers: all - strangers, Strangers: strangers, Arrive: 20 * time.Second, Manner: manner,
		Origin: Rates{Up: 100e6}, Viewer: Rates{Up: 250e3, Down: line * 50_000}, Node: Rates{Up: 2e6},
		Delay: 15 * time.Millisecond, Seed: uint64(percent),
	}
}
