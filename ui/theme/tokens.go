package theme

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// token is a colour of the design language in both themes. Names are those of
// the web client's tokens.css, whose values a test compares with these.
type token struct{ light, dark color.NRGBA }

func rgb(hex uint32) color.NRGBA {
	return color.NRGBA{R: uint8(hex >> 16), G: uint8(hex >> 8), B: uint8(hex), A: 255}
}

func both(light, dark uint32) token { return token{rgb(light), rgb(dark)} }

func same(c color.NRGBA) token { return token{c, c} }

// percent is a colour at an opacity of 0 to 100.
func percent(c color.NRGBA, opacity int) color.NRGBA {
	c.A = uint8((opacity*255 + 50) / 100)
	return c
}

var tokens = map[string]token{
	"bg":             both(0xFAFAF8, 0x0F1312),
	"surface":        both(0xFFFFFF, 0x161B1A),
	"raised":         both(0xFFFFFF, 0x1D2322),
	"fill":           both(0xEEF0EC, 0x202725),
	"hover":          both(0xE5E8E3, 0x2A3230),
	"press":          both(0xDADED8, 0x353E3B),
	"ink":            both(0x161A19, 0xEDF1EF),
	"ink-2":          both(0x4C5654, 0xAFB9B6),
	"ink-3":          both(0x626C6A, 0x8C9794),
	"disabled":       both(0x9AA3A0, 0x5C6664),
	"line":           both(0xE2E5E1, 0x28302E),
	"line-strong":    both(0x808986, 0x737E7B),
	"primary":        both(0x161A19, 0xEDF1EF),
	"on-primary":     both(0xFFFFFF, 0x0F1312),
	"link":           both(0x1B57B8, 0x8DB8FF),
	"focus":          both(0x1F62D0, 0x8DB8FF),
	"selection":      both(0xCFE0FA, 0x274A7E),
	"people":         both(0x0A7364, 0x4FD3B8),
	"on-people":      both(0xFFFFFF, 0x06231D),
	"people-soft":    both(0xDDF2ED, 0x12332C),
	"on-people-soft": both(0x0A4F45, 0xA8EBDC),
	"mirror":         both(0x4F73B3, 0x8AA9E6),
	"server":         both(0x7A8482, 0x808B88),
	"device":         both(0xA07A32, 0xD1AE6B),
	"good":           both(0x2E7434, 0x8CCB7E),
	"good-soft":      both(0xE2F2E2, 0x15301A),
	"warn":           both(0x8A5700, 0xF0BA55),
	"warn-soft":      both(0xFBEFD6, 0x352811),
	"bad":            both(0xB3261E, 0xFF8F84),
	"bad-soft":       both(0xFBE7E4, 0x3B1A17),
	"on-bad":         both(0xFFFFFF, 0x2B0906),
	"live":           same(rgb(0xC4162F)),
	"on-live":        same(rgb(0xFFFFFF)),
	"chip":           same(percent(rgb(0x080C0B), 82)),
	"on-chip":        same(rgb(0xFFFFFF)),
	"scrim":          same(percent(rgb(0x080C0B), 56)),
}

// Colours of our own. Fyne's are plain words, so ours carry a prefix.
const (
	Ink2         fyne.ThemeColorName = "v.ink2"
	Surface      fyne.ThemeColorName = "v.surface"
	HoverFill    fyne.ThemeColorName = "v.hover" // opaque, one step up from fill
	PressFill    fyne.ThemeColorName = "v.press"
	Focus        fyne.ThemeColorName = "v.focus"
	People       fyne.ThemeColorName = "v.people"
	OnPeople     fyne.ThemeColorName = "v.onPeople"
	PeopleSoft   fyne.ThemeColorName = "v.peopleSoft"
	OnPeopleSoft fyne.ThemeColorName = "v.onPeopleSoft"
	Mirror       fyne.ThemeColorName = "v.mirror"
	Server       fyne.ThemeColorName = "v.server"
	Device       fyne.ThemeColorName = "v.device"
	GoodSoft     fyne.ThemeColorName = "v.goodSoft"
	WarnSoft     fyne.ThemeColorName = "v.warnSoft"
	BadSoft      fyne.ThemeColorName = "v.badSoft"
	Live         fyne.ThemeColorName = "v.live"
	OnLive       fyne.ThemeColorName = "v.onLive"
	Chip         fyne.ThemeColorName = "v.chip"
	OnChip       fyne.ThemeColorName = "v.onChip"
	Scrim        fyne.ThemeColorName = "v.scrim"
	PeopleOnChip fyne.ThemeColorName = "v.peopleOnChip" // people, on what is dark in both themes
)

