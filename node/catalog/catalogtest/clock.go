package catalogtest

import (
	"reflect"
	"sync"
	"testing"
	"time"
)

// Clock is a clock of a test's own. Safe for several goroutines.
type Clock struct {
	mu    sync.Mutex
	now   time.Time
	asked time.Duration
}

// From returns a clock that shows a time until it is told to pass.
func From(now time.Time) *Clock { return &Clock{now: now} }

// Now is the time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Hurry is a clock by which a remote.Client never asks too often.
func (c *Clock) Hurry() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked += time.Second
	return c.now.Add(c.asked)
}

// Pass lets time pass.
func (c *Clock) Pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// Check ends the test with an error.
func Check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Want reports what is not as it should be.
func Want(t testing.TB, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}
