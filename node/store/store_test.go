package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"vidiverse/node/control"
)

func newStore(t *testing.T) (*Store, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "node", "node.db")
	s, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s, path
}

var mare = control.Ref{Origin: "https://mare.video", Video: "c0ffee00-0000-4000-8000-000000000001"}

func check1(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestKept: all that was written is there after the file was opened again.
func TestKept(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "node.db")
	s, err := Open(path)
	check1(t, err)
	at := time.Date(2026, 11, 22, 2, 0, 0, 0, time.UTC)
	follow := Follow{Origin: mare.Origin, Name: "Mare", Typed: true, Since: at}
	prefs := control.Preferences{UploadRate: 1 << 20, From: "23:00", To: "07:00", Folder: "/media"}
	film := Film{Outline: []byte("outline"), Segments: bytes.Repeat([]byte("s"), 100_000)}
	check1(t, s.PutFollow(follow))
	check1(t, s.EditFollow(mare.Origin, func(f *Follow) { f.Answered = at.Add(time.Hour) }))
	check1(t, s.PutPreferences(prefs))
	check1(t, s.PutFilm(mare, film, func(v *Video) error { v.Title, v.Size, v.Version = "Waves", 77, Version{1, 255}; return nil }))
	check1(t, s.EditVideo(mare, func(v *Video) error { v.Kept = at; return nil }))
	check1(t, s.EditMirror(mare.Origin, func(m *Mirror) { m.Limit = 1 << 30 }))
	check1(t, s.AddSent(map[control.Ref]int64{mare: 40}))
	check1(t, s.AddSent(map[control.Ref]int64{mare: 2}))
	check1(t, s.Close())

	s, err = Open(path)
	check1(t, err)
	defer s.Close()
	follow.Answered = at.Add(time.Hour)
	want(t, "follows", one(s.Follows()), []Follow{follow})
	want(t, "preferences", one(s.Preferences()), prefs)
	want(t, "film", one(s.Film(mare, true)), film)
	want(t, "outline", one(s.Film(mare, false)), Film{Outline: film.Outline})
	want(t, "video", one(s.Video(mare)), Video{Ref: mare, Title: "Waves", Size: 77, Version: Version{1, 255}, Kept: at})
	want(t, "mirrors", one(s.Mirrors()), []Mirror{{Origin: mare.Origin, Limit: 1 << 30}})
	want(t, "sent", one(s.Sent()), map[control.Ref]int64{mare: 42})
}

// one is a value, or the error in its place: want then says which.
func one[T any](value T, err error) any {
	if err != nil {
		return err
	}
	return value
}

func want(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: got %+v, want %+v", what, got, want)
	}
}

// TestRemoveFollow: one origin is forgotten whole, and a neighbour whose name
// begins alike keeps everything.
func TestRemoveFollow(t *testing.T) {
	t.Parallel()
	s, _ := newStore(t)
	other := control.Ref{Origin: mare.Origin + ":8443", Video: mare.Video}
	for _, ref := range []control.Ref{mare, other} {
		check1(t, s.PutFollow(Follow{Origin: ref.Origin}))
		check1(t, s.PutFilm(ref, Film{Outline: []byte("o")}, func(*Video) error { return nil }))
		check1(t, s.EditMirror(ref.Origin, func(m *Mirror) { m.Limit = 1 }))
		check1(t, s.AddSent(map[control.Ref]int64{ref: 1}))
	}
	check1(t, s.RemoveFollow(mare.Origin))
	if _, err := s.Follow(mare.Origin); !errors.Is(err, ErrNotFound) {
		t.Errorf("follow: got %v", err)
	}
	if _, err := s.Film(mare, true); !errors.Is(err, ErrNotFound) {
		t.Errorf("film: got %v", err)
	}
	want(t, "follows", one(s.Follows()), []Follow{{Origin: other.Origin}})
	want(t, "videos", one(s.Videos("")), []Video{{Ref: other}})
	want(t, "videos of the origin", one(s.Videos(other.Origin)), []Video{{Ref: other}})
	want(t, "mirrors", one(s.Mirrors()), []Mirror{{Origin: other.Origin, Limit: 1}})
	want(t, "sent", one(s.Sent()), map[control.Ref]int64{mare: 1, other: 1})
	check1(t, s.RemoveVideo(other))
	if _, err := s.Video(other); !errors.Is(err, ErrNotFound) {
		t.Errorf("video: got %v", err)
	}
	if err := s.EditFollow(mare.Origin, func(*Follow) {}); !errors.Is(err, ErrNotFound) {
		t.Errorf("a change of what is not followed: got %v", err)
	}
	want(t, "follows", one(s.Follows()), []Follow{{Origin: other.Origin}})
}

