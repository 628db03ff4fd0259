package tracker

// scanner walks one JSON text without copying it. Each method leaves pos after
// what it took and reports false on malformed input; afterwards the scanner is
// not used further.
type scanner struct {
	text []byte
	pos  int
}

// maxDepth bounds nesting: an announce needs four levels.
const maxDepth = 16

// plain marks the bytes that stand for themselves inside a JSON string.
var plain = func() (t [256]bool) {
	for c := range t {
		t[c] = c >= 0x20 && c != '"' && c != '\\'
	}
	return t
}()

func (s *scanner) space() {
	for s.pos < len(s.text) {
		switch s.text[s.pos] {
		case ' ', '\t', '\n', '\r':
			s.pos++
		default:
			return
		}
	}
}

// peek skips white space and reports the next byte, 0 at the end.
func (s *scanner) peek() byte {
	s.space()
	if s.pos == len(s.text) {
		return 0
	}
	return s.text[s.pos]
}

func (s *scanner) take(c byte) bool {
	if s.peek() != c {
		return false
	}
	s.pos++
	return true
}

// next moves to the next element of a list that ends with end: first tells
// whether it is the opening one. more is false at the end of the list.
func (s *scanner) next(end byte, first bool) (more, ok bool) {
	switch c := s.peek(); {
	case c == end:
		s.pos++
		return false, true
	case first:
		return true, true
	case c == ',':
		s.pos++
		return true, s.peek() != end
	default:
		return false, false
	}
}

// key moves to the next member of an object and reports its name as written,
// without quotes.
func (s *scanner) key(first bool) (name []byte, more, ok bool) {
	more, ok = s.next('}', first)
	if !more || !ok {
		return nil, more, ok
	}
	quoted, ok := s.str()
	if !ok || !s.take(':') {
		return nil, false, false
	}
	return quoted[1 : len(quoted)-1], true, true
}

// str takes a string and reports it as written, with its quotes.
func (s *scanner) str() ([]byte, bool) {
	if s.peek() != '"' {
		return nil, false
	}
	start := s.pos
	for s.pos++; s.pos < len(s.text); {
		switch c := s.text[s.pos]; {
		case plain[c]:
			s.pos++
		case c == '"':
			s.pos++
			return s.text[start:s.pos], true
		case c == '\\':
			if !s.escape() {
				return nil, false
			}
		default:
			return nil, false
		}
	}
	return nil, false
}

func (s *scanner) escape() bool {
	if s.pos+1 >= len(s.text) {
		return false
	}
	switch s.text[s.pos+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		s.pos += 2
		return true
	case 'u':
		if _, ok := hex4(s.text[s.pos+2:]); !ok {
			return false
		}
		s.pos += 6
		return true
	}
	return false
}

// value takes any value and reports it as written.
func (s *scanner) value() ([]byte, bool) {
	s.space()
	start := s.pos
	if !s.skip(maxDepth) {
		return nil, false
	}
	return s.text[start:s.pos], true
}

func (s *scanner) skip(depth int) bool {
	if depth == 0 {
		return false
	}
	switch c := s.peek(); c {
	case '"':
		_, ok := s.str()
		return ok
	case '{':
		return s.skipObject(depth)
	case '[':
		return s.skipArray(depth)
	case 't':
		return s.word("true")
	case 'f':
		return s.word("false")
	case 'n':
		return s.word("null")
	default:
		return s.number()
	}
}

func (s *scanner) skipObject(depth int) bool {
	s.pos++
	for first := true; ; first = false {
		_, more, ok := s.key(first)
		if !more || !ok {
			return ok
		}
		if !s.skip(depth - 1) {
			return false
		}
	}
}

func (s *scanner) skipArray(depth int) bool {
	s.pos++
	for first := true; ; first = false {
		more, ok := s.next(']', first)
		if !more || !ok {
			return ok
		}
		if !s.skip(depth - 1) {
			return false
		}
	}
}

func (s *scanner) word(w string) bool {
	if len(s.text)-s.pos < len(w) || string(s.text[s.pos:s.pos+len(w)]) != w {
		return false
	}
	s.pos += len(w)
	return true
}

func (s *scanner) number() bool {
	if s.pos < len(s.text) && s.text[s.pos] == '-' {
		s.pos++
	}
	if start := s.pos; !s.digits() || s.text[start] == '0' && s.pos > start+1 {
		return false
	}
	if s.pos < len(s.text) && s.text[s.pos] == '.' {
		s.pos++
		if !s.digits() {
			return false
		}
	}
	if s.pos < len(s.text) && s.text[s.pos]|0x20 == 'e' {
		s.pos++
		if s.pos < len(s.text) && (s.text[s.pos] == '+' || s.text[s.pos] == '-') {
			s.pos++
		}
		return s.digits()
	}
	return true
}

func (s *scanner) digits() bool {
	start := s.pos
	for s.pos < len(s.text) && s.text[s.pos]-'0' <= 9 {
		s.pos++
	}
	return s.pos > start
}

// hex4 reads the four digits of a \u escape.
func hex4(b []byte) (rune, bool) {
	if len(b) < 4 {
		return 0, false
	}
	var r rune
	for _, c := range b[:4] {
		switch {
		case c-'0' <= 9:
			c -= '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}
