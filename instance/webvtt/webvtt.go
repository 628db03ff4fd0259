// Package webvtt reads captions that strangers wrote, as far as it takes to show
// them safely: what stays is text with the few tags that captions may have.
//
//	bytes ─▶ UTF-8, one kind of line end ─▶ signature ─▶ blocks, style sheets left out ─▶ tags on the list
package webvtt

import (
	"errors"
	"regexp"
	"strings"
)

// Max is how large captions may be, in bytes. A film of two hours has 200 kB.
const Max = 5 << 20

var (
	errLarge = errors.New("webvtt: the captions are too large")
	errOther = errors.New("webvtt: these are no captions")
)

const bom = "\uFEFF"

// Clean answers captions that may be shown, whoever wrote them. What is no
// WebVTT, or larger than Max, is an error.
func Clean(raw []byte) ([]byte, error) {
	if len(raw) > Max {
		return nil, errLarge
	}
	text := strings.TrimPrefix(strings.ToValidUTF8(string(raw), "\uFFFD"), bom)
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\x00", "\uFFFD", bom, "").Replace(text)
	head, rest, _ := strings.Cut(text, "\n")
	if head != "WEBVTT" && !strings.HasPrefix(head, "WEBVTT ") && !strings.HasPrefix(head, "WEBVTT\t") {
		return nil, errOther
	}
	var b strings.Builder
	b.Grow(len(text))
	b.WriteString("WEBVTT\n")
	styled := false // inside a style sheet, which ends with an empty line
	for line := range strings.SplitSeq(rest, "\n") {
		switch {
		case styled && line == "":
			styled = false
		case styled || strings.TrimRight(line, " \t") == "STYLE":
			styled = true
			continue
		}
		b.WriteString(tidy(line))
		b.WriteByte('\n')
	}
	if b.Len() > Max { // signs that are written out longer
		return nil, errLarge
	}
	return []byte(b.String()), nil
}

// The tags that captions may have, without what browsers would take for more.
var (
	anyTag  = regexp.MustCompile(`<[^<>]*>?`)
	goodTag = regexp.MustCompile(`^<(?:/?(?:b|i|u|c|v|lang|ruby|rt)|(?:b|i|u|c|ruby|rt)(?:\.[\w-]+)+|(?:v|lang)(?:\.[\w-]+)*[ \t][\pL\pN\pM .,_:()-]*|[0-9:.]+)>$`)
)

// tidy drops tags that are not on the list, but not what stands between them.
func tidy(line string) string {
	if !strings.Contains(line, "<") {
		return line
	}
	return anyTag.ReplaceAllStringFunc(line, func(tag string) string {
		switch {
		case goodTag.MatchString(tag):
			return tag
		case strings.HasSuffix(tag, ">"):
			return ""
		}
		return "&lt;" + tag[1:]
	})
}
