// Package rest is the JSON of PeerTube's REST interface, as plain structs:
// what stands on the wire and nothing else. Servers fill them, clients read
// them; neither rules nor storage are known here.
package rest

import "time"

// Page is one part of a longer list, with the length of the whole.
type Page[T any] struct {
	Total int `json:"total"`
	Data  []T `json:"data"`
}

// NewPage makes a page; a nil slice becomes an empty array on the wire.
func NewPage[T any](total int, data []T) Page[T] {
	if data == nil {
		data = []T{}
	}
	return Page[T]{Total: total, Data: data}
}

// Label is a number or a code with its name in words.
type Label[T any] struct {
	ID    T      `json:"id"`
	Label string `json:"label"`
}

// Time is written as PeerTube writes times: UTC with milliseconds. The zero
// time is null.
type Time time.Time

const timeLayout = "2006-01-02T15:04:05.000Z"

// String is the time as JSON has it, without the quotes.
func (t Time) String() string { return time.Time(t).UTC().Format(timeLayout) }

// MarshalJSON writes the time.
func (t Time) MarshalJSON() ([]byte, error) {
	if time.Time(t).IsZero() {
		return []byte("null"), nil
	}
	return time.Time(t).UTC().AppendFormat(make([]byte, 0, 32), `"`+timeLayout+`"`), nil
}

// UnmarshalJSON reads any time of RFC 3339: some answers of PeerTube carry an
// offset in place of the Z.
func (t *Time) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*t = Time{}
		return nil
	}
	var v time.Time
	if err := v.UnmarshalJSON(b); err != nil {
		return err
	}
	*t = Time(v)
	return nil
}
