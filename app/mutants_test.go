package app

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
)

var testLine = regexp.MustCompile(`(?m)^Test: \./\S+ .*-run \S+`)

// A weakness that no longer applies proves nothing. Whether its test catches
// it is shown by make mutants.
func TestMutantsApply(t *testing.T) {
	patches, err := filepath.Glob("../testdata/mutants/*.patch")
	if err != nil || len(patches) == 0 {
		t.Fatalf("no patches: %v", err)
	}
	for _, name := range patches {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !testLine.Match(text) {
			t.Errorf("%s names no test (Test: ./package -run Name)", filepath.Base(name))
		}
		cmd := exec.CommandContext(t.Context(), "git", "apply", "--check", "testdata/mutants/"+filepath.Base(name))
		cmd.Dir = ".."
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s no longer applies: %s", filepath.Base(name), out)
		}
	}
}
