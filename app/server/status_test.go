package main

import (
	"strings"
	"testing"
	"time"

	"vidiverse/node/control"
)

// What a person reads of a node: how much went by which way, to whom, and why
// not more; nobody's address, and nothing that a terminal obeys.
func TestStatusTells(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.Local)
	ref := control.Ref{Origin: "https://mare.video", Video: "e6b078bc"}
	n := status{
		Sharing: control.SharingState{On: true, Why: control.WhyRate, Rate: 2e6, People: 2, Serving: 1, HTTP: "127.0.0.1:8080", Videos: 1},
		Use: control.Use{Since: now.Add(-time.Hour), Transports: []control.TransportUse{
			{Transport: control.TransportMediaLoader, Given: control.Given{Line: 5_300_000, Sent: 5e6, Refused: 3}, Connections: 7, Open: 1},
			{Transport: control.TransportHTTP, Given: control.Given{Line: 1100, Sent: 1000}, Connections: 1, Open: 1},
			{Transport: control.TransportBitTorrent},
		}},
		Peers: []control.Peer{{ID: 17, Transport: control.TransportMediaLoader, Video: ref, Title: "Le \x1b[31mfleuve", Sent: 4e6, Since: now.Add(-90 * time.Second), Address: "192.0.2.7:9000"}},
	}
	var out strings.Builder
	n.write(&out, now)
	text := out.String()
	for _, want := range []string{"the rate that was set is used up", "5.0 MB", "5.3 MB", "7, 1 now", "17", "1m30s", "Le [31mfleuve", "127.0.0.1:8080"} {
		if !strings.Contains(text, want) {
			t.Errorf("it does not say %q", want)
		}
	}
	for _, not := range []string{"192.0.2.7", "\x1b", "BitTorrent"} {
		if strings.Contains(text, not) {
			t.Errorf("it says %q", not)
		}
	}
	if t.Failed() {
		t.Log(text)
	}

	out.Reset()
	writeEvents(&out, []control.Event{
		{Number: 1, At: now, Kind: control.EventOpened, Peer: 17, Transport: "http"},
		{Number: 2, At: now, Kind: control.EventGave, Peer: 17, Bytes: 4e6, Took: 1500 * time.Millisecond, Title: "Le fleuve"},
		{Number: 3, At: now, Kind: control.EventRefused, Peer: 17, Reason: "busy", Times: 2},
		{Number: 4, At: now, Kind: control.EventRefused, Peer: 17, Reason: control.ReasonCap, Times: 1},
		{Number: 5, At: now, Kind: control.EventClosed, Peer: 17, Bytes: 4e6, Took: time.Minute},
	})
	for _, want := range []string{"came", "was given 4.0 MB in 1.5s", "refused 2 times: others are being served", "refused 1 time: the month's limit is reached", "left after 1m0s, given 4.0 MB in all"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("events: %q is not said in\n%s", want, out.String())
		}
	}
}
