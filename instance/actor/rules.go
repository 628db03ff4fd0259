package actor

import (
	"strings"
	"unicode/utf8"

	"vidiverse/instance/db"
	"vidiverse/instance/fault"
)

// Name lengths of PeerTube, in characters.
const (
	maxName        = 50
	maxDisplayName = 120
	minText        = 3
	maxText        = 1000
)

// ValidUserName tells whether a new account may have the name: lower-case
// letters, digits and _, with . and - only inside.
func ValidUserName(name string) bool {
	if name == "" || len(name) > maxName {
		return false
	}
	for i := range len(name) {
		switch c := name[i]; {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '_':
		case (c == '.' || c == '-') && i > 0 && i < len(name)-1:
		default:
			return false
		}
	}
	return true
}

// ValidChannelName tells whether a new channel may have the name: letters,
// digits and - _ . :
func ValidChannelName(name string) bool {
	return name != "" && len(name) <= maxName && wordly(name)
}

// wordly tells whether name is of letters, digits and - _ . : alone.
func wordly(name string) bool {
	for i := range len(name) {
		c := name[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !letter && !strings.ContainsRune("-_.:", rune(c)) {
			return false
		}
	}
	return true
}

// CheckDisplayName refuses names that are not 1 to 120 characters of text.
func CheckDisplayName(field, name string) error {
	if strings.TrimSpace(name) == "" || !text(name) || utf8.RuneCountInString(name) > maxDisplayName {
		return fault.New(fault.Invalid, "Should have a display name between 1 and %d characters long", maxDisplayName).
			WithField(field, name, "Should have a display name between 1 and 120 characters long", "body")
	}
	return nil
}

// CheckText refuses descriptions and support texts that are neither absent nor
// 3 to 1000 characters of text. An empty text counts as absent: see Clean.
func CheckText(field string, v *string) error {
	if v = Clean(v); v == nil {
		return nil
	}
	if n := utf8.RuneCountInString(*v); n < minText || n > maxText || !text(*v) {
		return fault.New(fault.Invalid, "Should have a %s between %d and %d characters long", field, minText, maxText).
			WithField(field, *v, "Should have a "+field+" between 3 and 1000 characters long", "body")
	}
	return nil
}

// Clean makes an empty text an absent one.
func Clean(v *string) *string {
	if v == nil || *v == "" {
		return nil
	}
	return v
}

// text tells whether both databases can hold s: PostgreSQL refuses NUL.
func text(s string) bool { return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 }

// Findable tells whether a name from outside can stand in a query at all:
// short, valid UTF-8 and without NUL. What is not findable is not found.
func Findable(name string) bool { return len(name) <= 1000 && text(name) }

// TrimName makes a display name of what another server sent.
func TrimName(name, otherwise string) string {
	name = cut(strings.TrimSpace(db.Storable(name)), maxDisplayName)
	if name == "" {
		return otherwise
	}
	return name
}

// TrimText makes a description or support text of what another server sent.
func TrimText(v *string) *string {
	if v = Clean(v); v == nil {
		return nil
	}
	short := cut(db.Storable(*v), maxText)
	return Clean(&short)
}

// cut takes the first n characters.
func cut(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}
