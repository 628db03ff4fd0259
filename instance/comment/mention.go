package comment

import (
	"regexp"
	"slices"
	"strings"
)

// maxMentions bounds whom one comment can call.
const maxMentions = 50

// Mention is an account named in a text.
type Mention struct {
	Name string
	Host string // as it was written; empty for "@name"
}

// A name may not follow a letter, which would be an address of mail, nor a slash,
// which would be a part of a link.
var mention = regexp.MustCompile(`(?:^|[^\pL\pN_/.@-])@([A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?)(?:@([A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]{1,5})?))?`)

// Mentions are the accounts that a text calls by "@name" or "@name@host", each
// once, in the order of the text.
func Mentions(text string) []Mention {
	var found []Mention
	for _, m := range mention.FindAllStringSubmatch(text, 10*maxMentions) {
		one := Mention{Name: m[1], Host: strings.ToLower(m[2])}
		if !slices.Contains(found, one) {
			found = append(found, one)
		}
		if len(found) == maxMentions {
			break
		}
	}
	return found
}
