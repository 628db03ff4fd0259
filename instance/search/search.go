// Package search understands what people look for: an address or a handle means
// one thing, wherever it is; anything else is words.
//
//	"https://far.test/w/x"  ─▶ known? ─▶ else, for who may: ask that server ─▶ the one, or none
//	"@name@far.test"        ─▶ the same, of channels
//	"sea birds"             ─▶ lists of what is known here
package search

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"vidiverse/instance/actor"
	"vidiverse/instance/channel"
	"vidiverse/instance/db"
	"vidiverse/instance/fault"
	"vidiverse/instance/playlist"
	"vidiverse/instance/user"
	"vidiverse/instance/video"
)

// Finder asks other servers; what is known it answers without.
type Finder interface {
	Video(ctx context.Context, address string) (video.ID, error)
	Playlist(ctx context.Context, address string) error
	Actor(ctx context.Context, address string) (actor.Actor, error)
	ActorByHandle(ctx context.Context, name, host string) (actor.Actor, error)
	Explore(ctx context.Context, a actor.Actor) error // has what it published read later
}

// Config is what a Service needs; all but Finder and Log are required.
type Config struct {
	DB        *db.DB
	Actors    *actor.Service
	Channels  *channel.Service
	Videos    *video.Service
	Playlists *playlist.Service
	Finder    Finder // nil asks nobody
	Log       *slog.Logger

	Members, Strangers bool // who may have other servers asked
}

// Service is safe for concurrent use.
type Service struct {
	cfg  Config
	base *url.URL
}

// New makes the service.
func New(c Config) (*Service, error) {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	base, err := url.Parse(c.Actors.Base())
	return &Service{cfg: c, base: base}, err
}

// patience is how long people wait for another server.
const patience = 15 * time.Second

// maxAddress is that of PeerTube, in bytes.
const maxAddress = 2000

// One is the answer to an address or a handle.
type One[ID ~int64] struct {
	Means bool // what was typed names one thing: there is nothing to look for besides
	ID    ID   // 0: it is not there, or not for this caller
}

// Video finds the video that text is the address of.
func (s *Service) Video(ctx context.Context, c user.Caller, text string) (One[video.ID], error) {
	address, ok := s.address(text)
	if !ok {
		return One[video.ID]{Means: means(text)}, nil
	}
	names := []string{s.long(ctx, address)}
	if !s.ours(address) {
		names = also(address, longVideo)
	}
	id, err := first(names, func(name string) (video.ID, error) { return s.cfg.Videos.ByURL(ctx, s.cfg.DB.Read(), name) })
	if fault.KindOf(err) == fault.NotFound && s.mayAsk(c) && !s.ours(address) {
		id, err = ask(ctx, names, s.cfg.Finder.Video)
	}
	return one(s, id, err)
}

// Channel finds the channel that text is the address or the handle of.
func (s *Service) Channel(ctx context.Context, c user.Caller, text string) (One[channel.ID], error) {
	a, means, err := s.actor(ctx, c, text)
	if !means || err != nil || a.Kind != actor.Group {
		o, err := one[channel.ID](s, 0, err)
		o.Means = means
		return o, err
	}
	id, err := s.cfg.Channels.ByActor(ctx, s.cfg.DB.Read(), a.ID)
	return one(s, id, err)
}

func (s *Service) actor(ctx context.Context, c user.Caller, text string) (a actor.Actor, means bool, err error) {
	if address, ok := s.address(text); ok {
		names := also(address, longActor)
		if s.ours(address) {
			names = []string{s.cfg.Actors.Base() + longActor(address)}
		}
		a, err = first(names, func(name string) (actor.Actor, error) { return s.cfg.Actors.ByURL(ctx, s.cfg.DB.Read(), name) })
		if fault.KindOf(err) == fault.NotFound && s.mayAsk(c) && !s.ours(address) {
			a, err = s.explored(ctx, names, s.cfg.Finder.Actor)
		}
		return a, true, err
	}
	name, host, ok := s.handle(text)
	if !ok {
		return a, false, nil
	}
	a, err = s.cfg.Actors.ByHandle(ctx, s.cfg.DB.Read(), name, host)
	if fault.KindOf(err) == fault.NotFound && host != "" && s.mayAsk(c) {
		a, err = s.explored(ctx, []string{name}, func(ctx context.Context, name string) (actor.Actor, error) {
			return s.cfg.Finder.ActorByHandle(ctx, name, host)
		})
	}
	return a, true, err
}

// explored asks for an actor; what a channel published is read after that, since
// who looked for it will look into it.
func (s *Service) explored(ctx context.Context, names []string, do func(context.Context, string) (actor.Actor, error)) (actor.Actor, error) {
	a, err := ask(ctx, names, do)
	if err == nil && a.Kind == actor.Group {
		err = s.cfg.Finder.Explore(ctx, a)
	}
	return a, err
}

