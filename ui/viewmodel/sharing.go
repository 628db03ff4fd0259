package viewmodel

import (
	"context"
	"time"

	"vidiverse/node/control"
)

// sharingPeriod is how often the state of sharing is asked for while it is seen.
const sharingPeriod = time.Second

// Sharing is the strip that stands on every page, and its menu.
type Sharing struct {
	*Scope
	Known    bool
	On       bool    // chosen by the user
	Active   bool    // may send now
	Line     string  // "↑ 1.2 MB/s to 4 people"
	Detail   string  // "41 of 200 GB this month"
	Sentence string  // the whole of it, for the menu
	Used     float64 // part of the month's limit; below 0: there is none
	Warn     bool    // stopped by a limit
	Paused   bool    // by the user, for a time
	Problem  *Problem

	visible     bool
	last        control.SharingState
	asked, told question
}

// Sharing opens the strip. It asks nothing before Show.
func (d *Desk) Sharing() *Sharing {
	s := &Sharing{Scope: d.Scope(), Used: -1}
	every(s.Scope, sharingPeriod, s.tick)
	return s
}

// Show says whether anybody can see the strip; hidden, nothing is asked.
func (s *Sharing) Show(visible bool) {
	s.visible = visible
	if visible {
		s.tick()
	}
}

func (s *Sharing) tick() {
	if !s.visible || s.asked.asked() {
		return
	}
	ask(s.Scope, &s.asked, s.Services.Sharing.State, s.take)
}

func (s *Sharing) take(state control.SharingState, err error) {
	before := *s
	if err != nil {
		s.Problem = problem(s.Words, "sharing", err)
		s.Known, s.Active, s.Line, s.Detail = false, false, s.Problem.Text, ""
	} else {
		s.Problem, s.Known, s.last = nil, true, state
		s.say(state)
	}
	// Nothing is drawn again when nothing reads differently.
	if s.Known != before.Known || s.On != before.On || s.Line != before.Line || s.Detail != before.Detail ||
		s.Sentence != before.Sentence || s.Used != before.Used || s.Active != before.Active {
		s.changed()
	}
}

func (s *Sharing) say(state control.SharingState) {
	w, now := s.Words, s.Now()
	s.On, s.Active = state.On, state.On && state.Reason == ""
	s.Paused = state.Reason == control.ReasonPaused
	s.Warn = state.On && state.Reason != "" && !s.Paused
	s.Used = -1
	s.Detail = w.Say("share.month", "sent", w.Bytes(state.Month))
	if state.MonthCap > 0 {
		s.Used = clamp(float64(state.Month) / float64(state.MonthCap))
		s.Detail = w.Say("share.month.of", "sent", w.Bytes(state.Month), "limit", w.Bytes(state.MonthCap))
	}
	until := ""
	if !state.Until.IsZero() {
		until = w.When(state.Until, now)
	}
	if s.Active {
		s.active(state)
		return
	}
	id := "share.off"
	switch state.Reason {
	case control.ReasonUnasked, control.ReasonOff, "":
	case control.ReasonPaused, control.ReasonCap, control.ReasonSchedule, control.ReasonMetered, control.ReasonOffline:
		id = "share." + state.Reason
	}
	s.Line = w.Say(id+".short", "until", until)
	s.Sentence = w.Say(id, "until", until, "sent", w.Bytes(state.Month), "limit", w.Bytes(state.MonthCap))
}

func (s *Sharing) active(state control.SharingState) {
	w := s.Words
	if state.Serving > 0 && state.Rate > 0 {
		s.Line = w.Count("share.active.short", state.Serving, "rate", w.Rate(state.Rate))
		s.Sentence = w.Count("share.active", state.Serving, "rate", w.Rate(state.Rate))
		return
	}
	s.Line = w.Say("share.idle.short")
	if state.Today == 0 {
		s.Sentence = w.Count("share.idle", state.Videos)
		return
	}
	s.Sentence = w.Count("share.ready", state.Videos, "today", w.Bytes(state.Today))
}

// Switch turns sharing on or off for good.
func (s *Sharing) Switch(on bool) {
	s.tell(func(ctx context.Context) error { return s.Services.Sharing.Consent(ctx, on) })
}

// PauseFor stops sharing for a while.
func (s *Sharing) PauseFor(d time.Duration) { s.pause(s.Now().Add(d)) }

// PauseUntilTomorrow stops sharing until seven in the morning.
func (s *Sharing) PauseUntilTomorrow() {
	t := s.Now().AddDate(0, 0, 1)
	s.pause(time.Date(t.Year(), t.Month(), t.Day(), 7, 0, 0, 0, t.Location()))
}

// Resume ends a pause.
func (s *Sharing) Resume() { s.pause(time.Time{}) }

func (s *Sharing) pause(until time.Time) {
	s.tell(func(ctx context.Context) error { return s.Services.Sharing.Pause(ctx, until) })
}

func (s *Sharing) tell(order func(context.Context) error) {
	ask(s.Scope, &s.told, only(order), func(_ nothing, err error) {
		if err != nil {
			s.Problem = problem(s.Words, "sharing", err)
			s.changed()
			return
		}
		s.asked.stop()
		ask(s.Scope, &s.asked, s.Services.Sharing.State, s.take)
	})
}
