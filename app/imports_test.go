package app

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// pkg is one package of the module: paths inside the module are written
// without the module's name ("instance/video"), others as they are.
type pkg struct {
	path    string
	imports []string // of the files that are built, not of tests
	deps    []string // everything below it
}

// rule looks at one package and says what it does wrong.
type rule func(p pkg) []string

const module = "vidiverse"

// leaves are the packages of instance that know no database and no domain.
var leaves = []string{"fault", "cache", "hls", "ffmpeg", "rest", "activitypub", "signature", "picture", "webvtt"}

var importRules = map[string]rule{
	"p2p knows peers and segments only":          p2pRule,
	"leaves know no database and no domain":      leafRule,
	"node uses node, p2p and leaves":             nodeRule,
	"ui sees the node through node/control only": uiRule,
	"the server links no windows":                serverRule,
}

func p2pRule(p pkg) []string {
	if !under(p.path, "p2p") {
		return nil
	}
	return refuse(p, func(imp string) bool {
		return ours(imp) && !under(imp, "p2p") || imp == "database/sql" || fyne(imp)
	})
}

func leafRule(p pkg) []string {
	if !isLeaf(p.path) {
		return nil
	}
	return refuse(p, func(imp string) bool {
		return ours(imp) && !isLeaf(imp) && imp != "p2p/guard" || imp == "database/sql"
	})
}

func nodeRule(p pkg) []string {
	if !under(p.path, "node") {
		return nil
	}
	return refuse(p, func(imp string) bool {
		return ours(imp) && !under(imp, "node") && !under(imp, "p2p") && !isLeaf(imp) || fyne(imp)
	})
}

func uiRule(p pkg) []string {
	var broken []string
	if p.path != "app/desktop" {
		broken = refuse(p, func(imp string) bool { return imp == "fyne.io/fyne/v2/app" })
	}
	switch {
	case under(p.path, "ui/viewmodel"):
		broken = append(broken, refuse(p, func(imp string) bool {
			return ours(imp) && !under(imp, "ui/viewmodel") && imp != "node/control" || fyne(imp)
		})...)
	case under(p.path, "ui"):
		broken = append(broken, refuse(p, func(imp string) bool {
			return ours(imp) && !under(imp, "ui") && imp != "node/control"
		})...)
	}
	return broken
}

func serverRule(p pkg) []string {
	if !under(p.path, "app/server") {
		return nil
	}
	p.imports = p.deps
	return refuse(p, func(imp string) bool { return under(imp, "ui") || fyne(imp) })
}

func refuse(p pkg, bad func(imp string) bool) []string {
	var broken []string
	for _, imp := range p.imports {
		if bad(imp) {
			broken = append(broken, fmt.Sprintf("%s imports %s", p.path, imp))
		}
	}
	return broken
}

// under reports whether path is dir or inside it.
func under(path, dir string) bool { return path == dir || strings.HasPrefix(path, dir+"/") }

// ours reports whether an import path is of this module, shortened.
func ours(path string) bool {
	return slices.ContainsFunc([]string{"app", "instance", "node", "p2p", "ui"}, func(d string) bool { return under(path, d) })
}

func fyne(path string) bool {
	return under(path, "fyne.io/fyne") || under(path, "fyne.io/fyne/v2") || strings.HasPrefix(path, "github.com/go-gl/")
}

func isLeaf(path string) bool { return slices.Contains(leaves, noun(path)) }

// noun returns the package folder right under instance, or "".
func noun(path string) string {
	rest, found := strings.CutPrefix(path, "instance/")
	if !found {
		return ""
	}
	first, _, _ := strings.Cut(rest, "/")
	return first
}

// packages lists the module as the server is built.
func packages(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-tags", "nosqlite", "-json=ImportPath,Imports,Deps", "./...")
	cmd.Dir = ".."
	var errText bytes.Buffer
	cmd.Stderr = &errText
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, errText.Bytes())
	}
	var all []pkg
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p struct {
			ImportPath    string
			Imports, Deps []string
		}
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, pkg{short(p.ImportPath)[0], short(p.Imports...), short(p.Deps...)})
	}
}

func short(paths ...string) []string {
	out := make([]string, len(paths))
	for i, p := range paths {
		out[i] = strings.TrimPrefix(p, module+"/")
	}
	return out
}

func TestImports(t *testing.T) {
	all := packages(t)
	for name, check := range importRules {
		t.Run(name, func(t *testing.T) {
			for _, p := range all {
				for _, broken := range check(p) {
					t.Error(broken)
				}
			}
		})
	}
}

// A rule that cannot fail protects nothing: each is shown a package that
// breaks it, and one beside it that does not.
func TestImportRulesCatchViolations(t *testing.T) {
	cases := []struct {
		rule      string
		bad, good pkg
	}{
		{"p2p knows peers and segments only",
			pkg{path: "p2p/tracker", imports: []string{"instance/db"}},
			pkg{path: "p2p/tracker", imports: []string{"p2p/guard", "p2p/wsock", "golang.org/x/sync/singleflight"}}},
		{"p2p knows peers and segments only",
			pkg{path: "p2p/blockstore", imports: []string{"database/sql"}},
			pkg{path: "instance/db", imports: []string{"database/sql"}}},
		{"leaves know no database and no domain",
			pkg{path: "instance/hls", imports: []string{"instance/video"}},
			pkg{path: "instance/hls", imports: []string{"instance/fault", "p2p/guard"}}},
		{"leaves know no database and no domain",
			pkg{path: "instance/rest", imports: []string{"p2p/tracker"}},
			pkg{path: "instance/media", imports: []string{"p2p/tracker"}}},
		{"node uses node, p2p and leaves",
			pkg{path: "node/mirror", imports: []string{"instance/video"}},
			pkg{path: "node/mirror", imports: []string{"instance/rest", "node/store", "p2p/pml"}}},
		{"ui sees the node through node/control only",
			pkg{path: "ui/viewmodel", imports: []string{"fyne.io/fyne/v2"}},
			pkg{path: "ui/viewmodel", imports: []string{"node/control"}}},
		{"ui sees the node through node/control only",
			pkg{path: "ui/page", imports: []string{"node/mirror"}},
			pkg{path: "ui/page", imports: []string{"ui/viewmodel", "fyne.io/fyne/v2"}}},
		{"ui sees the node through node/control only",
			pkg{path: "ui", imports: []string{"fyne.io/fyne/v2/app"}},
			pkg{path: "app/desktop", imports: []string{"fyne.io/fyne/v2/app"}}},
		{"the server links no windows",
			pkg{path: "app/server", deps: []string{"node", "fyne.io/fyne/v2/canvas"}},
			pkg{path: "app/server", deps: []string{"node", "instance"}}},
	}
	for _, c := range cases {
		if got := importRules[c.rule](c.bad); len(got) == 0 {
			t.Errorf("%s: %s with %v: got no complaint", c.rule, c.bad.path, append(c.bad.imports, c.bad.deps...))
		}
		if got := importRules[c.rule](c.good); len(got) != 0 {
			t.Errorf("%s: got %q, want none", c.rule, got)
		}
	}
}
