package web

import (
	"bytes"
	"compress/gzip"
	"embed"
	"encoding/json"
	"html/template"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

//go:embed templates/*.html
var templates embed.FS

type pages struct{ shell, embed *template.Template }

func parsePages() *pages {
	parse := func(name string) *template.Template {
		return template.Must(template.ParseFS(templates, "templates/"+name, "templates/head.html"))
	}
	return &pages{shell: parse("shell.html"), embed: parse("embed.html")}
}

// head is what a page says of itself to programs that do not run it.
type head struct {
	Title, Description string
	Name               string // what the page is about, without the site's name
	Canonical          string
	Type               string // OpenGraph type
	Image              picture
	Embed              string // address of the embedded player
	Width, Height      int    // of that player
	Stream             string // address of the playlist
	OEmbed             string
	Duration           int
	Published          string
	Tags               []string
	NoIndex            bool
}

// page is all a template needs.
type page struct {
	Head    head
	Site    string
	Lang    string
	Theme   string // "", "light" or "dark"; "" follows the system
	Entry   entry
	Icons   string
	Player  []string // scripts worth loading early
	First   map[string]json.RawMessage
	Status  int
	Code    string // PeerTube's code of the problem, when there is one
	Video   *video
	File    string
	Message string
	Built   bool
}

// contentPolicy allows no script but our own files. Styles may be inline: the
// player's controls keep theirs in shadow roots, and no style runs code.
// Bytes of a video may come from any server that carries it.
func (d *Door) contentPolicy(frames string) string {
	carriers := "https: wss:"
	if strings.HasPrefix(d.cfg.URL, "http://") {
		carriers = "http: https: ws: wss:"
	}
	return "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; " +
		"img-src 'self' data: blob:; media-src 'self' blob: " + carriers + "; connect-src 'self' blob: " + carriers + "; " +
		"font-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; " +
		"frame-ancestors " + frames
}

// send renders t and writes it with the headers that every page carries.
func (d *Door) send(w http.ResponseWriter, r *http.Request, t *template.Template, p page) {
	p.Lang, p.Theme, p.Built = language(r), theme(r), d.assets.built
	p.Icons = d.assets.manifest.Icons
	if p.Status == 0 {
		p.Status = http.StatusOK
	}
	var b bytes.Buffer
	if err := t.Execute(&b, p); err != nil {
		d.cfg.Log.Error("page not rendered", "path", r.URL.Path, "err", err)
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	frames := "'none'"
	if t == d.pages.embed {
		frames = "*"
	} else {
		w.Header().Set("X-Frame-Options", "DENY")
	}
	h := w.Header()
	h.Set("Content-Security-Policy", d.contentPolicy(frames))
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "strict-origin-when-cross-origin")
	h.Set("Cache-Control", "no-cache")
	// Accept: other servers get the video's object at the same address.
	h.Set("Vary", "Accept, Accept-Encoding, Accept-Language, Cookie")
	body := b.Bytes()
	if acceptsGzip(r) {
		h.Set("Content-Encoding", "gzip")
		body = squeeze(body)
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(p.Status)
	if r.Method != http.MethodHead {
		// A reader that went away is no error of ours.
		_, _ = w.Write(body)
	}
}

func squeeze(plain []byte) []byte {
	var b bytes.Buffer
	z, ok := squeezers.Get().(*gzip.Writer)
	if !ok {
		z = gzip.NewWriter(&b)
	}
	defer squeezers.Put(z)
	z.Reset(&b)
	// Writing to memory cannot fail.
	_, _ = z.Write(plain)
	_ = z.Close()
	return b.Bytes()
}

// squeezers are used again: each has close to a megabyte of tables.
var squeezers sync.Pool // of *gzip.Writer

// language is the one the reader chose before, else the first of the browser's
// that we speak, else English.
func language(r *http.Request) string {
	if c, err := r.Cookie("lang"); err == nil && (c.Value == "en" || c.Value == "fr") {
		return c.Value
	}
	for part := range strings.SplitSeq(r.Header.Get("Accept-Language"), ",") {
		tag, _, _ := strings.Cut(strings.TrimSpace(part), ";")
		base, _, _ := strings.Cut(strings.ToLower(tag), "-")
		if base == "en" || base == "fr" {
			return base
		}
	}
	return "en"
}

// theme is the one the reader fixed, so that the first picture already has it.
func theme(r *http.Request) string {
	if c, err := r.Cookie("theme"); err == nil && (c.Value == "light" || c.Value == "dark") {
		return c.Value
	}
	return ""
}
