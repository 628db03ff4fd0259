package viewmodel

import (
	"time"

	"vidiverse/node/control"
	"vidiverse/ui/viewmodel/words"
)

// origins is the order of every meter.
var origins = []string{control.FromDevice, control.FromPeople, control.FromMirror, control.FromServer}

// Share is a part of a meter.
type Share struct {
	Origin  string // control.FromDevice, …
	Name    string
	Part    float64 // 0 to 1; all parts of a meter sum to 1
	Percent string  // whole numbers that sum to 100
}

// Sources says where a video's bytes came from.
type Sources struct {
	Title   string
	Total   string // "312 MB"; empty while nothing came
	Chip    string // "82% from people"; empty in the first seconds
	Shares  []Share
	Proof   string // "Every piece verified · 78 of 78"
	Refused bool   // Proof tells of bytes that came wrong
}

func (s Sources) equal(o Sources) bool {
	return s.Title == o.Title && s.Total == o.Total && s.Chip == o.Chip && s.Proof == o.Proof && s.Refused == o.Refused && same(s.Shares, o.Shares)
}

// settleTime is how long a meter shows no number, as it would jump about.
const settleTime = 5 * time.Second

func (d *Desk) sources(p control.Progress, host string, since time.Duration) Sources {
	w := d.Words
	s := Sources{Title: w.Say("sources.title")}
	total := int64(0)
	for _, o := range origins {
		total += max(p.Bytes[o], 0)
	}
	if p.Verified > 0 {
		s.Proof = w.Count("sources.verified", p.Verified)
	}
	if p.Refused > 0 {
		s.Proof, s.Refused = w.Count("sources.refused", p.Refused), true
	}
	if total == 0 {
		return s
	}
	s.Total = w.Bytes(total)
	percents := wholePercents(p.Bytes, total)
	for i, o := range origins {
		n := max(p.Bytes[o], 0)
		if n == 0 {
			continue
		}
		name := w.Say("sources." + o)
		switch {
		case o == control.FromPeople && p.Peers > 0:
			name = w.Count("sources.people.n", p.Peers)
		case o == control.FromServer && host != "":
			name = words.Clean(host, nameRunes)
		}
		s.Shares = append(s.Shares, Share{Origin: o, Name: name, Part: float64(n) / float64(total), Percent: w.Percent(float64(percents[i]) / 100)})
	}
	if since >= settleTime {
		s.Chip = d.chip(p, percents)
	}
	return s
}

func (d *Desk) chip(p control.Progress, percents []int) string {
	switch {
	case percents[1] > 0:
		return d.Words.Say("sources.chip.people", "percent", d.Words.Percent(float64(percents[1])/100))
	case percents[0] == 100:
		return d.Words.Say("sources.chip.device")
	case percents[0] > 0:
		return d.Words.Say("sources.chip.kept", "percent", d.Words.Percent(float64(percents[0])/100))
	}
	return d.Words.Say("sources.chip.server")
}

// wholePercents rounds shares so that they sum to 100: the largest remainders
// are rounded up.
func wholePercents(bytes map[string]int64, total int64) []int {
	whole, rest, sum := make([]int, len(origins)), make([]float64, len(origins)), 0
	for i, o := range origins {
		exact := float64(max(bytes[o], 0)) / float64(total) * 100
		whole[i] = int(exact)
		rest[i] = exact - float64(whole[i])
		sum += whole[i]
	}
	for ; sum < 100; sum++ {
		best := 0
		for i := range rest {
			if rest[i] > rest[best] {
				best = i
			}
		}
		whole[best]++
		rest[best] = -1
	}
	return whole
}

// Mark is a loaded part of the time line, from 0 to 1.
type Mark struct {
	From, To float64
	Origin   string
	Refused  bool
}

// maxMarks bounds a time line of very many segments: neighbours are joined.
const maxMarks = 400

func marks(spans []control.Span, length time.Duration) []Mark {
	if length <= 0 {
		return nil
	}
	least := 1.0 / maxMarks
	var all []Mark
	for _, s := range spans {
		m := Mark{From: clamp(float64(s.From) / float64(length)), To: clamp(float64(s.To) / float64(length)), Origin: s.Source, Refused: s.Refused}
		if m.To <= m.From {
			continue
		}
		if n := len(all); n > 0 && all[n-1].Origin == m.Origin && all[n-1].Refused == m.Refused && m.From-all[n-1].To < least/4 {
			all[n-1].To = max(all[n-1].To, m.To)
			continue
		}
		if len(all) >= 4*maxMarks {
			break
		}
		all = append(all, m)
	}
	return all
}

func clamp(x float64) float64 { return min(max(x, 0), 1) }
