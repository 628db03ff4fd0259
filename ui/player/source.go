package player

import (
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// Bounds of a Source.
const (
	maxURL      = 2048
	maxCaptions = 200
	maxDuration = 1000 * time.Hour
)

// token is the part of a path that cannot be guessed.
var token = regexp.MustCompile(`/[A-Za-z0-9_-]{16,}(/|$)`)

// check refuses what does not come from a node on this computer.
func (s Source) check() error {
	if err := checkURL(s.Media); err != nil {
		return err
	}
	if s.Sound != "" {
		if err := checkURL(s.Sound); err != nil {
			return err
		}
	}
	if len(s.Captions) > maxCaptions {
		return fmt.Errorf("%w: %d captions", ErrAddress, len(s.Captions))
	}
	for _, c := range s.Captions {
		if err := checkURL(c); err != nil {
			return err
		}
	}
	return nil
}

// checkURL allows http://127.0.0.1:port/…token… and the same on [::1], in
// plain characters. Names are refused, localhost too: a resolver decides what
// they mean. The error does not repeat the address, which may hold a token.
func checkURL(text string) error {
	u, err := url.Parse(text)
	switch {
	case len(text) > maxURL || err != nil || strings.ContainsFunc(text, odd):
		return fmt.Errorf("%w: malformed", ErrAddress)
	case u.Scheme != "http" || u.User != nil || u.Opaque != "" || u.Fragment != "":
		return fmt.Errorf("%w: not plain http", ErrAddress)
	case !token.MatchString(u.EscapedPath()):
		return fmt.Errorf("%w: no token", ErrAddress)
	}
	at, err := netip.ParseAddrPort(u.Host)
	if err != nil || at.Addr() != netip.AddrFrom4([4]byte{127, 0, 0, 1}) && at.Addr() != netip.IPv6Loopback() {
		return fmt.Errorf("%w: not loopback", ErrAddress)
	}
	return nil
}

// odd characters mean something to a shell or to the lists in mpv's options,
// and no node writes them.
func odd(r rune) bool {
	return r <= ' ' || r > '~' || strings.ContainsRune("\"'`\\<>{}|^;,$", r)
}

// tidy brings the numbers of a Source into their bounds.
func (s Source) tidy() Source {
	s.At = min(max(s.At, 0), maxDuration)
	s.Duration = min(max(s.Duration, 0), maxDuration)
	if s.Live {
		s.At = 0
	}
	if s.Caption < 0 || s.Caption >= len(s.Captions) {
		s.Caption = -1
	}
	return s
}
