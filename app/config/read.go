package config

import (
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// value is what a layer says about a key, and where.
type value struct {
	node  *yaml.Node
	where string
}

// reading collects the layers, the later over the earlier.
type reading struct {
	values    map[string]value
	defaults  map[string]*yaml.Node
	supported map[string]key
	variables []variable
	warnings  []string
	problems  Problems
}

func newReading() *reading {
	r := &reading{
		values: map[string]value{}, defaults: peertubeDefaults(),
		supported: map[string]key{}, variables: peertubeVariables(),
	}
	for _, k := range keys {
		r.supported[k.name] = k
	}
	for _, d := range differences {
		r.defaults[d.key] = d.node()
	}
	return r
}

func (r *reading) problem(where, format string, args ...any) {
	r.problems = append(r.problems, where+": "+fmt.Sprintf(format, args...))
}

func (r *reading) warn(where, format string, args ...any) {
	r.warnings = append(r.warnings, where+": "+fmt.Sprintf(format, args...))
}

// yaml reads one document; JSON is YAML too.
func (r *reading) yaml(name string, doc []byte) {
	var root yaml.Node
	if err := yaml.Unmarshal(doc, &root); err != nil {
		r.problem(name, "%s", strings.TrimPrefix(err.Error(), "yaml: "))
		return
	}
	if len(root.Content) == 0 || isNull(root.Content[0]) {
		return
	}
	if root.Content[0].Kind != yaml.MappingNode {
		r.problem(name, "want keys and values, such as listen: { port: 9000 }")
		return
	}
	r.walk(name, "", root.Content[0])
}

// walk visits a mapping down to the keys that hold values.
func (r *reading) walk(file, prefix string, m *yaml.Node) {
	seen := map[string]int{}
	for i := 0; i+1 < len(m.Content); i += 2 {
		name, node := m.Content[i].Value, m.Content[i+1]
		if node.Kind == yaml.AliasNode {
			node = node.Alias
		}
		path, where := prefix+name, fmt.Sprintf("%s:%d", file, m.Content[i].Line)
		if line, again := seen[name]; again {
			r.problem(where, "%s is already set on line %d", path, line)
			continue
		}
		seen[name] = m.Content[i].Line
		switch _, isValue := r.defaults[path]; {
		case isValue || r.supported[path].name != "":
			r.put(path, value{node, where})
		case !r.isSection(path):
			r.warn(where, "%s is no key that PeerTube or we know; it has no effect%s", path, r.near(path))
		case node.Kind == yaml.MappingNode:
			r.walk(file, path+".", node)
		case !isNull(node):
			r.problem(where, "%s holds other keys, not a value", path)
		}
	}
}

func (r *reading) isSection(path string) bool {
	inside := func(k string) bool { return strings.HasPrefix(k, path+".") }
	for k := range r.defaults {
		if inside(k) {
			return true
		}
	}
	return slices.ContainsFunc(keys, func(k key) bool { return inside(k.name) })
}

// near suggests a key of the same section whose last word differs little.
func (r *reading) near(path string) string {
	dir := path[:strings.LastIndex(path, ".")+1]
	for _, k := range slices.Sorted(maps.Keys(r.supported)) {
		if strings.HasPrefix(k, dir) && distance(k, path) <= 2 {
			return fmt.Sprintf(" (did you mean %s?)", k)
		}
	}
	return ""
}

// distance counts the letters to add, drop or change between two words.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

func (r *reading) put(path string, v value) {
	if _, ok := r.supported[path]; ok {
		r.values[path] = v
		return
	}
	if strings.HasPrefix(path, "redis.") {
		return // never needed: an operator's file always has the section
	}
	if !sameValue(v.node, r.defaults[path]) {
		r.warn(v.where, "%s is not supported yet; it has no effect", path)
	}
}

// sameValue compares what two nodes say, not how they are written.
func sameValue(a, b *yaml.Node) bool {
	if a.Kind == yaml.ScalarNode && b.Kind == yaml.ScalarNode {
		return a.Value == b.Value || isNull(a) && isNull(b) || isNull(b) && a.Value == ""
	}
	var x, y any
	return a.Decode(&x) == nil && b.Decode(&y) == nil && reflect.DeepEqual(x, y)
}

// environment reads NODE_CONFIG and the variables of PeerTube's image. Empty
// ones count as not set.
func (r *reading) environment(environ []string) {
	env := map[string]string{}
	for _, e := range environ {
		name, v, _ := strings.Cut(e, "=")
		env[name] = v
	}
	if doc := env["NODE_CONFIG"]; doc != "" {
		r.yaml("NODE_CONFIG", []byte(doc))
	}
	for _, v := range r.variables {
		r.variable(v, env[v.name])
	}
	for _, k := range keys {
		if k.variable != "" {
			r.variable(variable{k.name, k.variable, false}, env[k.variable])
		}
	}
}

func (r *reading) variable(v variable, content string) {
	if content == "" {
		return
	}
	node := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: content}
	if v.json {
		var doc yaml.Node
		if err := yaml.Unmarshal([]byte(content), &doc); err != nil || len(doc.Content) == 0 {
			r.problem(v.name, "%s is no JSON", v.key)
			return
		}
		node = doc.Content[0]
	}
	r.put(v.key, value{node, v.name})
}

// fill writes every supported key into the draft: the layers' value, else the
// default.
func (r *reading) fill(d *draft) {
	for _, k := range keys {
		v, set := r.values[k.name]
		if !set {
			v = value{r.defaults[k.name], "default"}
		}
		parsed, ok := k.kind.parse(v.node)
		if !ok {
			r.problem(v.where, "%s is %s; allowed is %s", k.name, shown(k, v.node), k.kind.allowed)
			continue
		}
		if set {
			d.explicit[k.name] = v.where
		}
		target := reflect.ValueOf(k.target(d)).Elem()
		target.Set(reflect.ValueOf(parsed).Convert(target.Type()))
	}
}

// shown is a refused value for the operator; secrets are not repeated.
func shown(k key, n *yaml.Node) string {
	switch {
	case k.secret:
		return "not usable"
	case n.Kind == yaml.ScalarNode:
		return fmt.Sprintf("%.60q", n.Value)
	case n.Kind == yaml.SequenceNode:
		return "a list with something else in it"
	}
	return "a group of keys"
}

// readSecret returns the first line of a secret's file.
func readSecret(file string) (string, error) {
	content, err := os.ReadFile(file)
	line, _, _ := strings.Cut(string(content), "\n")
	return strings.TrimSpace(line), err
}
