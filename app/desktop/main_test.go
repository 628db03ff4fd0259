//go:build cgo

package main

import (
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// Without a screen the window library ends the process with a trace; this
// program says a sentence instead.
func TestNoScreen(t *testing.T) {
	none := func(string) string { return "" }
	wayland := func(name string) string { return map[string]string{"WAYLAND_DISPLAY": "wayland-0"}[name] }
	if canDraw("linux", none) || !canDraw("linux", wayland) || !canDraw("darwin", none) {
		t.Error("a screen is seen where there is none, or the other way round")
	}
}

func TestCommandLine(t *testing.T) {
	if _, err := parse([]string{"a", "b"}, io.Discard); err == nil {
		t.Error("two links are taken")
	}
	o, err := parse([]string{"--data", "/d", "--lan", "https://mare.example/w/1"}, io.Discard)
	if err != nil || o.data != "/d" || !o.lan || o.link != "https://mare.example/w/1" {
		t.Errorf("got %+v, %v", o, err)
	}
}

// A .torrent is found from where the program was started; links stay what they
// are.
func TestTorrentArgument(t *testing.T) {
	here, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	for argument, want := range map[string]string{
		"film.torrent": filepath.Join(here, "film.torrent"), "/tmp/A.TORRENT": "/tmp/A.TORRENT",
		"magnet:?xt=urn:btih:aa&dn=x.torrent": "magnet:?xt=urn:btih:aa&dn=x.torrent",
		"file:///tmp/film.torrent":            "file:///tmp/film.torrent", "": "",
	} {
		if got := linkOf(argument); got != want {
			t.Errorf("%q: got %q, want %q", argument, got, want)
		}
	}
}

// What the tools of the window library read is what the program says of itself.
func TestMetadata(t *testing.T) {
	file, err := os.ReadFile("../../FyneApp.toml")
	if err != nil {
		t.Fatal(err)
	}
	m := metadata()
	lines := []string{"ID = " + strconv.Quote(m.ID), "Name = " + strconv.Quote(m.Name), "Build = " + strconv.Itoa(m.Build)}
	for name, on := range m.Migrations {
		lines = append(lines, name+" = "+strconv.FormatBool(on))
	}
	for _, line := range lines {
		if !strings.Contains(string(file), line+"\n") {
			t.Errorf("FyneApp.toml does not say %s", line)
		}
	}
	_, icon, _ := strings.Cut(string(file), "Icon = \"")
	icon, _, _ = strings.Cut(icon, "\"")
	if _, err := os.Stat(filepath.Join("../..", icon)); err != nil {
		t.Errorf("the icon of FyneApp.toml: %v", err)
	}
}
