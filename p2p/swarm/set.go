package swarm

// set is a set of the numbers from a base up to a bound. Its zero value holds
// none and has room for none.
type set struct {
	base int
	bits []uint64
}

// reset empties the set and gives it room for the numbers from first to below
// end.
func (s *set) reset(first, end int) {
	s.base = first
	words := (max(end-first, 0) + 63) / 64
	if len(s.bits) != words {
		s.bits = make([]uint64, words)
		return
	}
	clear(s.bits)
}

// at is where a number stands. Those out of bounds are nowhere: anybody may say
// them.
func (s *set) at(i int) (word int, bit uint64, ok bool) {
	if i < s.base || (i-s.base)/64 >= len(s.bits) {
		return 0, 0, false
	}
	return (i - s.base) / 64, 1 << ((i - s.base) % 64), true
}

func (s *set) add(i int) {
	if word, bit, ok := s.at(i); ok {
		s.bits[word] |= bit
	}
}

func (s *set) remove(i int) {
	if word, bit, ok := s.at(i); ok {
		s.bits[word] &^= bit
	}
}

func (s *set) contains(i int) bool {
	word, bit, ok := s.at(i)
	return ok && s.bits[word]&bit != 0
}

// all reports whether every number from first to below end is in it.
func (s *set) all(first, end int) bool {
	for i := first; i < end; i++ {
		if !s.contains(i) {
			return false
		}
	}
	return end > first
}
