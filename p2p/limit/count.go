package limit

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"

	"go.etcd.io/bbolt"
)

// Step is how many bytes are counted on disk ahead of sending them.
const Step = 1 << 20

var (
	bucket    = []byte("limit")
	limitsKey = []byte("limits")
	countKey  = []byte("count")
)

// period is a day or a month and the bytes that were sent in it.
type period struct {
	Name  string `json:"name"` // "2026-11-22", "2026-11"
	Bytes int64  `json:"bytes"`
}

// count is what the disk knows of the bytes sent.
type count struct {
	Day    period    `json:"day"`
	Month  period    `json:"month"`
	Other  period    `json:"other,omitzero"`   // the month that was counted before, in case the clock goes back to it
	Behind time.Time `json:"behind,omitzero"`  // when the clock was first seen long before Month
	Ahead  time.Time `json:"ahead,omitzero"`   // or long after it
	Before int64     `json:"before,omitempty"` // Month.Bytes at Ahead
}

const (
	dayName   = "2006-01-02"
	monthName = "2006-01"
	trust     = 24 * time.Hour
)

// turn goes on to the periods of t. A clock that went back starts no month: its
// bytes count in the month that was reached, or in the one that it came from and
// is back in, together with what was sent meanwhile. A clock that is further off
// than the next month is believed when it stays so for a day, for then it was
// wrong before: what was counted of the time that is comes along.
func (c *count) turn(t time.Time) {
	if day := t.Format(dayName); day > c.Day.Name || c.Day.Name > t.AddDate(0, 0, 1).Format(dayName) {
		c.Day = period{Name: day}
	}
	month := t.Format(monthName)
	switch {
	case c.Month.Name == "":
		c.Month.Name = month
	case month == c.Month.Name:
		c.settle()
	case month == c.Other.Name:
		back := c.Month
		if c.Month = c.Other; month < back.Name {
			c.Month.Bytes = sum(c.Month.Bytes, back.Bytes)
		}
		c.Other = back
		c.settle()
	case month > c.Month.Name:
		c.forward(t, month)
	default:
		c.backward(t, month)
	}
}

func (c *count) settle() { c.Behind, c.Ahead, c.Before = time.Time{}, time.Time{}, 0 }

func (c *count) forward(t time.Time, month string) {
	near := month <= following(c.Month.Name)
	switch {
	case near, !c.Ahead.IsZero() && t.Sub(c.Ahead) >= trust:
		next := period{Name: month}
		if !near {
			next.Bytes = max(0, c.Month.Bytes-c.Before)
		}
		c.Month, c.Other = next, c.Month
		c.settle()
	case c.Ahead.IsZero() || t.Before(c.Ahead):
		c.settle()
		c.Ahead, c.Before = t.Round(0), c.Month.Bytes
	}
}

func (c *count) backward(t time.Time, month string) {
	switch {
	case c.Month.Name <= following(month):
		c.settle()
	case c.Behind.IsZero() || t.Before(c.Behind):
		c.settle()
		c.Behind = t.Round(0)
	case t.Sub(c.Behind) >= trust:
		c.Month.Name = month
		c.settle()
	}
}

// following is the month after another.
func following(month string) string {
	t, err := time.Parse(monthName, month)
	if err != nil {
		return month
	}
	return t.AddDate(0, 1, 0).Format(monthName)
}

// monthEnd is when the counted month is over.
func (c *count) monthEnd(in *time.Location) time.Time {
	t, err := time.ParseInLocation(monthName, c.Month.Name, in)
	if err != nil {
		return time.Time{}
	}
	return time.Date(t.Year(), t.Month()+1, 1, 0, 0, 0, 0, in)
}

func (c *count) add(n int64) {
	c.Day.Bytes, c.Month.Bytes = sum(c.Day.Bytes, n), sum(c.Month.Bytes, n)
}

func sum(a, b int64) int64 {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}

func decodeCount(b []byte) (c count, err error) {
	if err = json.Unmarshal(b, &c); err != nil {
		return count{}, fmt.Errorf("the count of bytes sent: %w", err)
	}
	if c.Before < 0 {
		return count{}, fmt.Errorf("the count of bytes sent: %d before a leap", c.Before)
	}
	for _, p := range []struct {
		period
		layout string
	}{{c.Day, dayName}, {c.Month, monthName}, {c.Other, monthName}} {
		if p.period == (period{}) && p.layout == monthName {
			continue // Other is not there at first
		}
		if t, err := time.Parse(p.layout, p.Name); err != nil || t.Format(p.layout) != p.Name || p.Bytes < 0 {
			return count{}, fmt.Errorf("the count of bytes sent: %+v", p.period)
		}
	}
	return c, nil
}

func decodeLimits(b []byte) (l Limits, err error) {
	if err = json.Unmarshal(b, &l); err == nil {
		err = l.check()
	}
	if err != nil {
		return Limits{}, err
	}
	return l, nil
}

func (g *Gate) load() error {
	return g.db.Update(func(tx *bbolt.Tx) error {
		b, err := tx.CreateBucketIfNotExists(bucket)
		if err != nil {
			return err
		}
		if v := b.Get(limitsKey); v != nil {
			if g.limits, err = decodeLimits(v); err != nil {
				g.log.Error("the limits of sharing are damaged: it is off until it is chosen anew", "err", err)
			}
		}
		if v := b.Get(countKey); v != nil {
			if g.sent, err = decodeCount(v); err != nil {
				// Nobody knows any more what was sent: the rest of the month is not risked.
				g.log.Error("the count of bytes sent is damaged: a monthly cap counts as reached", "err", err)
				g.sent.turn(g.local())
				g.sent.Month.Bytes = g.limits.Month
				v, err := json.Marshal(g.sent)
				return errors.Join(err, b.Put(countKey, v))
			}
		}
		return nil
	})
}

func (g *Gate) store(k []byte, value any) error {
	v, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return g.db.Update(func(tx *bbolt.Tx) error { return tx.Bucket(bucket).Put(k, v) })
}
