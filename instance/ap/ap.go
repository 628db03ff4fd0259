// Package ap is the ActivityPub door: at the addresses of pages it answers
// other servers and nodes with objects. So far that is the video, by which
// nodes learn the swarms that the tracker allows.
//
//	GET /videos/watch/{id}  ─ Accept ─┬─ application/activity+json ─▶ Video
//	    /w/{id}                       └─ else ─▶ the page
//
// What a stranger may not watch does not exist here.
package ap

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"vidiverse/instance/activitypub"
	"vidiverse/instance/fault"
	"vidiverse/instance/rest"
	"vidiverse/instance/user"
	"vidiverse/instance/video"
)

// Config is what the door needs; all but Log are required.
type Config struct {
	PublicURL *url.URL // scheme and host[:port] that the world sees
	Videos    *video.Service
	Log       *slog.Logger // nil discards
}

// Door answers with objects. It is safe for concurrent use.
type Door struct {
	cfg  Config
	base string
}

// New builds the door. It starts nothing.
func New(cfg Config) *Door {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Door{cfg: cfg, base: cfg.PublicURL.Scheme + "://" + cfg.PublicURL.Host}
}

// Over answers what asks for objects, and leaves the rest to pages.
func (d *Door) Over(pages http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, ok := videoID(r.URL.Path)
		if !ok || r.Method != http.MethodGet && r.Method != http.MethodHead || !wanted(r.Header) {
			pages.ServeHTTP(w, r)
			return
		}
		d.video(w, r, video.Ref(id))
	})
}

// videoID finds the id in the two addresses of a video.
func videoID(path string) (string, bool) {
	for _, prefix := range []string{"/videos/watch/", "/w/"} {
		if id, ok := strings.CutPrefix(path, prefix); ok {
			return id, id != "" && !strings.Contains(id, "/")
		}
	}
	return "", false
}

func (d *Door) video(w http.ResponseWriter, r *http.Request, ref video.Ref) {
	h := w.Header()
	h.Set("X-Powered-By", "PeerTube")
	h.Set("X-Frame-Options", "DENY")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Vary", "Accept")
	v, err := d.cfg.Videos.Get(r.Context(), user.Caller{}, ref, video.Credentials{})
	if err == nil && (!v.Privacy.Open() || !told(v.State)) {
		err = fault.New(fault.NotFound, "Video not found")
	}
	if err != nil {
		d.fail(w, err)
		return
	}
	if !v.Local { // its own server alone speaks for it
		http.Redirect(w, r, v.URL, http.StatusFound)
		return
	}
	body, err := d.object(r.Context(), v)
	if err != nil {
		d.fail(w, err)
		return
	}
	etag := fmt.Sprintf(`W/"%x"`, sha256.Sum256(body))
	h.Set("ETag", etag)
	h.Set("Cache-Control", "max-age=1")
	if strings.Contains(r.Header.Get("If-None-Match"), etag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Type", activitypub.ContentType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // a reader that went away is no error of ours
	}
}

// told reports whether other servers hear of a video in that state.
func told(s video.State) bool {
	return s == video.Published || s == video.WaitingForLive || s == video.LiveEnded
}

func (d *Door) object(ctx context.Context, v video.Details) ([]byte, error) {
	var hashes [][20]byte
	if v.Playlist != nil {
		var err error
		if hashes, err = d.cfg.Videos.Swarms(ctx, v.Playlist.Master); err != nil {
			return nil, err
		}
	}
	return d.render(v, hashes).JSON()
}

// fail tells a stranger only whether the video is there: one that is closed is
// not.
func (d *Door) fail(w http.ResponseWriter, err error) {
	p := rest.Problem{Type: "about:blank", Title: "Not Found", Detail: "Video not found", Status: http.StatusNotFound}
	if f, ok := fault.As(err); !ok || f.Kind == fault.Internal {
		if !errors.Is(err, context.Canceled) {
			d.cfg.Log.Error("object not rendered", "err", err)
		}
		p.Title, p.Detail, p.Status = "Internal Server Error", "Internal Server Error", http.StatusInternalServerError
	}
	b, err := json.Marshal(p)
	if err != nil {
		http.Error(w, p.Title, p.Status)
		return
	}
	w.Header().Set("Content-Type", "application/problem+json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache, no-store, must-revalidate")
	w.WriteHeader(p.Status)
	_, _ = w.Write(b) // as above
}
