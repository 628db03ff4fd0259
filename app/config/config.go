// Package config turns what an operator wrote into instance.Config: one YAML
// file in PeerTube's key names, then NODE_CONFIG (JSON), then PeerTube's
// environment variables, then flags; the later wins.
//
//	defaults ◀ file ◀ NODE_CONFIG ◀ PEERTUBE_… ◀ flags ──▶ instance.Config
//
// A key that nobody knows is a warning with its line, and so is one that
// PeerTube has and we do not support yet. A bad value is an error that names
// the key, its line and what is allowed; every error of all layers is
// reported at once, before anything is opened. The sample file is written
// from the same table of keys.
package config

import (
	"fmt"
	"os"
	"strings"

	"vidiverse/instance"
)

// Flags are the settings of the command line; empty ones are not set.
type Flags struct {
	File      string // YAML to read; empty reads none
	Data      string
	Listen    string // host:port
	URL       string // public address
	NoClient  bool
	NoPlugins bool
}

// Problems is every bad value found, a line each.
type Problems []string

func (p Problems) Error() string { return strings.Join(p, "\n") }

// Load reads all layers. environ is in os.Environ's form. The warnings are
// complete sentences for the operator; the error is a Problems for bad values
// or says why a file could not be read.
func Load(f Flags, environ []string) (c instance.Config, warnings []string, err error) {
	r := newReading()
	if f.File != "" {
		text, err := os.ReadFile(f.File)
		if err != nil {
			return c, nil, fmt.Errorf("configuration: %w", err)
		}
		r.yaml(f.File, text)
	}
	r.environment(environ)
	d := newDraft()
	r.fill(d)
	problems := append(r.problems, d.compose(f)...)
	if len(problems) == 0 {
		if err := d.Check(); err != nil {
			problems = append(problems, err.Error())
		}
	}
	if len(problems) > 0 {
		return c, r.warnings, problems
	}
	return d.Config, r.warnings, nil
}
