package blob_test

import (
	"context"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"vidiverse/instance/blob"
	"vidiverse/instance/blob/blobtest"
	"vidiverse/instance/fault"
)

func open(t *testing.T, dir string) *blob.Folder {
	t.Helper()
	f, err := blob.OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

func TestFolder(t *testing.T) {
	blobtest.Run(t, func(t *testing.T) blob.Store { return open(t, t.TempDir()) })
}

// ffmpeg reads by name, and the kernel sends files by itself.
func TestFolderGivesLocalFiles(t *testing.T) {
	f := open(t, t.TempDir())
	if _, err := f.Put(t.Context(), "a/b", strings.NewReader("x")); err != nil {
		t.Fatal(err)
	}
	name, ok := f.Path("a/b")
	if b, err := os.ReadFile(name); !ok || err != nil || string(b) != "x" {
		t.Errorf("got %q %v %v, want the file's name", name, ok, err)
	}
	for _, key := range []string{"a", "none", "../a", "tmp"} {
		if name, ok := f.Path(key); ok {
			t.Errorf("key %q has the name %q", key, name)
		}
	}
	r, err := f.Open(t.Context(), "a/b")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, ok := r.(*os.File); !ok {
		t.Errorf("got a %T, want *os.File", r)
	}
}

func TestFolderKeepsUnfinishedFilesApart(t *testing.T) {
	dir := t.TempDir()
	f := open(t, dir)
	if err := os.WriteFile(filepath.Join(f.TempDir(), "half.mp4"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for info, err := range f.List(t.Context(), "") {
		t.Errorf("list shows %v %v", info, err)
	}
	if _, err := f.Stat(t.Context(), "tmp/half.mp4"); fault.KindOf(err) != fault.Invalid {
		t.Errorf("got %v, want Invalid", err)
	}
	open(t, dir)
	if left, err := os.ReadDir(f.TempDir()); err != nil || len(left) > 0 {
		t.Errorf("opening did not sweep: %v %v", left, err)
	}
}

// A link that an attacker could plant leads nowhere.
func TestFolderDoesNotFollowLinksOut(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(outside, "secret"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	f := open(t, dir)
	if r, err := f.Open(t.Context(), "link/secret"); err == nil {
		r.Close()
		t.Error("opened a file outside of the folder")
	}
	if _, err := f.Put(t.Context(), "link/new", strings.NewReader("x")); err == nil {
		t.Error("wrote a file outside of the folder")
	}
}

// child runs the named test of this binary in a process of its own.
func child(t *testing.T, name, dir string) *exec.Cmd {
	t.Helper()
	c := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+name+"$", "-test.timeout=60s")
	c.Env = append(os.Environ(), "BLOB_TEST_DIR="+dir)
	return c
}

// A server killed in the middle of an upload leaves neither a file nor rubbish.
func TestKilledPutLeavesNothing(t *testing.T) {
	if dir := os.Getenv("BLOB_TEST_DIR"); dir != "" {
		f := open(t, dir)
		_, err := f.Put(context.Background(), "a/b", io.MultiReader(strings.NewReader(strings.Repeat("x", 1<<20)), os.Stdin))
		t.Fatal("the put ended: ", err)
	}
	dir := t.TempDir()
	c := child(t, "TestKilledPutLeavesNothing", dir)
	stdin, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	// The pipe holds 64 KiB: once more than that went through, Put is reading it.
	if _, err := stdin.Write(make([]byte, 256<<10)); err != nil {
		t.Fatal(err)
	}
	if err := c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := c.Wait(); err == nil {
		t.Fatal("the child was not killed")
	}
	if half, err := os.ReadDir(filepath.Join(dir, "tmp")); err != nil || len(half) != 1 {
		t.Fatalf("the child was not in the middle of a put: %v %v", half, err)
	}
	f := open(t, dir)
	for info, err := range f.List(t.Context(), "") {
		t.Errorf("a killed put left %v %v", info, err)
	}
	if left, err := os.ReadDir(f.TempDir()); err != nil || len(left) > 0 {
		t.Errorf("a killed put left %v %v", left, err)
	}
}

// A full disk is an answer, not a crash; what is stored stays readable.
func TestFullStorage(t *testing.T) {
	if dir := os.Getenv("BLOB_TEST_DIR"); dir != "" {
		fill(t, dir)
		return
	}
	// A limit on file size fails a write in the middle as a full disk does,
	// and unlike one needs no rights. It holds for a whole process.
	out, err := child(t, "TestFullStorage", t.TempDir()).CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func fill(t *testing.T, dir string) {
	f := open(t, dir)
	if _, err := f.Put(t.Context(), "a/kept", strings.NewReader("old")); err != nil {
		t.Fatal(err)
	}
	signal.Ignore(syscall.SIGXFSZ)
	var old syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 100 << 10, Max: old.Max}); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"a/kept", "b/new"} {
		_, err := f.Put(t.Context(), key, strings.NewReader(strings.Repeat("x", 1<<20)))
		if fault.KindOf(err) != fault.Unavailable || !strings.Contains(err.Error(), "storage is full") {
			t.Errorf("put %s: got %v, want Unavailable: storage is full", key, err)
		}
	}
	if left, err := os.ReadDir(f.TempDir()); err != nil || len(left) > 0 {
		t.Errorf("a put that found no space left %v %v", left, err)
	}
	if info, err := f.Stat(t.Context(), "a/kept"); err != nil || info.Size != 3 {
		t.Errorf("the old file is now %+v %v", info, err)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Put(t.Context(), "b/new", strings.NewReader(strings.Repeat("x", 1<<20))); err != nil {
		t.Errorf("put once there is space again: %v", err)
	}
}
