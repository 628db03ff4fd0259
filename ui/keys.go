package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"vidiverse/ui/page"
	"vidiverse/ui/widget"
)

// keys are those of the window, wherever the focus is.
func (w *Window) keys() {
	c := w.win.Canvas()
	table := map[desktop.CustomShortcut]func(){
		{KeyName: fyne.KeyLeft, Modifier: fyne.KeyModifierAlt}:          w.Back,
		{KeyName: fyne.KeyK, Modifier: fyne.KeyModifierShortcutDefault}: w.search,
		{KeyName: fyne.KeyL, Modifier: fyne.KeyModifierShortcutDefault}: w.paste,
	}
	for i, key := range []fyne.KeyName{fyne.Key1, fyne.Key2, fyne.Key3, fyne.Key4, fyne.Key5} {
		kind := page.Kind(i)
		table[desktop.CustomShortcut{KeyName: key, Modifier: fyne.KeyModifierShortcutDefault}] = func() { w.jump(kind) }
	}
	for s, do := range table {
		c.AddShortcut(&s, func(fyne.Shortcut) { do() })
	}
	widget.OnShortcut(func(s fyne.Shortcut) bool {
		custom, ours := s.(*desktop.CustomShortcut)
		if !ours || table[*custom] == nil {
			return false
		}
		table[*custom]()
		return true
	})
	c.SetOnTypedKey(w.typedKey)
	c.SetOnTypedRune(func(r rune) {
		if keyed, has := w.current.(page.Keyed); has && c.Overlays().Top() == nil {
			keyed.TypedRune(r)
		}
	})
	widget.OnFocus(w.reveal)
}

// reveal scrolls the page so that what has the keyboard is seen.
func (w *Window) reveal(o fyne.CanvasObject) {
	scrolled, does := w.current.(page.Scrolled)
	if !does {
		return
	}
	s, driver := scrolled.Scroll(), w.cfg.App.Driver()
	at := driver.AbsolutePositionForObject(o).Subtract(driver.AbsolutePositionForObject(s))
	if at.X < 0 { // in the column beside the page
		return
	}
	y := at.Y
	const room = 24
	switch over := y + o.Size().Height + room - s.Size().Height; {
	case y < room:
		s.ScrollToOffset(fyne.NewPos(0, max(s.Offset.Y+y-room, 0)))
	case over > 0:
		s.ScrollToOffset(fyne.NewPos(0, s.Offset.Y+over))
	}
}

// free reports whether the question of the first start is answered.
func (w *Window) free() bool { return len(w.history) > 0 }

func (w *Window) typedKey(k *fyne.KeyEvent) {
	c := w.Canvas()
	if c.Overlays().Top() != nil {
		w.overlayKey(k)
		return
	}
	if keyed, has := w.current.(page.Keyed); has && keyed.TypedKey(k) {
		return
	}
	if k.Name == fyne.KeyEscape {
		c.Unfocus()
	}
}

// overlayKey moves in a menu with the arrows, and Escape closes.
func (w *Window) overlayKey(k *fyne.KeyEvent) {
	switch k.Name {
	case fyne.KeyEscape:
		widget.CloseTop(w.Canvas())
	case fyne.KeyDown:
		w.Canvas().FocusNext()
	case fyne.KeyUp:
		w.Canvas().FocusPrevious()
	}
}

func (w *Window) jump(kind page.Kind) {
	if w.free() {
		w.Go(page.Route{Kind: kind})
	}
}

func (w *Window) search() {
	if !w.free() {
		return
	}
	if _, can := w.current.(page.Searchable); !can {
		w.Go(page.Route{Kind: page.HomeKind})
	}
	if s, can := w.current.(page.Searchable); can {
		s.FocusSearch()
	}
}

// paste opens the link on the clipboard.
func (w *Window) paste() {
	if w.free() {
		w.Open(w.cfg.App.Clipboard().Content())
	}
}
