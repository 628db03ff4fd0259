package playlist

import (
	"context"
	"fmt"

	"vidiverse/instance/db"
	"vidiverse/instance/fault"
	"vidiverse/instance/news"
	"vidiverse/instance/user"
	"vidiverse/instance/video"
)

// Elements are a part of the videos of a playlist that the caller may see, and how
// many there are. What the caller may not see of them is said, not shown.
func (s *Service) Elements(ctx context.Context, c user.Caller, ref video.Ref, start, count int) ([]Element, int, error) {
	if err := (Query{Start: start, Count: count}).check(); err != nil {
		return nil, 0, err
	}
	p, err := s.Get(ctx, c, ref)
	if err != nil || count == 0 {
		return nil, p.Length, err
	}
	rows, err := s.store.elements(ctx, s.DB.Read(), p.ID, start, count)
	if err != nil {
		return nil, 0, err
	}
	list, err := s.fill(ctx, c, rows)
	return list, p.Length, err
}

// fill says of each element what the caller gets.
func (s *Service) fill(ctx context.Context, c user.Caller, rows []element) ([]Element, error) {
	var ids []video.ID
	for _, r := range rows {
		if r.video != 0 {
			ids = append(ids, r.video)
		}
	}
	items, err := s.Videos.Items(ctx, ids)
	if err != nil {
		return nil, err
	}
	found := map[video.ID]*video.Item{}
	for i := range items {
		found[items[i].ID] = &items[i]
	}
	muted, err := s.store.muted(ctx, s.DB.Read(), c.AccountID, ids)
	if err != nil {
		return nil, err
	}
	list := make([]Element, len(rows))
	for i, r := range rows {
		list[i] = Element{ID: r.id, Position: r.position, Start: r.start, Stop: r.stop}
		v := found[r.video]
		if list[i].Is = available(c, v, muted[r.video]); list[i].Is == Shown {
			list[i].Video = v
		}
	}
	return list, nil
}

// available is the one rule of what a viewer gets of a video in a playlist.
func available(c user.Caller, v *video.Item, muted bool) Availability {
	switch {
	case v == nil:
		return Deleted
	case v.Local && c.SignedIn() && int64(v.AccountID) == c.AccountID:
		return Shown
	case v.Privacy == video.Internal && c.SignedIn():
		return Shown
	case !v.Privacy.Open():
		return Hidden
	case muted:
		return Unavailable
	}
	return Shown
}

// changeable finds a playlist whose elements the caller may change: its owner may,
// and administrators.
func (s *Service) changeable(ctx context.Context, tx db.Tx, c user.Caller, ref video.Ref) (Playlist, error) {
	p, _, err := s.resolve(ctx, tx, ref)
	if err != nil {
		return p, err
	}
	return p, p.manage(c, c.Admin())
}

// AddVideo puts a video, or a part of it, at the end of a playlist.
func (s *Service) AddVideo(ctx context.Context, c user.Caller, ref, of video.Ref, start, stop *int) (id ElementID, err error) {
	if err := checkTimes(start, stop); err != nil {
		return 0, err
	}
	if _, err := of.Parse(); err != nil {
		return 0, fault.New(fault.Invalid, "Incorrect request parameters: videoId").
			WithField("videoId", db.Storable(string(of)), "Should have a valid video id/uuid/short uuid", "body")
	}
	v, err := s.Videos.Resolve(ctx, of)
	if err != nil {
		return 0, err
	}
	var p Playlist
	err = s.DB.Write(ctx, func(tx db.Tx) error {
		if p, err = s.changeable(ctx, tx, c, ref); err != nil {
			return err
		}
		if p.Length >= maxElements {
			return fault.New(fault.Invalid, "A playlist has at most %d videos", maxElements)
		}
		id, err = s.store.append(ctx, tx, p.ID, v, start, stop, s.stamp(), func(id ElementID) string {
			return fmt.Sprintf("%s/videos/%d", p.URL, id)
		})
		if err != nil {
			return err
		}
		return s.changed(ctx, tx, p)
	})
	if err != nil {
		return 0, err
	}
	s.refreshPicture(ctx, p.ID)
	return id, nil
}

// changed notes that the elements of a playlist are others.
func (s *Service) changed(ctx context.Context, tx db.Tx, p Playlist) error {
	if err := s.store.touch(ctx, tx, p.ID, s.stamp()); err != nil {
		return err
	}
	if err := s.wantPicture(ctx, tx, p.ID); err != nil {
		return err
	}
	return s.tell(ctx, tx, news.PlaylistChanged, p)
}

// UpdateElement changes from where to where a video is played: nil leaves as it
// is, a pointer to nil clears.
func (s *Service) UpdateElement(ctx context.Context, c user.Caller, ref video.Ref, id ElementID, start, stop **int) error {
	return s.DB.Write(ctx, func(tx db.Tx) error {
		p, err := s.changeable(ctx, tx, c, ref)
		if err != nil {
			return err
		}
		e, err := s.store.element(ctx, tx, p.ID, id)
		if err != nil {
			return err
		}
		set(&e.start, start)
		set(&e.stop, stop)
		if err := checkTimes(e.start, e.stop); err != nil {
			return err
		}
		if err := s.store.setTimes(ctx, tx, e, s.stamp()); err != nil {
			return err
		}
		return s.changed(ctx, tx, p)
	})
}

// RemoveElement takes a video out of a playlist; those behind it move up.
func (s *Service) RemoveElement(ctx context.Context, c user.Caller, ref video.Ref, id ElementID) error {
	var p Playlist
	err := s.DB.Write(ctx, func(tx db.Tx) (err error) {
		if p, err = s.changeable(ctx, tx, c, ref); err != nil {
			return err
		}
		e, err := s.store.element(ctx, tx, p.ID, id)
		if err != nil {
			return err
		}
		if err := s.store.take(ctx, tx, p.ID, e); err != nil {
			return err
		}
		return s.changed(ctx, tx, p)
	})
	if err == nil {
		s.refreshPicture(ctx, p.ID)
	}
	return err
}

// Exist says which of the caller's playlists hold some videos.
func (s *Service) Exist(ctx context.Context, c user.Caller, ids []video.ID) (map[video.ID][]Existing, error) {
	switch {
	case !c.SignedIn():
		return nil, fault.New(fault.Unauthorized, "Authentication is required")
	case len(ids) > maxExist:
		return nil, fault.New(fault.Invalid, "Incorrect request parameters: videoIds").
			WithField("videoIds", nil, "Should have a valid video ids array", "query")
	case len(ids) == 0:
		return map[video.ID][]Existing{}, nil
	}
	return s.store.exist(ctx, s.DB.Read(), c.AccountID, ids)
}
