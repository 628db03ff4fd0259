package fetch

import (
	"context"
	"errors"

	"vidiverse/instance/access"
	"vidiverse/instance/activitypub"
	"vidiverse/instance/actor"
	"vidiverse/instance/db"
	"vidiverse/instance/fault"
	"vidiverse/instance/playlist"
)

// maxElements bounds a playlist; what comes behind is left out.
const maxElements = 500

// Playlist reads a playlist from its server and keeps it, with the videos in it
// that can be read.
func (f *Fetcher) Playlist(ctx context.Context, address string) error {
	if f.cfg.Playlists == nil {
		return fault.New(fault.NotFound, "Playlists of other servers are not kept.")
	}
	address, err := f.address(address)
	if err != nil {
		return err
	}
	return f.once(ctx, refreshPlaylist+" "+address, func(ctx context.Context) error { return f.readPlaylist(ctx, address) })
}

// WantPlaylist has a playlist read after the caller's transaction.
func (f *Fetcher) WantPlaylist(ctx context.Context, tx db.Tx, address string) error {
	if f.cfg.Playlists == nil {
		return nil
	}
	return f.want(ctx, tx, task{Kind: crawlPlaylist, URL: address})
}

func (f *Fetcher) readPlaylist(ctx context.Context, address string) error {
	raw, id, err := f.object(ctx, address)
	if err != nil {
		return err
	}
	o, err := activitypub.ReadPlaylist(raw)
	if err != nil {
		return malformed(err)
	}
	now := f.cfg.Now()
	p := playlist.Remote{
		URL: id.ID, UUID: access.NewUUID(), Name: db.Storable(o.Name), Unlisted: !activitypub.IsPublic(o.To),
		Position: o.VideoChannelPosition.Or(0), Published: when(o.Published, now), Updated: when(o.Updated, now),
	}
	if o.Content != nil {
		p.Description = db.Storable(*o.Content)
	}
	if a, err := access.Ref(o.UUID).Parse(); err == nil && a.UUID != "" {
		p.UUID = a.UUID
	}
	if o.Icon != nil {
		p.Thumbnail, _ = f.address(o.Icon.URL) // without it there is no picture
	}
	if err := f.listed(ctx, &p, o); err != nil {
		return err
	}
	if p.Elements, err = f.elements(ctx, id.ID); err != nil {
		return err
	}
	return f.cfg.DB.Write(ctx, func(tx db.Tx) error {
		_, _, err := f.cfg.Playlists.SaveRemote(ctx, tx, p)
		return err
	})
}

// listed finds whose playlist it is: of a channel of its server.
func (f *Fetcher) listed(ctx context.Context, p *playlist.Remote, o activitypub.Playlist) error {
	for i, by := range o.AttributedTo {
		if i == maxAttributed || actor.HostOf(string(by)) != actor.HostOf(p.URL) {
			continue
		}
		a, err := f.Actor(ctx, string(by))
		if err != nil {
			return err
		}
		if a.Kind == actor.Person {
			p.Owner, err = f.cfg.Accounts.ByActor(ctx, f.cfg.DB.Read(), a.ID)
			return err
		}
		if a.Kind != actor.Group {
			continue
		}
		if p.Channel, err = f.cfg.Channels.ByActor(ctx, f.cfg.DB.Read(), a.ID); err != nil {
			return err
		}
		c, err := f.cfg.Channels.ByID(ctx, p.Channel)
		p.Owner = c.AccountID
		return err
	}
	return fault.New(fault.Invalid, "The playlist is in no channel of its server.")
}

// elements reads the members of a playlist, within the bounds of a crawl. A video
// that cannot be read is left out.
func (f *Fetcher) elements(ctx context.Context, address string) (list []playlist.RemoteElement, err error) {
	host := actor.HostOf(address)
	err = f.each(ctx, f.crawling(1), address, func(item activitypub.Item) error {
		if len(list) == maxElements || actor.HostOf(item.ID) != host {
			return errTruncated
		}
		raw, _, err := f.object(ctx, item.ID)
		if err != nil {
			return err
		}
		o, err := activitypub.ReadPlaylistElement(raw)
		if err != nil {
			return malformed(err)
		}
		v, err := f.Video(ctx, string(o.URL))
		if err != nil {
			return err
		}
		list = append(list, playlist.RemoteElement{URL: item.ID, Video: v, Position: o.Position, Start: o.StartTimestamp, Stop: o.StopTimestamp})
		return nil
	})
	if errors.Is(err, errTruncated) {
		err = nil
	}
	return list, err
}

// crawlPlaylists keeps the playlists of an account.
func (f *Fetcher) crawlPlaylists(ctx context.Context, t task) error {
	if f.cfg.Playlists == nil {
		return nil
	}
	return f.each(ctx, f.crawling(1), t.URL, func(item activitypub.Item) error {
		if actor.HostOf(item.ID) != actor.HostOf(t.URL) {
			return nil
		}
		known, err := f.cfg.Playlists.KnowsURL(ctx, item.ID)
		if err != nil || known {
			return err
		}
		return f.Playlist(ctx, item.ID)
	})
}

// refreshPlaylist reads a playlist again; one that its server deleted goes.
func (f *Fetcher) refreshPlaylist(ctx context.Context, address string) error {
	err := f.Playlist(ctx, address)
	if err == nil || ctx.Err() != nil || f.cfg.Playlists == nil {
		return err
	}
	return f.cfg.DB.Write(ctx, func(tx db.Tx) error {
		if missing(err) {
			return f.cfg.Playlists.RemoveRemote(ctx, tx, address)
		}
		return f.cfg.Playlists.MarkFetched(ctx, tx, address)
	})
}
