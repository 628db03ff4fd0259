package swarm

// set is a set of the numbers below a bound. Its zero value holds none.
type set []uint64

// reset empties the set and gives it room for numbers below n.
func (s *set) reset(n int) {
	words := (n + 63) / 64
	if len(*s) != words {
		*s = make(set, words)
		return
	}
	clear(*s)
}

// add ignores numbers out of bounds: anybody may say them.
func (s set) add(i int) {
	if i >= 0 && i/64 < len(s) {
		s[i/64] |= 1 << (i % 64)
	}
}

func (s set) remove(i int) {
	if s.contains(i) {
		s[i/64] &^= 1 << (i % 64)
	}
}

func (s set) contains(i int) bool { return i >= 0 && i/64 < len(s) && s[i/64]&(1<<(i%64)) != 0 }

// all reports whether every number below n is in it.
func (s set) all(n int) bool {
	for i := range n {
		if !s.contains(i) {
			return false
		}
	}
	return n > 0
}
