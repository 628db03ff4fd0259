// Package words is what the windows say, in English and French: whole
// sentences with named slots, plural forms, and the numbers, sizes, times and
// dates of each language.
//
//	w := words.For("fr")
//	w.Say("origin.gone", "host", "mare.video")
//	w.Count("share.people", 4)
//
// The catalogues are en.json and fr.json; a test holds them to the same ids.
package words

import (
	"embed"
	"encoding/json"
	"fmt"
	"strings"
)

//go:embed en.json fr.json
var files embed.FS

// Languages that are complete, by tag. The first is spoken when none fits.
var Languages = []string{"en", "fr"}

// Words speaks one language. It never changes, and is safe from several goroutines.
type Words struct {
	tag   string
	table map[string]entry
}

// entry is a sentence, or one for each plural category.
type entry map[string]string

func (e *entry) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*e = entry{"other": one}
		return nil
	}
	return json.Unmarshal(b, (*map[string]string)(e))
}

var all = load()

func load() map[string]*Words {
	spoken := map[string]*Words{}
	for _, tag := range Languages {
		w := &Words{tag: tag}
		text, err := files.ReadFile(tag + ".json")
		if err == nil {
			err = json.Unmarshal(text, &w.table)
		}
		if err != nil { // both files are part of the program
			panic(fmt.Sprintf("words: %s: %v", tag, err))
		}
		spoken[tag] = w
	}
	return spoken
}

// For returns the first language of the tags that is spoken ("fr",
// "fr_CA.UTF-8", "fr-CA" are all French), or English.
func For(tags ...string) *Words {
	for _, tag := range tags {
		short, _, _ := strings.Cut(strings.ToLower(strings.ReplaceAll(tag, "_", "-")), "-")
		short, _, _ = strings.Cut(short, ".")
		if w, spoken := all[short]; spoken {
			return w
		}
	}
	return all[Languages[0]]
}

// Tag is the language, "en" or "fr".
func (w *Words) Tag() string { return w.tag }

// Say is a sentence, its slots filled from pairs of a name and a value.
func (w *Words) Say(id string, slots ...any) string { return fill(w.form(id, "other"), slots) }

// Count is a sentence in the plural form of n; its slot n is filled too.
func (w *Words) Count(id string, n int, slots ...any) string {
	return fill(w.form(id, w.plural(n)), append([]any{"n", w.Number(int64(n))}, slots...))
}

func (w *Words) form(id, category string) string {
	e, known := w.table[id]
	if !known {
		return id // seen by the test of ids before anybody else
	}
	if text, has := e[category]; has {
		return text
	}
	return e["other"]
}

// plural is the category of n by CLDR, for the languages here.
func (w *Words) plural(n int) string {
	if n == 1 || w.tag == "fr" && n == 0 {
		return "one"
	}
	return "other"
}

// fill replaces each {name} by the value that follows the name in slots.
func fill(text string, slots []any) string {
	if !strings.Contains(text, "{") {
		return text
	}
	pairs := make([]string, 0, len(slots))
	for i := 0; i+1 < len(slots); i += 2 {
		pairs = append(pairs, fmt.Sprintf("{%v}", slots[i]), fmt.Sprint(slots[i+1]))
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// Has reports whether there is a sentence of that id.
func (w *Words) Has(id string) bool { return w.table[id] != nil }
