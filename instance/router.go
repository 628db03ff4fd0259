package instance

import (
	"net/http"
	"net/netip"
	"strings"

	"vidiverse/instance/api"
	"vidiverse/instance/media"
	"vidiverse/instance/web"
)

// router mounts the doors, each where PeerTube has it.
func (i *Instance) router() (http.Handler, error) {
	door := i.api(api.Limits{
		API: i.cfg.Limits.API.bounded(), Login: i.cfg.Limits.Login.bounded(), Signup: i.cfg.SignUp.Rate.bounded(),
	})
	i.door = door
	files := i.media()
	r := doors{
		{"/static/", files}, {"/lazy-static/", files}, {"/download/", files},
		{"/tracker/", i.tracker}, {"/socket.io/", i.sockets}, {"/api/", i.logged(door)},
	}
	objects := i.objects()
	r = append(r, mounted{"/.well-known/", i.logged(i.limited(objects.Found(), i.cfg.Limits.Found))})
	found := i.logged(i.limited(objects.Found(), i.cfg.Limits.API))
	for _, at := range []string{"/nodeinfo/", "/robots.txt", "/security.txt"} {
		r = append(r, mounted{at, found})
	}
	if !i.cfg.Client {
		bare := i.logged(objects.Over(i.limited(http.NotFoundHandler(), i.cfg.Limits.Client)))
		return append(r, mounted{"/", objects.Inboxes(bare)}), nil
	}
	// Pages ask the REST door without a network in between. They have a limit
	// of their own, so this one is out of reach: a visitor's pages must not
	// use up everybody's.
	inside := i.api(api.Limits{API: api.Rate{Max: 1 << 30, Window: i.cfg.Limits.API.Window}})
	pages, err := web.New(web.Config{URL: i.cfg.URL, Source: web.Through(inside), Log: i.log})
	if err != nil {
		return nil, err
	}
	return append(r, mounted{"/", objects.Inboxes(i.logged(objects.Over(i.limited(pages, i.cfg.Limits.Client))))}), nil
}

// doors are handlers by the beginning of a path: the first that fits answers.
// They get requests as they came, so each can keep its own table of whole
// paths.
type doors []mounted

type mounted struct {
	prefix  string
	handler http.Handler
}

// ServeHTTP implements http.Handler.
func (d doors) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	for _, m := range d {
		if strings.HasPrefix(r.URL.Path, m.prefix) {
			m.handler.ServeHTTP(w, r)
			return
		}
	}
	http.NotFound(w, r)
}

func (i *Instance) api(limits api.Limits) *api.API {
	proxies := i.cfg.TrustProxy
	if proxies == nil {
		proxies = []netip.Prefix{}
	}
	return api.New(api.Config{
		Log: i.log, PublicURL: i.public, Now: i.now,
		Actors: i.actors, Users: i.users, Accounts: i.accounts, Channels: i.channels,
		Comments: i.comments, Playlists: i.playlists, Blocks: i.blocks, Reports: i.reports, Notices: i.notices, Quota: i.videos.QuotaUsed, Jobs: i.jobs, Waiting: i.waiting, Statistics: i.statistics,
		Server: i.cfg.clientConfig(), About: i.cfg.about(),
		Limits: limits, Proxies: proxies, Commands: i.commands(),
		Faces: i.gallery, Search: i.search, Seen: i.seen,
		Upload: api.UploadConfig{Service: i.uploads},
		Video: api.VideoConfig{
			Service: i.videos, Stats: i.stats, Files: i.engine, Thumbnails: i.engine.Thumbnails, TempDir: i.files.TempDir(),
			HideNSFW:   i.cfg.Site.NSFWPolicy == "do_not_list",
			FarMembers: i.cfg.Search.RemoteUsers, FarStrangers: i.cfg.Search.RemoteAnonymous,
		},
	})
}

func (i *Instance) media() *media.Door {
	c := media.Config{
		Blob: i.files, Videos: i.videos, Users: i.users, Log: i.log, Remote: i.remote,
		Thumbnail: i.gallery.Still, Avatar: i.gallery.Face, Storyboard: i.gallery.Storyboard, Caption: i.gallery.Caption, Torrent: i.gallery.Torrent,
		Downloads: &media.Downloads{Videos: i.videos, Folder: i.files, FFmpeg: &i.tools, Counted: i.stats.Downloaded},
	}
	if i.cfg.Log.Requests {
		c.Observe = func(e media.Entry) {
			i.log.Info("request", "method", "GET", "path", e.Path, "status", e.Status, "bytes", e.Bytes, "from", i.shown(e.Remote))
		}
	}
	return media.New(c)
}
