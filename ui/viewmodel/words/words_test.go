package words_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"vidiverse/node/control"
	"vidiverse/ui/viewmodel/words"
)

func catalogue(t *testing.T, name string) map[string]any {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	table := map[string]any{}
	if err := json.Unmarshal(text, &table); err != nil {
		t.Fatal(err)
	}
	return table
}

var slot = regexp.MustCompile(`\{[a-z]+\}`)

func slots(v any) []string {
	text := ""
	switch v := v.(type) {
	case string:
		text = v
	case map[string]any:
		text, _ = v["other"].(string)
	}
	found := slot.FindAllString(text, -1)
	slices.Sort(found)
	return slices.Compact(found)
}

// Whoever reads French is told the same as whoever reads English.
func TestCataloguesSayTheSame(t *testing.T) {
	t.Parallel()
	en, fr := catalogue(t, "en.json"), catalogue(t, "fr.json")
	for id, text := range en {
		other, there := fr[id]
		if !there {
			t.Errorf("fr.json has no %s", id)
			continue
		}
		_, manyEN := text.(map[string]any)
		_, manyFR := other.(map[string]any)
		if manyEN != manyFR {
			t.Errorf("%s has plural forms in one language alone", id)
		}
		if got, want := slots(other), slots(text); !slices.Equal(got, want) {
			t.Errorf("%s: French has slots %v, English %v", id, got, want)
		}
	}
	for id := range fr {
		if _, there := en[id]; !there {
			t.Errorf("en.json has no %s", id)
		}
	}
}

// Whatever the node says, the window says it in its own language.
func TestNodeIsUnderstood(t *testing.T) {
	t.Parallel()
	for _, tag := range []string{"en", "fr"} {
		w := words.For(tag)
		for _, id := range control.Words() {
			if !w.Has(id) {
				t.Errorf("%s: there is nothing for %s", tag, id)
			}
		}
	}
	if text := (control.Word{ID: control.WordWrong, Title: "{host}", Host: "mare.video"}).String(); text != "left “{host}” alone: mare.video gives other bytes than it says" {
		t.Errorf("got %q", text)
	}
}

// French puts a narrow space that does not break before its high signs.
func TestFrenchSpaces(t *testing.T) {
	t.Parallel()
	wrong := regexp.MustCompile(`[^\s\x{202f}][;?!»]|[a-zé] [:;?!»]|« `)
	for id, v := range catalogue(t, "fr.json") {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if found := wrong.Find(b); found != nil {
			t.Errorf("%s: %q", id, found)
		}
		if strings.Contains(string(b), "!") {
			t.Errorf("%s exclaims", id)
		}
	}
}

