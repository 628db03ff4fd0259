package playlist

import (
	"context"

	"vidiverse/instance/access"
	"vidiverse/instance/account"
	"vidiverse/instance/channel"
	"vidiverse/instance/db"
	"vidiverse/instance/fault"
	"vidiverse/instance/news"
	"vidiverse/instance/stream"
	"vidiverse/instance/user"
	"vidiverse/instance/video"
)

// Create makes a playlist of the caller's. Pictures, if any, are its own; their
// files must be stored.
func (s *Service) Create(ctx context.Context, c user.Caller, d Draft, pictures []stream.Thumbnail) (p Playlist, err error) {
	if !c.SignedIn() {
		return p, fault.New(fault.Unauthorized, "Authentication is required")
	}
	if d.Privacy == 0 {
		d.Privacy = Private
	}
	if d.Privacy == Unlisted && d.Channel == 0 {
		return p, fault.New(fault.Invalid, `Cannot set "public" or "unlisted" a playlist that is not assigned to a channel.`)
	}
	if err := d.check(); err != nil {
		return p, err
	}
	err = s.DB.Write(ctx, func(tx db.Tx) error {
		owner := account.ID(c.AccountID)
		if err := s.mayHold(ctx, tx, d.Channel, owner); err != nil {
			return err
		}
		if p, err = s.make(ctx, tx, owner, d, Regular); err != nil {
			return err
		}
		if err := s.store.putPictures(ctx, tx, p.ID, own(pictures), s.stamp()); err != nil {
			return err
		}
		return s.tell(ctx, tx, news.PlaylistMade, p)
	})
	return p, err
}

// make writes the row of a playlist of this instance.
func (s *Service) make(ctx context.Context, tx db.Tx, owner account.ID, d Draft, k Kind) (Playlist, error) {
	now := s.stamp()
	p := Playlist{
		UUID: access.NewUUID(), Local: true, Owner: owner, Channel: d.Channel, Name: d.Name, Description: d.Description,
		Privacy: d.Privacy, Kind: k, CreatedAt: now, UpdatedAt: now,
	}
	p.URL = s.base + "/video-playlists/" + p.UUID
	if err := s.takePlace(ctx, tx, &p); err != nil {
		return p, err
	}
	return p, s.store.insert(ctx, tx, &p)
}

// takePlace gives a playlist the last place in its channel.
func (s *Service) takePlace(ctx context.Context, tx db.Tx, p *Playlist) (err error) {
	p.Position = 0
	if p.Channel != 0 {
		p.Position, err = s.store.nextInChannel(ctx, tx, p.Channel)
	}
	return err
}

// own are pictures that somebody chose.
func own(list []stream.Thumbnail) (out []picture) {
	for _, t := range list {
		out = append(out, picture{Thumbnail: Thumbnail{Width: t.Width, Height: t.Height, File: t.File}})
	}
	return out
}

// MayEdit refuses who may not change a playlist.
func (s *Service) MayEdit(ctx context.Context, c user.Caller, ref video.Ref) error {
	p, _, err := s.resolve(ctx, s.DB.Read(), ref)
	if err != nil {
		return err
	}
	return p.manage(c, c.Moderator())
}

// Update changes a playlist: its owner and moderators may. Pictures, if any,
// replace those before; their files must be stored.
func (s *Service) Update(ctx context.Context, c user.Caller, ref video.Ref, change Patch, pictures []stream.Thumbnail) error {
	var drop []string
	err := s.DB.Write(ctx, func(tx db.Tx) error {
		p, _, err := s.resolve(ctx, tx, ref)
		if err != nil {
			return err
		}
		if err := p.manage(c, c.Moderator()); err != nil {
			return err
		}
		if p.Kind == WatchLater {
			return fault.New(fault.Invalid, "Cannot update a watch later playlist.")
		}
		drop, err = s.update(ctx, tx, p, change, pictures)
		return err
	})
	s.drop(ctx, drop, err)
	return err
}

func (s *Service) update(ctx context.Context, tx db.Tx, p Playlist, change Patch, pictures []stream.Thumbnail) (drop []string, err error) {
	was, d := p, p.draft()
	change.apply(&d)
	if err := d.check(); err != nil {
		return nil, err
	}
	if err := s.mayHold(ctx, tx, d.Channel, p.Owner); err != nil {
		return nil, err
	}
	p.Name, p.Description, p.Privacy, p.Channel, p.UpdatedAt = d.Name, d.Description, d.Privacy, d.Channel, s.stamp()
	if p.Channel != was.Channel {
		if err := s.leavePlace(ctx, tx, was); err != nil {
			return nil, err
		}
		if err := s.takePlace(ctx, tx, &p); err != nil {
			return nil, err
		}
	}
	if err := s.store.update(ctx, tx, p); err != nil {
		return nil, err
	}
	if len(pictures) > 0 {
		if drop, err = s.replacePictures(ctx, tx, p.ID, own(pictures)); err != nil {
			return nil, err
		}
	}
	return drop, s.tellChange(ctx, tx, was, p)
}

