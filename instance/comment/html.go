package comment

import (
	"regexp"
	"strings"
	"sync"

	"github.com/microcosm-cc/bluemonday"
)

// page is what of a comment may stand in a page: a few elements of text, and
// links that take nothing along.
var page = sync.OnceValue(func() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "strong", "b", "em", "i", "del", "code", "pre", "blockquote", "ul", "ol", "li")
	p.AllowAttrs("href").OnElements("a")
	p.AllowURLSchemes("http", "https")
	p.AllowRelativeURLs(false)
	p.RequireParseableURLs(true)
	p.RequireNoFollowOnLinks(true)
	p.RequireNoReferrerOnLinks(true)
	p.AddTargetBlankToFullyQualifiedLinks(true)
	return p
})

// blocks tells HTML, where a line break means nothing, from a plain text.
var blocks = regexp.MustCompile(`(?i)<(p|br|div|ul|ol|blockquote)\b`)

// HTML makes of a received text what may stand in a page: whatever the text
// holds, nothing in it runs, loads or leaves the place it is put in.
func HTML(text string) string {
	if !blocks.MatchString(text) {
		text = strings.ReplaceAll(text, "\n", "<br>")
	}
	return page().Sanitize(text)
}
