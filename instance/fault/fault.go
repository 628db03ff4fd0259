// Package fault is the one vocabulary of errors that rules return: what kind
// of thing went wrong, in words a user may read. It knows no protocol; the
// doors translate a kind into a status.
package fault

import (
	"errors"
	"fmt"
	"time"
)

// Kind says which sort of failure an error is.
type Kind int

// The kinds. Internal is the zero value: an error that no rule foresaw.
const (
	Internal Kind = iota
	Invalid
	Unauthorized
	Forbidden
	NotFound
	Gone
	Conflict
	TooLarge
	Unprocessable
	Unsupported
	TooMany
	Unavailable
)

var names = [...]string{
	"internal", "invalid", "unauthorized", "forbidden", "not found", "gone", "conflict",
	"too large", "unprocessable", "unsupported", "too many requests", "unavailable",
}

func (k Kind) String() string {
	if k < 0 || int(k) >= len(names) {
		return "unknown"
	}
	return names[k]
}

// Field is one value of the caller's input that was refused.
type Field struct {
	Name     string
	Value    any
	Message  string
	Location string // "body", "query", "params", "headers"
}

// Error carries a kind and a message that may be shown to the user. It is
// immutable: the With methods return copies.
type Error struct {
	Kind    Kind
	Code    string // PeerTube's machine-readable code, or empty
	Message string
	Fields  []Field
	Retry   time.Duration // when to try again; 0 is unknown
	cause   error
}

// New makes an error of the given kind. A %w verb keeps the cause for errors.Is.
func New(kind Kind, format string, args ...any) *Error {
	err := fmt.Errorf(format, args...)
	return &Error{Kind: kind, Message: err.Error(), cause: errors.Unwrap(err)}
}

func (e *Error) Error() string { return e.Message }

// Unwrap returns the cause given with %w, or nil.
func (e *Error) Unwrap() error { return e.cause }

// WithCode sets the machine-readable code.
func (e *Error) WithCode(code string) *Error {
	c := *e
	c.Code = code
	return &c
}

// WithField adds one refused input value.
func (e *Error) WithField(name string, value any, message, location string) *Error {
	c := *e
	c.Fields = append(append([]Field(nil), e.Fields...), Field{name, value, message, location})
	return &c
}

// WithRetry says when the same request may succeed.
func (e *Error) WithRetry(after time.Duration) *Error {
	c := *e
	c.Retry = after
	return &c
}

// KindOf returns the kind of the first Error in err's chain, else Internal.
func KindOf(err error) Kind {
	if e, ok := As(err); ok {
		return e.Kind
	}
	return Internal
}

// As finds the first Error in err's chain.
func As(err error) (*Error, bool) {
	var e *Error
	ok := errors.As(err, &e)
	return e, ok
}
