package app

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// source is one Go file, parsed. Its name is a slash path inside the module.
type source struct {
	name  string
	lines int
	file  *ast.File
}

func (s source) dir() string  { return path.Dir(s.name) }
func (s source) base() string { return path.Base(s.name) }

// test reports whether the file is a test or of a package that tests use.
func (s source) test() bool {
	return strings.HasSuffix(s.name, "_test.go") || strings.HasSuffix(s.dir(), "test")
}

// maxLines is where a file is refused; style asks for a hundred or so.
const maxLines = 600

var sourceRules = map[string]func([]source) []string{
	"one package comment each":             commentRule,
	"SQL stands in store files":            sqlRule,
	"context.Background is for app, tests": backgroundRule,
	"files stay short":                     lengthRule,
}

func commentRule(all []source) []string {
	count := map[string]int{}
	for _, s := range all {
		if strings.HasSuffix(s.name, "_test.go") {
			continue
		}
		count[s.dir()] += 0
		if s.file.Doc != nil {
			count[s.dir()]++
		}
	}
	var broken []string
	for dir, n := range count {
		if n != 1 {
			broken = append(broken, fmt.Sprintf("%s has %d package comments, want 1", dir, n))
		}
	}
	slices.Sort(broken)
	return broken
}

var statement = regexp.MustCompile(`^\s*(SELECT|INSERT|UPDATE|DELETE FROM|WITH|CREATE (TABLE|INDEX|UNIQUE)|ALTER TABLE|DROP (TABLE|INDEX)|PRAGMA|VACUUM)\s`)

// queries are the calls that build or run SQL.
var queries = []string{
	"NewSelect", "NewInsert", "NewUpdate", "NewDelete", "NewRaw",
	"QueryContext", "QueryRowContext", "ExecContext", "PrepareContext",
}

func sqlRule(all []source) []string {
	var broken []string
	for _, s := range all {
		if s.test() || under(s.dir(), "instance/db") || strings.HasPrefix(s.base(), "store") {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BasicLit:
				if text, err := strconv.Unquote(n.Value); n.Kind == token.STRING && err == nil && statement.MatchString(text) {
					broken = append(broken, fmt.Sprintf("%s holds SQL: %.40q", s.name, text))
				}
			case *ast.SelectorExpr:
				if slices.Contains(queries, n.Sel.Name) {
					broken = append(broken, fmt.Sprintf("%s calls %s", s.name, n.Sel.Name))
				}
			}
			return true
		})
	}
	return broken
}

func backgroundRule(all []source) []string {
	var broken []string
	for _, s := range all {
		if s.test() || under(s.dir(), "app") {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			sel, isSelector := n.(*ast.SelectorExpr)
			if !isSelector || sel.Sel.Name != "Background" && sel.Sel.Name != "TODO" {
				return true
			}
			if x, isName := sel.X.(*ast.Ident); isName && x.Name == "context" {
				broken = append(broken, fmt.Sprintf("%s calls context.%s", s.name, sel.Sel.Name))
			}
			return true
		})
	}
	return broken
}

func lengthRule(all []source) []string {
	var broken []string
	for _, s := range all {
		if s.lines > maxLines {
			broken = append(broken, fmt.Sprintf("%s has %d lines, at most %d are taken", s.name, s.lines, maxLines))
		}
	}
	return broken
}

// skipped are folders without Go files of ours.
var skipped = []string{".git", ".cache", "node_modules", "dist", "data", "bin", "testdata"}

// sources parses every Go file of the module.
func sources(t *testing.T) []source {
	t.Helper()
	var all []source
	root := os.DirFS("..")
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && slices.Contains(skipped, d.Name()):
			return fs.SkipDir
		case d.IsDir() || path.Ext(name) != ".go":
			return nil
		}
		text, err := os.ReadFile(filepath.Join("..", name))
		if err != nil {
			return err
		}
		s, err := parse(name, string(text))
		all = append(all, s)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func parse(name, text string) (source, error) {
	f, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ParseComments)
	return source{name, strings.Count(text, "\n"), f}, err
}

func TestSources(t *testing.T) {
	all := sources(t)
	for name, check := range sourceRules {
		t.Run(name, func(t *testing.T) {
			for _, broken := range check(all) {
				t.Error(broken)
			}
		})
	}
}

func TestSourceRulesCatchViolations(t *testing.T) {
	const plain = "// Package p is a thing.\npackage p\n"
	cases := []struct {
		rule, name, bad, good string
	}{
		{"one package comment each", "p2p/p/p.go", "package p\n", plain},
		{"SQL stands in store files", "instance/video/service.go",
			plain + "const q = `SELECT id FROM video`\n",
			plain + "const q = `Select a file`\n"},
		{"SQL stands in store files", "instance/video/service.go",
			plain + "var _ = db.NewSelect().Model(nil)\n",
			plain + "var _ = db.Read()\n"},
		{"context.Background is for app, tests", "instance/video/service.go",
			plain + "import \"context\"\nvar _ = context.Background()\n",
			plain + "import \"context\"\nvar _ context.Context\n"},
		{"files stay short", "p2p/p/p.go", plain + strings.Repeat("\n", maxLines), plain},
	}
	for _, c := range cases {
		for text, want := range map[string]bool{c.bad: true, c.good: false} {
			s, err := parse(c.name, text)
			if err != nil {
				t.Fatal(err)
			}
			if got := sourceRules[c.rule]([]source{s}); (len(got) > 0) != want {
				t.Errorf("%s: got %q for %.80q", c.rule, got, text)
			}
		}
	}
	a, _ := parse("p2p/p/a.go", plain)
	b, _ := parse("p2p/p/b.go", plain)
	if got := commentRule([]source{a, b}); len(got) != 1 {
		t.Errorf("two package comments: got %q, want one complaint", got)
	}
	if s, _ := parse("instance/video/store_list.go", plain+"const q = `SELECT 1`\n"); len(sqlRule([]source{s})) != 0 {
		t.Error("SQL in a store file is refused")
	}
}
