package signature

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Skew is how far clocks may differ, as in PeerTube.
const Skew = 30 * time.Minute

// Caps on signature headers.
const (
	maxHeader  = 8 << 10 // bytes
	maxCovered = 32      // parts of the request
	maxParams  = 16
)

// Errors of reading and verifying, for errors.Is.
var (
	ErrUnsigned  = errors.New("signature: the request is not signed")
	ErrMalformed = errors.New("signature: malformed")
	ErrUncovered = errors.New("signature: does not cover what it must")
	ErrStale     = errors.New("signature: made at another time")
	ErrDigest    = errors.New("signature: the digest is not that of the body")
	ErrWrong     = errors.New("signature: does not match")
)

// Claim is what a request says of who signed it. Nothing of it is proven before
// Verify.
type Claim struct {
	KeyID string // an address, or "acct:name@host"
	// Actor is whose key that is as far as its address tells: the part before
	// "#", or before "/main-key". The actor's document decides. It is
	// "acct:name@host" where KeyID is.
	Actor string
	Host  string // the server that the request was signed for
	// RFC9421 is that this is a signature of RFC 9421, not of draft-cavage.
	RFC9421 bool

	algorithm        string
	signature        []byte
	covered          []string
	created, expires int64 // seconds; 0 is none
	r                *http.Request
	params           string // of RFC 9421, as they are signed
}

// Read reads who signed a request and how, a draft-cavage signature first, which
// may stand in Authorization too. It is ErrUnsigned if there is none, and
// ErrUncovered if it leaves out what it must cover: target, host, a time, and
// for all methods but GET and HEAD the digest. The request must stay as it is
// until Verify.
func Read(r *http.Request) (Claim, error) {
	c, err := read(r)
	if err != nil {
		return Claim{}, err
	}
	c.r, c.Host, c.Actor = r, r.Host, owner(c.KeyID)
	if c.Actor == "" {
		return Claim{}, fmt.Errorf("%w: no key", ErrMalformed)
	}
	if len(c.covered) > maxCovered || len(slices.Compact(slices.Sorted(slices.Values(c.covered)))) != len(c.covered) {
		return Claim{}, fmt.Errorf("%w: parts", ErrMalformed)
	}
	return c, c.complete()
}

func read(r *http.Request) (Claim, error) {
	input, sig := r.Header.Values("Signature-Input"), r.Header.Values("Signature")
	if len(input) > 0 && len(sig) > 0 {
		return readRFC9421(strings.Join(input, ", "), strings.Join(sig, ", "))
	}
	auth, isSignature := strings.CutPrefix(r.Header.Get("Authorization"), "Signature ")
	switch {
	case len(sig) == 1:
		return readDraft(strings.TrimPrefix(sig[0], "Signature "))
	case len(sig) > 1:
		return Claim{}, fmt.Errorf("%w: several", ErrMalformed)
	case isSignature:
		return readDraft(auth)
	}
	return Claim{}, ErrUnsigned
}

// complete checks that nothing that changes what the request does is left out.
func (c Claim) complete() error {
	any := func(names ...string) bool {
		return slices.ContainsFunc(names, func(n string) bool { return slices.Contains(c.covered, n) })
	}
	target, host, timed := any("(request-target)"), any("host"), any("date", "(created)")
	digest := any("digest", "content-digest")
	if c.RFC9421 {
		target = any("@target-uri", "@request-target", "@path") && any("@method")
		host, timed = any("@target-uri", "@authority", "host"), c.created != 0
	}
	bodyless := c.r.Method == http.MethodGet || c.r.Method == http.MethodHead
	if !target || !host || !timed || !digest && !bodyless {
		return ErrUncovered
	}
	return nil
}

// timely checks the times that are covered.
func (c Claim) timely(now time.Time, skew time.Duration) error {
	near := func(t time.Time) bool { return t.Sub(now).Abs() <= skew }
	if c.created != 0 && !near(time.Unix(c.created, 0)) || c.expires != 0 && now.After(time.Unix(c.expires, 0)) {
		return ErrStale
	}
	if !slices.Contains(c.covered, "date") {
		return nil
	}
	dates := c.r.Header.Values("Date")
	if len(dates) != 1 {
		return ErrStale
	}
	if t, err := http.ParseTime(dates[0]); err != nil || !near(t) {
		return ErrStale
	}
	return nil
}

// owner is the actor that the address of a key points to.
func owner(keyID string) string {
	if strings.HasPrefix(keyID, "acct:") {
		return keyID
	}
	if !strings.HasPrefix(keyID, "https://") && !strings.HasPrefix(keyID, "http://") {
		return ""
	}
	actor, _, _ := strings.Cut(keyID, "#")
	return strings.TrimSuffix(actor, "/main-key")
}
