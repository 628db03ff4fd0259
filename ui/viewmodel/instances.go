package viewmodel

import (
	"context"
	"strings"

	"vidiverse/node/control"
	"vidiverse/ui/viewmodel/words"
)

// InstanceRow is a server that is followed.
type InstanceRow struct {
	Origin, Host, Name, Text, Problem string
}

func (d *Desk) instanceRow(i control.Instance) InstanceRow {
	row := InstanceRow{Origin: i.Origin, Host: words.Clean(i.Host, 80), Name: words.Clean(i.Name, 80),
		Text: words.Clean(i.Description, 200)}
	if row.Name == "" {
		row.Name = row.Host
	}
	row.Problem = d.node(i.Problem)
	return row
}

// Instances are the servers that are followed, and the way to follow one more.
type Instances struct {
	*Scope
	Rows    []InstanceRow
	Loading bool
	Problem *Problem // of the list

	Adding     bool
	AddProblem *Problem
	Added      func(InstanceRow) // called after an address was followed
	Removed    func(host string)

	listed, added, removed question
}

// Instances opens the screen.
func (d *Desk) Instances() *Instances { return &Instances{Scope: d.Scope()} }

// Load lists what is followed.
func (v *Instances) Load() {
	v.Loading = true
	v.changed()
	ask(v.Scope, &v.listed, v.Services.Library.Instances, func(all []control.Instance, err error) {
		v.Loading, v.Problem = false, problem(v.Words, "instances", err)
		if err == nil {
			v.Rows = v.Rows[:0]
			for _, i := range all {
				v.Rows = append(v.Rows, v.instanceRow(i))
			}
		}
		v.changed()
	})
}

// Add follows the server at an address as people type it.
func (v *Instances) Add(address string) {
	address = strings.TrimSpace(address)
	if v.Adding {
		return
	}
	if address == "" || len(address) > 2000 {
		v.AddProblem = &Problem{Text: v.Words.Say("add.invalid")}
		v.changed()
		return
	}
	v.Adding, v.AddProblem = true, nil
	v.changed()
	ask(v.Scope, &v.added, func(ctx context.Context) (control.Instance, error) { return v.Services.Library.Add(ctx, address) },
		func(i control.Instance, err error) {
			v.Adding, v.AddProblem = false, problem(v.Words, "add", err)
			v.changed()
			if err != nil {
				return
			}
			if v.Added != nil {
				v.Added(v.instanceRow(i))
			}
			v.Load()
		})
}

// Cancel gives up adding.
func (v *Instances) Cancel() {
	v.added.stop()
	v.Adding = false
	v.changed()
}

// Remove unfollows; the page has asked the user before.
func (v *Instances) Remove(row InstanceRow) {
	ask(v.Scope, &v.removed, only(func(ctx context.Context) error { return v.Services.Library.Remove(ctx, row.Origin) }),
		func(_ nothing, err error) {
			v.Problem = problem(v.Words, "instances", err)
			if err == nil && v.Removed != nil {
				v.Removed(row.Host)
			}
			v.Load()
		})
}

// Opening resolves pasted links, from anywhere in a window.
type Opening struct {
	*Scope
	Found  func(control.Ref)
	Failed func(Problem)
	asked  question
}

// Opening returns a resolver of links.
func (d *Desk) Opening() *Opening { return &Opening{Scope: d.Scope()} }

// IsLink reports whether what was typed for a search is an address.
func IsLink(text string) bool {
	text = strings.TrimSpace(text)
	return strings.HasPrefix(text, "https://") || strings.HasPrefix(text, "http://") || IsMagnet(text)
}

// Open asks which video a link means.
func (o *Opening) Open(link string) {
	link = strings.TrimSpace(link)
	if _, file := TorrentFile(link); file || IsMagnet(link) {
		o.torrent(link)
		return
	}
	if !IsLink(link) || len(link) > maxLink {
		o.Failed(Problem{Text: o.Words.Say("link.invalid")})
		return
	}
	ask(o.Scope, &o.asked, func(ctx context.Context) (control.Ref, error) { return o.Services.Library.Resolve(ctx, link) },
		func(ref control.Ref, err error) {
			if err != nil {
				o.Failed(*problem(o.Words, "link", err))
				return
			}
			o.Found(ref)
		})
}
