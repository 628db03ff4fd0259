// Package blobtest is the contract of blob.Store as tests: every
// implementation runs it.
package blobtest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"vidiverse/instance/blob"
	"vidiverse/instance/fault"
)

// Run checks the stores that open returns; each must be empty.
func Run(t *testing.T, open func(t *testing.T) blob.Store) {
	for name, test := range map[string]func(*testing.T, blob.Store){
		"put and open":           putOpen,
		"replace":                replace,
		"failed put":             failedPut,
		"cancelled put":          cancelledPut,
		"adopt":                  adopt,
		"delete":                 remove,
		"rename":                 rename,
		"list":                   list,
		"hostile keys":           hostileKeys,
		"absent":                 absent,
		"puts and deletes a lot": churn,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

func put(t *testing.T, s blob.Store, key, text string) {
	t.Helper()
	if n, err := s.Put(t.Context(), key, strings.NewReader(text)); err != nil || n != int64(len(text)) {
		t.Fatalf("put %s: got %d %v, want %d", key, n, err, len(text))
	}
}

func content(t *testing.T, s blob.Store, key string) string {
	t.Helper()
	f, err := s.Open(t.Context(), key)
	if err != nil {
		t.Fatalf("open %s: %v", key, err)
	}
	defer f.Close()
	b, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func keys(t *testing.T, s blob.Store, prefix string) (got []string) {
	t.Helper()
	for info, err := range s.List(t.Context(), prefix) {
		if err != nil {
			t.Fatalf("list %q: %v", prefix, err)
		}
		got = append(got, info.Key)
	}
	slices.Sort(got)
	return got
}

func putOpen(t *testing.T, s blob.Store) {
	before := time.Now().Add(-5 * time.Second)
	put(t, s, "web-videos/a.mp4", "0123456789")
	f, err := s.Open(t.Context(), "web-videos/a.mp4")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	part := make([]byte, 3)
	if _, err := f.ReadAt(part, 4); err != nil || string(part) != "456" {
		t.Errorf("ReadAt: got %q %v, want 456", part, err)
	}
	if off, err := f.Seek(-2, io.SeekEnd); err != nil || off != 8 {
		t.Errorf("Seek: got %d %v, want 8", off, err)
	}
	if rest, err := io.ReadAll(f); err != nil || string(rest) != "89" {
		t.Errorf("read after Seek: got %q %v, want 89", rest, err)
	}
	if info, err := f.Stat(); err != nil || info.Size() != 10 {
		t.Errorf("Stat of the open file: %v %v", info, err)
	}
	info, err := s.Stat(t.Context(), "web-videos/a.mp4")
	if err != nil || info.Size != 10 || info.Key != "web-videos/a.mp4" || info.ModTime.Before(before) {
		t.Errorf("Stat: got %+v %v", info, err)
	}
	if free, err := s.Free(t.Context()); err != nil || free <= 0 {
		t.Errorf("Free: got %d %v", free, err)
	}
	put(t, s, "empty", "")
	if got := content(t, s, "empty"); got != "" {
		t.Errorf("got %q, want nothing", got)
	}
}

func replace(t *testing.T, s blob.Store) {
	put(t, s, "a/b", "old")
	f, err := s.Open(t.Context(), "a/b")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	put(t, s, "a/b", "newer")
	if old, err := io.ReadAll(f); err != nil || string(old) != "old" {
		t.Errorf("a reader of the old file got %q %v", old, err)
	}
	if got := content(t, s, "a/b"); got != "newer" {
		t.Errorf("got %q, want newer", got)
	}
}

func failedPut(t *testing.T, s blob.Store) {
	put(t, s, "a/kept", "old")
	broken := errors.New("broken")
	for _, key := range []string{"a/kept", "a/new"} {
		r := io.MultiReader(bytes.NewReader(make([]byte, 1<<20)), iotest.ErrReader(broken))
		if _, err := s.Put(t.Context(), key, r); !errors.Is(err, broken) {
			t.Errorf("put %s: got %v, want the reader's error", key, err)
		}
	}
	if got := content(t, s, "a/kept"); got != "old" {
		t.Errorf("a failed replacement changed the file to %d bytes", len(got))
	}
	if got := keys(t, s, ""); !slices.Equal(got, []string{"a/kept"}) {
		t.Errorf("got %v, want the old file alone", got)
	}
}

func cancelledPut(t *testing.T, s blob.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	_, err := s.Put(ctx, "a", readerFunc(func(p []byte) (int, error) { cancel(); return len(p), nil }))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want Canceled", err)
	}
	if got := keys(t, s, ""); len(got) > 0 {
		t.Errorf("left %v behind", got)
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func adopt(t *testing.T, s blob.Store) {
	dirs := []string{t.TempDir()}
	if f, ok := s.(interface{ TempDir() string }); ok {
		dirs = append(dirs, f.TempDir())
	}
	for _, dir := range dirs {
		name := filepath.Join(dir, "made.mp4")
		if err := os.WriteFile(name, []byte("film"), 0o600); err != nil {
			t.Fatal(err)
		}
		if n, err := s.Adopt(t.Context(), "x/made.mp4", name); err != nil || n != 4 {
			t.Fatalf("adopt: got %d %v", n, err)
		}
		if _, err := os.Stat(name); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the adopted file is still at its old place: %v", err)
		}
		if got := content(t, s, "x/made.mp4"); got != "film" {
			t.Errorf("got %q, want film", got)
		}
		if _, err := s.Adopt(t.Context(), "x/none", filepath.Join(dir, "none")); fault.KindOf(err) != fault.NotFound {
			t.Errorf("adopting nothing: got %v, want NotFound", err)
		}
	}
}

func remove(t *testing.T, s blob.Store) {
	put(t, s, "hls/u/a", "1")
	put(t, s, "hls/u/b", "2")
	for range 2 {
		if err := s.Delete(t.Context(), "hls/u/a"); err != nil {
			t.Errorf("delete: %v", err)
		}
	}
	if got := keys(t, s, "hls/"); !slices.Equal(got, []string{"hls/u/b"}) {
		t.Errorf("got %v, want the other file", got)
	}
	if err := s.Delete(t.Context(), "hls/u/b"); err != nil {
		t.Error(err)
	}
	put(t, s, "hls/u/a", "again")
}

func rename(t *testing.T, s blob.Store) {
	put(t, s, "private/u/a", "1")
	put(t, s, "public/u/a", "2")
	if err := s.Rename(t.Context(), "private/u/a", "public/u/a"); err != nil {
		t.Fatal(err)
	}
	if got := content(t, s, "public/u/a"); got != "1" {
		t.Errorf("got %q, want 1", got)
	}
	if err := s.Rename(t.Context(), "private/u/a", "b"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("renaming nothing: got %v, want NotFound", err)
	}
	if got := keys(t, s, ""); !slices.Equal(got, []string{"public/u/a"}) {
		t.Errorf("got %v", got)
	}
}

func list(t *testing.T, s blob.Store) {
	all := []string{"a", "hls/u1/m.m3u8", "hls/u1/x.mp4", "hls/u2/m.m3u8", "hlsx"}
	for _, k := range all {
		put(t, s, k, k)
	}
	for prefix, want := range map[string][]string{
		"": all, "hls/": all[1:4], "hls": all[1:], "hls/u1/": all[1:3], "hls/u": all[1:4], "nothing/": nil, "hls/u1/x": all[2:3],
	} {
		if got := keys(t, s, prefix); !slices.Equal(got, want) {
			t.Errorf("list %q: got %v, want %v", prefix, got, want)
		}
	}
	for range s.List(t.Context(), "") {
		break
	}
}

func hostileKeys(t *testing.T, s blob.Store) {
	for _, key := range []string{
		"", ".", "/etc/passwd", "../a", "a/../b", "a//b", "a/", "./a", "a/./b", "a\x00b", "a\nb", `a\b`, ".hidden", "a/.b",
		"\xff", strings.Repeat("a", 300), strings.Repeat("a/", 300) + "a",
	} {
		_, put := s.Put(t.Context(), key, strings.NewReader("x"))
		_, open := s.Open(t.Context(), key)
		_, stat := s.Stat(t.Context(), key)
		for what, err := range map[string]error{
			"put": put, "open": open, "stat": stat, "delete": s.Delete(t.Context(), key),
			"rename to": s.Rename(t.Context(), "a", key), "rename from": s.Rename(t.Context(), key, "a"),
		} {
			if fault.KindOf(err) != fault.Invalid {
				t.Errorf("%s %.20q: got %v, want Invalid", what, key, err)
			}
		}
	}
}

func absent(t *testing.T, s blob.Store) {
	put(t, s, "dir/file", "x")
	for _, key := range []string{"none", "dir", "dir/file/below", "dir/none"} {
		if f, err := s.Open(t.Context(), key); fault.KindOf(err) != fault.NotFound {
			t.Errorf("open %s: got %v %v, want NotFound", key, f, err)
		}
		if _, err := s.Stat(t.Context(), key); fault.KindOf(err) != fault.NotFound {
			t.Errorf("stat %s: got %v, want NotFound", key, err)
		}
	}
}

func churn(t *testing.T, s blob.Store) {
	var wg sync.WaitGroup
	for _, name := range strings.Fields("a b c d") {
		wg.Go(func() {
			for range 30 {
				put := func() error {
					_, err := s.Put(t.Context(), "hls/shared/folder/"+name, strings.NewReader(name))
					return err
				}
				if err := errors.Join(put(), s.Delete(t.Context(), "hls/shared/folder/"+name)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if got := keys(t, s, ""); len(got) > 0 {
		t.Errorf("left %v behind", got)
	}
}
