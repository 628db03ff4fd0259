package object

import (
	"cmp"
	"context"
	"encoding/json"
	"path"
	"slices"

	"github.com/uptrace/bun"

	"vidiverse/instance/activitypub"
	"vidiverse/instance/actor"
	"vidiverse/instance/fault"
)

// profile is what an actor says of itself.
type profile struct {
	Name          string
	Text, Support *string
	Owner         string // URL of a channel's account
}

// Actor renders the instance, an account or a channel of ours. Deleted ones are
// fault.Gone, those of other servers fault.NotFound. A missing key is made.
func (r *Renderer) Actor(ctx context.Context, id actor.ID) (activitypub.ActorDocument, error) {
	a, err := r.cfg.Actors.ByID(ctx, r.cfg.DB.Read(), id)
	switch {
	case err != nil:
		return activitypub.ActorDocument{}, err
	case !a.Local():
		return activitypub.ActorDocument{}, fault.New(fault.NotFound, "Actor not found")
	case a.Gone():
		return activitypub.ActorDocument{}, fault.New(fault.Gone, "Actor is gone")
	}
	p, err := r.store.profile(ctx, a)
	if err != nil {
		return activitypub.ActorDocument{}, err
	}
	key, err := r.cfg.Actors.PublicPEM(ctx, id)
	if err != nil {
		return activitypub.ActorDocument{}, err
	}
	images, err := r.cfg.Actors.Images(ctx, r.cfg.DB.Read(), []actor.ID{id})
	if err != nil {
		return activitypub.ActorDocument{}, err
	}
	d := activitypub.ActorDocument{
		Type: a.Kind.String(), ID: a.URL,
		Following: activitypub.Ref(a.Following), Followers: activitypub.Ref(a.Followers), Playlists: activitypub.Ref(a.Playlists),
		Inbox: a.Inbox, Outbox: activitypub.Ref(a.Outbox), PreferredUsername: a.Username, Name: p.Name,
		Endpoints: &activitypub.Endpoints{SharedInbox: a.SharedInbox},
		PublicKey: &activitypub.PublicKey{ID: a.KeyID(), Owner: a.URL, PublicKeyPem: key},
		Published: stamp(a.CreatedAt), Indexable: activitypub.Some(true), Discoverable: activitypub.Some(true),
		Icon: r.pictures(images[id].Avatars, "avatars"), Image: r.pictures(images[id].Banners, "banners"),
		URL: r.pages(a), Summary: p.Text,
	}
	if a.Kind == actor.Group {
		d.PlayerSettings = activitypub.Ref(a.URL + "/player-settings")
		d.Support = activitypub.Maybe[string]{Written: true, Value: p.Support}
		d.PostingRestrictedToMods = activitypub.Some(true)
		d.Email = activitypub.Null[string]()
		d.AttributedTo = activitypub.List[activitypub.Ref]{activitypub.Ref(p.Owner)}
	}
	return d, nil
}

// pages are the addresses for people; Mastodon takes the first.
func (r *Renderer) pages(a actor.Actor) (all activitypub.List[activitypub.Link]) {
	short, first := r.base+"/a/"+a.Username, "/video-channels"
	if a.Kind == actor.Group {
		short, first = r.base+"/c/"+a.Username, "/videos"
	}
	for _, href := range []string{short + first, short, a.URL} {
		all = append(all, activitypub.Link{Type: "Link", MediaType: "text/html", Href: href})
	}
	return all
}

// shownFirst is the width that others show best: many read only the first.
const shownFirst = 120

func (r *Renderer) pictures(images []actor.Image, folder string) (all activitypub.List[activitypub.Image]) {
	images = slices.Clone(images)
	slices.SortStableFunc(images, func(a, b actor.Image) int {
		switch {
		case a.Width == b.Width:
			return 0
		case a.Width == shownFirst:
			return -1
		case b.Width == shownFirst:
			return 1
		}
		return cmp.Compare(a.Width, b.Width)
	})
	for _, img := range images {
		all = append(all, activitypub.Image{
			Type: "Image", URL: r.base + "/lazy-static/" + folder + "/" + img.File, MediaType: mediaType(img.File), Width: img.Width, Height: img.Height,
		})
	}
	return all
}

func mediaType(file string) string {
	switch path.Ext(file) {
	case ".png":
		return "image/png"
	case ".webp":
		return "image/webp"
	case ".gif":
		return "image/gif"
	}
	return "image/jpeg"
}

// FollowersOf is who follows an actor of ours: a collection, or a page of it.
func (r *Renderer) FollowersOf(ctx context.Context, a actor.Actor, page int) (activitypub.Collection, error) {
	return r.people(ctx, a.Followers, a.ID, page, r.cfg.Actors.FollowersOf)
}

// FollowingOf is whom an actor of ours follows.
func (r *Renderer) FollowingOf(ctx context.Context, a actor.Actor, page int) (activitypub.Collection, error) {
	return r.people(ctx, a.Following, a.ID, page, r.cfg.Actors.FollowingOf)
}

// people reads a page of addresses of actors.
func (r *Renderer) people(ctx context.Context, url string, id actor.ID, page int,
	read func(context.Context, bun.IDB, actor.ID, int) ([]string, int, error)) (activitypub.Collection, error) {
	urls, total, err := read(ctx, r.cfg.DB.Read(), id, page)
	if err != nil {
		return activitypub.Collection{}, err
	}
	return Collection(url, page, actor.PageSize, int64(total), func(int, int) (activitypub.List[json.RawMessage], error) {
		return activitypub.Addresses(urls), nil
	})
}

// SettingsOf is how the players of a channel's videos look. Who is no channel
// has none: fault.NotFound.
func (r *Renderer) SettingsOf(ctx context.Context, a actor.Actor) (activitypub.PlayerSettings, error) {
	id, err := r.store.channelOf(ctx, a.ID)
	if err != nil {
		return activitypub.PlayerSettings{}, err
	}
	settings, _, err := r.ChannelSettings(ctx, id, a.URL)
	return settings, err
}
