package viewmodel

import (
	"context"
	"errors"

	"vidiverse/node/control"
	"vidiverse/ui/viewmodel/words"
)

// Problem is what went wrong, for people: what happened, and what to do.
type Problem struct {
	Text  string
	Again bool // trying again may help
}

// problem names an error by its kind. The prefix chooses the screen's own
// sentences ("add" has "add.invalid"); a kind without one has a general one.
func problem(w *words.Words, prefix string, err error) *Problem {
	kind, again := "failed", true
	switch {
	case err == nil:
		return nil
	case errors.Is(err, control.ErrInvalid):
		kind, again = "invalid", false
	case errors.Is(err, control.ErrNotFound):
		kind, again = "notfound", false
	case errors.Is(err, control.ErrForbidden):
		kind, again = "forbidden", false
	case errors.Is(err, control.ErrVersion):
		kind, again = "version", false
	case errors.Is(err, control.ErrUnavailable), errors.Is(err, context.DeadlineExceeded):
		kind = "unavailable"
	}
	if w.Has(prefix + "." + kind) {
		return &Problem{w.Say(prefix + "." + kind), again}
	}
	return &Problem{w.Say("problem." + kind), again}
}

// node is a sentence of the node in the language of the window; empty if there
// is nothing to say, or in words that a newer node has.
func (d *Desk) node(w control.Word) string {
	if !d.Words.Has(w.ID) {
		return ""
	}
	text := d.Words.Say(w.ID, "title", words.Clean(w.Title, titleRunes), "host", words.Clean(w.Host, 80), "n", d.Words.Number(int64(w.N)))
	if w.Of.IsZero() {
		return text
	}
	return d.Words.Say("node.list", "problem", text, "time", w.Of.Local().Format("15:04"))
}
