package main

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"vidiverse/node/control"
)

// names of transports, as people know them.
var names = map[string]string{
	control.TransportMediaLoader: "viewers' browsers (P2P Media Loader)",
	control.TransportWebTorrent:  "WebTorrent",
	control.TransportBitTorrent:  "BitTorrent",
	control.TransportHTTP:        "HTTP",
}

// whys say what keeps the node from giving more.
var whys = map[string]string{
	control.WhyNobody:  "no viewer has asked",
	control.WhyViewers: "those who are connected have what they asked for",
	control.WhyRate:    "the rate that was set is used up",
	control.WhyHouse:   "the rest of the line is left to others in the house",
}

// writeGiven says what went since the start, by transport.
func (n status) writeGiven(out io.Writer) {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	head := "\nSINCE " + n.Use.Since.Local().Format("2 January 15:04") + "\tSENT\tON THE LINE\tRECEIVED\tCONNECTIONS\tREFUSED\n"
	for _, t := range n.Use.Transports {
		if t.Connections == 0 {
			continue
		}
		fmt.Fprintf(table, "%s%s\t%s\t%s\t%s\t%d, %d now\t%d\n", head, names[t.Transport], amount(t.Sent), amount(t.Line), amount(t.Received), t.Connections, t.Open, t.Refused)
		head = ""
	}
	_ = table.Flush() // out says so itself
}

// writePeers lists who is connected. Addresses are for the window and for
// programs: what is on a screen is seen by others.
func (n status) writePeers(out io.Writer, now time.Time) {
	if len(n.Peers) == 0 {
		return
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "\nPEER\tBY\tSENT\tRECEIVED\tFOR\tVIDEO")
	for _, p := range n.Peers[:min(len(n.Peers), shown)] {
		fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%v\t%.50s\n", p.ID, p.Transport, amount(p.Sent), amount(p.Received), now.Sub(p.Since).Round(time.Second), plain(p.Title))
	}
	_ = table.Flush()
	if more := len(n.Peers) - shown; more > 0 {
		fmt.Fprintf(out, "and %d more\n", more)
	}
}

// refusals say why somebody was not given what they asked for.
var refusals = map[string]string{
	"absent": "it is not held",
	"busy":   "others are being served",
	"greedy": "it was given that often enough",
	"failed": "the disk or the line failed",
}

// writeEvents tells what the numbers are made of, the oldest first.
func writeEvents(out io.Writer, events []control.Event) {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, e := range events {
		what := e.Kind
		switch e.Kind {
		case control.EventGave:
			what = fmt.Sprintf("was given %s in %v", amount(e.Bytes), e.Took.Round(time.Millisecond))
		case control.EventClosed:
			what = fmt.Sprintf("left after %v, given %s in all", e.Took.Round(time.Second), amount(e.Bytes))
		case control.EventOpened:
			what = "came"
		case control.EventRefused:
			why := refusals[e.Reason]
			if why == "" {
				why = reasons[e.Reason]
			}
			if why == "" {
				why = plain(e.Reason)
			}
			what = fmt.Sprintf("was refused %s: %s", count(e.Times, "time", "times"), why)
		}
		fmt.Fprintf(table, "%s\tpeer %d\t%s\t%s\t%.50s\n", e.At.Local().Format("15:04:05"), e.Peer, e.Transport, what, plain(e.Title))
	}
	_ = table.Flush()
}
