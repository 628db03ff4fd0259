package viewmodel

import (
	"context"

	"vidiverse/node/control"
)

// Consent is the question of the first start. Neither answer is chosen before
// the user does.
type Consent struct {
	*Scope
	Title, Text, Cost string
	Terms             []string // what is promised
	Yes, No           string
	Busy              bool
	Problem           *Problem
	Answered          func(share bool) // called when the node keeps the answer

	asked question
}

// Consent opens the question.
func (d *Desk) Consent() *Consent {
	w := d.Words
	return &Consent{
		Scope: d.Scope(),
		Title: w.Say("consent.title"), Text: w.Say("consent.text"), Cost: w.Say("consent.cost"),
		Yes: w.Say("consent.yes"), No: w.Say("consent.no"),
		Terms: []string{w.Say("consent.limits.later"), w.Say("consent.metered"), w.Say("consent.public")},
	}
}

// Load asks for the limits that hold now, to name them.
func (c *Consent) Load() {
	ask(c.Scope, &c.asked, c.Services.Settings.Preferences, func(p control.Preferences, err error) {
		if err == nil {
			c.Terms = c.terms(p)
			c.changed()
		}
	})
}

func (c *Consent) terms(p control.Preferences) []string {
	w := c.Words
	limits := w.Say("consent.limits.later")
	switch {
	case p.UploadRate > 0 && p.MonthCap > 0:
		limits = w.Say("consent.limits", "rate", w.Rate(p.UploadRate), "month", w.Bytes(p.MonthCap))
	case p.UploadRate > 0:
		limits = w.Say("consent.limits.rate", "rate", w.Rate(p.UploadRate))
	case p.MonthCap > 0:
		limits = w.Say("consent.limits.month", "month", w.Bytes(p.MonthCap))
	}
	terms := []string{limits}
	if !p.Metered {
		terms = append(terms, w.Say("consent.metered"))
	}
	return append(terms, w.Say("consent.public"))
}

// Answer keeps what the user chose.
func (c *Consent) Answer(share bool) {
	if c.Busy {
		return
	}
	c.Busy, c.Problem = true, nil
	c.changed()
	ask(c.Scope, &c.asked, only(func(ctx context.Context) error { return c.Services.Sharing.Consent(ctx, share) }),
		func(_ nothing, err error) {
			c.Busy, c.Problem = false, problem(c.Words, "consent", err)
			c.changed()
			if err == nil && c.Answered != nil {
				c.Answered(share)
			}
		})
}
