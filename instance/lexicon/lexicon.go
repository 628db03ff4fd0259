// Package lexicon keeps the names of one kind of thing in memory and finds those
// that resemble what somebody typed, as PeerTube finds them: letters without
// their accents, whatever case; a name that holds the text, or that is like it
// by its trigrams (what pg_trgm calls word similarity). Both databases find the
// same.
//
//	text ─▶ trigrams ─▶ signatures of all names ─▶ the few that may ─▶ compared ─▶ best first
//
// It knows names and numbers; who may see what is asked of the database after.
// A row of the table "renamed", which triggers write, says that a name changed.
package lexicon

import (
	"cmp"
	"context"
	"math/bits"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"vidiverse/instance/cache"
	"vidiverse/instance/db"
)

// Noun says whose names they are, as the table "renamed" has it.
type Noun int

// The nouns.
const (
	Videos Noun = 1 + iota
	Channels
	Playlists
)

const (
	// Likeness is the least likeness of a name that is found without holding the
	// text: what PeerTube asks for.
	Likeness = 0.4

	// Most bounds what is found, and so what a word costs that very many have.
	Most = 20_000
)

// Match is a name that was found. Score is from 0 to 1.
type Match struct {
	ID    int64
	Score float32
}

// Index holds the names of one noun. It is safe for concurrent use; about a
// hundred bytes a name. Nothing is read before the first question.
type Index struct {
	store store
	now   func() time.Time

	learning sync.Mutex // guards these
	loaded   bool
	base     int64               // all changes up to this one are known
	pending  map[int64]time.Time // others that are known, and since when

	mu    sync.RWMutex // guards these
	names []entry      // by number

	found cache.Cache[string, []Match] // of the names as they are
}

// entry is a name without accents and capitals. One that is gone has no name.
type entry struct {
	id   int64
	sig  signature
	name string
}

// New makes an index of the noun's names.
func New(d *db.DB, noun Noun, now func() time.Time) *Index {
	if now == nil {
		now = time.Now
	}
	x := &Index{store: store{db: d, noun: noun}, now: now}
	x.found.Max = 16
	return x
}

// Find returns what resembles the text, the best first and of equals the oldest,
// at most Most. The caller does not change them.
func (x *Index) Find(ctx context.Context, text string) ([]Match, error) {
	if err := x.learn(ctx); err != nil {
		return nil, err
	}
	text = Fold(text)
	if found, known := x.found.Get(text, x.now()); known {
		return found, nil
	}
	x.mu.RLock()
	defer x.mu.RUnlock()
	found := find(x.names, text)
	x.found.Put(text, found, x.now())
	return found, nil
}

// find compares the likeliest names first, so that a bound cuts off the rest.
func find(names []entry, text string) []Match {
	w := newWanted(text)
	var found []Match
	for missing, likely := range w.sort(names) {
		for _, i := range likely {
			if len(found) == Most {
				break
			}
			if score, ok := w.match(names[i].name, missing); ok {
				found = append(found, Match{names[i].id, score})
			}
		}
	}
	slices.SortFunc(found, func(a, b Match) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.ID, b.ID))
	})
	return found
}

// wanted is a text that is looked for.
type wanted struct {
	text    string
	total   int       // of its trigrams, each once
	sig     signature // of all of them
	inner   signature // of those that every name with the text has
	spare   int       // so many trigrams may be missing
	whole   bool      // it begins and ends with a word
	scratch scratch
}

func newWanted(text string) *wanted {
	w := &wanted{text: text}
	for t := range trigrams(text) {
		if w.total == maxTrigrams {
			break
		}
		if slot, known := w.scratch.find(&w.scratch.wants, t, 1); !known {
			*slot = numbered{1, int32(w.total), t}
			w.total++
			w.sig.add(t)
			if t.inner() {
				w.inner.add(t)
			}
		}
	}
	first, _ := utf8.DecodeRuneInString(text)
	last, _ := utf8.DecodeLastRuneInString(text)
	w.whole = w.total < maxTrigrams && ofWord(first) && ofWord(last)
	w.spare = w.total - max(1, int(float64(w.total)*Likeness))
	return w
}

// sort puts the places of names that may match by how many of the wanted
// trigrams they surely lack.
func (w *wanted) sort(names []entry) [][]int32 {
	likely := make([][]int32, w.sig.size()+1)
	for i := range names {
		s := &names[i].sig
		missing := w.sig.lacking(s)
		if (missing <= w.spare || w.inner.lacking(s) == 0) && names[i].name != "" {
			likely[missing] = append(likely[missing], int32(i))
		}
	}
	return likely
}

func (w *wanted) match(name string, missing int) (float32, bool) {
	at := strings.Index(name, w.text)
	if at >= 0 && w.whole && w.alone(name, at) {
		return 1, true // as many words as there are, all of them
	}
	spare := w.spare
	if at >= 0 {
		spare = w.total // it is found anyway
	}
	var score float32
	if missing <= spare {
		score = w.likeness(name, spare)
	}
	return score, score >= Likeness || at >= 0
}

// alone reports whether the text at that place of a name stands between words.
func (w *wanted) alone(name string, at int) bool {
	before, _ := utf8.DecodeLastRuneInString(name[:at])
	behind, _ := utf8.DecodeRuneInString(name[at+len(w.text):])
	return !ofWord(before) && !ofWord(behind)
}

// signature is a set of trigrams in which several share a place.
type signature [8]uint64

func (s *signature) add(t trigram) {
	place := t.hash() >> 55
	s[place>>6] |= 1 << (place & 63)
}

// lacking counts the places of s that other has not.
func (s *signature) lacking(other *signature) (n int) {
	for i := range s {
		n += bits.OnesCount64(s[i] &^ other[i])
	}
	return n
}

func (s *signature) size() int { return s.lacking(&signature{}) }

// Rank puts numbers in the order of how well their names match, those that were
// found otherwise as if they did not; rising is the least alike first.
func Rank(ids []int64, found []Match, rising bool) {
	scores := make(map[int64]float32, len(found))
	for _, m := range found {
		scores[m.ID] = m.Score
	}
	slices.SortFunc(ids, func(a, b int64) int {
		order := cmp.Compare(scores[b], scores[a])
		if rising {
			order = -order
		}
		return cmp.Or(order, cmp.Compare(a, b))
	})
}
