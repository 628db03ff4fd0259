package words

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Clean makes one short line of words that a stranger wrote: at most runes
// characters, no line breaks, no controls, no marks that turn the direction of
// what follows, and no towers of accents.
func Clean(text string, runes int) string {
	var b strings.Builder
	kept, stacked, space := 0, 0, true
	for i := 0; i < len(text) && kept < runes; {
		r, size := utf8.DecodeRuneInString(text[i:])
		if r == utf8.RuneError && size == 1 {
			i++
			continue
		}
		i += size
		switch {
		case unicode.IsSpace(r):
			if !space {
				b.WriteByte(' ')
				kept++
			}
			space, stacked = true, 0
		case turns(r), unicode.IsControl(r), unicode.Is(unicode.Co, r):
		case unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Me, r):
			if stacked < 2 {
				b.WriteRune(r)
			}
			stacked++
		default:
			b.WriteRune(r)
			kept, stacked, space = kept+1, 0, false
		}
		if i >= 64*runes { // nothing but marks: enough was looked at
			break
		}
	}
	return strings.TrimSpace(b.String())
}

// turns reports marks that embed, override or isolate a direction of writing.
func turns(r rune) bool {
	return r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069 || r == 0x061C || r == 0xFEFF
}

// Plain is a description without its Markdown signs: paragraphs, at most runes
// characters of it.
func Plain(markdown string, runes int) string {
	if len(markdown) > 4*runes {
		markdown = strings.ToValidUTF8(markdown[:4*runes], "")
	}
	var out []string
	empty := 0
	for line := range strings.SplitSeq(markdown, "\n") {
		line = Clean(strings.TrimLeft(line, "#> "), runes)
		line = strings.NewReplacer("**", "", "__", "", "`", "").Replace(line)
		if line == "" {
			empty++
		} else {
			empty = 0
		}
		if empty < 2 && len(out) < 400 {
			out = append(out, line)
		}
	}
	return strings.TrimSpace(strings.Join(out, "\n"))
}
