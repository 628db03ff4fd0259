package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// Budgets in bytes after gzip, from the design language, section 7.
const (
	appBudget    = 60_000
	playerBudget = 275_000
	iconBudget   = 16_000
)

// compress writes name.gz beside each built file and returns the compressed sizes.
func compress(dist string) (map[string]int, error) {
	entries, err := os.ReadDir(dist)
	if err != nil {
		return nil, err
	}
	sizes := map[string]int{}
	for _, e := range entries {
		name := e.Name()
		if !strings.HasSuffix(name, ".js") && !strings.HasSuffix(name, ".css") && !strings.HasSuffix(name, ".svg") {
			continue
		}
		if sizes[name], err = compressFile(filepath.Join(dist, name)); err != nil {
			return nil, fmt.Errorf("compress %s: %w", name, err)
		}
	}
	return sizes, nil
}

func compressFile(path string) (int, error) {
	plain, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return 0, err
	}
	if _, err := z.Write(plain); err != nil {
		return 0, err
	}
	if err := z.Close(); err != nil {
		return 0, err
	}
	return b.Len(), os.WriteFile(path+".gz", b.Bytes(), 0o644)
}

// check prints the sizes of the parts and fails when one is over its budget.
func check(w io.Writer, m manifest, sizes map[string]int) error {
	app := sum(sizes, append([]string{m.App.JS, m.App.CSS}, m.App.Preload...))
	shared := map[string]bool{}
	for _, name := range m.App.Preload {
		shared[name] = true
	}
	player := 0
	for _, name := range m.Player {
		if !shared[name] {
			player += sizes[name]
		}
	}
	fmt.Fprintf(w, "web client, gzip: app %d of %d, player %d of %d, icons %d of %d bytes\n",
		app, appBudget, player, playerBudget, sizes[m.Icons], iconBudget)
	switch {
	case app == 0 || player == 0:
		return fmt.Errorf("an entry point is missing from the bundle")
	case app > appBudget, player > playerBudget, sizes[m.Icons] > iconBudget:
		return fmt.Errorf("over the size budget")
	}
	return nil
}

func sum(sizes map[string]int, names []string) int {
	total := 0
	for _, name := range names {
		total += sizes[name]
	}
	return total
}
