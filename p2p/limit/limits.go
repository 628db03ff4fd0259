package limit

import (
	"errors"
	"fmt"
	"time"
)

// ErrInvalid is a limit that cannot be; the message names it.
var ErrInvalid = errors.New("limit: not valid")

// Limits are what the user allows. The zero value allows nothing.
type Limits struct {
	Asked       bool      `json:"asked"` // the question was answered
	On          bool      `json:"on"`    // with yes
	Rate        int64     `json:"rate"`  // bytes a second; 0: no limit
	Month       int64     `json:"month"` // bytes in a calendar month; 0: no limit
	From        string    `json:"from"`  // "23:00"; empty From and To, or the same: always
	To          string    `json:"to"`    // before From: of the next day
	Metered     bool      `json:"metered"`
	PausedUntil time.Time `json:"pausedUntil,omitzero"`
}

func (l Limits) check() error {
	if l.Rate < 0 || l.Month < 0 {
		return fmt.Errorf("%w: a negative number of bytes", ErrInvalid)
	}
	_, err := l.hours()
	return err
}

// hours are the minutes of the day between which sharing may go on.
type hours struct{ from, to int }

func (l Limits) hours() (h hours, err error) {
	if l.From == "" && l.To == "" {
		return h, nil
	}
	if h.from, err = minute(l.From); err == nil {
		h.to, err = minute(l.To)
	}
	return h, err
}

func minute(text string) (int, error) {
	t, err := time.Parse("15:04", text)
	if err != nil {
		return 0, fmt.Errorf("%w: %q is not an hour as 23:00", ErrInvalid, text)
	}
	return t.Hour()*60 + t.Minute(), nil
}

// allow says whether t is within the hours, and when that changes next. They
// are read off the clock on the wall, so that they mean the same in summer.
func (h hours) allow(t time.Time) (ok bool, until time.Time) {
	if h.from == h.to {
		return true, time.Time{}
	}
	at := t.Hour()*60 + t.Minute()
	if ok = h.from <= at && at < h.to; h.to < h.from {
		ok = at >= h.from || at < h.to
	}
	edge := h.from
	if ok {
		edge = h.to
	}
	until = time.Date(t.Year(), t.Month(), t.Day(), edge/60, edge%60, 0, 0, t.Location())
	if !until.After(t) {
		until = time.Date(t.Year(), t.Month(), t.Day()+1, edge/60, edge%60, 0, 0, t.Location())
	}
	return ok, until
}
