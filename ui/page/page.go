// Package page is the screens of the window, one a file: each builds widgets
// over a view model and shows what it says. No rule, no I/O and no state that
// outlives a screen is here.
//
// Pages live on the UI goroutine. Strings for people come from the view models
// and from words; colours and sizes from the theme.
package page

import (
	"net/url"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"vidiverse/node/control"
	"vidiverse/ui/viewmodel"
	"vidiverse/ui/viewmodel/words"
	"vidiverse/ui/widget"
)

// Kind is a screen.
type Kind int

// The screens, in the order of the column and of Ctrl+1…5.
const (
	HomeKind Kind = iota
	LibraryKind
	InstancesKind
	MirrorsKind
	SettingsKind
	SearchKind
	WatchKind
	GivingKind
)

// Route is a place in the window.
type Route struct {
	Kind   Kind
	Origin string // of Home: one instance only
	Name   string // of that instance, or of the video, until more is known
	Search string
	Video  control.Ref
	Poster string // of the video, until there is a better one
}

// Page is a screen that is shown.
type Page interface {
	Object() fyne.CanvasObject
	Close()
}

// Keyed is a page with keys of its own; each reports whether it took one.
type Keyed interface {
	TypedKey(*fyne.KeyEvent) bool
	TypedRune(rune) bool
}

// Searchable is a page with a field to search in.
type Searchable interface{ FocusSearch() }

// Placed is a page that can be scrolled back to where it was left.
type Placed interface {
	Place() float32
	SetPlace(y float32)
}

// Scrolled is a page that is one scrolled column.
type Scrolled interface{ Scroll() *container.Scroll }

// Host is the window around the pages.
type Host interface {
	Go(Route)
	Back()
	Open(link string) // a pasted link
	Toast(text string, trouble bool)
	Canvas() fyne.Canvas
	OpenURL(*url.URL)
	Copy(text string)
	SetFull(full bool)
	Full() bool
	ChooseFolder(done func(path string))
	Apply(control.Preferences) // language and look, at once
	Sharing() *viewmodel.Sharing
	Version() string
}

// Env is what all pages are given.
type Env struct {
	Host
	Desk     *viewmodel.Desk
	Pictures *widget.Pictures
	Players  MakePlayers
}

func (e Env) say(id string, slots ...any) string { return e.Desk.Words.Say(id, slots...) }

func (e Env) words() *words.Words { return e.Desk.Words }

// New builds the page of a route.
func New(e Env, r Route) Page {
	switch r.Kind {
	case LibraryKind:
		return newLibrary(e)
	case InstancesKind:
		return newInstances(e)
	case MirrorsKind:
		return newMirrors(e)
	case SettingsKind:
		return newSettings(e)
	case WatchKind:
		return newWatch(e, r)
	case GivingKind:
		return newGiving(e)
	}
	return newVideos(e, r)
}

// face is a card in the terms of the widget.
func face(c viewmodel.Card) widget.CardFace {
	return widget.CardFace{
		Picture: widget.Picture{Origin: c.Ref.Origin, Video: c.Ref.Video, Name: c.Thumbnail},
		Avatar:  widget.Picture{Origin: c.Ref.Origin, Video: c.Ref.Video, Name: c.Avatar},
		Title:   c.Title, Channel: c.Channel, Meta: c.Meta, Initial: c.Initial, Chip: c.Chip,
		Live: c.Live, Kept: c.Kept, Hidden: c.Sensitive,
	}
}

// watching is the place of a card's video.
func watching(c viewmodel.Card) Route {
	r := Route{Kind: WatchKind, Video: c.Ref, Name: c.Title}
	if c.Sensitive == "" {
		r.Poster = c.Thumbnail
	}
	return r
}