// TestLocked: a second program says which folder is in use.
func TestLocked(t *testing.T) {
	t.Parallel()
	_, path := newStore(t)
	_, err := Open(path)
	if !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), filepath.Dir(path)) {
		t.Fatalf("got %v, want ErrLocked that names the folder", err)
	}
}

// TestNewer: what a newer program wrote is not touched by an older one.
func TestNewer(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "node.db")
	s, err := Open(path)
	check1(t, err)
	check1(t, s.db.Update(func(tx *bbolt.Tx) error {
		return tx.Bucket(meta).Put([]byte("schema"), binary.BigEndian.AppendUint32(nil, schema+1))
	}))
	check1(t, s.Close())
	before := read(t, path)
	if _, err := Open(path); !errors.Is(err, ErrNewer) {
		t.Fatalf("got %v, want ErrNewer", err)
	}
	if !bytes.Equal(before, read(t, path)) {
		t.Error("the file was changed")
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	check1(t, err)
	return b
}

// TestCorrupt: files that are damaged in every manner are refused in words, or
// read in part; the program lives on, and the file stays as it was.
func TestCorrupt(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "node.db")
	s, err := Open(path)
	check1(t, err)
	for i := range 300 {
		ref := control.Ref{Origin: mare.Origin, Video: string(rune('a'+i%26)) + strings.Repeat("x", i%50)}
		check1(t, s.PutFilm(ref, Film{Outline: []byte("o"), Segments: make([]byte, 3000)}, func(*Video) error { return nil }))
	}
	check1(t, s.Close())
	whole := read(t, path)
	chance := rand.New(rand.NewPCG(1, 2))
	damage := map[string]func([]byte) []byte{
		"text":             func([]byte) []byte { return []byte(strings.Repeat("these are my holiday notes ", 2000)) },
		"one byte":         func([]byte) []byte { return []byte{1} },
		"empty":            func([]byte) []byte { return nil },
		"zeros":            func(b []byte) []byte { return make([]byte, len(b)) },
		"half":             func(b []byte) []byte { return b[:len(b)/2] },
		"two pages":        func(b []byte) []byte { return b[:8192] },
		"no headers":       func(b []byte) []byte { clear(b[:8192]); return b },
		"noise in a half":  func(b []byte) []byte { fill(chance, b[len(b)/2:]); return b },
		"noise but header": func(b []byte) []byte { fill(chance, b[8192:]); return b },
	}
	for name, spoil := range damage {
		spoiled := spoil(bytes.Clone(whole))
		bad := filepath.Join(t.TempDir(), "node.db")
		check1(t, os.WriteFile(bad, spoiled, 0o600))
		s, err := Open(bad)
		if err == nil { // a part is readable: reading the rest may fail, in order
			_, _ = s.Videos("") // only that it returns
			_ = s.PutFollow(Follow{Origin: mare.Origin})
			check1(t, s.Close())
			continue
		}
		if !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), bad) {
			t.Errorf("%s: got %v, want ErrCorrupt that names the file", name, err)
		}
		if !bytes.Equal(spoiled, read(t, bad)) {
			t.Errorf("%s: the file was changed", name)
		}
	}
}

func fill(chance *rand.Rand, b []byte) {
	for i := range b {
		b[i] = byte(chance.Uint32())
	}
}

// TestBounds: keys that could reach another's records are refused.
func TestBounds(t *testing.T) {
	t.Parallel()
	s, _ := newStore(t)
	for _, ref := range []control.Ref{
		{Origin: "", Video: "v"},
		{Origin: "https://a\x00b", Video: "v"},
		{Origin: strings.Repeat("o", maxOrigin+1), Video: "v"},
		{Origin: "https://a", Video: ""},
		{Origin: "https://a", Video: "v\x00"},
		{Origin: "https://a", Video: strings.Repeat("v", maxVideo+1)},
	} {
		if err := s.EditVideo(ref, func(*Video) error { return nil }); !errors.Is(err, ErrInvalid) {
			t.Errorf("%q: got %v, want ErrInvalid", ref, err)
		}
	}
	if err := s.PutFilm(mare, Film{Segments: make([]byte, maxFilm+1)}, nil); !errors.Is(err, ErrInvalid) {
		t.Errorf("a film of 32 MiB: got %v, want ErrInvalid", err)
	}
	stop := errors.New("stop")
	if err := s.EditVideo(mare, func(v *Video) error { v.Title = "no"; return stop }); !errors.Is(err, stop) {
		t.Errorf("got %v", err)
	}
	if _, err := s.Video(mare); !errors.Is(err, ErrNotFound) {
		t.Error("a change that was given up was written")
	}
}
