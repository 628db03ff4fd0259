package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

var (
	viewBox = regexp.MustCompile(`viewBox="([^"]+)"`)
	inner   = regexp.MustCompile(`(?s)<svg[^>]*>(.*)</svg>`)
)

// sprite joins the icons named in client/icons.txt into one file of symbols
// and returns its hashed name. Symbols take the colour of the text.
func sprite(client, dist string) (string, error) {
	list, err := os.ReadFile(filepath.Join(client, "icons.txt"))
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString(`<svg xmlns="http://www.w3.org/2000/svg">`)
	for _, name := range strings.Fields(string(list)) {
		file := filepath.Join(client, "node_modules/@material-symbols/svg-400/rounded", name+".svg")
		svg, err := os.ReadFile(file)
		if err != nil {
			return "", fmt.Errorf("icon %s: %w", name, err)
		}
		box, body := viewBox.FindSubmatch(svg), inner.FindSubmatch(svg)
		if box == nil || body == nil {
			return "", fmt.Errorf("icon %s: not the expected SVG", name)
		}
		fmt.Fprintf(&b, `<symbol id="%s" viewBox="%s" fill="currentColor">%s</symbol>`, name, box[1], body[1])
	}
	b.WriteString(`</svg>`)
	sum := sha256.Sum256([]byte(b.String()))
	name := "icons-" + strings.ToUpper(hex.EncodeToString(sum[:4])) + ".svg"
	return name, os.WriteFile(filepath.Join(dist, name), []byte(b.String()), 0o644)
}
