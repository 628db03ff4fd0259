package user

import (
	"strings"
	"sync"
	"time"

	"vidiverse/instance/fault"
)

const (
	failureWindow = 5 * time.Minute
	maxFailures   = 30      // wrong passwords for one name in a window, from anywhere
	maxNames      = 100_000 // bounds the memory; the whole count starts anew then
)

// throttle slows guessing of one user's password from many addresses; one
// address is held back at the door. It counts names that do not exist too, so
// that it does not tell which do.
type throttle struct {
	now func() time.Time

	mu    sync.Mutex
	names map[string]failures
}

type failures struct {
	count int
	ends  time.Time
}

func newThrottle(now func() time.Time) *throttle {
	return &throttle{now: now, names: make(map[string]failures)}
}

// check is a fault.TooMany, with the time to wait, for a name under attack.
func (t *throttle) check(name string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	f := t.names[strings.ToLower(name)]
	if left := f.ends.Sub(t.now()); f.count >= maxFailures && left > 0 {
		return fault.New(fault.TooMany, "Too many failed log-ins for this user, please try again later.").WithRetry(left)
	}
	return nil
}

func (t *throttle) failed(name string) {
	name = strings.ToLower(name)
	now := t.now()
	t.mu.Lock()
	defer t.mu.Unlock()
	f := t.names[name]
	if !now.Before(f.ends) {
		f = failures{ends: now.Add(failureWindow)}
	}
	f.count++
	if len(t.names) >= maxNames {
		t.sweep(now)
	}
	t.names[name] = f
}

func (t *throttle) sweep(now time.Time) {
	for name, f := range t.names {
		if !now.Before(f.ends) {
			delete(t.names, name)
		}
	}
	if len(t.names) >= maxNames {
		clear(t.names)
	}
}

func (t *throttle) succeeded(name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.names, strings.ToLower(name))
}
