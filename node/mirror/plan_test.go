package mirror

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

func video(hour int, size int64, keptHours int) candidate {
	c := candidate{video: fmt.Sprint(hour), published: noon.Add(time.Duration(hour) * time.Hour), size: size}
	if keptHours >= 0 {
		c.kept = noon.Add(-time.Duration(keptHours) * time.Hour)
	}
	return c
}

// TestDecide: single decisions that people would be surprised by otherwise.
func TestDecide(t *testing.T) {
	t.Parallel()
	unwanted := video(9, 10, 1)
	unwanted.unwanted = true
	for _, c := range []struct {
		name  string
		limit int64
		list  []candidate
		want  plan
	}{
		{"nothing is known", 100, nil, plan{more: true}},
		{"the newest first", 100, []candidate{video(1, 40, -1), video(2, 40, -1), video(3, 40, -1)}, plan{take: []string{"3", "2"}}},
		{"one that fills it all", 100, []candidate{video(1, 100, -1)}, plan{take: []string{"1"}}},
		{"one that is too large", 100, []candidate{video(2, 101, -1), video(1, 10, -1)}, plan{take: []string{"1"}, more: true}},
		{"the last twentieth is for newer ones", 100, []candidate{video(2, 90, 1), video(1, 10, -1)}, plan{}},
		{"and they may have it", 100, []candidate{video(2, 90, 1), video(3, 10, -1)}, plan{take: []string{"3"}}},
		{"a newer one replaces an older", 100, []candidate{video(1, 60, 25), video(2, 60, -1)}, plan{take: []string{"2"}, drop: []string{"1"}, more: true}},
		{"but not too soon", 100, []candidate{video(1, 60, 23), video(2, 60, -1)}, plan{}},
		{"and never an older a newer", 100, []candidate{video(2, 60, 99), video(1, 60, -1)}, plan{}},
		{"a smaller limit is obeyed at once", 50, []candidate{video(1, 40, 0), video(2, 40, 0)}, plan{drop: []string{"1"}, more: true}},
		{"none", 0, []candidate{video(1, 40, 0)}, plan{drop: []string{"1"}}},
		{"unwanted", 100, []candidate{unwanted}, plan{drop: []string{"9"}, more: true}},
		{"a size is asked for", 100, []candidate{video(1, 0, -1), video(2, 10, 1)}, plan{ask: "1"}},
		{"but not without need", 100, []candidate{video(1, 0, -1), video(2, 96, 1)}, plan{}},
	} {
		got := decide(c.limit, c.list, noon)
		if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", c.want) {
			t.Errorf("%s: got %+v, want %+v", c.name, got, c.want)
		}
	}
}

// TestPlanning: over months of videos that come, go, grow and shrink, the limit
// is never passed, nothing is dropped before its time without need, the same
// question twice changes nothing, and what is fetched stays in proportion.
func TestPlanning(t *testing.T) {
	t.Parallel()
	for seed := range uint64(12) {
		simulate(t, rand.New(rand.NewPCG(seed, 7)))
	}
}

func simulate(t *testing.T, chance *rand.Rand) {
	t.Helper()
	const limit = 1000
	var list []candidate
	now, fetched, days := noon, int64(0), 30
	for hour := range days * 24 {
		now = now.Add(time.Hour)
		for chance.IntN(3) == 0 {
			c := video(hour, 1+chance.Int64N(300), -1)
			c.video = fmt.Sprint(hour, ".", len(list), ".", chance.Uint64())
			list = append(list, c)
		}
		if len(list) > 0 && chance.IntN(20) == 0 {
			i := chance.IntN(len(list))
			list = slices.Delete(list, i, i+1) // withdrawn
		}
		if len(list) > 0 && chance.IntN(20) == 0 {
			list[chance.IntN(len(list))].size = 1 + chance.Int64N(300) // other files
		}
		before := sum(list)
		p := decide(limit, list, now)
		for i := range list {
			c := &list[i]
			if slices.Contains(p.drop, c.video) {
				if before <= limit && now.Sub(c.kept) < residency {
					t.Fatalf("%s was dropped after %v", c.video, now.Sub(c.kept))
				}
				c.kept = time.Time{}
			}
			if slices.Contains(p.take, c.video) {
				c.kept = now
				fetched += c.size
			}
		}
		if got := sum(list); got > limit {
			t.Fatalf("%d bytes are kept of %d", got, limit)
		}
		if again := decide(limit, list, now); len(again.take)+len(again.drop) > 0 {
			t.Fatalf("asked again it says %+v", again)
		}
	}
	if perDay := fetched / int64(days); perDay > 2*limit {
		t.Errorf("%d bytes were fetched a day for a limit of %d", perDay, limit)
	}
}

func sum(list []candidate) (n int64) {
	for _, c := range list {
		if !c.kept.IsZero() {
			n += c.size
		}
	}
	return n
}
