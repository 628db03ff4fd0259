package playlist

import (
	"context"
	"time"

	"vidiverse/instance/access"
	"vidiverse/instance/actor"
	"vidiverse/instance/db"
	"vidiverse/instance/fault"
)

// The size that other servers' pictures of playlists have: PeerTube sends one.
const remoteWidth, remoteHeight = 280, 157

// SaveRemote keeps a playlist of another server, or what is new of one that is
// known, with its elements. A known one keeps its owner and UUID, and what is said
// of it if that is newer. A channel that is not the owner's is fault.Forbidden, as
// is an address of ours.
func (s *Service) SaveRemote(ctx context.Context, tx db.Tx, r Remote) (id ID, created bool, err error) {
	if err := r.check(); err != nil {
		return 0, false, err
	}
	if err := s.store.remoteOwner(ctx, tx, r.Owner); err != nil {
		return 0, false, err
	}
	if err := s.mayHold(ctx, tx, r.Channel, r.Owner); err != nil {
		return 0, false, err
	}
	p, err := s.store.one(ctx, tx, "p.url = ?", r.URL)
	switch {
	case fault.KindOf(err) == fault.NotFound:
		if p, err = s.accept(ctx, tx, r); err != nil {
			return 0, false, err
		}
		created = true
	case err != nil:
		return 0, false, err
	case p.Local || p.Owner != r.Owner:
		return 0, false, fault.New(fault.Forbidden, "This playlist is somebody else's")
	}
	return p.ID, created, s.keepRemote(ctx, tx, p, r)
}

// keepRemote writes what is new of a playlist that there is.
func (s *Service) keepRemote(ctx context.Context, tx db.Tx, p Playlist, r Remote) error {
	newer := r.Updated.IsZero() || !r.Updated.Before(p.UpdatedAt)
	if newer {
		r.fill(&p, s.stamp())
		if err := s.store.update(ctx, tx, p); err != nil {
			return err
		}
	}
	if !r.Told {
		if err := s.store.fetched(ctx, tx, p.ID, s.stamp()); err != nil {
			return err
		}
		if err := s.store.replaceElements(ctx, tx, p.ID, r.Elements, s.stamp()); err != nil {
			return err
		}
	}
	if !newer {
		return nil
	}
	return s.keepPicture(ctx, tx, p, r.Thumbnail)
}

// accept makes a row of a playlist that was not known. A UUID that another one has
// is not taken over.
func (s *Service) accept(ctx context.Context, tx db.Tx, r Remote) (Playlist, error) {
	p := Playlist{UUID: r.UUID, URL: r.URL, Owner: r.Owner, Kind: Regular, CreatedAt: r.Published}
	_, err := s.store.one(ctx, tx, "p.uuid = ?", p.UUID)
	if fault.KindOf(err) != fault.NotFound {
		if err != nil {
			return p, err
		}
		p.UUID = access.NewUUID()
	}
	r.fill(&p, s.stamp())
	return p, s.store.insert(ctx, tx, &p)
}

// fill writes what may change.
func (r Remote) fill(p *Playlist, now time.Time) {
	p.Name, p.Description, p.Channel, p.Position, p.Privacy = r.Name, r.Description, r.Channel, r.Position, Public
	if r.Unlisted {
		p.Privacy = Unlisted
	}
	if p.UpdatedAt = r.Updated; p.UpdatedAt.IsZero() {
		p.UpdatedAt = now
	}
	if p.CreatedAt.IsZero() {
		p.CreatedAt = now
	}
}

func (r Remote) check() error {
	ok := db.Sized(r.URL, 1, maxURL) && db.Sized(r.Name, 1, 1000) && db.Sized(r.Description, 0, 10_000) && db.Sized(r.Thumbnail, 0, maxURL) &&
		len(r.Elements) <= maxRemoteElements && r.Position >= 0 && r.Position <= maxSeconds && access.ShortUUID(r.UUID) != "" && len(r.UUID) == 36
	for _, e := range r.Elements {
		ok = ok && db.Sized(e.URL, 1, maxURL) && e.Position >= 0 && e.Position <= maxSeconds && checkTimes(e.Start, e.Stop) == nil
	}
	if !ok {
		return fault.New(fault.Invalid, "This playlist cannot be kept")
	}
	return nil
}

// keepPicture remembers where the picture of a remote playlist is; the name here
// changes with it, so that nobody is shown an old one.
func (s *Service) keepPicture(ctx context.Context, tx db.Tx, p Playlist, address string) error {
	was, err := s.store.remotePicture(ctx, tx, p.ID)
	if err != nil || was == address {
		return err
	}
	var list []picture
	if address != "" {
		list = []picture{{Thumbnail: Thumbnail{remoteWidth, remoteHeight, "playlist-" + access.NewUUID() + ".jpg"}, remote: address}}
	}
	if err := s.store.dropPictures(ctx, tx, p.ID); err != nil {
		return err
	}
	return s.store.putPictures(ctx, tx, p.ID, list, s.stamp())
}

// RemoveRemote forgets a playlist of another server; one that is not known is no
// error, one of ours stays.
func (s *Service) RemoveRemote(ctx context.Context, tx db.Tx, address string) error {
	p, err := s.ByURL(ctx, tx, address)
	switch {
	case fault.KindOf(err) == fault.NotFound:
		return nil
	case err != nil:
		return err
	case p.Local:
		return fault.New(fault.Forbidden, "This playlist is one of ours")
	}
	return s.store.delete(ctx, tx, p.ID)
}

// KnowsURL reports whether a playlist has that address.
func (s *Service) KnowsURL(ctx context.Context, address string) (bool, error) {
	_, err := s.ByURL(ctx, s.DB.Read(), address)
	if fault.KindOf(err) == fault.NotFound {
		return false, nil
	}
	return err == nil, err
}

// MarkFetched notes that a remote playlist was looked for now, whatever came of it.
func (s *Service) MarkFetched(ctx context.Context, tx db.Tx, address string) error {
	p, err := s.ByURL(ctx, tx, address)
	if err != nil || p.Local {
		return err
	}
	return s.store.fetched(ctx, tx, p.ID, s.stamp())
}

// OwnerOf is the actor of whose a playlist with that address is; fault.NotFound
// where none is known.
func (s *Service) OwnerOf(ctx context.Context, tx db.Tx, address string) (actor.ID, error) {
	p, err := s.ByURL(ctx, tx, address)
	if err != nil {
		return 0, err
	}
	return s.store.ownerActor(ctx, tx, p.Owner)
}
