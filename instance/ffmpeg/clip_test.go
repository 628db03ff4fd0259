package ffmpeg

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// makeClip runs ffmpeg by hand to make an input file called name.
func makeClip(t *testing.T, name string, args ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	args = append([]string{"-hide_banner", "-v", "error", "-nostdin", "-y"}, args...)
	if out, err := exec.CommandContext(t.Context(), "ffmpeg", append(args, path)...).CombinedOutput(); err != nil {
		t.Fatalf("make %s: %v\n%s", name, err, out)
	}
	return path
}

func write(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func testTools(t *testing.T) *Tools {
	t.Helper()
	tools := &Tools{Nice: 5}
	if err := tools.Check(); err != nil {
		t.Fatal(err)
	}
	return tools
}
