//go:build cgo

package main

import (
	"io"
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
