// Package resttest holds answers of this program against answers that were
// captured from PeerTube: the same members, of the same JSON types. Captured
// files lie in testdata/rest at the root of the module; differences that are
// meant are lines of testdata/rest/differences.txt, each with its reason.
//
//	resttest.Body(t, "users-me.json", body)      // one answer against its file
//	resttest.Status(t, "users-me.json", resp)    // its status and content type
package resttest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Captured is one recorded exchange.
type Captured struct {
	Request struct {
		Method, URL string
		Body        json.RawMessage
	}
	Response struct {
		Status  int
		Headers [][2]string
		Body    json.RawMessage
	}
}

// Header returns the first recorded response header of that name.
func (c Captured) Header(name string) string {
	for _, h := range c.Response.Headers {
		if strings.EqualFold(h[0], name) {
			return h[1]
		}
	}
	return ""
}

// Load reads testdata/rest/<name>.
func Load(t testing.TB, name string) Captured {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(folder(t), name))
	if err != nil {
		t.Fatal(err)
	}
	var c Captured
	if err := json.Unmarshal(b, &c); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return c
}

// Status compares status and Content-Type of an answer with the captured ones.
func Status(t testing.TB, name string, resp *http.Response) {
	t.Helper()
	c := Load(t, name)
	if resp.StatusCode != c.Response.Status {
		t.Errorf("%s: got status %d, want %d", name, resp.StatusCode, c.Response.Status)
	}
	if got, want := resp.Header.Get("Content-Type"), c.Header("Content-Type"); got != want {
		t.Errorf("%s: got Content-Type %q, want %q", name, got, want)
	}
}

// Body compares the members and types of a JSON body with those of the
// captured one. null on either side fits anything: it only says that this
// value was not there. Of arrays, all elements are compared with what all
// captured elements together show; an empty array fits any array.
func Body(t testing.TB, name string, body []byte) {
	t.Helper()
	known := differences(t)
	for _, d := range Diff(t, Load(t, name).Response.Body, body) {
		if !known.excuse(name, d) {
			t.Errorf("%s: %s", name, d)
		}
	}
}

// Difference is one place where two documents do not have the same shape.
type Difference struct {
	Path string // data[].account.url
	Kind string // missing, extra, type
	Note string
}

func (d Difference) String() string { return fmt.Sprintf("%s %s %s", d.Path, d.Kind, d.Note) }

// Diff compares the shapes of two JSON documents.
func Diff(t testing.TB, want, got []byte) []Difference {
	t.Helper()
	var w, g any
	if err := json.Unmarshal(want, &w); err != nil {
		t.Fatalf("captured body: %v", err)
	}
	if err := json.Unmarshal(got, &g); err != nil {
		return []Difference{{Path: "", Kind: "type", Note: "got no JSON: " + string(got)}}
	}
	var out []Difference
	compare("", []any{w}, g, &out)
	return out
}

// compare holds got against all captured examples of the same place.
func compare(path string, want []any, got any, out *[]Difference) {
	want = notNull(want)
	if len(want) == 0 || got == nil {
		return
	}
	if w, g := kindOf(want[0]), kindOf(got); w != g {
		*out = append(*out, Difference{path, "type", fmt.Sprintf("got %s, want %s", g, w)})
		return
	}
	switch g := got.(type) {
	case map[string]any:
		compareObjects(path, want, g, out)
	case []any:
		var all []any
		for _, w := range want {
			if list, ok := w.([]any); ok {
				all = append(all, list...)
			}
		}
		for _, one := range g {
			compare(path+"[]", all, one, out)
		}
	}
}

func compareObjects(path string, want []any, got map[string]any, out *[]Difference) {
	examples := map[string][]any{} // of each member
	seen := map[string]int{}
	objects := 0
	for _, w := range want {
		if m, ok := w.(map[string]any); ok {
			objects++
			for k, v := range m {
				examples[k] = append(examples[k], v)
				seen[k]++
			}
		}
	}
	for k := range examples {
		if _, ok := got[k]; !ok && seen[k] == objects { // else it is optional
			*out = append(*out, Difference{join(path, k), "missing", ""})
		}
	}
	for k, v := range got {
		if seen[k] == 0 {
			*out = append(*out, Difference{join(path, k), "extra", ""})
			continue
		}
		compare(join(path, k), examples[k], v, out)
	}
}

var date = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(Z|\+00:00)$`)

func kindOf(v any) string {
	switch v := v.(type) {
	case map[string]any:
		return "object"
	case []any:
		return "array"
	case string:
		if date.MatchString(v) {
			return "date"
		}
		return "string"
	case bool:
		return "boolean"
	default:
		return "number"
	}
}

func notNull(list []any) []any {
	var out []any
	for _, v := range list {
		if v != nil {
			out = append(out, v)
		}
	}
	return out
}

func join(path, member string) string {
	if path == "" {
		return member
	}
	return path + "." + member
}

// excuses are the lines of differences.txt: file, path and kind.
type excuses map[[3]string]bool

func (e excuses) excuse(file string, d Difference) bool {
	return e[[3]string{file, d.Path, d.Kind}] || e[[3]string{"*", d.Path, d.Kind}]
}

func differences(t testing.TB) excuses {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(folder(t), "differences.txt"))
	if err != nil {
		t.Fatal(err)
	}
	list := excuses{}
	for lines := bufio.NewScanner(bytes.NewReader(b)); lines.Scan(); {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Fields(line)
		if len(f) < 4 {
			t.Fatalf("differences.txt: %q: want file, path, kind and a reason", line)
		}
		list[[3]string{f[0], f[1], f[2]}] = true
	}
	return list
}

// folder is testdata/rest of the module that the test runs in.
func folder(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return filepath.Join(dir, "testdata", "rest")
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Fatal("no go.mod above the test")
		}
		dir = up
	}
}
