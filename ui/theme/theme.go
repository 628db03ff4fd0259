// Package theme is how Vidiverse looks in a window: the colours, sizes, fonts
// and icons of the design language, as a theme of Fyne.
//
//	tokens.go ── the same values as the web client's tokens.css
//	assets/   ── Inter and Material Symbols, put there by build/; without them
//	             the windows work with Fyne's own font and icons
//
// Colour names of our own begin with "v."; whatever is not named here is
// answered by Fyne's default theme.
package theme

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// Mode says which of the two looks is shown.
type Mode int

// The modes. System follows the desktop.
const (
	System Mode = iota
	Light
	Dark
)

// ModeOf reads a setting: "light", "dark", or anything else for System.
func ModeOf(setting string) Mode {
	switch setting {
	case "light":
		return Light
	case "dark":
		return Dark
	}
	return System
}

// Theme implements fyne.Theme.
type Theme struct{ mode Mode }

// New returns a theme. Dark is also what the player wears on light pages.
func New(mode Mode) *Theme { return &Theme{mode} }

// Color of a name; the variant counts in mode System alone.
func (t *Theme) Color(name fyne.ThemeColorName, variant fyne.ThemeVariant) color.Color {
	switch t.mode {
	case Light:
		variant = theme.VariantLight
	case Dark:
		variant = theme.VariantDark
	}
	dark := variant == theme.VariantDark
	if key, ours := names[name]; ours {
		return tokens[key].in(dark)
	}
	switch name {
	case PeopleOnChip:
		return tokens["people"].dark
	case theme.ColorNameHover:
		return percent(tokens["ink"].in(dark), 6)
	case theme.ColorNamePressed:
		return percent(tokens["ink"].in(dark), 12)
	case theme.ColorNameFocus:
		return percent(tokens["focus"].in(dark), 35)
	case theme.ColorNameShadow:
		if dark {
			return color.NRGBA{A: 102}
		}
		return color.NRGBA{A: 38}
	case theme.ColorNameScrollBarBackground:
		return color.Transparent
	}
	return theme.DefaultTheme().Color(name, variant)
}

func (t token) in(dark bool) color.NRGBA {
	if dark {
		return t.dark
	}
	return t.light
}

// Size of a name.
func (t *Theme) Size(name fyne.ThemeSizeName) float32 {
	if size, ours := sizes[name]; ours {
		return size
	}
	return theme.DefaultTheme().Size(name)
}

// Line is the height of a line of text of that size.
func Line(name fyne.ThemeSizeName) float32 {
	if h, ours := lines[name]; ours {
		return h
	}
	return sizes[theme.SizeNameText] + sizes[theme.SizeNameLineSpacing]
}

// Font is Inter where its files are there.
func (t *Theme) Font(style fyne.TextStyle) fyne.Resource {
	switch {
	case style.Monospace, style.Symbol:
	case style.Bold && interBold != nil:
		return interBold
	case style.Italic && interItalic != nil:
		return interItalic
	case inter != nil:
		return inter
	}
	return theme.DefaultTheme().Font(style)
}

// Icon of Fyne's own widgets.
func (t *Theme) Icon(name fyne.ThemeIconName) fyne.Resource { return theme.DefaultTheme().Icon(name) }
