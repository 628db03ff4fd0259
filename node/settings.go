package node

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"vidiverse/node/control"
	"vidiverse/p2p/limit"
)

// settings answers for the preferences. The gate keeps those that bound what is
// sent, the store the others.
type settings struct{ n *Node }

func (s settings) Preferences(context.Context) (control.Preferences, error) {
	p, err := s.n.store.Preferences()
	if err != nil {
		return p, say(err)
	}
	l := s.n.limits()
	p.UploadRate, p.MonthCap, p.From, p.To, p.Metered = l.Rate, l.Month, l.From, l.To, l.Metered
	return p, nil
}

// What the question promises to who has set nothing yet.
const (
	firstRate  = 2_000_000       // bytes a second
	firstMonth = 100_000_000_000 // bytes
)

// limits are what is set, or will be with the answer to the question.
func (n *Node) limits() limit.Limits {
	l := n.gate.Limits()
	if l == (limit.Limits{}) {
		l.Rate, l.Month = firstRate, firstMonth
	}
	return l
}

// Set applies all of it at once, but for the folder: that is used from the next
// start on, and what is kept in the old one stays there.
func (s settings) Set(_ context.Context, p control.Preferences) error {
	switch {
	case p.Disk < 0:
		return fmt.Errorf("%w: the room on disk is negative", control.ErrInvalid)
	case p.Folder != "" && !filepath.IsAbs(p.Folder):
		return fmt.Errorf("%w: the folder %q does not begin at the root", control.ErrInvalid, p.Folder)
	case !slices.Contains([]string{"", "light", "dark"}, p.Theme):
		return fmt.Errorf("%w: there is no theme %q", control.ErrInvalid, p.Theme)
	}
	l := s.n.limits()
	l.Rate, l.Month, l.From, l.To, l.Metered = p.UploadRate, p.MonthCap, p.From, p.To, p.Metered
	if err := s.n.gate.Set(l); err != nil {
		return say(err)
	}
	if err := s.n.store.PutPreferences(p); err != nil {
		return say(err)
	}
	return say(s.n.quota.set(p.Disk))
}