// names says which token each colour name of Fyne, and of ours, shows.
var names = map[fyne.ThemeColorName]string{
	theme.ColorNameBackground:          "bg",
	theme.ColorNameInputBackground:     "surface",
	theme.ColorNameHeaderBackground:    "surface",
	theme.ColorNameMenuBackground:      "raised",
	theme.ColorNameOverlayBackground:   "raised",
	theme.ColorNameButton:              "fill",
	theme.ColorNameDisabledButton:      "fill",
	theme.ColorNameForeground:          "ink",
	theme.ColorNamePlaceHolder:         "ink-3",
	theme.ColorNameDisabled:            "disabled",
	theme.ColorNameSeparator:           "line",
	theme.ColorNameInputBorder:         "line-strong",
	theme.ColorNameScrollBar:           "line-strong",
	theme.ColorNamePrimary:             "primary",
	theme.ColorNameForegroundOnPrimary: "on-primary",
	theme.ColorNameHyperlink:           "link",
	theme.ColorNameSelection:           "selection",
	theme.ColorNameSuccess:             "good",
	theme.ColorNameForegroundOnSuccess: "surface",
	theme.ColorNameWarning:             "warn",
	theme.ColorNameForegroundOnWarning: "surface",
	theme.ColorNameError:               "bad",
	theme.ColorNameForegroundOnError:   "on-bad",

	Ink2: "ink-2", Surface: "surface", HoverFill: "hover", PressFill: "press", Focus: "focus",
	People: "people", OnPeople: "on-people", PeopleSoft: "people-soft", OnPeopleSoft: "on-people-soft",
	Mirror: "mirror", Server: "server", Device: "device",
	GoodSoft: "good-soft", WarnSoft: "warn-soft", BadSoft: "bad-soft",
	Live: "live", OnLive: "on-live", Chip: "chip", OnChip: "on-chip", Scrim: "scrim",
}

// Sizes of text of our own, in the units of Fyne (px at scale 1).
const (
	SizeMeta   fyne.ThemeSizeName = "v.meta"
	SizeTitle  fyne.ThemeSizeName = "v.title"
	SizeRead   fyne.ThemeSizeName = "v.read"
	SizeRule   fyne.ThemeSizeName = "v.rule"
	SizeFigure fyne.ThemeSizeName = "v.figure"
)

var sizes = map[fyne.ThemeSizeName]float32{
	theme.SizeNameCaptionText:        12,
	SizeMeta:                         13,
	theme.SizeNameText:               14,
	SizeTitle:                        15,
	SizeRead:                         15,
	SizeRule:                         16,
	theme.SizeNameSubHeadingText:     18,
	theme.SizeNameHeadingText:        22,
	SizeFigure:                       40,
	theme.SizeNamePadding:            4,
	theme.SizeNameInnerPadding:       8,
	theme.SizeNameLineSpacing:        4,
	theme.SizeNameInlineIcon:         20,
	theme.SizeNameInputBorder:        1,
	theme.SizeNameSeparatorThickness: 1,
	theme.SizeNameScrollBar:          10,
	theme.SizeNameScrollBarSmall:     4,
	theme.SizeNameScrollBarRadius:    4,
	theme.SizeNameInputRadius:        RadiusControl,
	theme.SizeNameSelectionRadius:    RadiusControl,
}

// lines are the heights of a line of text of each size.
var lines = map[fyne.ThemeSizeName]float32{
	theme.SizeNameCaptionText: 16, SizeMeta: 18, theme.SizeNameText: 20, SizeTitle: 20, SizeRead: 22,
	SizeRule: 30, theme.SizeNameSubHeadingText: 24, theme.SizeNameHeadingText: 28, SizeFigure: 44,
}

// Space, sizes and radii.
const (
	S1 float32 = 4
	S2 float32 = 8
	S3 float32 = 12
	S4 float32 = 16
	S5 float32 = 20
	S6 float32 = 24
	S7 float32 = 32
	S8 float32 = 48

	Control float32 = 36
	NavItem float32 = 40
	Row     float32 = 48
	TopBar  float32 = 56

	RadiusTag     float32 = 4
	RadiusControl float32 = 8
	RadiusCard    float32 = 12
	RadiusDialog  float32 = 16

	Ring    float32 = 2 // width of the focus ring, and its distance from a control
	RingFar float32 = 6 // its distance from a card
)
