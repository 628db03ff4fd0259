// Package media is the door that sends files: renditions and playlists,
// thumbnails, avatars, downloads. A file is found by its row in the database;
// no path is ever joined from what a request says.
//
//	/static/streaming-playlists/hls/{uuid}/{file} ─▶ row ─▶ blob ─▶ sendfile
//	/static/streaming-playlists/hls/private/… ─▶ credentials ─▶ row ─▶ may read? ─▶ …
//	/lazy-static/{thumbnails,avatars,torrents,…}/{file}     /download/…
//
// Answers to ranges are exact: 206 or 416, never 200, because players that
// exchange segments check them against the digests. The bytes of a file go from
// disk to socket inside the kernel; every writer here passes ReadFrom on.
package media

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"

	"github.com/go-chi/chi/v5"

	"vidiverse/instance/blob"
	"vidiverse/instance/stream"
	"vidiverse/instance/user"
	"vidiverse/instance/video"
)

// Videos is what this door asks of the videos.
type Videos interface {
	// MediaFile finds a file by folder, uuid of its video and name; NotFound otherwise.
	MediaFile(ctx context.Context, kind, uuid, name string) (stream.MediaFile, error)
	// MayRead refuses who must not have the bytes of a video.
	MayRead(ctx context.Context, caller user.Caller, id video.ID, c video.Credentials) error
	// TorrentFile finds a .torrent, and what to call it at home; NotFound otherwise.
	TorrentFile(ctx context.Context, name string) (stream.MediaFile, string, error)
}

// Users tells who a bearer token stands for, and when it no longer does.
type Users interface {
	Authenticate(ctx context.Context, token string) (user.Caller, error)
	Watch(fn func(gone func(user.Caller) bool))
}

// Entry is one line of an access log.
type Entry struct {
	Path   string // without the query, which may hold tokens
	Status int
	Bytes  int64 // of the body, as far as it was sent
	Remote netip.Addr
}

// Picture finds the key of a picture, or of captions, by the file name; NotFound
// otherwise.
type Picture func(ctx context.Context, file string) (key string, err error)

// Config is what a Door needs. Blob, Videos and Users are required.
type Config struct {
	Blob       blob.Store
	Videos     Videos
	Users      Users
	Thumbnail  Picture // nil serves none, as do the next three
	Avatar     Picture
	Storyboard Picture
	Caption    Picture
	// Torrent finds the copy of another server's .torrent, and what to call it at
	// home; NotFound otherwise. nil serves none.
	Torrent   func(ctx context.Context, file string) (key, name string, err error)
	Downloads *Downloads

	// Remote is the address of who asks; nil takes the connection's. Whatever
	// believes headers of proxies must know which proxies to believe.
	Remote func(r *http.Request) netip.Addr
	// Throttle may slow a download down by wrapping the writer; nil does not.
	// What it wraps no longer leaves by sendfile.
	Throttle func(w http.ResponseWriter, remote netip.Addr) http.ResponseWriter
	Observe  func(Entry) // called after each answer, from its goroutine; may be nil
	Log      *slog.Logger
}

// Door serves /static, /lazy-static and /download. It is safe for concurrent use.
type Door struct {
	Config
	router chi.Router
	closed sending
}

// New builds the door; it opens and starts nothing.
func New(c Config) *Door {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Remote == nil {
		c.Remote = connection
	}
	d := &Door{Config: c, router: chi.NewRouter()}
	c.Users.Watch(d.closed.cut)
	for _, rt := range d.routes() {
		h := d.serve(rt.handle)
		d.router.Method(http.MethodGet, rt.path, h)
		d.router.Method(http.MethodHead, rt.path, h)
	}
	d.router.NotFound(d.serve(notThere).ServeHTTP)
	d.router.MethodNotAllowed(d.serve(notThere).ServeHTTP)
	return d
}

type handler func(w *meter, r *http.Request) error

type route struct {
	path   string
	handle handler
}

func (d *Door) routes() []route {
	const hls, web = "/static/streaming-playlists/hls", "/static/web-videos"
	list := []route{
		{hls + "/{uuid}/{file}", d.file(false)},
		{hls + "/private/{uuid}/{file}", d.file(true)},
		{web + "/{file}", d.file(false)},
		{web + "/private/{file}", d.file(true)},
		{"/lazy-static/torrents/{file}", d.torrent(false)},
	}
	if d.Thumbnail != nil {
		// /previews/ is where clients of before 8.1 look for the same pictures.
		list = append(list, route{"/lazy-static/thumbnails/{file}", d.picture(d.Thumbnail)},
			route{"/lazy-static/previews/{file}", d.picture(d.Thumbnail)})
	}
	if d.Avatar != nil {
		list = append(list, route{"/lazy-static/avatars/{file}", d.picture(d.Avatar)},
			route{"/lazy-static/banners/{file}", d.picture(d.Avatar)})
	}
	if d.Storyboard != nil {
		list = append(list, route{"/lazy-static/storyboards/{file}", d.picture(d.Storyboard)})
	}
	if d.Caption != nil {
		list = append(list, route{"/lazy-static/video-captions/{file}", d.open(d.Caption, "text/vtt")})
	}
	if d.Downloads != nil {
		list = append(list, d.downloadRoutes()...)
	}
	return list
}

// ServeHTTP answers one request.
func (d *Door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m := &meter{ResponseWriter: w}
	defer func() {
		if d.Observe != nil {
			d.Observe(Entry{Path: r.URL.Path, Status: m.status, Bytes: m.bytes, Remote: d.Remote(r)})
		}
	}()
	headers(m.Header())
	if r.Method == http.MethodOptions {
		preflight(m, r)
		return
	}
	d.router.ServeHTTP(m, r)
}

// serve gives a handler its meter back and writes its error.
func (d *Door) serve(h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m, ok := w.(*meter)
		if !ok {
			m = &meter{ResponseWriter: w}
		}
		defer d.closed.release(m)
		if err := h(m, r); err != nil && m.status == 0 {
			d.fail(m, r, err)
		}
	})
}

// connection is the address at the other end of the connection.
func connection(r *http.Request) netip.Addr {
	ap, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return ap.Addr().Unmap()
}