// leavePlace closes the gap that a playlist leaves in its channel.
func (s *Service) leavePlace(ctx context.Context, tx db.Tx, p Playlist) error {
	if p.Channel == 0 || p.Position == 0 {
		return nil
	}
	return s.store.closeInChannel(ctx, tx, p.Channel, p.ID, p.Position)
}

// tellChange says that a playlist appeared, changed or went out of sight.
func (s *Service) tellChange(ctx context.Context, tx db.Tx, was, p Playlist) error {
	switch {
	case was.Privacy == Private:
		return s.tell(ctx, tx, news.PlaylistMade, p)
	case p.Privacy == Private:
		return s.tellGone(ctx, tx, was)
	}
	return s.tell(ctx, tx, news.PlaylistChanged, p)
}

// tell says what happened to a playlist that others may hear of.
func (s *Service) tell(ctx context.Context, tx db.Tx, what news.What, p Playlist) error {
	if p.Privacy == Private || !p.Local {
		return nil
	}
	return s.News.Tell(ctx, tx, news.Change{What: what, ID: int64(p.ID)})
}

// tellGone says that a playlist is no longer to be seen: the followers of its
// account, its channel and the instance hear of it.
func (s *Service) tellGone(ctx context.Context, tx db.Tx, p Playlist) error {
	if p.Privacy == Private || !p.Local {
		return nil
	}
	actors, err := s.store.actors(ctx, tx, p)
	if err != nil {
		return err
	}
	return s.News.TellGone(ctx, tx, news.PlaylistGone, int64(p.ID), news.Gone{URL: p.URL, Actor: actors[0], Via: actors[1:], Type: "Playlist"})
}

// Delete removes a playlist: its owner and moderators may.
func (s *Service) Delete(ctx context.Context, c user.Caller, ref video.Ref) error {
	var drop []string
	err := s.DB.Write(ctx, func(tx db.Tx) error {
		p, _, err := s.resolve(ctx, tx, ref)
		if err != nil {
			return err
		}
		if p.Kind == WatchLater && p.Local {
			return fault.New(fault.Invalid, "Cannot delete a watch later playlist.")
		}
		if err := p.manage(c, c.Moderator()); err != nil {
			return err
		}
		drop, err = s.remove(ctx, tx, p)
		return err
	})
	s.drop(ctx, drop, err)
	return err
}

// remove deletes the rows of a playlist and returns its files.
func (s *Service) remove(ctx context.Context, tx db.Tx, p Playlist) ([]string, error) {
	if err := s.tellGone(ctx, tx, p); err != nil {
		return nil, err
	}
	if err := s.leavePlace(ctx, tx, p); err != nil {
		return nil, err
	}
	files, err := s.store.files(ctx, tx, p.ID)
	if err != nil {
		return nil, err
	}
	if p.Local && p.Privacy != Private {
		if err := s.store.bury(ctx, tx, p, s.stamp()); err != nil {
			return nil, err
		}
	}
	return files, s.store.delete(ctx, tx, p.ID)
}

// RemoveOfAccount deletes the playlists of an account that is deleted itself. It
// tells nobody: the end of the account says it all. Files without a row are swept.
func (s *Service) RemoveOfAccount(ctx context.Context, tx db.Tx, of account.ID) error {
	return s.store.deleteOf(ctx, tx, of, s.stamp())
}

// LeaveChannel makes the playlists of a channel that is deleted private, and tells
// who had heard of them.
func (s *Service) LeaveChannel(ctx context.Context, tx db.Tx, id channel.ID) error {
	list, err := s.store.ofChannel(ctx, tx, id)
	if err != nil {
		return err
	}
	for _, p := range list {
		if err := s.tellGone(ctx, tx, p); err != nil {
			return err
		}
	}
	return s.store.leaveChannel(ctx, tx, id, s.stamp())
}

// MakeWatchLater gives an account its "Watch later", if it has none.
func (s *Service) MakeWatchLater(ctx context.Context, tx db.Tx, of account.ID) error {
	if has, err := s.store.hasWatchLater(ctx, tx, of); err != nil || has {
		return err
	}
	_, err := s.make(ctx, tx, of, Draft{Name: "Watch later", Privacy: Private}, WatchLater)
	return err
}

// EnsureWatchLater gives one to everybody here who has none.
func (s *Service) EnsureWatchLater(ctx context.Context) error {
	for {
		lacking, err := s.store.withoutWatchLater(ctx, s.DB.Read(), 100)
		if err != nil || len(lacking) == 0 {
			return err
		}
		err = s.DB.Write(ctx, func(tx db.Tx) error {
			for _, of := range lacking {
				if err := s.MakeWatchLater(ctx, tx, of); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
}
