package lexicon

import (
	"iter"
	"math/bits"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// trigram is three signs of a word that has two blanks before and one behind it.
type trigram uint64

const signBits = 21 // of a rune

func newTrigram(a, b, c rune) trigram {
	return trigram(a)<<(2*signBits) | trigram(b)<<signBits | trigram(c)
}

// inner reports whether the trigram stands inside a word: then every name that
// holds the word's text has it.
func (t trigram) inner() bool {
	const mask = 1<<signBits - 1
	return t>>(2*signBits) != ' ' && t>>signBits&mask != ' ' && t&mask != ' '
}

func (t trigram) hash() uint64 { return uint64(t) * 0x9E3779B97F4A7C15 }

// ofWord reports whether a sign belongs to a word. No sign at all does not.
func ofWord(c rune) bool {
	if c < utf8.RuneSelf {
		return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || 'A' <= c && c <= 'Z'
	}
	return c != utf8.RuneError && (unicode.IsLetter(c) || unicode.IsNumber(c) || unicode.Is(unicode.Mn, c))
}

// trigrams are those of each word of a text, in order.
func trigrams(text string) iter.Seq[trigram] {
	return func(yield func(trigram) bool) {
		a, b, inside := ' ', ' ', false
		for _, c := range text {
			switch {
			case ofWord(c):
				if !yield(newTrigram(a, b, c)) {
					return
				}
				a, b, inside = b, c, true
			case inside:
				if !yield(newTrigram(a, b, ' ')) {
					return
				}
				a, b, inside = ' ', ' ', false
			}
		}
		if inside {
			yield(newTrigram(a, b, ' '))
		}
	}
}

// maxTrigrams bounds the work for one name: longer ones are compared by their
// beginning.
const maxTrigrams = 256

// scratch is what comparing needs; it is used again for the next name.
type scratch struct {
	trigrams [maxTrigrams]trigram
	number   [maxTrigrams]int32 // of the trigram at each place of the name
	last     [2 * maxTrigrams]int32
	wants    [tableSize]numbered
	others   [tableSize]numbered
	round    uint32
}

// tableSize is that of a table in which trigrams are looked up, a power of two.
const (
	tableBits = 10
	tableSize = 1 << tableBits
)

type numbered struct {
	round  uint32 // in which it was put there
	number int32
	key    trigram
}

// find is the slot of a trigram in a table, and whether it was put there in this
// round.
func (s *scratch) find(table *[tableSize]numbered, t trigram, round uint32) (slot *numbered, known bool) {
	for i := t.hash() >> (64 - tableBits); ; i = (i + 1) % tableSize {
		slot = &table[i]
		if slot.round != round {
			return slot, false
		}
		if slot.key == t {
			return slot, true
		}
	}
}

// read numbers the trigrams of a name: those that are wanted have small numbers,
// all others follow. It returns how many places there are, or none if more
// than spare wanted ones are missing.
func (w *wanted) read(name string, spare int) (places int) {
	s := &w.scratch
	var shared [maxTrigrams / 64]uint64
	for t := range trigrams(name) {
		if places == maxTrigrams {
			break
		}
		s.trigrams[places], s.number[places] = t, -1
		if slot, known := s.find(&s.wants, t, 1); known {
			s.number[places] = slot.number
			shared[slot.number>>6] |= 1 << (slot.number & 63)
		}
		places++
	}
	missing := w.total
	for _, b := range shared {
		missing -= bits.OnesCount64(b)
	}
	if missing > spare {
		return 0
	}
	s.round++
	numbers := int32(w.total)
	for i := range places {
		if s.number[i] >= 0 {
			continue
		}
		slot, known := s.find(&s.others, s.trigrams[i], s.round)
		if !known {
			*slot = numbered{s.round, numbers, s.trigrams[i]}
			numbers++
		}
		s.number[i] = slot.number
	}
	for i := range numbers {
		s.last[i] = -1
	}
	return places
}

// extent is a part of a name: how many different trigrams it has, and how many of
// them are wanted.
type extent struct{ from, own, shared int }

// score is the share of what both have in all that one of them has.
func (e extent) score(wanted int) float32 {
	return float32(e.shared) / float32(wanted+e.own-e.shared)
}

// likeness is the likeness of the part of the name that is most like the text:
// word_similarity(text, name) of pg_trgm. The part grows to the right; each time
// that its end is a wanted trigram, its beginning moves to where it is most alike.
// It is 0 if the whole name lacks more than spare trigrams.
func (w *wanted) likeness(name string, spare int) (best float32) {
	places := w.read(name, spare)
	s := &w.scratch
	total := int32(w.total)
	e := extent{from: -1}
	for i := range places {
		n := s.number[i]
		wants := n < total
		if e.from >= 0 || wants {
			if s.last[n] < 0 {
				e.own++
				if wants {
					e.shared++
				}
			}
			s.last[n] = int32(i)
		}
		if !wants {
			continue
		}
		if e.from < 0 {
			e.from, e.own = i, 1
		}
		before := e.from
		score := e.score(int(total))
		score = w.tighten(&e, i, score)
		best = max(best, score)
		for k := before; k < e.from; k++ {
			if m := s.number[k]; s.last[m] == int32(k) {
				s.last[m] = -1
			}
		}
	}
	return best
}

// tighten moves the beginning of an extent that ends at place to to where its
// score is highest.
func (w *wanted) tighten(e *extent, to int, score float32) float32 {
	s := &w.scratch
	total := int32(w.total)
	try := *e
	for ; try.from <= to; try.from++ {
		n := s.number[try.from]
		if n < total {
			if now := try.score(int(total)); now > score {
				score, *e = now, try
			}
		}
		if s.last[n] == int32(try.from) {
			try.own--
			if n < total {
				try.shared--
			}
		}
	}
	return score
}

// foreign are letters that are no other letter with an accent.
var foreign = strings.NewReplacer("æ", "ae", "œ", "oe", "ß", "ss", "ø", "o", "ł", "l", "đ", "d", "ð", "d", "þ", "th", "ħ", "h", "ı", "i", "ŧ", "t", "ŋ", "n")

// Fold takes accents and capitals off a text.
func Fold(text string) string {
	text = strings.ToLower(text)
	ascii := true
	for i := range len(text) {
		ascii = ascii && text[i] < 0x80
	}
	if ascii {
		return text
	}
	var b strings.Builder
	for _, c := range norm.NFD.String(text) {
		// Signs of scripts in which a mark is a letter stay.
		if !unicode.Is(unicode.Mn, c) || c > 0x36f {
			b.WriteRune(c)
		}
	}
	return foreign.Replace(norm.NFC.String(b.String()))
}
