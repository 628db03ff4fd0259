package measure

import (
	"fmt"
	"io"
	"strconv"
)

// Row is one figure beside a peer's.
type Row struct {
	Figure string
	Unit   string
	Ours   float64
	Peer   float64 // 0 if there is none
	Of     string  // who the peer is, and whether its figure was measured now or recorded
	Budget Budget
}

// Budget bounds a figure. Zero bounds do not hold; the zero value is no budget.
type Budget struct {
	RatioMin, RatioMax float64 // of ours to the peer's
	Min, Max           float64 // of ours alone
}

// Ratio is ours to the peer's, 0 without a peer.
func (r Row) Ratio() float64 {
	if r.Peer == 0 {
		return 0
	}
	return r.Ours / r.Peer
}

// Met tells whether the budget is kept.
func (r Row) Met() bool {
	b := r.Budget
	return (b.RatioMin == 0 || r.Ratio() >= b.RatioMin) && (b.RatioMax == 0 || r.Ratio() <= b.RatioMax) && (b.Min == 0 || r.Ours >= b.Min) && (b.Max == 0 || r.Ours <= b.Max)
}

func (b Budget) text(unit string) string {
	switch {
	case b.RatioMin > 0:
		return "≥ " + short(b.RatioMin) + " ×"
	case b.RatioMax > 0:
		return "≤ " + short(b.RatioMax) + " ×"
	case b.Min > 0:
		return "≥ " + short(b.Min) + " " + unit
	case b.Max > 0:
		return "≤ " + short(b.Max) + " " + unit
	}
	return ""
}

// Print writes the rows as a table.
func Print(w io.Writer, rows []Row) {
	const line = "%-34s %12s %12s %8s  %-10s %-4s %s\n"
	fmt.Fprintf(w, line, "figure", "ours", "peer", "ratio", "budget", "met", "peer is")
	for _, r := range rows {
		peer, ratio, met := "", "", ""
		if r.Peer != 0 {
			peer, ratio = short(r.Peer), strconv.FormatFloat(r.Ratio(), 'f', 2, 64)
		}
		if r.Budget != (Budget{}) {
			met = "no"
			if r.Met() {
				met = "yes"
			}
		}
		fmt.Fprintf(w, line, r.Figure+", "+r.Unit, short(r.Ours), peer, ratio, r.Budget.text(r.Unit), met, r.Of)
	}
}

// short keeps three digits, and all before the point.
func short(f float64) string {
	digits := 0
	for limit := 100.0; f < limit && digits < 3; limit /= 10 {
		digits++
	}
	return strconv.FormatFloat(f, 'f', digits, 64)
}
