package viewmodel

import (
	"context"

	"vidiverse/node/control"
)

// Start is what a window asks before it shows anything.
type Start struct {
	*Scope
	Problem *Problem
	Ready   func(p control.Preferences, asked bool)

	asked question
}

// Start opens the first question of a window.
func (d *Desk) Start() *Start { return &Start{Scope: d.Scope()} }

// Load asks for the settings, and whether the user answered about sharing.
func (s *Start) Load() {
	type answer struct {
		prefs control.Preferences
		state control.SharingState
	}
	s.Problem = nil
	ask(s.Scope, &s.asked, func(ctx context.Context) (a answer, err error) {
		if a.prefs, err = s.Services.Settings.Preferences(ctx); err != nil {
			return a, err
		}
		a.state, err = s.Services.Sharing.State(ctx)
		return a, err
	}, func(a answer, err error) {
		if err != nil {
			s.Problem = problem(s.Words, "sharing", err)
			s.changed()
			return
		}
		s.Ready(a.prefs, a.state.Reason != control.ReasonUnasked)
	})
}

// Refresh says the same in the language of now.
func (s *Sharing) Refresh() {
	if s.Known {
		s.say(s.last)
		s.changed()
	}
}
