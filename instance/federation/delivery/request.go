package delivery

import (
	"bytes"
	"context"
	"crypto/rsa"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"

	"vidiverse/instance/actor"
	"vidiverse/instance/fault"
	"vidiverse/instance/signature"
	"vidiverse/p2p/guard"
)

// outcome is what became of one request.
type outcome int

const (
	taken   outcome = iota
	refused         // for good: another attempt would meet the same answer
	failed          // over this activity; the host itself is there
	down            // the host is not there, or wants to be left alone
)

const (
	maxAnswer = 16 << 10 // bytes read of an answer, for the connection's sake
	maxWait   = 24 * time.Hour
)

// signing is what a request is made of.
type signing struct {
	body  []byte
	keyID string
	key   *rsa.PrivateKey
}

// material reads what is to be sent. Nothing of it is the host's fault; over says
// that it need not be sent any more.
func (s *Service) material(ctx context.Context, o one) (m signing, over bool, err error) {
	if m.body, err = s.body(ctx, o.outbound); errors.Is(err, sql.ErrNoRows) {
		return m, true, nil // something later took its place
	}
	if err != nil {
		return m, false, err
	}
	m.key, m.keyID, err = s.cfg.Keys.PrivateKey(ctx, actor.ID(o.actor))
	if fault.KindOf(err) == fault.NotFound {
		return m, true, nil
	}
	if err != nil {
		return m, false, fmt.Errorf("key of actor %d: %w", o.actor, err)
	}
	return m, false, nil
}

// request posts an activity to an inbox, and says what became of it and how long
// the host asked to wait.
func (s *Service) request(ctx context.Context, host int64, o one, m signing) (outcome, time.Duration, error) {
	leave, err := s.lanes.enter(ctx, s.patience())
	if err != nil {
		return down, 0, err
	}
	defer leave()
	limited, cancel := context.WithTimeout(ctx, s.cfg.Timeout)
	defer cancel()
	r, err := http.NewRequestWithContext(limited, http.MethodPost, o.inbox, bytes.NewReader(m.body))
	if err != nil {
		return refused, 0, err
	}
	r.Header.Set("Content-Type", contentType)
	r.Header.Set("Accept", accept)
	if err := signature.Sign(r, m.keyID, m.key, m.body, time.Now()); err != nil {
		return refused, 0, err
	}
	began := time.Now()
	res, err := s.cfg.Client.Do(r)
	s.measured(host, time.Since(began))
	if err != nil {
		return unreached(err), 0, err
	}
	s.answered(time.Since(began))
	_, _ = io.CopyN(io.Discard, res.Body, maxAnswer) // what is left closes the connection
	_ = res.Body.Close()                             // as above
	if res.StatusCode/100 == 2 {
		return taken, 0, nil
	}
	return judge(res.StatusCode), retryAfter(res.Header.Get("Retry-After"), s.cfg.Now()), fmt.Errorf("post to %s: status %d", r.URL.Host, res.StatusCode)
}

// The headers that PeerTube sends.
const (
	contentType = `application/activity+json`
	accept      = `application/activity+json, application/ld+json`
)

// unreached tells addresses that we will never ask from hosts that are away.
func unreached(err error) outcome {
	if errors.Is(err, guard.ErrURL) || errors.Is(err, guard.ErrAddress) {
		return refused
	}
	return down
}

// judge says what a status means. 401 is what servers answer that cannot fetch
// our key just now.
func judge(status int) outcome {
	switch status {
	case http.StatusUnauthorized, http.StatusInternalServerError:
		return failed
	case http.StatusRequestTimeout, http.StatusTooManyRequests:
		return down
	}
	if status >= 500 && status != http.StatusNotImplemented {
		return down
	}
	return refused
}

// retryAfter reads seconds, or a date; 0 is neither, or over.
func retryAfter(h string, now time.Time) time.Duration {
	h = strings.TrimSpace(h)
	if at, err := http.ParseTime(h); err == nil {
		return min(max(at.Sub(now), 0), maxWait)
	}
	n, err := strconv.Atoi(h)
	if err != nil || n < 0 {
		return 0
	}
	return min(time.Duration(min(n, 1<<20))*time.Second, maxWait)
}

func jitter(d time.Duration) time.Duration { return d - d/8 + rand.N(d/4) }

// creator is the actor whose key it is: linked-data signatures name that alone.
func creator(keyID string) string {
	url, _, _ := strings.Cut(keyID, "#")
	return url
}

// Activities that are under way to many hosts at once.
const (
	maxBodies = 64
	maxKept   = 128 << 10 // bytes of one; longer ones are read each time
)

// body reads an activity, once for all its inboxes as long as they are served at
// about the same time.
func (s *Service) body(ctx context.Context, outbound int64) ([]byte, error) {
	s.mu.Lock()
	b, ok := s.bodies[outbound]
	s.mu.Unlock()
	if ok {
		return b, nil
	}
	b, err := s.store.body(ctx, outbound)
	if err != nil || len(b) > maxKept {
		return b, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.bodies) >= maxBodies {
		clear(s.bodies)
	}
	s.bodies[outbound] = b
	return b, nil
}
