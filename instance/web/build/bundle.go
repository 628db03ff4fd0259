package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// manifest tells the door which files a page links. Names are relative to dist.
type manifest struct {
	App    entry    `json:"app"`
	Embed  entry    `json:"embed"`
	Player []string `json:"player"` // the lazy player chunk and what it imports
	Icons  string   `json:"icons"`
}

// entry is one page's program: its script, the scripts that imports at once, and its style.
type entry struct {
	JS      string   `json:"js"`
	CSS     string   `json:"css"`
	Preload []string `json:"preload"`
}

func (m manifest) write(path string) error {
	b, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(b, '\n'), 0o644)
}

// meta is the part of esbuild's metafile that is read here.
type meta struct {
	Outputs map[string]struct {
		EntryPoint string `json:"entryPoint"`
		CSSBundle  string `json:"cssBundle"`
		Imports    []struct {
			Path string `json:"path"`
			Kind string `json:"kind"`
		} `json:"imports"`
	} `json:"outputs"`
}

// bundle runs esbuild over both entry points, sharing chunks between them.
func bundle(client, dist string, maps bool) (manifest, error) {
	sourcemap := api.SourceMapNone
	if maps {
		sourcemap = api.SourceMapLinked
	}
	res := api.Build(api.BuildOptions{
		EntryPoints: []string{filepath.Join(client, "app.tsx"), filepath.Join(client, "embed.tsx")},
		Outdir:      dist, Bundle: true, Write: true, Metafile: true, Splitting: true,
		Format: api.FormatESModule, Target: api.ES2022, Platform: api.PlatformBrowser,
		MinifyWhitespace: true, MinifyIdentifiers: true, MinifySyntax: true,
		EntryNames: "[name]-[hash]", ChunkNames: "[name]-[hash]", AssetNames: "[name]-[hash]",
		JSX: api.JSXAutomatic, JSXImportSource: "preact",
		// The core's own bundle carries the stand-ins for node modules it needs in a browser.
		Conditions:    []string{"p2pml:core-as-bundle"},
		Define:        map[string]string{"global": "globalThis", "process.env.NODE_ENV": `"production"`},
		External:      []string{"/client/*"},
		LegalComments: api.LegalCommentsNone,
		Sourcemap:     sourcemap, LogLevel: api.LogLevelWarning,
	})
	if len(res.Errors) > 0 {
		return manifest{}, errors.New("esbuild found errors")
	}
	var m meta
	if err := json.Unmarshal([]byte(res.Metafile), &m); err != nil {
		return manifest{}, fmt.Errorf("read metafile: %w", err)
	}
	return m.manifest(), nil
}

func (m meta) manifest() manifest {
	var out manifest
	for path, o := range m.Outputs {
		switch base := filepath.Base(o.EntryPoint); base {
		case "app.tsx":
			out.App = entry{filepath.Base(path), cssName(o.CSSBundle), m.static(path, nil)}
		case "embed.tsx":
			out.Embed = entry{filepath.Base(path), cssName(o.CSSBundle), m.static(path, nil)}
		case "engine.ts":
			out.Player = append(m.static(path, nil), filepath.Base(path))
		}
	}
	return out
}

func cssName(path string) string {
	if path == "" {
		return ""
	}
	return filepath.Base(path)
}

// static lists the files that path imports before it can run, once each.
func (m meta) static(path string, seen map[string]bool) []string {
	if seen == nil {
		seen = map[string]bool{path: true}
	}
	var names []string
	for _, i := range m.Outputs[path].Imports {
		if i.Kind != "import-statement" || seen[i.Path] || !strings.HasSuffix(i.Path, ".js") {
			continue
		}
		seen[i.Path] = true
		names = append(names, filepath.Base(i.Path))
		names = append(names, m.static(i.Path, seen)...)
	}
	sort.Strings(names)
	return names
}
