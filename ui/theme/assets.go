package theme

import (
	"embed"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

//go:embed assets
var assets embed.FS

var (
	inter       = asset("inter-400.ttf")
	interItalic = asset("inter-400-italic.ttf")
	interBold   = asset("inter-600.ttf")
)

// asset is a file of assets/, or nil if the build did not put it there.
func asset(name string) fyne.Resource {
	content, err := assets.ReadFile("assets/" + name)
	if err != nil {
		return nil
	}
	return fyne.NewStaticResource(name, content)
}

// Complete reports whether fonts and icons were there at build time.
func Complete() bool { return inter != nil && interBold != nil && asset("home.svg") != nil }

// standIns are icons of Fyne for a build without assets.
var standIns = map[string]fyne.ThemeIconName{
	"home": theme.IconNameHome, "home-fill": theme.IconNameHome, "search": theme.IconNameSearch,
	"settings": theme.IconNameSettings, "settings-fill": theme.IconNameSettings,
	"download": theme.IconNameDownload, "download-fill": theme.IconNameDownload,
	"add": theme.IconNameContentAdd, "close": theme.IconNameCancel, "delete": theme.IconNameDelete,
	"check": theme.IconNameConfirm, "check_circle-fill": theme.IconNameConfirm,
	"info": theme.IconNameInfo, "warning-fill": theme.IconNameWarning, "error-fill": theme.IconNameError,
	"play_arrow-fill": theme.IconNameMediaPlay, "pause-fill": theme.IconNameMediaPause, "pause": theme.IconNameMediaPause,
	"volume_up-fill": theme.IconNameVolumeUp, "volume_down-fill": theme.IconNameVolumeDown, "volume_off-fill": theme.IconNameVolumeMute,
	"fullscreen": theme.IconNameViewFullScreen, "fullscreen_exit": theme.IconNameViewRestore,
	"more_horiz": theme.IconNameMoreHorizontal, "arrow_back": theme.IconNameNavigateBack,
	"replay": theme.IconNameMediaReplay, "content_copy": theme.IconNameContentCopy, "folder": theme.IconNameFolder,
}

// Icon is a Material Symbol by its file name without ".svg", in the colour of
// a name of this theme or of Fyne's. Without assets it is a like icon of Fyne's.
func Icon(name string, in fyne.ThemeColorName) fyne.Resource {
	plain := asset(name + ".svg")
	if plain == nil {
		stand, known := standIns[name]
		if !known {
			stand = theme.IconNameRadioButton
		}
		plain = theme.DefaultTheme().Icon(stand)
	}
	return theme.NewColoredResource(plain, in)
}

// Logo is the mark of the product, for the window and the desktop.
func Logo() fyne.Resource { return fyne.NewStaticResource("vidiverse.svg", logo) }

//go:embed logo.svg
var logo []byte
