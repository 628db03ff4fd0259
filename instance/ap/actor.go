package ap

import (
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"vidiverse/instance/activitypub"
	"vidiverse/instance/actor"
	"vidiverse/instance/fault"
	"vidiverse/instance/federation/object"
)

// actorPaths are the beginnings of the addresses of actors, with what stands
// there. The short ones are those of pages.
var actorPaths = []struct {
	prefix string
	kinds  []actor.Kind
	page   string // what may follow the name and be the actor still
}{
	{"/accounts/", []actor.Kind{actor.Person, actor.Application}, "video-channels"},
	{"/account/", []actor.Kind{actor.Person, actor.Application}, "video-channels"},
	{"/a/", []actor.Kind{actor.Person, actor.Application}, "video-channels"},
	{"/video-channels/", []actor.Kind{actor.Group}, "videos"},
	{"/video-channel/", []actor.Kind{actor.Group}, "videos"},
	{"/c/", []actor.Kind{actor.Group}, "videos"},
}

// actorPlace is an address of an actor, or of something of it.
type actorPlace struct {
	handle string
	kinds  []actor.Kind
	part   string // empty is the actor itself
}

// findActor reads the path of an address: /accounts/{name}, /a/{name},
// /video-channels/{name}/followers and so on.
func findActor(path string) (actorPlace, bool) {
	for _, p := range actorPaths {
		rest, ok := strings.CutPrefix(path, p.prefix)
		if !ok {
			continue
		}
		handle, part, _ := strings.Cut(rest, "/")
		if part == p.page {
			part = ""
		}
		switch part {
		case "", "followers", "following", "outbox", "playlists", "player-settings":
		default:
			return actorPlace{}, false
		}
		return actorPlace{handle: handle, kinds: p.kinds, part: part}, handle != ""
	}
	return actorPlace{}, false
}

// asked tells whether a request at that place wants an object: an outbox has
// no page.
func (p actorPlace) asked(h http.Header) bool { return p.part == "outbox" || wanted(h) }

// who names the actor in refusals.
func (p actorPlace) who() string {
	if p.kinds[0] == actor.Group {
		return "Video channel"
	}
	return "Account"
}

func (d *Door) actor(w http.ResponseWriter, r *http.Request, p actorPlace) {
	a, err := d.findActor(r, p)
	if err != nil {
		d.refuse(w, r, err)
		return
	}
	if !a.Local() { // its own server alone speaks for it
		d.headers(w.Header())
		http.Redirect(w, r, a.URL, http.StatusFound)
		return
	}
	o, err := d.ofActor(r, a, p.part)
	if err != nil {
		d.refuse(w, r, err)
		return
	}
	body, err := o.JSON()
	if err != nil {
		d.refuse(w, r, err)
		return
	}
	d.write(w, r, activitypub.ContentType, body)
}

// findActor finds who has the name; fault.Gone when somebody of ours had it.
func (d *Door) findActor(r *http.Request, p actorPlace) (actor.Actor, error) {
	a, err := d.cfg.Actors.Lookup(r.Context(), p.handle, p.kinds...)
	switch fault.KindOf(err) {
	case fault.NotFound:
		return a, fault.New(fault.NotFound, "%s not found", p.who())
	case fault.Gone:
		return a, fault.New(fault.Gone, "%s is gone", p.who())
	}
	return a, err
}

// document is anything that is written as JSON-LD.
type document interface{ JSON() ([]byte, error) }

func (d *Door) ofActor(r *http.Request, a actor.Actor, part string) (document, error) {
	ctx := r.Context()
	switch part {
	case "":
		return d.cfg.Objects.Actor(ctx, a.ID)
	case "player-settings":
		return d.cfg.Objects.SettingsOf(ctx, a)
	}
	page, err := object.Page(r.URL.Query().Get("page"))
	if err != nil {
		return nil, err
	}
	switch part {
	case "followers":
		return d.cfg.Objects.FollowersOf(ctx, a, page)
	case "following":
		return d.cfg.Objects.FollowingOf(ctx, a, page)
	case "playlists":
		return d.cfg.Objects.PlaylistsOf(ctx, object.Party{ID: a.ID, URL: a.URL, Name: a.Username}, page)
	}
	query := r.URL.Query()
	if _, err := whole(query, "page", 1, math.MaxInt); err != nil { // PeerTube reads over it elsewhere
		return nil, err
	}
	size, err := whole(query, "size", object.PageSize, object.MaxOutbox)
	if err != nil {
		return nil, err
	}
	return d.cfg.Objects.Outbox(ctx, object.Party{ID: a.ID, URL: a.URL, Name: a.Username}, page, size)
}

// whole reads a number from 1 to most.
func whole(query url.Values, name string, otherwise, most int) (int, error) {
	text := query.Get(name)
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > most {
		return 0, fault.New(fault.Invalid, "Incorrect request parameters: %s", name).WithField(name, text, "Invalid value", "query")
	}
	return n, nil
}
