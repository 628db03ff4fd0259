package control

import (
	"context"
	"errors"
	"time"
)

// The wire is a POST of the arguments as JSON to /<service>/<question>, answered
// with the value as JSON, or with a failure. Both ends state Version in a
// header, and a caller that states another is told so and nothing else.
const (
	versionHeader = "Vidiverse-Control"
	maxArguments  = 16 << 20 // a .torrent is at most 10 MiB, in base64
	maxAnswer     = 16 << 20 // a Picture is at most 8 MiB, in base64
)

// failure is an error on its way between two processes.
type failure struct {
	Kind string `json:"kind"`
	Text string `json:"text"`
}

// kinds are the errors that keep their identity over the wire.
var kinds = map[string]error{
	"invalid":     ErrInvalid,
	"not-found":   ErrNotFound,
	"forbidden":   ErrForbidden,
	"unavailable": ErrUnavailable,
	"version":     ErrVersion,
	"cancelled":   context.Canceled,
}

func failureOf(err error) failure {
	f := failure{Text: err.Error()}
	for kind, sentinel := range kinds {
		if errors.Is(err, sentinel) {
			f.Kind = kind
		}
	}
	return f
}

// remoteError reads as the other end's error did, and is what it was.
type remoteError struct {
	text string
	kind error // nil: none of ours
}

func (e *remoteError) Error() string { return e.text }
func (e *remoteError) Unwrap() error { return e.kind }

func (f failure) err() error { return &remoteError{f.Text, kinds[f.Kind]} }

// none is the arguments, or the answer, of a question without any.
type none struct{}

// The arguments of questions that have several or a bare one.
type (
	textArgs    struct{ Text string }
	fileArgs    struct{ File []byte }
	pictureArgs struct {
		Ref  Ref
		Name string
	}
	openArgs struct {
		Ref     Ref
		Quality int
	}
	sessionArgs struct {
		ID      string
		At      time.Duration
		Quality int
	}
	consentArgs struct{ Share bool }
	pauseArgs   struct{ Until time.Time }
	mirrorArgs  struct {
		Origin string
		Limit  int64
	}
)
