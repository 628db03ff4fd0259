package torrent

import (
	"errors"
	"strconv"
)

// value is a bencoded thing of a peer or a tracker.
type value struct {
	text string // of a string
	num  int64  // of an integer
	list []value
	dict map[string]value
}

var errBencode = errors.New("torrent: broken bencoding")

// Bounds of a value.
const (
	maxDepth  = 8
	maxValues = 10_000
)

// bdecode reads one value from the front of b and returns what follows it.
func bdecode(b []byte) (v value, rest []byte, err error) {
	d := decoder{left: maxValues}
	return d.next(b, 0)
}

type decoder struct{ left int }

func (d *decoder) next(b []byte, depth int) (v value, rest []byte, err error) {
	if d.left--; len(b) == 0 || depth > maxDepth || d.left < 0 {
		return v, nil, errBencode
	}
	switch c := b[0]; {
	case c == 'i':
		v.num, rest, err = digits(b[1:], 'e')
		return v, rest, err
	case c == 'l' || c == 'd':
		return d.many(b[1:], c == 'd', depth)
	}
	n, rest, err := digits(b, ':')
	if err != nil || n < 0 || n > int64(len(rest)) {
		return v, nil, errBencode
	}
	v.text = string(rest[:n])
	return v, rest[n:], nil
}

func (d *decoder) many(b []byte, dict bool, depth int) (v value, rest []byte, err error) {
	if dict {
		v.dict = map[string]value{}
	}
	for {
		if len(b) > 0 && b[0] == 'e' {
			return v, b[1:], nil
		}
		var one, key value
		if dict {
			if key, b, err = d.next(b, depth+1); err != nil || key.list != nil || key.dict != nil {
				return v, nil, errBencode
			}
		}
		if one, b, err = d.next(b, depth+1); err != nil {
			return v, nil, err
		}
		if dict {
			v.dict[key.text] = one
		} else {
			v.list = append(v.list, one)
		}
	}
}

// digits reads a number up to end.
func digits(b []byte, end byte) (int64, []byte, error) {
	for i, c := range b[:min(len(b), 21)] {
		if c == end {
			n, err := strconv.ParseInt(string(b[:i]), 10, 64)
			return n, b[i+1:], err
		}
	}
	return 0, nil, errBencode
}
