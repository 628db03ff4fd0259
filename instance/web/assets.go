package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5"
)

// manifest is what the build tool wrote: the files that a page links.
type manifest struct {
	App    entry    `json:"app"`
	Embed  entry    `json:"embed"`
	Player []string `json:"player"`
	Icons  string   `json:"icons"`
}

type entry struct {
	JS      string   `json:"js"`
	CSS     string   `json:"css"`
	Preload []string `json:"preload"`
}

// assets are the built files, read once: together they are under 3 MB.
type assets struct {
	manifest manifest
	built    bool
	files    map[string]file
}

type file struct {
	plain, gzip []byte
	mime        string
	forever     bool // its name changes with its content
}

func loadAssets(dist fs.FS) (*assets, error) {
	a := &assets{files: map[string]file{}}
	raw, err := fs.ReadFile(dist, "manifest.json")
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return a, nil // not built: pages say so and still work without script
	case err != nil:
		return nil, fmt.Errorf("read client manifest: %w", err)
	}
	if err := json.Unmarshal(raw, &a.manifest); err != nil {
		return nil, fmt.Errorf("read client manifest: %w", err)
	}
	a.built = true
	entries, err := fs.ReadDir(dist, ".")
	if err != nil {
		return nil, fmt.Errorf("list client files: %w", err)
	}
	for _, e := range entries {
		if err := a.load(dist, e.Name()); err != nil {
			return nil, err
		}
	}
	return a, nil
}

func (a *assets) load(dist fs.FS, name string) error {
	if strings.HasSuffix(name, ".gz") || name == "manifest.json" || name == "placeholder.html" {
		return nil
	}
	plain, err := fs.ReadFile(dist, name)
	if err != nil {
		return fmt.Errorf("read client file %s: %w", name, err)
	}
	f := file{plain: plain, mime: mime.TypeByExtension(path.Ext(name)), forever: strings.Contains(name, "-")}
	if f.gzip, err = fs.ReadFile(dist, name+".gz"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read client file %s: %w", name, err)
	}
	if strings.HasSuffix(name, ".js") {
		f.mime = "text/javascript; charset=utf-8"
	}
	a.files[name] = f
	return nil
}

func (a *assets) serve(w http.ResponseWriter, r *http.Request) { a.send(w, r, chi.URLParam(r, "file")) }

func (a *assets) favicon(w http.ResponseWriter, r *http.Request) { a.send(w, r, "logo.svg") }

func (a *assets) send(w http.ResponseWriter, r *http.Request, name string) {
	f, ok := a.files[name]
	if !ok {
		w.Header().Set("Cache-Control", "no-store")
		http.Error(w, "no such file", http.StatusNotFound)
		return
	}
	h := w.Header()
	h.Set("Content-Type", f.mime)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Vary", "Accept-Encoding")
	h.Set("Cache-Control", "public, max-age=3600")
	if f.forever {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	body := f.plain
	if f.gzip != nil && acceptsGzip(r) {
		h.Set("Content-Encoding", "gzip")
		body = f.gzip
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method == http.MethodHead {
		return
	}
	// A reader that went away is no error of ours.
	_, _ = w.Write(body)
}

func acceptsGzip(r *http.Request) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, q, _ := strings.Cut(strings.TrimSpace(part), ";")
		if name == "gzip" {
			return strings.ReplaceAll(q, " ", "") != "q=0"
		}
	}
	return false
}
