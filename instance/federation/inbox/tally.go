package inbox

import (
	"encoding/json"
	"maps"
	"sync"
	"time"
)

// tally counts what became of activities, by their type.
type tally struct {
	since time.Time

	mu         sync.Mutex
	good, lost map[string]int64
}

func (t *tally) add(kind string, good bool) {
	if _, known := handlers[kind]; !known { // others name as many as they like
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.good == nil {
		t.good, t.lost = map[string]int64{}, map[string]int64{}
	}
	if good {
		t.good[kind]++
	} else {
		t.lost[kind]++
	}
}

// Worked counts the activities that had their effect and those that were dropped,
// by type, since the inbox was made.
func (b *Inbox) Worked() (effective, dropped map[string]int64, since time.Time) {
	b.tally.mu.Lock()
	defer b.tally.mu.Unlock()
	return maps.Clone(b.tally.good), maps.Clone(b.tally.lost), b.tally.since
}

// kindOf is the type of an activity, "" for what is none.
func kindOf(d delivered) string {
	var a struct{ Type string }
	if json.Unmarshal(d.raw, &a) != nil {
		return ""
	}
	return a.Type
}
