package media

import (
	"context"
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"

	"vidiverse/instance/fault"
	"vidiverse/instance/stream"
	"vidiverse/instance/user"
	"vidiverse/instance/video"
)

const (
	cachePublic   = "public, max-age=0" // PeerTube's: ask again, and get a 304
	cachePrivate  = "private, no-store"
	cachePictures = "public, max-age=7200"
	cacheTorrents = "public, max-age=31536000" // another title or privacy is another name

	privatePlaylist = "application/x-mpegurl; charset=utf-8" // as PeerTube sends closed ones
)

// requested reads which file a request names. Names that we never make do not
// even reach the database.
func requested(r *http.Request, private bool) (kind, uuid, file string, err error) {
	uuid, file = chi.URLParam(r, "uuid"), chi.URLParam(r, "file")
	web := strings.HasPrefix(r.URL.Path, "/static/web-videos/")
	switch {
	case !plain(file) || web != (uuid == "") || (!web && !plain(uuid)):
		return "", "", "", errAbsent
	case web && private:
		kind = stream.MediaWebVideoPrivate
	case web:
		kind = stream.MediaWebVideo
	case private:
		kind = stream.MediaHLSPrivate
	default:
		kind = stream.MediaHLS
	}
	return kind, uuid, file, nil
}

// plain reports whether s could be a name that we made.
func plain(s string) bool {
	if s == "" || len(s) > 200 || s[0] == '.' {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_' && c != '.' {
			return false
		}
	}
	return true
}

// file sends a file of a video to whoever may read it now. The folder in the
// address does not decide that: while files move between folders after a change
// of privacy, the new privacy holds already.
func (d *Door) file(private bool) handler {
	return func(w *meter, r *http.Request) error {
		kind, uuid, name, err := requested(r, private)
		if err != nil {
			return err
		}
		f, err := d.Videos.MediaFile(r.Context(), kind, uuid, name)
		if err != nil {
			return absent(err)
		}
		c := content{key: f.Key, kind: contentType(name), cache: cachePublic}
		if f.Public {
			return d.send(w, r, c)
		}
		shown, err := d.authorise(w, r, f.VideoID)
		if err != nil {
			return err
		}
		c.cache = cachePrivate
		if !strings.HasSuffix(name, ".m3u8") {
			return d.send(w, r, c)
		}
		c.kind = privatePlaylist
		if shown.FileToken != "" && r.URL.Query().Get("reinjectVideoFileToken") == "true" {
			return d.sendInjected(w, r, c, shown.FileToken)
		}
		return d.send(w, r, c)
	}
}

// torrent sends a .torrent: it lists the bytes of a closed video by their
// digests, so it is as closed as they are. One to keep has a name.
func (d *Door) torrent(keep bool) handler {
	return func(w *meter, r *http.Request) error {
		name := chi.URLParam(r, "file")
		if !plain(name) {
			return errAbsent
		}
		f, title, err := d.torrentFile(r.Context(), name)
		if err != nil {
			return absent(err)
		}
		c := content{key: f.Key, kind: f.ContentType, cache: cacheTorrents}
		if !f.Public {
			if _, err := d.authorise(w, r, f.VideoID); err != nil {
				return err
			}
			c.cache = cachePrivate
		}
		if keep {
			attach(w.Header(), title)
		}
		return d.send(w, r, c)
	}
}

// torrentFile is one of ours, or a copy of another server's: that one lets
// everybody have its own.
func (d *Door) torrentFile(ctx context.Context, name string) (stream.MediaFile, string, error) {
	f, title, err := d.Videos.TorrentFile(ctx, name)
	if fault.KindOf(err) != fault.NotFound || d.Torrent == nil {
		return f, title, err
	}
	key, title, err := d.Torrent(ctx, name)
	return stream.MediaFile{Key: key, Public: true, ContentType: "application/x-bittorrent"}, title, err
}

// authorise lets nobody pass who shows no right to a closed video.
func (d *Door) authorise(w *meter, r *http.Request, id video.ID) (video.Credentials, error) {
	caller, shown, err := d.credentials(r)
	if err == nil && caller == (user.Caller{}) && shown == (video.Credentials{}) {
		err = fault.New(fault.Unauthorized,
			"Video password header, video file token query parameter and bearer token are all missing")
	}
	if err == nil {
		err = d.Videos.MayRead(r.Context(), caller, id, shown)
	}
	if err == nil {
		d.closed.hold(w, caller)
	}
	return shown, err
}

// credentials collects what a request shows, whatever it is worth. A bearer
// token that is no longer good is Unauthorized, whatever else is shown.
func (d *Door) credentials(r *http.Request) (user.Caller, video.Credentials, error) {
	c := video.Credentials{
		Password:  r.Header.Get("x-peertube-video-password"),
		FileToken: r.URL.Query().Get("videoFileToken"),
	}
	bearer := r.Header.Get("Authorization")
	if bearer == "" {
		return user.Caller{}, c, nil
	}
	scheme, token, _ := strings.Cut(bearer, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		token = ""
	}
	caller, err := d.Users.Authenticate(r.Context(), strings.TrimSpace(token))
	return caller, c, err
}

// picture sends a thumbnail, avatar or storyboard.
func (d *Door) picture(find Picture) handler { return d.open(find, "image/") }

// open sends a small file whose type begins with kind. Their names are random, so
// they are open to whoever was shown one.
func (d *Door) open(find Picture, kind string) handler {
	return func(w *meter, r *http.Request) error {
		name := chi.URLParam(r, "file")
		if !plain(name) || !strings.HasPrefix(contentType(name), kind) {
			return errAbsent
		}
		key, err := find(r.Context(), name)
		if err != nil {
			return absent(err)
		}
		return d.send(w, r, content{key: key, kind: contentType(name), cache: cachePictures})
	}
}
