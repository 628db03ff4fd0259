package web

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"testing"
)

var slot = regexp.MustCompile(`\{\w+\}`)

func catalogue(t *testing.T, lang string) map[string]string {
	t.Helper()
	b, err := os.ReadFile("client/i18n/" + lang + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]string
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// A sentence that one language lacks, or without its number, would show as a hole.
func TestCataloguesHaveTheSameSentences(t *testing.T) {
	t.Parallel()
	en, fr := catalogue(t, "en"), catalogue(t, "fr")
	for key, text := range en {
		other, ok := fr[key]
		if !ok || other == "" {
			t.Errorf("French lacks %q", key)
			continue
		}
		a, b := slot.FindAllString(text, -1), slot.FindAllString(other, -1)
		slices.Sort(a)
		slices.Sort(b)
		if !slices.Equal(a, b) {
			t.Errorf("%s: English has slots %v, French %v", key, a, b)
		}
	}
	for key := range fr {
		if _, ok := en[key]; !ok {
			t.Errorf("English lacks %q", key)
		}
	}
}
