package player

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestExternal hands addresses to a program of the user's, which here writes
// them down and stays until it is ended.
func TestExternal(t *testing.T) {
	dir := t.TempDir()
	said := filepath.Join(dir, "said")
	script := "#!/bin/sh\nprintf '%s\\n' \"$@\" > " + said + ".new && mv " + said + ".new " + said + "\nexec sleep 1000\n"
	path := filepath.Join(dir, "mpv")
	if err := os.WriteFile(path, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	look := func(only string) func(string) (string, error) {
		return func(name string) (string, error) {
			if name != only {
				return "", os.ErrNotExist
			}
			return path, nil
		}
	}
	p, err := newExternal(Options{}, look("mpv"))
	if err != nil {
		t.Fatal(err)
	}
	v := &viewer{p, t}
	source := Source{Media: "http://127.0.0.1:9000/0123456789abcdef/v.mp4", Sound: "http://127.0.0.1:9000/0123456789abcdef/a.mp4", At: time.Minute}
	for range 2 { // the second Open ends the first program
		v.open(source)
		v.until("program", func(State) bool { _, err := os.Stat(said); return err == nil })
		args, err := os.ReadFile(said)
		if got := strings.Fields(string(args)); err != nil || got[len(got)-1] != source.Media || !strings.Contains(string(args), "--audio-file="+source.Sound) {
			t.Errorf("%v, called with %q", err, got)
		}
		if err := os.Remove(said); err != nil {
			t.Fatal(err)
		}
	}
	if s := v.State(); s.Ended || s.Err != nil || v.Kind() != External || v.Frame(10, 10) != nil {
		t.Errorf("got %+v", s)
	}
	if err := v.Close(); err != nil {
		t.Error(err)
	}
	if err := v.Open(source); !errors.Is(err, ErrClosed) {
		t.Errorf("got %v after Close", err)
	}
	if p, err = newExternal(Options{}, look("xdg-open")); err != nil {
		t.Fatal(err)
	}
	if err := p.Open(source); !errors.Is(err, ErrSound) {
		t.Errorf("got %v from a program that would play without sound", err)
	}
	if _, err := newExternal(Options{}, look("")); !errors.Is(err, ErrNoPlayer) {
		t.Errorf("got %v without any program", err)
	}
}

// TestWithoutMPV takes libmpv away: the next best plays, and what to install is said.
func TestWithoutMPV(t *testing.T) {
	load := loadMPV
	t.Cleanup(func() { loadMPV = load })
	loadMPV = func() (*libmpv, error) { return nil, ErrNoMPV }
	if err := Missing(); !errors.Is(err, ErrNoMPV) || !strings.Contains(err.Error(), "sudo apt install libmpv2") {
		t.Errorf("got %v", err)
	}
	p, err := New(Options{})
	if err != nil || p.Kind() != FFmpeg {
		t.Errorf("got %v, %v", p, err)
	}
	if _, err := New(Options{Kind: MPV}); !errors.Is(err, ErrNoMPV) {
		t.Errorf("got %v", err)
	}
	t.Setenv("PATH", t.TempDir())
	if _, err := New(Options{}); !errors.Is(err, ErrNoPlayer) {
		t.Errorf("got %v without any program", err)
	}
}

// TestClosed: after Close nothing starts again.
func TestClosed(t *testing.T) {
	long.mp4(t)
	srv := server(t)
	each(t, func(t *testing.T, kind Kind) {
		v := watch(t, Options{Kind: kind})
		source := Source{Media: srv.URL + secret + long.name}
		v.open(source)
		v.see("of the film", func(n int) bool { return true })
		for range 2 {
			if err := v.Close(); err != nil {
				t.Error(err)
			}
		}
		v.Seek(time.Second)
		v.Pause(true)
		v.SetVolume(3)
		v.Caption(0)
		v.Step(true)
		if v.Frame(width, height) != nil {
			t.Error("a picture after Close")
		}
		if err := v.Open(source); !errors.Is(err, ErrClosed) {
			t.Errorf("got %v", err)
		}
		if err := v.Reload(source); !errors.Is(err, ErrClosed) {
			t.Errorf("got %v", err)
		}
		if w := watch(t, Options{Kind: kind}); w.Close() != nil {
			t.Error("Close without Open")
		}
	})
}
