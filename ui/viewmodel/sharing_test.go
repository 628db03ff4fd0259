package viewmodel_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"vidiverse/node/control"
	"vidiverse/ui/uitest"
	"vidiverse/ui/viewmodel"
)

type uitestNode = uitest.Node

// Nobody is asked twice, nothing is chosen before, and the answer reaches the node.
func TestConsent(t *testing.T) {
	t.Parallel()
	for _, share := range []bool{true, false} {
		s := open(t)
		s.node.State = control.SharingState{Reason: control.ReasonUnasked}
		c := s.desk.Consent()
		answered := 0
		c.Answered = func(got bool) {
			if got != share {
				t.Errorf("got %v, want %v", got, share)
			}
			answered++
		}
		c.Load()
		s.Until(t, "the limits are named", func() bool { return strings.Contains(c.Terms[0], "200") })
		if log := s.node.Log(); slices.ContainsFunc(log, func(q string) bool { return strings.HasPrefix(q, "consent") }) {
			t.Errorf("the node was told %q before anybody answered", log)
		}
		c.Answer(share)
		c.Answer(!share) // a second press of a busy page
		s.Until(t, "the answer is kept", func() bool { return answered == 1 })
		if s.node.State.On != share {
			t.Errorf("the node shares: %v, want %v", s.node.State.On, share)
		}
	}
}

// What is promised is what holds: without limits none is promised.
func TestConsentPromisesWhatHolds(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.node.Prefs = control.Preferences{Metered: true}
	c := s.desk.Consent()
	loaded := false
	c.Changed = func() { loaded = true }
	c.Load()
	s.Until(t, "the settings are there", func() bool { return loaded })
	if len(c.Terms) != 2 || strings.Contains(c.Terms[0], "At most") {
		t.Errorf("got %q", c.Terms)
	}
}

// The state is asked for once a second at most, not at all while nobody looks,
// and a window in which nothing changes is not drawn again.
func TestSharingIsAskedWhileSeen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		node := uitest.New()
		loop := make(chan func(), 64)
		desk := viewmodel.New(t.Context(), viewmodel.Config{Services: node.Services(), Dispatch: func(do func()) { loop <- do }})
		v := desk.Sharing()
		changes := 0
		v.Changed = func() { changes++ }
		run := func(d time.Duration) (asked int) {
			node.Log()
			end := time.After(d)
			for {
				select {
				case do := <-loop:
					do()
				case <-end:
					return len(node.Log())
				}
			}
		}
		if n := run(10 * time.Second); n != 0 {
			t.Errorf("hidden: the node was asked %d times", n)
		}
		v.Show(true)
		if n := run(10 * time.Second); n < 9 || n > 12 {
			t.Errorf("seen for 10 s: the node was asked %d times", n)
		}
		if changes != 1 {
			t.Errorf("nothing changed, and the strip was drawn %d times", changes)
		}
		v.Show(false)
		run(2 * time.Second)
		if n := run(10 * time.Second); n != 0 {
			t.Errorf("hidden again: the node was asked %d times", n)
		}
		v.Close()
		run(2 * time.Second)
	})
}

func TestSharingSaysWhy(t *testing.T) {
	t.Parallel()
	s := open(t)
	v := s.desk.Sharing()
	v.Show(true)
	s.Until(t, "the state is known", func() bool { return v.Known })
	if v.Line != "↑ 1.2\u00a0MB/s to 4 people" || v.Detail != "41\u00a0GB of 200\u00a0GB this month" || !v.Active {
		t.Errorf("got %q, %q", v.Line, v.Detail)
	}
	lines := map[string]bool{v.Line: true}
	for _, reason := range []string{control.ReasonOff, control.ReasonPaused, control.ReasonCap, control.ReasonSchedule, control.ReasonMetered, control.ReasonOffline} {
		s.node.Do(func(n *uitestNode) { n.State.Reason, n.State.Until = reason, uitest.When.Add(time.Hour) })
		v.Show(true)
		s.Until(t, reason+" is said", func() bool { return !lines[v.Line] })
		lines[v.Line] = true
		if v.Active || v.Sentence == "" || strings.ContainsAny(v.Sentence+v.Line, "{}") {
			t.Errorf("%s: got %q, %q", reason, v.Line, v.Sentence)
		}
	}
	v.Resume()
	s.Until(t, "sharing goes on", func() bool { return v.Active })
	v.PauseFor(time.Hour)
	s.Until(t, "sharing is paused", func() bool { return v.Paused })
	v.Switch(false)
	s.Until(t, "sharing is off", func() bool { return !v.On })
}

func TestSettings(t *testing.T) {
	t.Parallel()
	s := open(t)
	v := s.desk.Settings()
	v.Load()
	s.Until(t, "the form is filled", func() bool { return v.Month == "200" && !v.Loading })
	if v.Dirty() {
		t.Error("a form that nobody touched is unsaved")
	}
	v.Rate, v.Hours, v.From, v.To = "fast", true, "25:00", "7"
	v.Save()
	if v.Wrong["rate"] == "" || v.Wrong["hours"] == "" || v.Saving {
		t.Errorf("got %v", v.Wrong)
	}
	v.Rate, v.From, v.To, v.Theme = "1,5", "23:00", "07:00", "dark"
	saved := false
	v.Saved = func(control.Preferences) { saved = true }
	v.Save()
	s.Until(t, "the form is kept", func() bool { return saved })
	if p := s.node.Prefs; p.UploadRate != 1_500_000 || p.From != "23:00" || p.Theme != "dark" || v.Dirty() {
		t.Errorf("got %+v", p)
	}
}

func TestMirrors(t *testing.T) {
	t.Parallel()
	s := open(t)
	v := s.desk.Mirrors()
	v.Load()
	s.Until(t, "both servers are listed", func() bool { return len(v.Rows) == 2 })
	if !v.Rows[0].Helping || v.Rows[1].Helping || v.Rows[0].Text != "20 videos, 31\u00a0GB of 50\u00a0GB." {
		t.Errorf("got %+v", v.Rows)
	}
	v.Keep(v.Rows[1], "a lot")
	if v.Wrong == "" {
		t.Error("a size that is none is taken")
	}
	v.Keep(v.Rows[1], "5")
	s.Until(t, "both help", func() bool { return v.Rows[1].Helping && v.Rows[1].Limit == 5e9 })
	v.Leave(v.Rows[0])
	s.Until(t, "one is left", func() bool { return !v.Rows[0].Helping })

	h := s.desk.Holdings()
	h.Load()
	s.Until(t, "the library is there", func() bool { return len(h.Rows) == 6 })
	if h.Summary != "6 videos · 8.4\u00a0GB" {
		t.Errorf("got %q", h.Summary)
	}
}