// Playlist finds the playlist that text is the address of.
func (s *Service) Playlist(ctx context.Context, c user.Caller, text string) (One[playlist.ID], error) {
	address, ok := s.address(text)
	if !ok {
		return One[playlist.ID]{Means: means(text)}, nil
	}
	names := also(address, longPlaylist)
	if s.ours(address) {
		names = []string{s.cfg.Actors.Base() + longPlaylist(address)}
	}
	known := func(name string) (playlist.ID, error) {
		p, err := s.cfg.Playlists.ByURL(ctx, s.cfg.DB.Read(), name)
		return p.ID, err
	}
	id, err := first(names, known)
	if fault.KindOf(err) == fault.NotFound && s.mayAsk(c) && !s.ours(address) {
		id, err = ask(ctx, names, func(ctx context.Context, name string) (playlist.ID, error) {
			if err := s.cfg.Finder.Playlist(ctx, name); err != nil {
				return 0, err
			}
			return first(names, known)
		})
	}
	return one(s, id, err)
}

// first is what the first of some names means that means something.
func first[T any](names []string, find func(string) (T, error)) (found T, err error) {
	for _, name := range names {
		if found, err = find(name); fault.KindOf(err) != fault.NotFound {
			break
		}
	}
	return found, err
}

// ask asks another server for one name after the other, until it knows one.
func ask[T any](ctx context.Context, names []string, do func(context.Context, string) (T, error)) (found T, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for _, name := range names {
		if found, err = do(ctx, name); err == nil || ctx.Err() != nil {
			break
		}
	}
	return found, err
}

// one takes everything that another server may answer for "not there".
func one[ID ~int64](s *Service, id ID, err error) (One[ID], error) {
	o := One[ID]{Means: true, ID: id}
	if err == nil {
		return o, nil
	}
	o.ID = 0
	if f, ok := fault.As(err); ok && f.Kind == fault.Internal || errors.Is(err, context.Canceled) {
		return o, err
	}
	s.cfg.Log.Debug("looked for in vain", "err", err)
	return o, nil
}

// mayAsk reports whether other servers are asked for this caller.
func (s *Service) mayAsk(c user.Caller) bool {
	return s.cfg.Finder != nil && (s.cfg.Strangers || s.cfg.Members && c.SignedIn())
}

func (s *Service) ours(u *url.URL) bool { return strings.EqualFold(u.Host, s.base.Host) }

// means tells whether text names one thing of some kind.
func means(text string) bool {
	text = strings.TrimSpace(text)
	return strings.HasPrefix(text, "https://") || strings.HasPrefix(text, "http://")
}

func (s *Service) address(text string) (*url.URL, bool) {
	text = strings.TrimSpace(text)
	if !means(text) || len(text) > maxAddress {
		return nil, false
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil {
		return nil, false
	}
	u.Fragment = ""
	return u, true
}

// handle takes name@host and @name@host; a lonely name is words.
func (s *Service) handle(text string) (name, host string, ok bool) {
	text = strings.TrimPrefix(strings.TrimSpace(text), "@")
	name, host, ok = strings.Cut(text, "@")
	if !ok || name == "" || host == "" || strings.ContainsAny(text, " \t\n/") || strings.Contains(host, "@") || !actor.Findable(text) {
		return "", "", false
	}
	name, host = s.cfg.Actors.SplitHandle(text)
	return name, host, true
}

// long is the address by which a video of ours is known; short ones and pages
// lead to it.
func (s *Service) long(ctx context.Context, u *url.URL) string {
	if !s.ours(u) {
		return u.String()
	}
	for _, prefix := range []string{"/w/", "/videos/watch/"} {
		if id, ok := strings.CutPrefix(u.Path, prefix); ok && !strings.Contains(id, "/") {
			h, err := s.cfg.Videos.Find(ctx, user.Caller{}, video.Ref(id), video.Credentials{})
			if err == nil {
				return h.URL
			}
		}
	}
	return s.cfg.Actors.Base() + u.Path
}

// also are the address itself and the one that PeerTube would mean by it: on other
// servers the same path may be a name of its own.
func also(u *url.URL, long func(*url.URL) string) []string {
	names := []string{u.String()}
	if path := long(u); path != u.Path {
		names = append(names, u.Scheme+"://"+u.Host+path)
	}
	return names
}

// longActor is the path by which an account or channel is known that a page or a
// short path leads to.
func longActor(u *url.URL) string {
	parts := strings.Split(strings.Trim(u.Path, "/"), "/")
	if len(parts) < 2 {
		return u.Path
	}
	switch parts[0] {
	case "a", "accounts":
		return "/accounts/" + parts[1]
	case "c", "video-channels":
		return "/video-channels/" + parts[1]
	}
	return u.Path
}

// longVideo does the same for videos, where the path has the UUID.
func longVideo(u *url.URL) string {
	return longer(u.Path, "/videos/watch/", "/w/", "/videos/watch/")
}

// longPlaylist does the same for playlists.
func longPlaylist(u *url.URL) string {
	return longer(u.Path, "/video-playlists/", "/w/p/", "/videos/watch/playlist/", "/video-playlists/")
}

func longer(path, long string, prefixes ...string) string {
	for _, prefix := range prefixes {
		id, ok := strings.CutPrefix(path, prefix)
		if a, err := video.Ref(strings.TrimSuffix(id, "/")).Parse(); ok && err == nil && a.UUID != "" {
			return long + a.UUID
		}
	}
	return path
}
