package viewmodel

import (
	"context"
	"fmt"
	"math"
	"time"

	"vidiverse/node/control"
	"vidiverse/ui/viewmodel/words"
)

// givingPeriod is how often what is given is asked for while the page is open.
const givingPeriod = 2 * time.Second

// Most rows of each list of the page.
const (
	givingRows   = 20
	givingEvents = 50
)

// GivingRow is a sum, and the way to what it is made of.
type GivingRow struct {
	Title, Text string
	Part        float64 // of all that was sent
	Query       control.EventQuery
}

// EventRow is something that happened.
type EventRow struct{ Title, Text string }

// Giving is the page of what was given: by transport, by video, to whom, and
// the events behind each number.
type Giving struct {
	*Scope
	Sentence string // how it goes, and why not more
	Useful   string // how much of what was sent helped somebody; empty: nothing was sent
	Ways     []GivingRow
	Videos   []GivingRow
	Peers    []GivingRow
	About    string // what the events are of
	Events   []EventRow
	Loaded   bool
	Problem  *Problem

	query     control.EventQuery
	asked     question
	listening question
}

// Giving opens the page and keeps it fresh.
func (d *Desk) Giving() *Giving {
	v := &Giving{Scope: d.Scope()}
	every(v.Scope, givingPeriod, func() {
		if v.Loaded && !v.asked.asked() {
			v.Load()
		}
	})
	return v
}

// Load asks for all numbers at once.
func (v *Giving) Load() {
	type answer struct {
		state control.SharingState
		use   control.Use
		peers []control.Peer
	}
	ask(v.Scope, &v.asked, func(ctx context.Context) (a answer, err error) {
		if a.state, err = v.Services.Sharing.State(ctx); err != nil {
			return a, err
		}
		if a.use, err = v.Services.Sharing.Use(ctx); err != nil {
			return a, err
		}
		a.peers, err = v.Services.Sharing.Peers(ctx)
		return a, err
	}, func(a answer, err error) {
		before := *v
		v.Loaded, v.Problem = true, problem(v.Words, "sharing", err)
		if err == nil {
			v.take(a.state, a.use, a.peers)
		}
		if err != nil || !before.Loaded || before.Sentence != v.Sentence || before.Useful != v.Useful || !same(before.Ways, v.Ways) || !same(before.Videos, v.Videos) || !same(before.Peers, v.Peers) {
			v.changed()
		}
		v.listen()
	})
}

func (v *Giving) take(state control.SharingState, use control.Use, peers []control.Peer) {
	w := v.Words
	v.Sentence = v.say(state)
	total, vain := int64(0), int64(0)
	for _, t := range use.Transports {
		total, vain = total+t.Sent, vain+t.Vain
	}
	v.Useful = v.useful(total, vain)
	v.Ways, v.Videos, v.Peers = nil, nil, nil
	for _, t := range use.Transports {
		if t.Connections == 0 {
			continue
		}
		text := w.Count("giving.way", t.Open, "sent", w.Bytes(t.Sent), "line", w.Bytes(t.Line))
		v.Ways = append(v.Ways, GivingRow{Title: v.way(t.Transport), Text: v.refusals(text, t.Refused), Part: part(t.Sent, total), Query: control.EventQuery{Transport: t.Transport}})
	}
	for _, f := range use.Videos[:min(len(use.Videos), givingRows)] {
		text := w.Say("giving.video", "sent", w.Bytes(f.Sent), "line", w.Bytes(f.Line))
		v.Videos = append(v.Videos, GivingRow{Title: v.title(f.Title), Text: v.refusals(text, f.Refused), Part: part(f.Sent, total), Query: control.EventQuery{Video: f.Video}})
	}
	for _, p := range peers[:min(len(peers), givingRows)] {
		row := GivingRow{Title: w.Say("giving.peer", "id", w.Number(int64(p.ID))), Query: control.EventQuery{Peer: p.ID}, Part: part(p.Sent, total)}
		row.Text = w.Say("giving.peer.text", "way", v.way(p.Transport), "sent", w.Bytes(p.Sent), "time", words.Clock(v.Now().Sub(p.Since)), "title", v.title(p.Title), "address", words.Clean(p.Address, 60))
		v.Peers = append(v.Peers, row)
	}
}

