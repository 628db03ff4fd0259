package cache

import (
	"testing"
	"time"
)

func TestCache(t *testing.T) {
	c, now := Cache[int, string]{Max: 2}, time.Unix(0, 0)
	c.Put(1, "one", now)
	if v, ok := c.Get(1, now.Add(ttl-1)); !ok || v != "one" {
		t.Errorf("got %q, %v while young", v, ok)
	}
	if _, ok := c.Get(1, now.Add(ttl)); ok {
		t.Error("an old answer is given")
	}
	for i := range 100 { // a flood of questions takes bounded memory
		c.Put(i, "", now)
	}
	if len(c.known) > 2 {
		t.Errorf("%d answers are held, want at most 2", len(c.known))
	}
	c.Clear()
	if _, ok := c.Get(99, now); ok {
		t.Error("an answer outlives Clear")
	}
}
