// Package metrics shows numbers in Prometheus's text format, at an address of
// their own: whoever may connect there may read them. Labels name kinds of
// things, never a person, an address or a video.
//
// The format is lines of text, so there is no library behind it:
//
//	# HELP vidiverse_held_bytes Bytes of media on disk.
//	# TYPE vidiverse_held_bytes gauge
//	vidiverse_held_bytes 12000000000
package metrics

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Source puts the numbers of now on a page. It may be called by several
// goroutines, and has until ctx ends.
type Source func(ctx context.Context, p *Page) error

// Page takes numbers. It is for one goroutine.
type Page struct {
	families map[string]*family
	order    []string
}

// family is all numbers of a name.
type family struct {
	kind, help string
	lines      []string
}

// Gauge is a number that goes up and down. Labels are names and values in turn,
// in the same order each time.
func (p *Page) Gauge(name, help string, value float64, labels ...string) {
	p.put("gauge", name, help, value, labels)
}

// Counter is a number that begins at 0 and goes up; its name ends in _total.
func (p *Page) Counter(name, help string, value float64, labels ...string) {
	p.put("counter", name, help, value, labels)
}

func (p *Page) put(kind, name, help string, value float64, labels []string) {
	if p.families == nil {
		p.families = map[string]*family{}
	}
	f := p.families[name]
	if f == nil {
		f = &family{kind: kind, help: help}
		p.families[name] = f
		p.order = append(p.order, name)
	}
	var pairs []string
	for i := 0; i+1 < len(labels); i += 2 {
		pairs = append(pairs, labels[i]+`="`+escape.Replace(strings.ToValidUTF8(labels[i+1], "�"))+`"`)
	}
	line := name
	if len(pairs) > 0 {
		line += "{" + strings.Join(pairs, ",") + "}"
	}
	f.lines = append(f.lines, line+" "+strconv.FormatFloat(value, 'g', -1, 64))
}

var escape = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

// text is the page, each name with all its lines together.
func (p *Page) text() []byte {
	var b bytes.Buffer
	slices.Sort(p.order)
	for _, name := range p.order {
		f := p.families[name]
		fmt.Fprintf(&b, "# HELP %s %s\n# TYPE %s %s\n", name, escape.Replace(f.help), name, f.kind)
		for _, line := range f.lines {
			b.WriteString(line + "\n")
		}
	}
	return b.Bytes()
}
