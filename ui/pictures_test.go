package ui_test

import (
	"context"
	"image/png"
	"os"
	"path/filepath"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"vidiverse/ui"
	"vidiverse/ui/page"
	"vidiverse/ui/uitest"
	"vidiverse/ui/widget"
)

// scene is a window over a node in memory, on the software driver.
type scene struct {
	t    *testing.T
	node *uitest.Node
	film *uitest.Film
	loop *uitest.Loop
	app  fyne.App
	win  *ui.Window
}

func open(t *testing.T, node *uitest.Node, change func(*ui.Config)) *scene {
	t.Helper()
	s := &scene{t: t, node: node, film: &uitest.Film{}, loop: uitest.NewLoop(), app: test.NewTempApp(t)}
	ctx, end := context.WithCancel(context.Background())
	cfg := ui.Config{App: s.app, Services: node.Services(), Players: s.film.Players(), Dispatch: s.loop.Dispatch, Version: "1.0", Language: "en"}
	if change != nil {
		change(&cfg)
	}
	s.win = ui.Open(ctx, cfg)
	s.win.Fyne().Show()
	t.Cleanup(func() {
		s.win.Close()
		end()
		done := make(chan struct{})
		go func() { s.win.Wait(); close(done) }()
		s.loop.Until(t, "all work has ended", func() bool {
			select {
			case <-done:
				return true
			default:
				s.loop.Dispatch(func() {})
				return false
			}
		})
	})
	return s
}

func (s *scene) size(w, h float32) { s.win.Fyne().Resize(fyne.NewSize(w, h)) }

func (s *scene) settle() { s.loop.Settle(25 * time.Millisecond) }

// save writes what the window shows, if VIDIVERSE_PICTURES names a folder.
func (s *scene) save(name string) {
	s.t.Helper()
	img := s.win.Canvas().Capture()
	dir := os.Getenv("VIDIVERSE_PICTURES")
	if dir == "" {
		return
	}
	f, err := os.Create(filepath.Join(dir, name+".png"))
	if err != nil {
		s.t.Fatal(err)
	}
	if err := png.Encode(f, img); err != nil {
		s.t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		s.t.Fatal(err)
	}
}

// fits fails for a button whose words are wider than it is, and for words
// outside of the window.
func (s *scene) fits(where string) {
	s.t.Helper()
	for _, b := range all[*widget.Button](s) {
		if b.Size().Width < b.MinSize().Width-.5 {
			s.t.Errorf("%s: button %q is %v wide, and needs %v", where, b.Text, b.Size().Width, b.MinSize().Width)
		}
		at := s.app.Driver().AbsolutePositionForObject(b)
		if at.X < 0 || at.X+b.Size().Width > s.win.Canvas().Size().Width+.5 {
			s.t.Errorf("%s: button %q sticks out of the window", where, b.Text)
		}
	}
}

// Every page draws in both looks, at the least and the usual size, in both
// languages. The pictures are for eyes: VIDIVERSE_PICTURES=folder keeps them.
func TestPagesDraw(t *testing.T) {
	for _, look := range []string{"light", "dark"} {
		for _, language := range []string{"en", "fr"} {
			if os.Getenv("VIDIVERSE_PICTURES") == "" && (look == "light") != (language == "en") {
				continue // each look and each language once
			}
			t.Run(look+" "+language, func(t *testing.T) {
				node := uitest.New()
				node.Prefs.Theme, node.Prefs.Language = look, language
				s := open(t, node, nil)
				for _, size := range []struct {
					name string
					w, h float32
				}{{"small", 900, 600}, {"wide", 1280, 800}} {
					s.size(size.w, size.h)
					s.settle()
					for name, r := range map[string]page.Route{
						"home": {Kind: page.HomeKind}, "library": {Kind: page.LibraryKind}, "instances": {Kind: page.InstancesKind},
						"help": {Kind: page.MirrorsKind}, "settings": {Kind: page.SettingsKind}, "giving": {Kind: page.GivingKind},
						"search": {Kind: page.SearchKind, Search: "the"}, "nothing": {Kind: page.SearchKind, Search: "zeppelin"},
						"watch": {Kind: page.WatchKind, Video: node.Videos[0].Ref},
					} {
						s.win.Go(r)
						s.settle()
						if os.Getenv("VIDIVERSE_PICTURES") != "" && name == "watch" {
							s.loop.For(1400 * time.Millisecond)
						}
						s.fits(name + " in " + language)
						s.save(name + "-" + size.name + "-" + look + "-" + language)
					}
				}
			})
		}
	}
}
