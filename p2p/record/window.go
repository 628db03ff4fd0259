package record

// window tells records that were there before. It looks back as far as a burst
// is long that a network may have mixed up.
type window struct {
	latest uint64
	seen   [windowWords]uint64 // a ring: number n is bit n%64 of word n/64
}

const (
	windowWords = 16
	windowBits  = windowWords * 64
)

// fresh reports whether a sequence number is neither known nor too old to know.
func (w *window) fresh(at uint64) bool {
	if at > w.latest {
		return true
	}
	return w.latest-at < windowBits && w.seen[at/64%windowWords]&(1<<(at%64)) == 0
}

// mark remembers a number that is fresh, and genuine.
func (w *window) mark(at uint64) {
	if at > w.latest {
		// What lay there was windowBits ago.
		for word := w.latest/64 + 1; word <= at/64 && word <= w.latest/64+windowWords; word++ {
			w.seen[word%windowWords] = 0
		}
		w.latest = at
	}
	w.seen[at/64%windowWords] |= 1 << (at % 64)
}
