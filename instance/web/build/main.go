// Command build makes the web client: it bundles client/ with esbuild, joins
// the icons into one sprite, names every file by its content, compresses it
// and refuses a result that is over its size budget.
//
//	client/*.tsx, *.css ── esbuild ──▶ dist/<name>-<hash>.js, .css
//	client/icons.txt ──── sprite ───▶ dist/icons-<hash>.svg
//	                                  dist/manifest.json (what the pages link)
//
// It is a program of the build alone, so that esbuild stays out of the server.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	root := flag.String("web", "instance/web", "folder of the web door: holds client/ and dist/")
	maps := flag.Bool("maps", false, "write source maps, for debugging")
	flag.Parse()
	if err := build(*root, *maps); err != nil {
		fmt.Fprintln(os.Stderr, "build web client:", err)
		os.Exit(1)
	}
}

// build replaces the content of root/dist with a fresh bundle of root/client.
func build(root string, maps bool) error {
	client, dist := filepath.Join(root, "client"), filepath.Join(root, "dist")
	if err := clear(dist); err != nil {
		return err
	}
	list, err := bundle(client, dist, maps)
	if err != nil {
		return err
	}
	if list.Icons, err = sprite(client, dist); err != nil {
		return err
	}
	if err := copyStatic(filepath.Join(client, "static"), dist); err != nil {
		return err
	}
	sizes, err := compress(dist)
	if err != nil {
		return err
	}
	if err := list.write(filepath.Join(dist, "manifest.json")); err != nil {
		return err
	}
	return check(os.Stdout, list, sizes)
}

// clear removes all built files and keeps the committed placeholder.
func clear(dist string) error {
	entries, err := os.ReadDir(dist)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Name() == "placeholder.html" {
			continue
		}
		if err := os.RemoveAll(filepath.Join(dist, e.Name())); err != nil {
			return err
		}
	}
	return nil
}

// copyStatic copies the few files that keep their names, such as the favicon.
func copyStatic(from, to string) error {
	entries, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(from, e.Name()))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(to, e.Name()), b, 0o644); err != nil {
			return err
		}
	}
	return nil
}