// useful is how much of all that was sent helped somebody. What was lost is not
// rounded away.
func (v *Giving) useful(sent, vain int64) string {
	if sent <= 0 {
		return ""
	}
	if vain = min(max(vain, 0), sent); vain == 0 {
		return v.Words.Say("giving.useful.all")
	}
	helped := math.Floor(100*part(sent-vain, sent)) / 100
	return v.Words.Say("giving.useful", "part", v.Words.Percent(helped), "vain", v.Words.Bytes(vain))
}

func part(n, of int64) float64 {
	if of <= 0 {
		return 0
	}
	return clamp(float64(n) / float64(of))
}

// say is how it goes now, and why not more.
func (v *Giving) say(state control.SharingState) string {
	w := v.Words
	switch state.Why {
	case control.WhyNobody, control.WhyViewers, control.WhyRate, control.WhyHouse:
		return w.Say("giving.why."+state.Why, "rate", w.Rate(state.Rate))
	}
	return w.Say("giving.stopped")
}

func (v *Giving) refusals(text string, n int64) string {
	if n == 0 {
		return text
	}
	return text + " · " + v.Words.Count("giving.refused", int(min(n, 1<<30)))
}

func (v *Giving) way(transport string) string {
	if id := "giving.by." + transport; v.Words.Has(id) {
		return v.Words.Say(id)
	}
	return words.Clean(transport, 40)
}

func (v *Giving) title(text string) string {
	if text = words.Clean(text, titleRunes); text == "" {
		return v.Words.Say("card.untitled")
	}
	return text
}

// Explain shows what a number is made of.
func (v *Giving) Explain(row GivingRow) {
	v.query, v.About, v.Events = row.Query, row.Title, nil
	v.changed()
	v.listen()
}

func (v *Giving) listen() {
	q := v.query
	if q == (control.EventQuery{}) {
		return
	}
	q.Count = givingEvents
	ask(v.Scope, &v.listening, func(ctx context.Context) ([]control.Event, error) { return v.Services.Sharing.Events(ctx, q) },
		func(events []control.Event, err error) {
			before := v.Events
			v.Events = nil
			for i := range events { // the newest first
				v.Events = append(v.Events, v.event(events[len(events)-1-i]))
			}
			if err != nil {
				v.Problem = problem(v.Words, "sharing", err)
			}
			if err != nil || !same(before, v.Events) {
				v.changed()
			}
		})
}

func (v *Giving) event(e control.Event) EventRow {
	w := v.Words
	row := EventRow{Title: w.Say("giving.peer", "id", w.Number(int64(e.Peer)))}
	took := fmt.Sprintf("%s s", w.Decimal(float64(e.Took.Milliseconds()/100)/10))
	switch e.Kind {
	case control.EventOpened:
		row.Title = w.Say("event.opened", "peer", row.Title)
	case control.EventGave:
		row.Title = w.Say("event.gave", "peer", row.Title, "size", w.Bytes(e.Bytes), "time", took)
	case control.EventRefused:
		row.Title = w.Count("event.refused", e.Times, "peer", row.Title, "why", v.why(e.Reason))
	case control.EventClosed:
		row.Title = w.Say("event.closed", "peer", row.Title, "size", w.Bytes(e.Bytes), "time", words.Clock(e.Took))
	}
	row.Text = e.At.Local().Format("15:04:05") + " · " + v.way(e.Transport)
	if e.Title != "" {
		row.Text += " · " + v.title(e.Title)
	}
	return row
}

// why says why somebody was refused: for a reason of their own, or for one that
// stops all sharing.
func (v *Giving) why(reason string) string {
	switch reason {
	case "absent", "busy", "greedy", "failed":
		return v.Words.Say("refused." + reason)
	}
	if id := "refused.stopped." + reason; v.Words.Has(id) {
		return v.Words.Say(id)
	}
	return words.Clean(reason, 40)
}
