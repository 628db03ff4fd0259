package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/dustin/go-humanize"

	"vidiverse/node/control"
)

// status is all that is told of a node.
type status struct {
	Sharing   control.SharingState `json:"sharing"`
	Mirrors   []control.Mirror     `json:"mirrors"`
	Holdings  []control.Holding    `json:"holdings"`
	Peers     []control.Peer       `json:"peers"`
	Use       control.Use          `json:"use"`
	Instances []control.Instance   `json:"instances"`
}

// report asks a running node how it is and writes it.
func report(w world, s control.Services, asJSON bool) (err error) {
	var now status
	ask := func(question func() error) {
		if err == nil {
			err = question()
		}
	}
	ask(func() (err error) { now.Sharing, err = s.Sharing.State(w.ctx); return })
	ask(func() (err error) { now.Mirrors, err = s.Mirrors.List(w.ctx); return })
	ask(func() (err error) { now.Holdings, err = s.Mirrors.Holdings(w.ctx); return })
	ask(func() (err error) { now.Use, err = s.Sharing.Use(w.ctx); return })
	ask(func() (err error) { now.Peers, err = s.Sharing.Peers(w.ctx); return })
	ask(func() (err error) { now.Instances, err = s.Library.Instances(w.ctx); return })
	if err != nil {
		return err
	}
	if asJSON {
		enc := json.NewEncoder(w.out)
		enc.SetIndent("", "  ")
		return enc.Encode(now)
	}
	now.write(w.out, time.Now())
	return nil
}

// tell writes what happened lately.
func tell(w world, s control.Services, q control.EventQuery, asJSON bool) error {
	events, err := s.Sharing.Events(w.ctx, q)
	if err != nil {
		return err
	}
	if asJSON {
		enc := json.NewEncoder(w.out)
		enc.SetIndent("", "  ")
		return enc.Encode(events)
	}
	writeEvents(w.out, events)
	return nil
}

// reasons say why nothing is sent, and what to do.
var reasons = map[string]string{
	control.ReasonUnasked:  "nobody has agreed to share: start the node, or answer the question in the window",
	control.ReasonOff:      "switched off",
	control.ReasonPaused:   "paused",
	control.ReasonCap:      "the month's limit is reached",
	control.ReasonSchedule: "outside the hours that were set",
	control.ReasonMetered:  "this network is metered",
	control.ReasonOffline:  "there is no usable network address",
}

func (n status) write(out io.Writer, now time.Time) {
	s := n.Sharing
	fmt.Fprintf(out, "Holds    %s, %s\n", count(s.Videos, "video", "videos"), amount(s.Bytes))
	switch {
	case s.Reason != "":
		fmt.Fprintf(out, "Shares   nothing now: %s", reasons[s.Reason])
		if !s.Until.IsZero() {
			fmt.Fprintf(out, ", until %s", s.Until.Local().Format("2 January 15:04"))
		}
		fmt.Fprintln(out)
	case s.People == 0:
		fmt.Fprintf(out, "Shares   with nobody now: ready in %s, no viewer has asked\n", count(s.Swarms, "swarm", "swarms"))
	default:
		fmt.Fprintf(out, "Shares   with %s, %s/s, %d of them taking bytes now: %s\n", count(s.People, "viewer", "viewers"), amount(s.Rate), s.Serving, whys[s.Why])
	}
	if s.HTTP != "" {
		fmt.Fprintf(out, "HTTP     gives what is held at %s\n", s.HTTP)
	}
	fmt.Fprintf(out, "Sent     %s today, %s this month", amount(s.Today), amount(s.Month))
	if s.MonthCap > 0 {
		fmt.Fprintf(out, " of at most %s", amount(s.MonthCap))
	}
	fmt.Fprintln(out)
	n.writeGiven(out)
	n.writePeers(out, now)
	n.writeInstances(out)
	n.writeHoldings(out)
}

func (n status) writeInstances(out io.Writer) {
	for _, i := range n.Instances {
		fmt.Fprintf(out, "\n%s (%s)\n", i.Name, i.Origin)
		if i.Problem != (control.Word{}) {
			fmt.Fprintf(out, "  %s\n", plain(i.Problem.String()))
		}
		if i.Key != "" {
			fmt.Fprintf(out, "  knows this node by the key %s\n", i.Key)
		}
		for _, m := range n.Mirrors {
			if m.Origin != i.Origin {
				continue
			}
			fmt.Fprintf(out, "  keeps %s, %s of at most %s\n", count(m.Videos, "video", "videos"), amount(m.Bytes), amount(m.Limit))
			if m.Doing != (control.Word{}) {
				fmt.Fprintf(out, "  %s\n", plain(m.Doing.String()))
			}
		}
	}
}

// shown is how many videos a person reads about; programs read them all.
const shown = 20

func (n status) writeHoldings(out io.Writer) {
	if len(n.Holdings) == 0 {
		return
	}
	list := slices.SortedStableFunc(slices.Values(n.Holdings), func(a, b control.Holding) int { return int(min(1, max(-1, b.Sent-a.Sent))) })
	fmt.Fprintln(out)
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "SENT\tHELD\t\tVIDEO")
	for _, h := range list[:min(len(list), shown)] {
		fmt.Fprintf(table, "%s\t%s\t%d %%\t%.70s\n", amount(h.Sent), amount(h.Bytes), int(h.Part*100), plain(h.Title))
	}
	_ = table.Flush() // out says so itself
	if more := len(list) - shown; more > 0 {
		fmt.Fprintf(out, "and %d more\n", more)
	}
}

func amount(n int64) string { return humanize.Bytes(uint64(max(0, n))) }

// plain is a title without what a terminal would obey.
func plain(title string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, title)
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
