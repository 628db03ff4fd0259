package label

import "testing"

func TestLabels(t *testing.T) {
	for got, want := range map[string]string{
		Category(18): "Food", Licence(9): "All Rights Reserved", Language("zxx"): "No linguistic content", Privacy(5): "Password protected",
		State(12): "Import failed", Comments(3): "Requires approval", Resolution(0): "Audio only", Resolution(240): "240p",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	for _, got := range []string{Category(0), Category(-1), Category(19), Licence(10), Language(""), Language("klingon"), Privacy(6), State(0), Comments(4)} {
		if got != unknown {
			t.Errorf("got %q for what there is not", got)
		}
	}
	if IsCategory(0) || IsCategory(19) || !IsCategory(18) || IsLicence(10) || !IsLicence(1) || IsLanguage("") || !IsLanguage("fr") {
		t.Error("the ids are not those that have a label")
	}
}

// No sign language can be written.
func TestSubtitleLanguages(t *testing.T) {
	all, written := Languages(false), Languages(true)
	if all["ase"] == "" || written["ase"] != "" || written["zxx"] != "" || written["fr"] == "" {
		t.Errorf("got %d languages, %d of them written", len(all), len(written))
	}
	if len(Privacies()) != 5 || Privacies()["1"] != "Public" || len(Categories()) != 18 || len(Licences()) != 9 {
		t.Errorf("got %v", Privacies())
	}
}
