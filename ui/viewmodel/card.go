package viewmodel

import (
	"strings"

	"vidiverse/node/control"
	"vidiverse/ui/viewmodel/words"
)

// Card is a video in a list, in words. Strings of strangers are bounded and
// carry no control characters.
type Card struct {
	Ref       control.Ref
	Title     string
	Channel   string
	Initial   string // stands for the channel where it has no picture
	Meta      string // "mare.video · 1.2K views · 3 days ago"
	Chip      string // "24:18"; "Live"; empty if not known
	Live      bool
	Kept      bool
	Sensitive string // why the picture is hidden; empty: it is not
	Thumbnail string
	Avatar    string
}

// Bounds of what a card shows.
const (
	titleRunes = 300
	nameRunes  = 80
)

func (d *Desk) card(c control.Card) Card {
	w := d.Words
	card := Card{
		Ref: c.Ref, Live: c.Live, Kept: c.Kept, Thumbnail: c.Thumbnail, Avatar: c.Avatar,
		Title: words.Clean(c.Title, titleRunes), Channel: words.Clean(c.Channel, nameRunes),
		Initial: initial(c.Channel), Meta: d.meta(c),
	}
	if card.Title == "" {
		card.Title = w.Say("card.untitled")
	}
	switch {
	case c.Live:
		card.Chip = w.Say("card.live")
	case c.Duration > 0:
		card.Chip = words.Clock(c.Duration)
	}
	if c.Sensitive {
		card.Sensitive = w.Say("card.sensitive")
	}
	return card
}

func (d *Desk) meta(c control.Card) string {
	w := d.Words
	parts := make([]string, 0, 3)
	if host := words.Clean(c.Host, nameRunes); host != "" {
		parts = append(parts, host)
	}
	switch {
	case c.Kept:
		return strings.Join(append(parts, w.Say("card.kept")), " · ")
	case c.Live:
		return strings.Join(append(parts, w.Count("card.watching", c.Watching)), " · ")
	}
	parts = append(parts, d.views(c.Views))
	if !c.Published.IsZero() {
		parts = append(parts, w.Age(c.Published, d.Now()))
	}
	return strings.Join(parts, " · ")
}

func (d *Desk) views(n int64) string {
	return d.Words.Count("card.views", int(min(n, 1e9)), "views", d.Words.Compact(n))
}

// initial is the first letter of a name, or a dot.
func initial(name string) string {
	for _, r := range words.Clean(name, 2) {
		return strings.ToUpper(string(r))
	}
	return "·"
}

// cards makes cards of a page, without those that are there already.
func (d *Desk) cards(have []Card, page []control.Card) []Card {
	known := make(map[control.Ref]bool, len(have))
	for _, c := range have {
		known[c.Ref] = true
	}
	for _, c := range page {
		if !known[c.Ref] {
			known[c.Ref] = true
			have = append(have, d.card(c))
		}
	}
	return have
}
