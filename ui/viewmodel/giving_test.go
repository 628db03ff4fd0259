package viewmodel_test

import (
	"strings"
	"testing"

	"vidiverse/node/control"
)

// Each number of the page leads to the events that it is made of, and strangers'
// titles are no more than text.
func TestGiving(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.node.Do(func(n *uitestNode) { n.Used.Videos[1].Title = "\u202eevil\x1b[31m" })
	v := s.desk.Giving()
	v.Load()
	s.Until(t, "the numbers are there", func() bool { return v.Loaded })
	if len(v.Ways) != 3 || len(v.Videos) != 2 || len(v.Peers) != 2 || v.Problem != nil {
		t.Fatalf("got %d ways, %d videos, %d peers, %v", len(v.Ways), len(v.Videos), len(v.Peers), v.Problem)
	}
	if w := v.Ways[0]; w.Title != "To viewers’ browsers" || !strings.Contains(w.Text, "2.1\u00a0GB sent") || !strings.Contains(w.Text, "12 requests refused") || w.Part < .69 || w.Part > .71 {
		t.Errorf("by way: got %+v", w)
	}
	if !strings.Contains(v.Sentence, "used up") || strings.ContainsAny(v.Videos[1].Title, "\x1b\u202e") || !strings.Contains(v.Peers[0].Text, "192.0.2.41") {
		t.Errorf("got %q, %q, %q", v.Sentence, v.Videos[1].Title, v.Peers[0].Text)
	}
	if v.Useful != "Of what was sent, 96% helped somebody. 96\u00a0MB were in vain: those who had asked for them left, or got them elsewhere first." {
		t.Errorf("got %q", v.Useful)
	}
	v.Explain(v.Peers[0])
	s.Until(t, "the events of one peer are there", func() bool { return len(v.Events) == 3 })
	if v.About != "Peer 53" || v.Events[0].Title != "Peer 53 was refused 2 times: others are being served" || v.Events[1].Title != "Peer 53 was given 8\u00a0MB in 3.4 s" {
		t.Errorf("%s: got %+v", v.About, v.Events)
	}
	s.node.Do(func(n *uitestNode) {
		n.Told = append(n.Told, control.Event{Number: 9, Kind: control.EventRefused, Peer: 53, Reason: control.ReasonCap, Times: 1})
	})
	v.Load()
	s.Until(t, "what happens now is there", func() bool { return len(v.Events) == 4 })
	if !strings.HasSuffix(v.Events[0].Title, "refused 1 time: the month’s limit is reached") {
		t.Errorf("got %+v", v.Events[0])
	}
	v.Explain(v.Ways[2])
	s.Until(t, "nothing is remembered of another way", func() bool { return v.About == "By HTTP" && len(v.Events) == 0 })
}
