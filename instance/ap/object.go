package ap

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"vidiverse/instance/access"
	"vidiverse/instance/activitypub"
	"vidiverse/instance/actor"
	"vidiverse/instance/fault"
	"vidiverse/instance/federation/object"
	"vidiverse/instance/user"
	"vidiverse/instance/video"
)

// elsewhere says that what is asked for is another server's, which alone speaks
// for it.
type elsewhere struct{ url string }

func (e elsewhere) Error() string { return "the object is at " + e.url }

// object answers with what stands at an address.
func (d *Door) object(w http.ResponseWriter, r *http.Request, p place) {
	if life := p.life(); life != "" {
		w.Header().Set("Cache-Control", life)
	}
	key := fmt.Sprint(d.cfg.Videos.Generation(), r.URL.Path)
	body, ok := d.recent.Get(key, time.Now())
	if !ok || !p.lasts() {
		o, err := d.find(r, p)
		if err == nil {
			body, err = o.JSON()
		}
		if away := (elsewhere{}); errors.As(err, &away) {
			d.headers(w.Header())
			http.Redirect(w, r, away.url, http.StatusFound)
			return
		}
		if err != nil {
			d.refuse(w, r, err)
			return
		}
		if p.lasts() {
			d.recent.Put(key, body, time.Now())
		}
	}
	d.write(w, r, activitypub.ContentType, body)
}

// find renders what stands at an address. Strangers ask: what they may not see
// they are refused as by REST.
func (d *Door) find(r *http.Request, p place) (document, error) {
	ctx := r.Context()
	switch p.what {
	case aPlaylist, anElement:
		return d.playlist(r, p)
	case aRate:
		kind := video.Like
		if p.part == "dislikes" {
			kind = video.Dislike
		}
		return d.cfg.Objects.Rate(ctx, kind, p.ref, p.n)
	case aMirror:
		return nil, fault.New(fault.NotFound, "Video playlist not found.")
	}
	v, err := d.cfg.Videos.Get(ctx, user.Caller{}, video.Ref(p.ref), video.Credentials{})
	if err == nil && (!v.Privacy.Open() || !told(v.State)) {
		err = fault.New(fault.NotFound, "Video not found")
	}
	if err != nil {
		return nil, d.goneVideo(ctx, p.ref, err)
	}
	if !v.Local && !p.remote() {
		return nil, elsewhere{v.URL}
	}
	return d.ofVideo(r, p, v)
}

// remote reports whether we have something to say at an address although the
// video is another server's: comments and shares are their authors'.
func (p place) remote() bool {
	switch p.what {
	case aComment, aCommentCreation, aShare:
		return true
	}
	return false
}

// told reports whether other servers hear of a video in that state.
func told(s video.State) bool {
	return s == video.Published || s == video.WaitingForLive || s == video.LiveEnded
}

// goneVideo tells what was deleted from what never was.
func (d *Door) goneVideo(ctx context.Context, ref string, err error) error {
	switch fault.KindOf(err) {
	case fault.Internal, fault.Unavailable, fault.Unauthorized, fault.Forbidden:
		return err
	}
	if at, parsed := access.Ref(ref).Parse(); parsed == nil && at.UUID != "" {
		if gone, err := d.cfg.Actors.Tombstone(ctx, d.cfg.Objects.Read(), d.base+"/videos/watch/"+at.UUID); err != nil {
			return err
		} else if gone {
			return fault.New(fault.Gone, "Video is gone")
		}
	}
	return fault.New(fault.NotFound, "Video not found")
}

