// Package bencoded reads bencoded dictionaries of strangers (BEP 3).
//
// github.com/anacrolix/torrent/bencode reads them. It goes as deep and takes as
// much memory as it is told to, lets a key stand twice, and panics on some
// input: a walk over the bytes that allocates next to nothing comes first, and a
// recover around it.
package bencoded

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/anacrolix/torrent/bencode"
)

// Bounds are what a dictionary may be made of.
type Bounds struct {
	Depth  int // of one thing in another
	Values int // all in all, keys too
	List   int // of one list
}

// ErrBroken is any reason not to take bytes.
var ErrBroken = errors.New("broken bencoding")

// Read reads the dictionary at the front of b into v, a pointer as
// bencode.Unmarshal takes it, and returns what follows it.
func Read(b []byte, v any, most Bounds) (rest []byte, err error) {
	if len(b) == 0 || b[0] != 'd' {
		return nil, fmt.Errorf("%w: no dictionary", ErrBroken)
	}
	w := walk{most: most, left: most.Values}
	if rest, err = w.value(b, 0); err != nil {
		return nil, err
	}
	defer func() {
		if p := recover(); p != nil {
			rest, err = nil, fmt.Errorf("%w: %v", ErrBroken, p)
		}
	}()
	if err := bencode.Unmarshal(b[:len(b)-len(rest)], v); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBroken, err)
	}
	return rest, nil
}

// walk goes over a value and keeps nothing of it.
type walk struct {
	most Bounds
	left int // values
}

func (w *walk) value(b []byte, depth int) (rest []byte, err error) {
	if w.left--; len(b) == 0 || w.left < 0 || depth > w.most.Depth {
		return nil, ErrBroken
	}
	switch b[0] {
	case 'i':
		_, rest, err = number(b[1:], 'e')
	case 'l':
		return w.list(b[1:], depth)
	case 'd':
		return w.dict(b[1:], depth)
	default:
		_, rest, err = text(b)
	}
	return rest, err
}

func (w *walk) list(b []byte, depth int) (rest []byte, err error) {
	for n := 0; len(b) > 0 && b[0] != 'e'; n++ {
		if n == w.most.List {
			return nil, fmt.Errorf("%w: a list too long", ErrBroken)
		}
		if b, err = w.value(b, depth+1); err != nil {
			return nil, err
		}
	}
	return end(b)
}

// dict refuses a key that comes twice: it would mean one thing to us and another
// to the next program. Torrents whose keys are not in order exist.
func (w *walk) dict(b []byte, depth int) (rest []byte, err error) {
	var keys [][]byte
	for len(b) > 0 && b[0] != 'e' {
		var key []byte
		if key, b, err = text(b); err != nil {
			return nil, err
		}
		w.left--
		if b, err = w.value(b, depth+1); err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	slices.SortFunc(keys, bytes.Compare)
	if len(slices.CompactFunc(keys, bytes.Equal)) < len(keys) {
		return nil, fmt.Errorf("%w: two values of a key", ErrBroken)
	}
	return end(b)
}

func end(b []byte) ([]byte, error) {
	if len(b) == 0 {
		return nil, ErrBroken
	}
	return b[1:], nil
}

func text(b []byte) (s, rest []byte, err error) {
	n, rest, err := number(b, ':')
	if err != nil || n < 0 || n > int64(len(rest)) {
		return nil, nil, ErrBroken
	}
	return rest[:n], rest[n:], nil
}

// number reads decimal digits up to last; the one way to write each number.
func number(b []byte, last byte) (n int64, rest []byte, err error) {
	const longest = len("-9223372036854775808")
	i := bytes.IndexByte(b[:min(len(b), longest+1)], last)
	if i < 0 {
		return 0, nil, ErrBroken
	}
	n, err = strconv.ParseInt(string(b[:i]), 10, 64)
	if err != nil || strconv.FormatInt(n, 10) != string(b[:i]) {
		return 0, nil, ErrBroken
	}
	return n, b[i+1:], nil
}
