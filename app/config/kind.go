package config

import (
	"fmt"
	"math"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"vidiverse/instance"
	"vidiverse/p2p/consent"
)

// kind is what a key may hold: words for people, and how to read it.
type kind struct {
	allowed string
	parse   func(n *yaml.Node) (any, bool)
}

// isNull also takes an empty value, as PeerTube's readers do.
func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

var text = kind{"a text", func(n *yaml.Node) (any, bool) {
	if isNull(n) {
		return "", true
	}
	return n.Value, n.Kind == yaml.ScalarNode
}}

var flag = kind{"true or false", func(n *yaml.Node) (any, bool) {
	return n.Value == "true", n.Kind == yaml.ScalarNode && (n.Value == "true" || n.Value == "false")
}}

// number takes a whole number from low to high.
func number(low, high int) kind {
	return kind{fmt.Sprintf("a whole number from %d to %d", low, high), func(n *yaml.Node) (any, bool) {
		i, err := strconv.Atoi(n.Value)
		return i, n.Kind == yaml.ScalarNode && err == nil && i >= low && i <= high
	}}
}

var port = number(0, 65535)

// optionalNumber is a number, or null for 0.
func optionalNumber(low, high int) kind {
	k := number(low, high)
	return kind{k.allowed + ", or null", func(n *yaml.Node) (any, bool) {
		if isNull(n) {
			return 0, true
		}
		return k.parse(n)
	}}
}

// choice takes one of a few words.
func choice(words ...string) kind {
	return kind{"one of " + strings.Join(words, ", "), func(n *yaml.Node) (any, bool) {
		return n.Value, n.Kind == yaml.ScalarNode && slices.Contains(words, n.Value)
	}}
}

var part = regexp.MustCompile(`^\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*,?`)

// sum reads "1 hour 30 minutes" or "2GB 500MB": numbers with units, added up.
// A bare number counts plain. Results at or above 2^53 are refused.
func sum(value string, units map[string]float64, plain float64) (float64, bool) {
	total := 0.0
	for rest := strings.TrimSpace(value); rest != ""; {
		m := part.FindStringSubmatch(rest)
		if m == nil {
			return 0, false
		}
		unit := plain
		if m[2] != "" {
			u, known := units[strings.ToLower(m[2])]
			if !known {
				return 0, false
			}
			unit = u
		}
		amount, err := strconv.ParseFloat(m[1], 64)
		if err != nil {
			return 0, false
		}
		total += amount * unit
		rest = strings.TrimSpace(rest[len(m[0]):])
	}
	return total, strings.TrimSpace(value) != "" && total < 1<<53
}

var timeUnits = func() map[string]float64 {
	units := map[string]float64{}
	for unit, names := range map[time.Duration]string{
		time.Millisecond:     "ms millisecond milliseconds",
		time.Second:          "s sec second seconds",
		time.Minute:          "m min minute minutes",
		time.Hour:            "h hour hours",
		24 * time.Hour:       "d day days",
		7 * 24 * time.Hour:   "w week weeks",
		30 * 24 * time.Hour:  "month months",
		365 * 24 * time.Hour: "y year years",
	} {
		for _, name := range strings.Fields(names) {
			units[name] = float64(unit / time.Millisecond)
		}
	}
	return units
}()

var duration = kind{`a time such as "10 seconds", "1 hour 30 minutes", "2 weeks", or milliseconds`, func(n *yaml.Node) (any, bool) {
	ms, ok := sum(n.Value, timeUnits, 1)
	ok = ok && n.Kind == yaml.ScalarNode && ms > 0 && ms < float64(math.MaxInt64/int64(time.Millisecond))
	return time.Duration(ms) * time.Millisecond, ok
}}

var byteUnits = map[string]float64{"b": 1, "kb": 1 << 10, "mb": 1 << 20, "gb": 1 << 30, "tb": 1 << 40}

// size takes bytes; -1 is no limit, null is 0.
var size = kind{`a size such as 500MB or "2GB 500MB", a number of bytes, or -1 for no limit`, func(n *yaml.Node) (any, bool) {
	if isNull(n) {
		return int64(0), true
	}
	if n.Value == "-1" {
		return int64(-1), true
	}
	total, ok := sum(n.Value, byteUnits, 1)
	return int64(total), ok && n.Kind == yaml.ScalarNode
}}

// quota is a size that is not 0: PeerTube takes 0 for "may upload nothing",
// others for "no limit", and neither should happen by a slip.
var quota = kind{"a size above 0 such as 500MB, or -1 for no limit", func(n *yaml.Node) (any, bool) {
	v, ok := size.parse(n)
	return v, ok && v != int64(0)
}}

// list takes a sequence of items of one kind; null is empty.
func list[T any](item kind) kind {
	return kind{"a list, each " + item.allowed, func(n *yaml.Node) (any, bool) {
		out := []T{}
		if isNull(n) {
			return out, true
		}
		if n.Kind != yaml.SequenceNode {
			return nil, false
		}
		for _, c := range n.Content {
			v, ok := item.parse(c)
			if !ok {
				return nil, false
			}
			out = append(out, v.(T))
		}
		return out, true
	}}
}

// proxyNames are Express's names for groups of addresses.
var proxyNames = map[string][]string{
	"loopback":    {"127.0.0.0/8", "::1/128"},
	"linklocal":   {"169.254.0.0/16", "fe80::/10"},
	"uniquelocal": {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"},
}

var proxies = kind{"a list of loopback, linklocal, uniquelocal, addresses and networks (10.1.2.0/24)", func(n *yaml.Node) (any, bool) {
	names, ok := list[string](text).parse(n)
	if !ok {
		return nil, false
	}
	nets := []netip.Prefix{}
	for _, name := range names.([]string) {
		group, isGroup := proxyNames[name]
		if !isGroup {
			group = []string{name}
		}
		for _, g := range group {
			p, err := netip.ParsePrefix(g)
			if addr, bad := netip.ParseAddr(g); err != nil && bad == nil {
				p, err = addr.Prefix(addr.BitLen())
			}
			if err != nil {
				return nil, false
			}
			nets = append(nets, p.Masked())
		}
	}
	return nets, true
}}

// networks are written as proxies are.
var networks = proxies

// nodes are the public keys of edge nodes.
var nodes = list[consent.Key](kind{"the key of a node as it prints it: 43 letters, digits, - and _", func(n *yaml.Node) (any, bool) {
	k, err := consent.ParseKey(n.Value)
	return k, n.Kind == yaml.ScalarNode && err == nil
}})

// pictures reads thumbnails.sizes: width, height and an aspect ratio that
// must agree with them.
var pictures = kind{"a list of { width: 16…4096, height: 16…4096, aspect_ratio: W:H }, at least one", func(n *yaml.Node) (any, bool) {
	var rows []struct {
		Width, Height int
		AspectRatio   string `yaml:"aspect_ratio"`
	}
	if n.Decode(&rows) != nil || len(rows) == 0 {
		return nil, false
	}
	var sizes []instance.Size
	for _, r := range rows {
		if r.Width < 16 || r.Width > 4096 || r.Height < 16 || r.Height > 4096 {
			return nil, false
		}
		sizes = append(sizes, instance.Size{Width: r.Width, Height: r.Height})
	}
	return sizes, true
}}
