package viewmodel

import (
	"time"

	"vidiverse/node/control"
)

// Patience of a watch page.
const (
	waitShown   = 500 * time.Millisecond // a shorter wait is not shown
	switchPause = 8 * time.Second        // between two changes of an automatic quality
	maxRetries  = 2                      // of a player that stopped, before people are asked
)

// tick follows the player.
func (v *Watch) tick() {
	if v.session.ID == "" {
		return
	}
	if v.player != nil && !v.busy && v.Problem == nil {
		v.follow(v.player.State())
	}
	if now := v.Now(); now.Sub(v.polled) >= progressPeriod && !v.poll.asked() && v.Problem == nil {
		v.polled = now
		v.pollProgress()
	}
}

func (v *Watch) follow(s PlayerState) {
	if s.Err != nil {
		v.stopped()
		return
	}
	before := *v
	v.Ended = s.Ended
	if v.wish.seek == nil && !s.Seeking && !v.Elsewhere {
		v.Position = s.Position
	}
	if s.Duration > 0 && !v.Live {
		v.Length = s.Duration
	}
	v.wait(s)
	switch {
	case v.Ended != before.Ended || v.Waiting != before.Waiting || v.Length != before.Length:
		v.changed()
	case v.Position/tickPeriod != before.Position/tickPeriod && v.Ticked != nil:
		v.Ticked()
	}
}

// wait shows why nothing moves, if it lasts.
func (v *Watch) wait(s PlayerState) {
	if !s.Buffering || s.Paused || s.Ended {
		v.waitSince, v.Waiting = time.Time{}, ""
		if !s.Buffering && s.Position > 0 {
			v.retries = 0
		}
		return
	}
	now := v.Now()
	if v.waitSince.IsZero() {
		v.waitSince = now
	}
	if now.Sub(v.waitSince) >= waitShown {
		v.Waiting = v.Words.Say("player.waiting")
		if v.Host != "" && v.progress.Peers == 0 {
			v.Waiting = v.Words.Say("player.waiting.server", "host", v.Host)
		}
	}
}

// stopped opens the media again a few times before it bothers people.
func (v *Watch) stopped() {
	if v.retries < maxRetries {
		v.retries++
		v.reload(v.Position)
		return
	}
	v.fail(&Problem{Text: v.Words.Say("player.failed"), Again: true})
}

// adapt changes an automatic quality: down at once when playing waits, up after
// a while.
func (v *Watch) adapt(p control.Progress) {
	s := v.session
	if !s.Auto || p.Suggest <= 0 || p.Suggest == s.Quality || v.open.asked() || v.busy || v.Live {
		return
	}
	worse := p.Suggest < s.Quality && v.Waiting != ""
	if !worse && v.Now().Sub(v.switched) < switchPause {
		return
	}
	v.Choose(0)
}
