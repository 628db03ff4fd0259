//go:generate go test -tags nosqlite -run TestSampleFile . -update

package config

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

const sampleHead = `# Configuration of a Vidiverse instance, in PeerTube's key names: an existing
# production.yaml is understood. Everything here is the default; write down
# only what you change. Environment variables of PeerTube's container
# (PEERTUBE_…), NODE_CONFIG and flags override this file.
#
# Times: "10 seconds", "1 hour 30 minutes", "2 weeks". Sizes: 500MB, -1 is no
# limit. Secrets may stand in a file of their own (…_file).
#
# Start: vidiverse instance --config production.yaml
`

// Sample is the sample file: every key with an effect, its default, and what
// it may hold.
func Sample() string {
	var b strings.Builder
	b.WriteString(sampleHead)
	r := newReading()
	var open []string // sections that the last key stood in
	for _, k := range keys {
		path := strings.Split(k.name, ".")
		dirs, leaf := path[:len(path)-1], path[len(path)-1]
		shared := 0
		for shared < len(dirs) && shared < len(open) && dirs[shared] == open[shared] {
			shared++
		}
		if shared == 0 {
			b.WriteString("\n")
		}
		for i := shared; i < len(dirs); i++ {
			fmt.Fprintf(&b, "%s%s:\n", strings.Repeat("  ", i), dirs[i])
		}
		open = dirs
		indent := strings.Repeat("  ", len(dirs))
		if k.doc != "" {
			fmt.Fprintf(&b, "%s# %s\n", indent, k.doc)
		}
		if section := path[0]; section == "storage" || section == "webserver" || section == "database" {
			indent += "# " // setting one of these changes what the others mean
		}
		fmt.Fprintf(&b, "%s%s: %s%s\n", indent, leaf, written(r.defaults[k.name]), hint(k))
	}
	return b.String()
}

// hint says what is allowed where the value alone does not.
func hint(k key) string {
	switch k.kind.allowed {
	case text.allowed, flag.allowed, duration.allowed, size.allowed, quota.allowed:
		return ""
	}
	if strings.Contains(k.kind.allowed, "list") {
		return ""
	}
	return "  # " + k.kind.allowed
}

// written is a default as it stands in the file.
func written(n *yaml.Node) string {
	if n.Kind == yaml.ScalarNode && n.Tag == "" {
		switch {
		case n.Value == "" || strings.ContainsAny(n.Value, ":#{}[]$'\""):
			return "'" + strings.ReplaceAll(n.Value, "'", "''") + "'"
		}
		return n.Value
	}
	out, err := yaml.Marshal(n)
	if err != nil {
		return "null"
	}
	return strings.TrimSpace(string(out))
}