func (d *Door) ofVideo(r *http.Request, p place, v video.Details) (document, error) {
	ctx := r.Context()
	if p.what == aVideo {
		return d.cfg.Objects.VideoOf(ctx, v)
	}
	facts, err := d.cfg.Objects.Known(ctx, v.ID)
	if err != nil {
		return nil, err
	}
	switch p.what {
	case aCreation:
		o, err := d.cfg.Objects.VideoOf(ctx, v)
		if err != nil {
			return nil, err
		}
		raw, err := object.Embed(o)
		return object.Create(v.URL, facts.Owner.URL, facts.Audience(), raw), err
	case aShare:
		return d.cfg.Objects.Share(ctx, facts, actor.ID(p.n))
	case aCollection:
		page, err := object.Page(r.URL.Query().Get("page"))
		if err != nil {
			return nil, err
		}
		return d.cfg.Objects.Of(ctx, facts, object.List(p.part), page)
	case theChapters:
		return d.cfg.Objects.Chapters(ctx, facts)
	case theSettings:
		o, _, err := d.cfg.Objects.VideoSettings(ctx, facts)
		return o, err
	}
	return d.comment(ctx, p, v.ID)
}

func (d *Door) comment(ctx context.Context, p place, of video.ID) (document, error) {
	c, err := d.cfg.Objects.Comment(ctx, p.n)
	if err == nil && (c.Video.ID != of || c.Held) {
		err = fault.New(fault.NotFound, "Video comment not found")
	}
	if err != nil {
		return nil, err
	}
	if p.what == anApproval {
		if !c.Video.Local || !c.Deleted.IsZero() {
			return nil, fault.New(fault.NotFound, "Video comment not found")
		}
		return d.cfg.Objects.ApproveReply(c), nil
	}
	if !d.ours(c.URL) {
		return nil, elsewhere{c.URL}
	}
	if !c.Deleted.IsZero() {
		return c.Tombstone(), nil
	}
	note, err := d.cfg.Objects.Note(c)
	if err != nil || p.what == aComment {
		return note, err
	}
	raw, err := object.Embed(note)
	return object.Create(c.URL, c.Author.URL, c.Audience(), raw), err
}

// ours reports whether an address is of this server.
func (d *Door) ours(url string) bool {
	return len(url) > len(d.base) && url[:len(d.base)] == d.base && url[len(d.base)] == '/'
}

func (d *Door) playlist(r *http.Request, p place) (document, error) {
	ctx := r.Context()
	at, err := access.Ref(p.ref).Parse()
	if err != nil {
		return nil, fault.New(fault.NotFound, "Video playlist not found")
	}
	var list object.Playlist
	if at.UUID != "" {
		list, err = d.cfg.Objects.PlaylistByUUID(ctx, at.UUID)
	} else {
		list, err = d.cfg.Objects.Playlist(ctx, int64(at.ID))
	}
	if err != nil {
		return nil, d.gonePlaylist(ctx, at.UUID, err)
	}
	if !list.Local {
		return nil, elsewhere{list.URL}
	}
	if err := mayRead(list, p.what, at.UUID != ""); err != nil {
		return nil, err
	}
	if p.what == anElement {
		return d.cfg.Objects.Element(ctx, list, p.n)
	}
	page, err := object.Page(r.URL.Query().Get("page"))
	if err != nil {
		return nil, err
	}
	return d.cfg.Objects.List(ctx, list, page)
}

// mayRead refuses a playlist of ours to strangers as PeerTube does: an unlisted
// one is found by its unguessable address only.
func mayRead(list object.Playlist, asked what, byUUID bool) error {
	switch {
	case list.Told && (byUUID || list.Privacy == object.PublicPlaylist):
		return nil
	case list.Told:
		return fault.New(fault.NotFound, "Playlist not found")
	case asked == anElement:
		return fault.New(fault.Forbidden, "Cannot get this private video playlist.")
	}
	return fault.New(fault.Unauthorized, "Authentication is required")
}

func (d *Door) gonePlaylist(ctx context.Context, uuid string, err error) error {
	if fault.KindOf(err) != fault.NotFound || uuid == "" {
		return err
	}
	gone, failed := d.cfg.Actors.Tombstone(ctx, d.cfg.Objects.Read(), d.base+"/video-playlists/"+uuid)
	if failed != nil {
		return failed
	}
	if gone {
		return fault.New(fault.Gone, "Video playlist is gone")
	}
	return err
}
