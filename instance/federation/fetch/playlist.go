package fetch

import (
	"context"
	"errors"
	"time"

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

// SavePlaylist keeps what its server says of a playlist, and has the videos in it
// read later. An unknown channel is an error of which Unknown tells the address.
func (f *Fetcher) SavePlaylist(ctx context.Context, tx db.Tx, o activitypub.Playlist) error {
	if f.cfg.Playlists == nil {
		return nil
	}
	p, err := f.playlist(o)
	if err != nil {
		return err
	}
	p.Told = true
	if err := f.listed(ctx, tx, &p, o); err != nil {
		return err
	}
	if _, _, err := f.cfg.Playlists.SaveRemote(ctx, tx, p); err != nil {
		return err
	}
	return f.want(ctx, tx, task{Kind: crawlPlaylist, URL: p.URL})
}

func (f *Fetcher) readPlaylist(ctx context.Context, address string) error {
	raw, _, err := f.object(ctx, address)
	if err != nil {
		return err
	}
	o, err := activitypub.ReadPlaylist(raw)
	if err != nil {
		return malformed(err)
	}
	p, err := f.playlist(o)
	if err != nil {
		return err
	}
	if p.Elements, err = f.elements(ctx, o.ID); err != nil {
		return err
	}
	return f.learning(ctx, func(tx db.Tx) error {
		if err := f.listed(ctx, tx, &p, o); err != nil {
			return err
		}
		_, _, err := f.cfg.Playlists.SaveRemote(ctx, tx, p)
		return err
	})
}

// ahead is how far a date may lie in the future: clocks differ.
const ahead = 30 * time.Minute

// playlist is what a playlist says of itself, but for its owner and its videos.
func (f *Fetcher) playlist(o activitypub.Playlist) (p playlist.Remote, err error) {
	now := f.cfg.Now()
	p = playlist.Remote{
		UUID: access.NewUUID(), Name: db.Storable(o.Name), Unlisted: !activitypub.IsPublic(o.To),
		Position: o.VideoChannelPosition.Or(0), Published: when(o.Published, now), Updated: when(o.Updated, now.Add(ahead)),
	}
	if p.URL, err = f.address(o.ID); err != nil {
		return p, err
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
	return p, nil
}

// listed finds whose playlist it is: of a channel of its server. One that is not
// known is an error of which Unknown tells the address.
func (f *Fetcher) listed(ctx context.Context, tx db.Tx, p *playlist.Remote, o activitypub.Playlist) error {
	for _, by := range o.AttributedTo[:min(len(o.AttributedTo), maxAttributed)] {
		if actor.HostOf(string(by)) != actor.HostOf(p.URL) {
			continue
		}
		a, err := f.cfg.Actors.ByURL(ctx, tx, string(by))
		switch {
		case fault.KindOf(err) == fault.NotFound:
			return unknownActor{string(by)}
		case err != nil:
			return err
		case a.Kind == actor.Person:
			p.Owner, err = f.cfg.Accounts.ByActor(ctx, tx, a.ID)
			return err
		case a.Kind != actor.Group:
			continue
		}
		if p.Channel, err = f.cfg.Channels.ByActor(ctx, tx, a.ID); err != nil {
			return err
		}
		p.Owner, err = f.store.ownerOf(ctx, tx, p.Channel)
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
