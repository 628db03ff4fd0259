package theme

import (
	"fmt"
	"image/color"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	fynetheme "fyne.io/fyne/v2/theme"
)

// The window and the web client are one product: their tokens are the same.
func TestTokensAreThoseOfTheWebClient(t *testing.T) {
	t.Parallel()
	css, err := os.ReadFile("../../instance/web/client/styles/tokens.css")
	if err != nil {
		t.Fatal(err)
	}
	light, dark := block(t, string(css), ":root {"), block(t, string(css), `[data-theme="dark"] {`)
	for name, tok := range tokens {
		want, in := light[name]
		if !in {
			t.Errorf("tokens.css has no --%s", name)
			continue
		}
		if tok.light != want {
			t.Errorf("--%s in light: got %v, want %v", name, tok.light, want)
		}
		if d, changed := dark[name]; changed {
			want = d
		}
		if tok.dark != want {
			t.Errorf("--%s in dark: got %v, want %v", name, tok.dark, want)
		}
	}
	for name := range light {
		if _, ours := tokens[name]; !ours {
			t.Errorf("--%s is missing here", name)
		}
	}
	if len(light) < 30 {
		t.Errorf("only %d colours were read from tokens.css", len(light))
	}
}

func TestSizesAreThoseOfTheWebClient(t *testing.T) {
	t.Parallel()
	css, err := os.ReadFile("../../instance/web/client/styles/tokens.css")
	if err != nil {
		t.Fatal(err)
	}
	for name, css1 := range map[fyne.ThemeSizeName]string{
		fynetheme.SizeNameCaptionText: "caption", SizeMeta: "meta", fynetheme.SizeNameText: "ui", SizeTitle: "title", SizeRead: "read",
		SizeRule: "rule", fynetheme.SizeNameSubHeadingText: "section", fynetheme.SizeNameHeadingText: "page", SizeFigure: "figure",
	} {
		want := regexp.MustCompile(`--text-` + css1 + `: \d+ (\d+px/\d+px)`).FindStringSubmatch(string(css))
		if got := fmt.Sprintf("%gpx/%gpx", sizes[name], lines[name]); want == nil || got != want[1] {
			t.Errorf("%s: got %s, want %v", css1, got, want)
		}
	}
	for css1, got := range map[string]float32{"s-1": S1, "s-2": S2, "s-3": S3, "s-4": S4, "s-5": S5, "s-6": S6, "s-7": S7, "s-8": S8,
		"control": Control, "nav-item": NavItem, "row": Row, "topbar": TopBar,
		"r-tag": RadiusTag, "r-control": RadiusControl, "r-card": RadiusCard, "r-dialog": RadiusDialog} {
		if !strings.Contains(string(css), fmt.Sprintf("--%s: %gpx;", css1, got)) {
			t.Errorf("--%s is not %g in tokens.css", css1, got)
		}
	}
}

var declaration = regexp.MustCompile(`--([a-z0-9-]+):\s*(#[0-9A-Fa-f]{6}|rgb\([^)]*\));`)

// block reads the colours between a selector and the next brace.
func block(t *testing.T, css, selector string) map[string]color.NRGBA {
	t.Helper()
	_, rest, found := strings.Cut(css, "\n"+selector)
	if !found && !strings.HasPrefix(css, selector) {
		t.Fatalf("tokens.css has no %q", selector)
	}
	rest, _, _ = strings.Cut(rest, "}")
	colours := map[string]color.NRGBA{}
	for _, m := range declaration.FindAllStringSubmatch(rest, -1) {
		colours[m[1]] = parse(t, m[2])
	}
	return colours
}

func parse(t *testing.T, css string) color.NRGBA {
	t.Helper()
	if hex, isHex := strings.CutPrefix(css, "#"); isHex {
		n, err := strconv.ParseUint(hex, 16, 32)
		if err != nil {
			t.Fatal(err)
		}
		return rgb(uint32(n))
	}
	var r, g, b, a int
	if _, err := fmt.Sscanf(css, "rgb(%d %d %d / .%d)", &r, &g, &b, &a); err != nil {
		t.Fatalf("%s: %v", css, err)
	}
	return percent(color.NRGBA{R: uint8(r), G: uint8(g), B: uint8(b)}, a)
}

// A page that asks for a name nobody knows must not come out black.
func TestUnknownNamesAreFynes(t *testing.T) {
	test.NewTempApp(t)
	th := New(Dark)
	if got, want := th.Color("nobody", fynetheme.VariantDark), fynetheme.DefaultTheme().Color("nobody", fynetheme.VariantDark); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := th.Size(fynetheme.SizeNameWindowTitleBarHeight); got <= 0 {
		t.Errorf("size of a title bar: got %v", got)
	}
	for name := range names {
		if strings.HasPrefix(string(name), "v.") {
			continue
		}
		if th.Color(name, fynetheme.VariantLight) != th.Color(name, fynetheme.VariantDark) {
			t.Errorf("%s: a fixed theme looks at the variant", name)
		}
	}
}

func TestModes(t *testing.T) {
	test.NewTempApp(t)
	for setting, want := range map[string]Mode{"": System, "light": Light, "dark": Dark, "neon": System} {
		if got := ModeOf(setting); got != want {
			t.Errorf("%q: got %v, want %v", setting, got, want)
		}
	}
	if New(System).Color(People, fynetheme.VariantDark) == New(System).Color(People, fynetheme.VariantLight) {
		t.Error("System does not follow the variant")
	}
	if Icon("no such icon", Ink2) == nil || Logo() == nil {
		t.Error("an icon is missing")
	}
}
