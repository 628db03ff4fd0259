package viewmodel

import (
	"context"
	"time"

	"vidiverse/node/control"
	"vidiverse/ui/viewmodel/words"
)

// mirrorPeriod is how often what is kept is looked at while the page is open.
const mirrorPeriod = 3 * time.Second

// MirrorRow is a followed server and how much of it is kept for others.
type MirrorRow struct {
	Origin, Name, Host string
	Limit              int64
	Helping            bool
	Part               float64 // of the limit that is used
	Text               string  // "20 videos, 31 GB of 50 GB"
	Doing              string
}

// Mirrors is the page of help: of each followed server, the newest videos are
// kept up to a size.
type Mirrors struct {
	*Scope
	Rows    []MirrorRow
	Loaded  bool
	Problem *Problem
	Wrong   string // what is wrong with a size that was typed
	Set     func(row MirrorRow)

	asked, set question
}

// Mirrors opens the page and keeps it fresh.
func (d *Desk) Mirrors() *Mirrors {
	v := &Mirrors{Scope: d.Scope()}
	every(v.Scope, mirrorPeriod, func() {
		if v.Loaded && !v.asked.asked() {
			v.Load()
		}
	})
	return v
}

// Load asks for the servers and what is kept of them.
func (v *Mirrors) Load() {
	type answer struct {
		instances []control.Instance
		mirrors   []control.Mirror
	}
	ask(v.Scope, &v.asked, func(ctx context.Context) (a answer, err error) {
		if a.instances, err = v.Services.Library.Instances(ctx); err != nil {
			return a, err
		}
		a.mirrors, err = v.Services.Mirrors.List(ctx)
		return a, err
	}, func(a answer, err error) {
		v.Loaded = true
		before := v.Rows
		v.Problem = problem(v.Words, "mirrors", err)
		if err == nil {
			v.Rows = v.rows(a.instances, a.mirrors)
		}
		if !same(before, v.Rows) || err != nil || len(v.Rows) == 0 {
			v.changed()
		}
	})
}

func same[T comparable](a, b []T) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func (v *Mirrors) rows(instances []control.Instance, mirrors []control.Mirror) []MirrorRow {
	kept := map[string]control.Mirror{}
	for _, m := range mirrors {
		kept[m.Origin] = m
	}
	w := v.Words
	rows := make([]MirrorRow, 0, len(instances))
	for _, i := range instances {
		about := v.instanceRow(i)
		m := kept[i.Origin]
		row := MirrorRow{Origin: i.Origin, Name: about.Name, Host: about.Host, Limit: m.Limit, Helping: m.Limit > 0, Text: w.Say("mirror.none")}
		if row.Helping {
			row.Part = clamp(float64(m.Bytes) / float64(m.Limit))
			row.Text = w.Count("mirror.some", m.Videos, "size", w.Bytes(m.Bytes), "limit", w.Bytes(m.Limit))
			row.Doing = v.node(m.Doing)
		}
		rows = append(rows, row)
	}
	return rows
}

// Keep keeps up to so many GB of a server, as typed.
func (v *Mirrors) Keep(row MirrorRow, gigabytes string) {
	n, ok := words.ParseSize(gigabytes, GB)
	if !ok || n == 0 {
		v.Wrong = v.Words.Say("mirror.number")
		v.changed()
		return
	}
	v.tell(row, n)
}

// Leave keeps nothing more of a server; what was kept is dropped.
func (v *Mirrors) Leave(row MirrorRow) { v.tell(row, 0) }

func (v *Mirrors) tell(row MirrorRow, limit int64) {
	v.Wrong = ""
	ask(v.Scope, &v.set, only(func(ctx context.Context) error { return v.Services.Mirrors.Set(ctx, row.Origin, limit) }),
		func(_ nothing, err error) {
			v.Problem = problem(v.Words, "mirrors", err)
			if err == nil && v.Set != nil {
				row.Limit, row.Helping = limit, limit > 0
				v.Set(row)
			}
			v.changed()
			v.Load()
		})
}

// HoldingRow is a video on this computer.
type HoldingRow struct {
	Ref         control.Ref
	Title, Text string
	Part        float64
	Why         string // by rule, or because it was watched
}

// Holdings is the library: what is on this computer.
type Holdings struct {
	*Scope
	Rows    []HoldingRow
	Summary string
	Loaded  bool
	Problem *Problem
	asked   question
}

// maxRows bounds a list that is not paged.
const maxRows = 5000

// Holdings opens the library.
func (d *Desk) Holdings() *Holdings { return &Holdings{Scope: d.Scope()} }

// Load lists what is held.
func (v *Holdings) Load() {
	ask(v.Scope, &v.asked, v.Services.Mirrors.Holdings, func(all []control.Holding, err error) {
		v.Loaded, v.Problem = true, problem(v.Words, "library", err)
		if err == nil {
			v.take(all)
		}
		v.changed()
	})
}

func (v *Holdings) take(all []control.Holding) {
	w, total := v.Words, int64(0)
	v.Rows = nil
	for _, h := range all {
		total += h.Bytes
		if len(v.Rows) == maxRows {
			continue
		}
		row := HoldingRow{Ref: h.Ref, Title: words.Clean(h.Title, titleRunes), Part: clamp(h.Part), Why: w.Say("holding.watched")}
		if h.Mirror {
			row.Why = w.Say("holding.rule")
		}
		if row.Title == "" {
			row.Title = w.Say("card.untitled")
		}
		row.Text = w.Say("holding.text", "size", w.Bytes(h.Bytes), "part", w.Percent(row.Part), "sent", w.Bytes(h.Sent))
		v.Rows = append(v.Rows, row)
	}
	v.Summary = w.Count("library.summary", len(all), "size", w.Bytes(total))
}
