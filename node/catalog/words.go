package catalog

import (
	"errors"
	"fmt"
	"time"

	"vidiverse/node/control"
	"vidiverse/node/remote"
	"vidiverse/node/store"
)

// Errors for errors.Is, beside those of remote.
var (
	ErrNotFollowed = errors.New("catalog: not followed")
	ErrUnknown     = errors.New("catalog: not known")
)

func notFollowed(name string, err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("%w: %s", ErrNotFollowed, remote.HostOf(name))
	}
	return err
}

// speaks tells whether the server said something that has a meaning, even no.
func speaks(err error) bool {
	return err == nil || errors.Is(err, remote.ErrGone) || errors.Is(err, remote.ErrClosed) || errors.Is(err, remote.ErrUnsupported)
}

// withdrawn tells whether an error is a server's refusal to show a video.
func withdrawn(err error) bool {
	return errors.Is(err, remote.ErrGone) || errors.Is(err, remote.ErrClosed)
}

// words say for people why an origin gives nothing. How long it has been silent
// is said only where the clock can be believed.
func words(name string, err error, answered, now time.Time) control.Word {
	w := control.Word{ID: control.WordSilent, Host: remote.HostOf(name)}
	silence := now.Sub(answered)
	days := int(silence.Hours() / 24)
	switch {
	case errors.Is(err, remote.ErrBusy):
		w.ID = control.WordBusy
	case errors.Is(err, remote.ErrNotPeerTube):
		w.ID = control.WordStranger
	case errors.Is(err, remote.ErrRefused):
		w.ID = control.WordUseless
	case errors.Is(err, remote.ErrClosed):
		w.ID = control.WordClosed
	case days >= 7 && plausible(now) && plausible(answered):
		w.ID, w.N = control.WordDays, days
	}
	return w
}

// plausible tells whether a clock can be right: a computer without a battery
// begins in 1970, and none of this is older than its own code.
func plausible(at time.Time) bool {
	return at.Year() >= 2026 && at.Year() < 2100
}
