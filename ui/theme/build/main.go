// Command build copies the fonts and icons of the windows from the npm packages
// that are installed beside it into the theme's assets folder, with their
// licences. It is a program of the build alone.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

func main() {
	root := flag.String("theme", "ui/theme", "folder of the theme: holds build/ and assets/")
	flag.Parse()
	if err := run(*root); err != nil {
		fmt.Fprintln(os.Stderr, "assets of the windows:", err)
		os.Exit(1)
	}
}

// fonts are Inter's weights that the design language names, and its licence.
var fonts = map[string]string{
	"400Regular/Inter_400Regular.ttf":               "inter-400.ttf",
	"400Regular_Italic/Inter_400Regular_Italic.ttf": "inter-400-italic.ttf",
	"600SemiBold/Inter_600SemiBold.ttf":             "inter-600.ttf",
	"LICENSE_FONT":                                  "LICENSE-inter.txt",
}

func run(root string) error {
	from, to := filepath.Join(root, "build"), filepath.Join(root, "assets")
	for name, as := range fonts {
		if err := copyFile(filepath.Join(from, "node_modules/@expo-google-fonts/inter", name), filepath.Join(to, as)); err != nil {
			return err
		}
	}
	list, err := os.ReadFile(filepath.Join(from, "icons.txt"))
	if err != nil {
		return err
	}
	symbols := filepath.Join(from, "node_modules/@material-symbols/svg-400")
	for _, name := range strings.Fields(string(list)) {
		if err := copyFile(filepath.Join(symbols, "rounded", name+".svg"), filepath.Join(to, name+".svg")); err != nil {
			return err
		}
	}
	return copyFile(filepath.Join(symbols, "LICENSE"), filepath.Join(to, "LICENSE-material-symbols.txt"))
}

func copyFile(from, to string) error {
	content, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, content, 0o644)
}
