package fetch

import (
	"context"
	"encoding/json"
	"time"

	"vidiverse/instance/account"
	"vidiverse/instance/activitypub"
	"vidiverse/instance/actor"
	"vidiverse/instance/channel"
	"vidiverse/instance/db"
	"vidiverse/instance/fault"
)

// Actor finds an actor by its id. One that is not known is read from its server
// and kept, with the account of a channel's owner; one that was read long ago is
// read again later, by a job. A deleted one is fault.Gone.
func (f *Fetcher) Actor(ctx context.Context, address string) (actor.Actor, error) {
	a, err := f.cfg.Actors.ByURL(ctx, f.cfg.DB.Read(), address)
	switch {
	case err == nil && a.Gone():
		return a, fault.New(fault.Gone, "The actor was deleted.")
	case err == nil:
		return a, f.stale(ctx, a.Local(), refreshActor, a.URL, a.FetchedAt)
	case fault.KindOf(err) != fault.NotFound:
		return a, err
	}
	return f.FreshActor(ctx, address)
}

// FreshActor is Actor as its server describes it now. What cannot be read does
// not change what is known.
func (f *Fetcher) FreshActor(ctx context.Context, address string) (actor.Actor, error) {
	address, err := f.address(address)
	if err != nil {
		return actor.Actor{}, err
	}
	err = f.once(ctx, "actor "+address, func(ctx context.Context) error { return f.readActor(ctx, address) })
	if err != nil {
		return actor.Actor{}, err
	}
	return f.cfg.Actors.ByURL(ctx, f.cfg.DB.Read(), address)
}

func (f *Fetcher) readActor(ctx context.Context, address string) error {
	at := f.cfg.Now()
	doc, err := f.actorDocument(ctx, address)
	if err != nil {
		return err
	}
	if doc.ID != address {
		return fault.New(fault.Forbidden, "%s is called otherwise by its server", address)
	}
	var owner *activitypub.ActorDocument
	if kindOf(doc.Type) == actor.Group {
		if owner, err = f.owner(ctx, doc); err != nil {
			return err
		}
	}
	return f.cfg.DB.Write(ctx, func(tx db.Tx) error {
		if owner != nil {
			if _, err := f.SaveActor(ctx, tx, *owner, at, 0); err != nil {
				return err
			}
			o, err := f.cfg.Actors.ByURL(ctx, tx, owner.ID)
			if err != nil {
				return err
			}
			id, err := f.cfg.Accounts.ByActor(ctx, tx, o.ID)
			if err != nil {
				return err
			}
			_, err = f.SaveActor(ctx, tx, doc, at, id)
			return err
		}
		_, err := f.SaveActor(ctx, tx, doc, at, 0)
		return err
	})
}

func (f *Fetcher) actorDocument(ctx context.Context, address string) (activitypub.ActorDocument, error) {
	raw, id, err := f.object(ctx, address)
	if err != nil {
		return activitypub.ActorDocument{}, err
	}
	if id.Type == "Tombstone" {
		return activitypub.ActorDocument{}, fault.New(fault.Gone, "The actor was deleted.")
	}
	doc, err := activitypub.ReadActor(raw)
	if err != nil {
		return doc, fault.New(fault.Invalid, "read an actor: %w", err)
	}
	if doc.PublicKey == nil || doc.PublicKey.Owner != "" && doc.PublicKey.Owner != doc.ID {
		return doc, fault.New(fault.Invalid, "The actor has no key of its own.")
	}
	return doc, nil
}

// owner reads whose channel it is: the first of those it is attributed to who is
// a person of the same server.
func (f *Fetcher) owner(ctx context.Context, group activitypub.ActorDocument) (*activitypub.ActorDocument, error) {
	const most = 5
	for i, ref := range group.AttributedTo {
		if i == most || actor.HostOf(string(ref)) != actor.HostOf(group.ID) {
			continue
		}
		doc, err := f.actorDocument(ctx, string(ref))
		if passing(err) {
			return nil, err
		}
		if err == nil && kindOf(doc.Type) == actor.Person {
			return &doc, nil
		}
	}
	return nil, fault.New(fault.Invalid, "The channel has no owner.")
}

// SaveActor keeps what an actor's own server says of it, read at a time: the
// actor with its account, or its channel of that owner. The caller knows that
// the document is the actor's word.
func (f *Fetcher) SaveActor(ctx context.Context, tx db.Tx, doc activitypub.ActorDocument, at time.Time, owner account.ID) (actor.ID, error) {
	r := actor.Remote{
		URL: doc.ID, Kind: kindOf(doc.Type), Username: doc.PreferredUsername, Inbox: doc.Inbox, SharedInbox: doc.SharedInbox(),
		Outbox: string(doc.Outbox), Followers: string(doc.Followers), Following: string(doc.Following), Playlists: string(doc.Playlists),
		Avatars: images(doc.Icon), Banners: images(doc.Image), ReadAt: at,
	}
	if doc.PublicKey != nil {
		r.PublicKey = doc.PublicKey.PublicKeyPem
	}
	if t, err := time.Parse(time.RFC3339, doc.Published); err == nil && t.Before(at) && t.Year() > 1970 {
		r.Published = t
	}
	id, created, err := f.cfg.Actors.SaveRemote(ctx, tx, r)
	if err != nil {
		return 0, err
	}
	if r.Kind == actor.Group {
		var ch channel.ID
		ch, err = f.cfg.Channels.SaveRemote(ctx, tx, id, owner, channel.Facts{DisplayName: doc.Name, Description: doc.Summary, Support: doc.Support.Value})
		if err == nil && !created {
			err = f.store.movePlaylists(ctx, tx, ch, owner)
		}
	} else {
		_, err = f.cfg.Accounts.SaveRemote(ctx, tx, id, account.Facts{DisplayName: doc.Name, Description: doc.Summary})
	}
	if err != nil {
		return id, err
	}
	return id, f.wantActorParts(ctx, tx, id, r, created)
}

// wantActorParts has what hangs on an actor read later: how many follow it, and
// the playlists of a new one.
func (f *Fetcher) wantActorParts(ctx context.Context, tx db.Tx, id actor.ID, r actor.Remote, fresh bool) error {
	if r.Followers != "" || r.Following != "" {
		if err := f.want(ctx, tx, task{Kind: crawlFollows, URL: r.URL, Fresh: fresh}); err != nil {
			return err
		}
	}
	if !fresh || r.Playlists == "" || f.cfg.Playlists == nil || r.Kind != actor.Person {
		return nil
	}
	return f.want(ctx, tx, task{Kind: crawlPlaylists, URL: r.Playlists, Actor: int64(id)})
}

// kindOf is an actor's kind; software that has others means people or bots.
func kindOf(kind string) actor.Kind {
	switch kind {
	case "Application":
		return actor.Application
	case "Group":
		return actor.Group
	case "Person", "Service", "Organization":
		return actor.Person
	}
	return 0
}

func images(list []activitypub.Image) (all []actor.RemoteImage) {
	for _, i := range list {
		all = append(all, actor.RemoteImage{URL: i.URL, MediaType: i.MediaType, Width: i.Width, Height: i.Height})
	}
	return all
}

func decode(raw []byte, v any) error { return json.Unmarshal(raw, v) }