// literals are the string literals of our windows, outside of tests and imports.
func literals(t *testing.T, visit func(file, text string)) {
	t.Helper()
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && slices.Contains([]string{"player", "uitest", "build", "assets", "words", "testdata"}, d.Name()):
			return fs.SkipDir
		case d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ImportSpec, *ast.Field:
				return false
			case *ast.BasicLit:
				if text, err := strconv.Unquote(n.Value); n.Kind == token.STRING && err == nil {
					visit(path, text)
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A sentence in the code would be English for everybody.
func TestNoSentenceOutsideTheCatalogues(t *testing.T) {
	t.Parallel()
	sentence := regexp.MustCompile(`^[A-Z][a-z]+$|[A-Za-z]{2,} [A-Za-z]{2,}`)
	allowed := []string{"Vidiverse"} // the product's name
	literals(t, func(file, text string) {
		switch {
		case slices.Contains(allowed, text), strings.HasPrefix(text, "widget: "):
		case strings.Contains(file, "viewmodel") && text == strings.ToLower(text) && !strings.Contains(text, "."):
			// names of work in the log
		case sentence.MatchString(text):
			t.Errorf("%s says %q", file, text)
		}
	})
}

// Every id that the code asks for is there, and none is there for nobody.
func TestIdsAreUsed(t *testing.T) {
	t.Parallel()
	en := catalogue(t, "en.json")
	id := regexp.MustCompile(`^[a-z]+(\.[a-z]+)+$`)
	used := map[string]bool{}
	literals(t, func(_, text string) {
		if _, there := en[text]; there || id.MatchString(text) {
			used[text] = true
		}
	})
	for text := range used {
		if _, there := en[text]; !there && !strings.HasPrefix(text, "v.") && !strings.Contains(text, "vidiverse.") && !strings.HasSuffix(text, ".txt") && !strings.HasSuffix(text, ".svg") && !strings.HasSuffix(text, ".ttf") && !strings.HasSuffix(text, ".example") {
			t.Errorf("%s is asked for and not there", text)
		}
	}
	// Sentences by the kind of an error or the reason of a state are put together.
	families := regexp.MustCompile(`\.(invalid|notfound|forbidden|version|unavailable|failed)$|^share\.|^sources\.|^settings\.(language|theme)|^age\.|^giving\.(by|why)\.|^refused\.|^node\.`)
	for name := range en {
		if !used[name] && !families.MatchString(name) {
			t.Errorf("%s is there for nobody", name)
		}
	}
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	en, fr := words.For("en_US.UTF-8"), words.For("xx", "fr-CA")
	now := time.Date(2026, 11, 21, 20, 0, 0, 0, time.UTC)
	for _, c := range []struct{ got, want string }{
		{en.Bytes(0), "0\u00a0B"}, {en.Bytes(1_200_000), "1.2\u00a0MB"}, {en.Bytes(312_000_000), "312\u00a0MB"}, {en.Bytes(999_700_000), "1\u00a0GB"},
		{fr.Rate(1_200_000), "1,2\u00a0Mo/s"}, {fr.Bytes(41e9), "41\u00a0Go"},
		{en.Compact(842), "842"}, {en.Compact(1204), "1.2K"}, {en.Compact(15_000), "15K"}, {en.Compact(999_999), "1M"}, {fr.Compact(3400), "3,4\u202fk"},
		{en.Percent(.824), "82%"}, {fr.Percent(.61), "61\u202f%"},
		{en.Number(1234567), "1,234,567"}, {fr.Number(-1204), "-1\u202f204"},
		{words.Clock(452 * time.Second), "7:32"}, {words.Clock(time.Hour + 4*time.Minute + 9*time.Second), "1:04:09"}, {words.Clock(-1), "0:00"},
		{en.Age(now.Add(-72*time.Hour), now), "3 days ago"}, {fr.Age(now.Add(-7*24*time.Hour), now), "il y a 1 semaine"}, {en.Age(now.Add(time.Hour), now), "just now"},
		{en.When(now.Add(time.Hour), now), "21:00"}, {fr.When(now.AddDate(0, 0, 10), now), "1er décembre"},
		{en.Count("share.active", 1, "rate", "1 MB/s"), "You are sending 1 MB/s to 1 person."},
		{fr.Count("card.views", 0, "views", "0"), "0 vue"},
		{en.Say("no.such.id"), "no.such.id"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
	for text, want := range map[string]int64{"": 0, "2": 2e6, "1,5": 1.5e6, " 0.3 ": 3e5} {
		if n, ok := words.ParseSize(text, 1e6); !ok || n != want {
			t.Errorf("%q: got %d, %v", text, n, ok)
		}
	}
	for _, text := range []string{"-1", "two", "NaN", "1e300", "1 2", "Inf"} {
		if _, ok := words.ParseSize(text, 1e9); ok {
			t.Errorf("%q is taken for a size", text)
		}
	}
}

// Titles are written by strangers: none may turn the direction of its
// neighbours, grow over them, or be endless.
func TestCleanBoundsWhatStrangersWrite(t *testing.T) {
	t.Parallel()
	zalgo := "Z" + strings.Repeat("\u0334\u0301\u0300", 500) + "algo"
	for name, c := range map[string]struct{ in, want string }{
		"plain":       {"  The slow\n\troad ", "The slow road"},
		"override":    {"abc\u202egpj.exe\u2066x", "abcgpj.exex"},
		"zalgo":       {zalgo, "Z\u0334\u0301algo"},
		"controls":    {"a\x00b\x1b[31m", "ab[31m"},
		"not UTF-8":   {"a\xff\xfeb", "ab"},
		"Arabic":      {"مرحبا بالعالم", "مرحبا بالعالم"},
		"family":      {"👩‍👩‍👧 day", "👩‍👩‍👧 day"},
		"marks alone": {strings.Repeat("\u0301", 100_000), "\u0301\u0301"},
	} {
		if got := words.Clean(c.in, 300); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
	if got := utf8.RuneCountInString(words.Clean(strings.Repeat("é", 10_000), 300)); got != 300 {
		t.Errorf("10 kB of a title: got %d characters", got)
	}
	if got := words.Plain("# Title\n\n\n\n**bold** `code`\n> quote", 1000); got != "Title\n\nbold code\nquote" {
		t.Errorf("got %q", got)
	}
}

func FuzzClean(f *testing.F) {
	for _, s := range []string{"", "a", "\u202e", "Z\u0301\u0301\u0301", "\xff", "👩‍👩‍👧", "a\n\nb"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, got := range []string{words.Clean(s, 50), words.Plain(s, 200)} {
			if !utf8.ValidString(got) || strings.ContainsAny(got, "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\x00\r") {
				t.Errorf("got %q of %q", got, s)
			}
		}
		if n := utf8.RuneCountInString(words.Clean(s, 50)); n > 200 {
			t.Errorf("got %d characters", n)
		}
	})
}
