package tracker

import (
	"bytes"
	"unicode/utf8"
)

// Single values of a frame, as JavaScript reads them.

func eventOf(raw []byte) event {
	if !truthy(raw) {
		return update
	}
	switch string(raw) {
	case `"update"`, `"paused"`:
		return update
	case `"started"`:
		return started
	case `"completed"`:
		return completed
	case `"stopped"`:
		return stopped
	}
	return badEvent
}

// truthy is JavaScript's idea of a value that is there.
func truthy(raw []byte) bool {
	switch string(raw) {
	case "", "null", "false", `""`, "0":
		return false
	}
	return true
}

// zero tells whether a JSON number is nought.
func zero(raw []byte) bool {
	if len(raw) == 0 || raw[0] != '-' && raw[0]-'0' > 9 {
		return false
	}
	if e := bytes.IndexAny(raw, "eE"); e >= 0 {
		raw = raw[:e]
	}
	return len(bytes.Trim(raw, "-.0")) == 0
}

// verb is what a client called its action, short enough to send back.
func verb(raw []byte) string {
	if len(raw) == 0 {
		return "undefined"
	}
	raw = bytes.Trim(raw, `"`)
	for i, c := range raw {
		if i == 32 || !plain[c] || c >= 0x7f {
			return string(raw[:i])
		}
	}
	return string(raw)
}

// readID reads a JSON string of twenty code points below U+0100 into dst.
func readID(raw []byte, dst *id) bool {
	if len(raw) < 2 || raw[0] != '"' {
		return false
	}
	raw = raw[1 : len(raw)-1]
	n := 0
	for len(raw) > 0 {
		r, size := codePoint(raw)
		if r > 0xff || n == len(dst) {
			return false
		}
		dst[n] = byte(r)
		n++
		raw = raw[size:]
	}
	return n == len(dst)
}

// codePoint reads the first character of the inside of a checked JSON string.
func codePoint(b []byte) (rune, int) {
	if b[0] != '\\' {
		return utf8.DecodeRune(b)
	}
	switch c := b[1]; c {
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	case 'u':
		r, _ := hex4(b[2:])
		return r, 6
	default:
		return rune(c), 2
	}
}
