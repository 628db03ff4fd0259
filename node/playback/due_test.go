package playback_test

import (
	"testing"
	"time"

	"vidiverse/node/control"
	"vidiverse/node/playback"
	"vidiverse/node/remote/remotetest"
)

// TestPeopleAreTold: people are told when a segment is needed, and which ones come
// from the server and will be given to them: a viewer whose neighbours do not
// know it gets what is urgent late, and they fetch what they could have from it.
func TestPeopleAreTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t, remotetest.Media{Segments: 50})
	f := w.friend(w.rendition(144))
	w.meet(w.rendition(144), f)
	s := w.open(144)
	p := w.await(s.ID, 0, "nothing is fetched ahead", func(p control.Progress) bool {
		return len(p.Spans) > 0 && p.Spans[len(p.Spans)-1].To == s.Duration
	})
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.needs) == 0 || len(f.coming) == 0 {
		t.Fatalf("got %d fetches from people, %d from the server", len(f.needs), len(f.coming))
	}
	for _, n := range f.needs {
		if start := s.Duration * time.Duration(n.segment) / 50; n.in <= 0 || n.in > start+time.Second {
			t.Errorf("segment %d is said to be needed in %v, want %v", n.segment, n.in, start)
		}
	}
	for i, still := range f.coming {
		if still {
			t.Errorf("segment %d is said to come from the server still", i)
		}
	}
	for _, span := range p.Spans {
		for i := range 50 {
			at := s.Duration*time.Duration(i)/50 + 10*time.Millisecond
			if _, told := f.coming[i]; span.From <= at && at < span.To && span.Source == control.FromServer && !told {
				t.Errorf("segment %d came from the server, and nobody was told", i)
			}
		}
	}
}

// TestPeopleAreToldNothing of what will not be held.
func TestPeopleAreToldNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, remotetest.Media{Segments: 4}, func(_ *world, c *playback.Config) { c.Blocks = nil })
	f := w.friend(w.rendition(144))
	w.meet(w.rendition(144), f)
	w.right(w.open(144))
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.coming) != 0 {
		t.Errorf("these are said to come and be held: %v", f.coming)
	}
}
