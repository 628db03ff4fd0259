package metainfo

import (
	"errors"
	"fmt"
	"math"
	"strconv"
)

// value is one bencoded thing. Containers are not unfolded: raw is walked again
// by dict and list, so nothing is allocated for what nobody asks.
type value struct {
	kind byte   // 'i' integer, 's' string, 'l' list, 'd' dictionary
	raw  []byte // with its own brackets
	text []byte // of a string
	num  int64  // of an integer
}

// maxDepth is more than any known torrent nests: a torrent that holds a list of
// files that hold a list of names needs six.
const maxDepth = 12

var errBencode = errors.New("metainfo: broken bencoding")

// next reads one value from the front of b.
func next(b []byte, depth int) (v value, rest []byte, err error) {
	if len(b) == 0 || depth > maxDepth {
		return v, nil, errBencode
	}
	switch c := b[0]; {
	case c == 'i':
		return integer(b)
	case c >= '0' && c <= '9':
		return text(b)
	case c == 'l' || c == 'd':
		return container(b, depth)
	}
	return v, nil, errBencode
}

func integer(b []byte) (value, []byte, error) {
	n, rest, err := number(b[1:], 'e', true)
	if err != nil {
		return value{}, nil, err
	}
	return value{kind: 'i', raw: b[:len(b)-len(rest)], num: n}, rest, nil
}

// number reads decimal digits up to end; the one way to write each number.
func number(b []byte, end byte, signed bool) (n int64, rest []byte, err error) {
	for i, c := range b {
		if c == end {
			n, err = strconv.ParseInt(string(b[:i]), 10, 64)
			if err != nil || strconv.FormatInt(n, 10) != string(b[:i]) || (n < 0 && !signed) {
				return 0, nil, errBencode
			}
			return n, b[i+1:], nil
		}
		if i > 20 {
			break
		}
	}
	return 0, nil, errBencode
}

func text(b []byte) (value, []byte, error) {
	n, rest, err := number(b, ':', false)
	if err != nil || n > int64(len(rest)) || n > math.MaxInt32 {
		return value{}, nil, errBencode
	}
	return value{kind: 's', raw: b[:len(b)-len(rest)+int(n)], text: rest[:n]}, rest[n:], nil
}

func container(b []byte, depth int) (value, []byte, error) {
	rest := b[1:]
	for i := 0; ; i++ {
		if len(rest) > 0 && rest[0] == 'e' {
			if b[0] == 'd' && i%2 == 1 {
				return value{}, nil, errBencode
			}
			rest = rest[1:]
			return value{kind: b[0], raw: b[:len(b)-len(rest)]}, rest, nil
		}
		v, r, err := next(rest, depth+1)
		if err != nil || (b[0] == 'd' && i%2 == 0 && v.kind != 's') {
			return value{}, nil, errBencode
		}
		rest = r
	}
}

// list calls f for each element of v, which next has accepted.
func (v value) list(f func(value) error) error {
	if v.kind != 'l' {
		return errBencode
	}
	for rest := v.raw[1:]; rest[0] != 'e'; {
		e, r, err := next(rest, 0)
		if err != nil {
			return err
		}
		if err := f(e); err != nil {
			return err
		}
		rest = r
	}
	return nil
}

// dict finds the wanted keys of v, which next has accepted. A key that comes
// twice would mean one thing to us and another to the next program.
func (v value) dict(keys ...string) (map[string]value, error) {
	if v.kind != 'd' {
		return nil, errBencode
	}
	found := make(map[string]value, len(keys))
	for rest := v.raw[1:]; rest[0] != 'e'; {
		k, r, err := next(rest, 0)
		if err != nil {
			return nil, err
		}
		e, r, err := next(r, 0)
		if err != nil {
			return nil, err
		}
		rest = r
		for _, want := range keys {
			if string(k.text) != want {
				continue
			}
			if _, twice := found[want]; twice {
				return nil, fmt.Errorf("metainfo: two values of %q", want)
			}
			found[want] = e
		}
	}
	return found, nil
}

func appendText(b []byte, s string) []byte {
	b = strconv.AppendInt(b, int64(len(s)), 10)
	return append(append(b, ':'), s...)
}

func appendInt(b []byte, n int64) []byte {
	return append(strconv.AppendInt(append(b, 'i'), n, 10), 'e')
}

func appendTexts(b []byte, list []string) []byte {
	b = append(b, 'l')
	for _, s := range list {
		b = appendText(b, s)
	}
	return append(b, 'e')
}
