package config

import (
	_ "embed"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// What PeerTube 8.2 knows: every key with its default, and the environment
// variable of each key in its container image. Captured, not written.
//
//go:embed peertube/default-config.tsv
var defaultsTable string

//go:embed peertube/environment-variables.tsv
var variablesTable string

// variable is an environment variable and whether its value is JSON.
type variable struct {
	key, name string
	json      bool
}

// columns splits a table without its header line.
func columns(table string) [][]string {
	var rows [][]string
	for _, line := range strings.Split(strings.TrimRight(table, "\n"), "\n")[1:] {
		rows = append(rows, strings.Split(line, "\t"))
	}
	return rows
}

// peertubeDefaults returns the default of every key as a YAML node; lists of
// objects (thumbnails.sizes) become one node under their own key.
func peertubeDefaults() map[string]*yaml.Node {
	defaults := map[string]*yaml.Node{}
	for _, row := range columns(defaultsTable) {
		list, member, isList := strings.Cut(row[0], "[")
		if !isList {
			defaults[row[0]] = defaultNode(row[1])
			continue
		}
		seq := defaults[list]
		if seq == nil {
			seq = &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
			defaults[list] = seq
		}
		index, name, _ := strings.Cut(member, "].")
		at, _ := strconv.Atoi(index)
		if at == len(seq.Content) {
			seq.Content = append(seq.Content, &yaml.Node{Kind: yaml.MappingNode, Style: yaml.FlowStyle})
		}
		object := seq.Content[at]
		object.Content = append(object.Content, scalar(name), scalar(row[1]))
	}
	return defaults
}

// defaultNode reads the table's notation: ” is empty, null is null, [a, b] is
// a list, and \n in a text is a line break.
func defaultNode(text string) *yaml.Node {
	switch {
	case text == "''":
		return scalar("")
	case text == "null":
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Value: "null"}
	case strings.HasPrefix(text, "[") && strings.HasSuffix(text, "]"):
		seq := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
		for _, item := range strings.Split(strings.Trim(text, "[]"), ", ") {
			if item != "" {
				seq.Content = append(seq.Content, scalar(item))
			}
		}
		return seq
	}
	return scalar(strings.ReplaceAll(text, `\n`, "\n"))
}

func scalar(text string) *yaml.Node { return &yaml.Node{Kind: yaml.ScalarNode, Value: text} }

func peertubeVariables() []variable {
	var all []variable
	for _, row := range columns(variablesTable) {
		all = append(all, variable{row[0], row[1], row[2] == "json"})
	}
	return all
}
