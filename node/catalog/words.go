package catalog

import (
	"errors"
	"fmt"
	"time"

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
func words(name string, err error, answered, now time.Time) string {
	host := remote.HostOf(name)
	switch {
	case errors.Is(err, remote.ErrBusy):
		return host + " was asked often in the last minute, and is left alone for a while"
	case errors.Is(err, remote.ErrNotPeerTube):
		return host + " answers, but not as a PeerTube"
	case errors.Is(err, remote.ErrRefused):
		return host + " gives answers that cannot be used"
	case errors.Is(err, remote.ErrClosed):
		return host + " does not let this computer in"
	}
	silence := now.Sub(answered)
	if days := int(silence.Hours() / 24); days >= 7 && plausible(now) && plausible(answered) {
		return fmt.Sprintf("%s has not answered for %d days; what is kept of it stays", host, days)
	}
	return host + " does not answer now"
}

// plausible tells whether a clock can be right: a computer without a battery
// begins in 1970, and none of this is older than its own code.
func plausible(at time.Time) bool {
	return at.Year() >= 2026 && at.Year() < 2100
}
