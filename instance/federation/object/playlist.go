package object

import (
	"context"
	"strconv"
	"time"

	"vidiverse/instance/activitypub"
	"vidiverse/instance/actor"
	"vidiverse/instance/fault"
	"vidiverse/instance/video"
)

// Playlist is a playlist with all that activities around it must know.
type Playlist struct {
	ID          int64
	UUID        string
	URL         string
	Local       bool
	Told        bool // other servers are told of it
	Name        string
	Description string
	Privacy     int
	Kind        int
	Owner       Party
	Channel     Party       // none: no URL
	Position    int         // in the channel, from 1; 0 is none
	Thumbnail   video.Image // none: no file
	Elements    int
	Created     time.Time
	Updated     time.Time
}

// Kinds and privacies of playlists, PeerTube's.
const (
	PublicPlaylist   = 1
	unlistedPlaylist = 2
	regularPlaylist  = 1
)

// Playlist reads a playlist, by its number, UUID or short UUID; unknown ones are
// fault.NotFound.
func (r *Renderer) Playlist(ctx context.Context, id int64) (Playlist, error) {
	return r.told(r.store.playlist(ctx, "p.id = ?", id))
}

// PlaylistByUUID is Playlist for its other name.
func (r *Renderer) PlaylistByUUID(ctx context.Context, uuid string) (Playlist, error) {
	return r.told(r.store.playlist(ctx, "p.uuid = ?", uuid))
}

func (r *Renderer) told(p Playlist, err error) (Playlist, error) {
	p.Told = p.Local && p.Kind == regularPlaylist && (p.Privacy == PublicPlaylist || p.Privacy == unlistedPlaylist)
	return p, err
}

// Involved are the actors whose followers hear of a playlist.
func (p Playlist) Involved(instance actor.ID) []actor.ID {
	all := []actor.ID{p.Owner.ID, instance}
	if p.Channel.URL != "" {
		all = append(all, p.Channel.ID)
	}
	return all
}

// Audience is who may see a playlist.
func (p Playlist) Audience() Audience {
	if p.Privacy != PublicPlaylist {
		return ofVideo(video.Unlisted, "", "")
	}
	a := public(p.Owner.URL)
	if p.Channel.URL != "" {
		a.To = append(a.To, p.Channel.URL)
	}
	return a
}

// List is a playlist as PeerTube 8.2 writes it; page 0 is the whole, which names
// its first page.
func (r *Renderer) List(ctx context.Context, p Playlist, page int) (activitypub.Playlist, error) {
	to := p.Audience()
	o := activitypub.Playlist{
		To: to.To, CC: to.CC, ID: p.URL, Type: "Playlist", TotalItems: p.Elements, Name: p.Name, Content: optional(p.Description),
		MediaType: "text/markdown", UUID: p.UUID, Published: stamp(p.Created), Updated: stamp(p.Updated),
		AttributedTo: activitypub.List[activitypub.Ref]{}, VideoChannelPosition: activitypub.Null[int](),
	}
	if p.Channel.URL != "" {
		o.Audience = activitypub.Ref(p.Channel.URL)
		o.AttributedTo = append(o.AttributedTo, activitypub.Ref(p.Channel.URL))
	}
	if p.Position > 0 {
		o.VideoChannelPosition = activitypub.Some(p.Position)
	}
	if t := p.Thumbnail; t.File != "" {
		o.Icon = &activitypub.Image{
			Type: "Image", URL: r.base + "/lazy-static/thumbnails/" + t.File, MediaType: "image/jpeg", Width: t.Width, Height: t.Height,
		}
	}
	if page == 0 {
		if p.Elements > 0 {
			o.First = activitypub.Ref(pageOf(p.URL, 1))
		}
		return o, nil
	}
	return o, r.listPage(ctx, p, page, &o)
}

func (r *Renderer) listPage(ctx context.Context, p Playlist, page int, o *activitypub.Playlist) error {
	ids, err := r.store.elements(ctx, p.ID, page)
	if err != nil {
		return err
	}
	o.ID, o.PartOf, o.OrderedItems = pageOf(p.URL, page), activitypub.Ref(p.URL), activitypub.List[activitypub.Ref]{}
	for _, id := range ids {
		o.OrderedItems = append(o.OrderedItems, activitypub.Ref(elementURL(p, id)))
	}
	if page*PageSize < p.Elements {
		o.Next = activitypub.Ref(pageOf(p.URL, page+1))
	}
	if page > 1 {
		o.Prev = activitypub.Ref(pageOf(p.URL, page-1))
	}
	return nil
}

func elementURL(p Playlist, id int64) string { return p.URL + "/videos/" + strconv.FormatInt(id, 10) }

// Element is one video of a playlist.
func (r *Renderer) Element(ctx context.Context, p Playlist, id int64) (activitypub.PlaylistElement, error) {
	e, err := r.store.element(ctx, p.ID, id)
	if err == nil && e.URL == "" {
		err = fault.New(fault.NotFound, "Playlist element not found")
	}
	e.ID, e.Type = elementURL(p, id), "PlaylistElement"
	return e, err
}
