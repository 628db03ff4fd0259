package e2e

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// unpacked is what a package holds, in a folder.
type unpacked struct {
	testing.TB
	root string
}

func (u unpacked) run(name string, args ...string) string {
	u.Helper()
	cmd := exec.CommandContext(u.Context(), name, args...)
	cmd.Dir, cmd.Env = u.root, []string{"PATH=" + os.Getenv("PATH"), "HOME=" + u.root}
	out, err := cmd.CombinedOutput()
	if err != nil {
		u.Fatalf("%s %q: %v\n%s", name, args, err, out)
	}
	return string(out)
}

// holds requires exactly these files.
func (u unpacked) holds(want ...string) {
	u.Helper()
	var got []string
	if err := filepath.WalkDir(u.root, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			name, _ := filepath.Rel(u.root, path) // both begin with root
			got = append(got, name)
		}
		return err
	}); err != nil {
		u.Fatal(err)
	}
	slices.Sort(want)
	if !slices.Equal(got, want) {
		u.Errorf("got files %q, want %q", got, want)
	}
}

// appFiles are those of the window, below a place like /usr.
var appFiles = []string{"bin/vidiverse-desktop", "share/applications/vidiverse.desktop",
	"share/doc/vidiverse-desktop/CHANGELOG.md", "share/doc/vidiverse-desktop/README.md", "share/doc/vidiverse-desktop/copyright",
	"share/icons/hicolor/256x256/apps/vidiverse.png", "share/icons/hicolor/scalable/apps/vidiverse.svg"}

func below(place string, names []string) (all []string) {
	for _, name := range names {
		all = append(all, filepath.Join(place, name))
	}
	return all
}

// TestPackages: what people install holds both programs whole, and they start
// from where they were put; the window opens.
func TestPackages(t *testing.T) {
	t.Parallel()
	for _, build := range []func() (string, error){program, desktopProgram} {
		if _, err := build(); err != nil {
			t.Fatal(err)
		}
	}
	out := t.TempDir()
	cmd := exec.CommandContext(t.Context(), "../../packaging/linux/package.sh", "v1.2.3", out)
	cmd.Env = append(os.Environ(), "BIN="+shared, "LEVEL=0")
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("package: %v\n%s", err, said)
	}
	made := func(pattern string) string {
		t.Helper()
		got, err := filepath.Glob(filepath.Join(out, pattern))
		if err != nil || len(got) != 1 {
			t.Fatalf("%s: got %q, %v, want one", pattern, got, err)
		}
		return got[0]
	}

	server := unpacked{t, t.TempDir()}
	server.run("dpkg-deb", "-x", made("vidiverse_1.2.3_*.deb"), ".")
	server.holds("usr/bin/vidiverse", "usr/share/doc/vidiverse/CHANGELOG.md", "usr/share/doc/vidiverse/README.md",
		"usr/share/doc/vidiverse/copyright", "usr/share/doc/vidiverse/production.yaml.example")
	if got := server.run("usr/bin/vidiverse", "version"); !strings.Contains(got, "vidiverse") {
		t.Errorf("version: got %q", got)
	}

	app := unpacked{t, t.TempDir()}
	deb := made("vidiverse-desktop_1.2.3_*.deb")
	app.run("dpkg-deb", "-x", deb, ".")
	app.holds(below("usr", appFiles)...)
	app.run("desktop-file-validate", "usr/share/applications/vidiverse.desktop")
	if needs := app.run("dpkg-deb", "-f", deb, "Depends", "Recommends"); !strings.Contains(needs, "libgl1") || !strings.Contains(needs, "libmpv2") {
		t.Errorf("the window needs %q, want libgl1 and libmpv2 among them", needs)
	}
	app.run("dpkg-deb", "-e", deb, "control")
	app.run("md5sum", "--check", "--quiet", "control/md5sums")

	archive := unpacked{t, t.TempDir()}
	archive.run("tar", "--strip-components=1", "-xJf", made("vidiverse-desktop-1.2.3-linux-*.tar.xz"))
	archive.holds(append([]string{"install.sh"}, appFiles...)...)
	home := unpacked{t, t.TempDir()}
	archive.run("./install.sh", home.root)
	home.holds(appFiles...)
	archive.run("./install.sh", "--remove", home.root)
	home.holds()
	if got := archive.run("bin/vidiverse-desktop", "--help"); !strings.Contains(got, "--data") && !strings.Contains(got, "-data") {
		t.Errorf("help: got %q", got)
	}

	d := newDesk(t)
	d.start(filepath.Join(app.root, "usr/bin/vidiverse-desktop"))
	d.eventually("its node answers", func(ctx context.Context) bool { return !d.state(ctx).On })
	d.stop()
}
