package activitypub

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Caps on what is read. All readers hold them before anything is parsed.
const (
	MaxObject  = 1 << 20 // bytes
	maxDepth   = 20      // brackets within each other, as PeerTube
	maxMembers = 20_000  // names in all objects together
	maxList    = 500     // members of any list; those behind are left out
)

// Errors of reading, for errors.Is.
var (
	ErrTooLarge  = errors.New("activitypub: larger than accepted")
	ErrMalformed = errors.New("activitypub: malformed")
)

// Check says whether bytes of a stranger may be parsed: small, flat, with few
// names, none of them twice in an object, and without the character that no
// database keeps. It runs once over the bytes and allocates for names alone.
// Names that differ only in case are the same name, because encoding/json takes
// them so; they would mean one thing here and another elsewhere. In an @context
// they are not, as words there are other software's.
func Check(raw []byte) error {
	if len(raw) > MaxObject {
		return ErrTooLarge
	}
	s := scanner{raw: raw}
	return s.run()
}

// scanner finds names in JSON. What is no JSON at all it may pass: the parser
// refuses that.
type scanner struct {
	raw     []byte
	at      int
	members int
	open    []level
}

// level is an object, or a list, that is not closed yet.
type level struct {
	object bool
	exact  bool // within an @context
	wants  bool // the next string is a name
	name   string
	names  map[string]struct{}
}

func (s *scanner) run() error {
	for s.at < len(s.raw) {
		c := s.raw[s.at]
		s.at++
		switch c {
		case '{', '[':
			if len(s.open) == maxDepth {
				return ErrTooLarge
			}
			s.push(c == '{')
		case '}', ']':
			if len(s.open) > 0 {
				s.open = s.open[:len(s.open)-1]
			}
		case ',':
			if n := len(s.open); n > 0 {
				s.open[n-1].wants = s.open[n-1].object
			}
		case '"':
			if err := s.text(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *scanner) push(object bool) {
	l := level{object: object, wants: object}
	if n := len(s.open); n > 0 {
		l.exact = s.open[n-1].exact || s.open[n-1].object && s.open[n-1].name == "@context"
	}
	s.open = append(s.open, l)
}

// text reads a string to its end, and remembers it if it is a name.
func (s *scanner) text() error {
	start := s.at
	for ; s.at < len(s.raw) && s.raw[s.at] != '"'; s.at++ {
		if s.raw[s.at] != '\\' {
			continue
		}
		if bytes.HasPrefix(s.raw[s.at:], []byte(`\u0000`)) {
			return ErrMalformed
		}
		s.at++
	}
	end := min(s.at, len(s.raw))
	s.at++
	if n := len(s.open); n == 0 || !s.open[n-1].wants {
		return nil
	}
	return s.named(s.raw[start:end])
}

func (s *scanner) named(quoted []byte) error {
	if s.members++; s.members > maxMembers {
		return ErrTooLarge
	}
	l := &s.open[len(s.open)-1]
	l.wants, l.name = false, string(quoted)
	if bytes.IndexByte(quoted, '\\') >= 0 {
		if json.Unmarshal([]byte(`"`+l.name+`"`), &l.name) != nil {
			return ErrMalformed
		}
	}
	key := l.name
	if !l.exact {
		key = folded(key)
	}
	if _, twice := l.names[key]; twice {
		return ErrMalformed
	}
	if l.names == nil {
		l.names = map[string]struct{}{}
	}
	l.names[key] = struct{}{}
	return nil
}

// folded is the same for all names that encoding/json takes for one.
func folded(name string) string {
	return strings.Map(func(r rune) rune {
		if r < utf8.RuneSelf {
			return unicode.ToLower(r)
		}
		least := r
		for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
			least = min(least, f)
		}
		return unicode.ToLower(least)
	}, name)
}
