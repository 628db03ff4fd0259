package playlist

import (
	"context"

	"vidiverse/instance/channel"
	"vidiverse/instance/db"
	"vidiverse/instance/fault"
	"vidiverse/instance/news"
	"vidiverse/instance/user"
	"vidiverse/instance/video"
)

// Move is which part of a list goes where: Length things from position Start on go
// behind position After. Positions count from 1; After 0 is the beginning, Length 0
// is 1.
type Move struct{ Start, After, Length int }

// in checks a move in a list of n things; what names the list in refusals.
func (m *Move) in(n int, what string) error {
	var bad []string
	if m.Start < 1 {
		bad = append(bad, "startPosition")
	}
	if m.After < 0 {
		bad = append(bad, "insertAfterPosition")
	}
	if m.Length < 0 {
		bad = append(bad, "reorderLength")
	}
	if len(bad) > 0 {
		return refused(bad...)
	}
	m.Length = max(m.Length, 1)
	switch {
	case m.Start > n || m.After > n:
		return fault.New(fault.Invalid, "Start position or insert after position exceed the %s limits (max: %d)", what, n)
	case m.Length > n+1-m.Start:
		return fault.New(fault.Invalid, "Reorder length with this start position exceeds the %s limits (max: %d)", what, n+1-m.Start)
	}
	return nil
}

// apply is the new order of a list. A part that is to go behind one of its own
// stays where it is.
func (m Move) apply(list []int64) []int64 {
	from, to := m.Start-1, m.Start-1+m.Length
	if m.After >= from && m.After <= to {
		return list
	}
	var out []int64
	for i := 0; i <= len(list); i++ {
		if i == m.After {
			out = append(out, list[from:to]...)
		}
		if i < len(list) && (i < from || i >= to) {
			out = append(out, list[i])
		}
	}
	return out
}

// Reorder moves a part of a playlist.
func (s *Service) Reorder(ctx context.Context, c user.Caller, ref video.Ref, m Move) error {
	var p Playlist
	err := s.DB.Write(ctx, func(tx db.Tx) (err error) {
		if p, err = s.changeable(ctx, tx, c, ref); err != nil {
			return err
		}
		list, err := s.store.order(ctx, tx, p.ID)
		if err != nil {
			return err
		}
		if err := m.in(len(list), "playlist"); err != nil {
			return err
		}
		if err := s.store.setOrder(ctx, tx, list, m.apply(list)); err != nil {
			return err
		}
		return s.changed(ctx, tx, p)
	})
	if err == nil {
		s.refreshPicture(ctx, p.ID)
	}
	return err
}

// ReorderInChannel moves a part of the playlists of a channel: its owner and
// moderators may.
func (s *Service) ReorderInChannel(ctx context.Context, c user.Caller, id channel.ID, m Move) error {
	return s.DB.Write(ctx, func(tx db.Tx) error {
		if !c.SignedIn() {
			return fault.New(fault.Unauthorized, "Authentication is required")
		}
		owner, err := s.store.channelOwner(ctx, tx, id)
		if err != nil {
			return err
		}
		if int64(owner) != c.AccountID && !c.Moderator() {
			return fault.New(fault.Forbidden, "Cannot manage a video channel of another user.")
		}
		list, err := s.store.ofChannel(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := m.in(len(list), "channel"); err != nil {
			return err
		}
		return s.rearrange(ctx, tx, list, m)
	})
}

// rearrange gives the playlists of a channel their new positions, and tells of
// those that moved.
func (s *Service) rearrange(ctx context.Context, tx db.Tx, list []Playlist, m Move) error {
	ids, byID := make([]int64, len(list)), map[int64]Playlist{}
	for i, p := range list {
		if !p.Local {
			return fault.New(fault.Forbidden, "Cannot manage video playlist of another server.")
		}
		ids[i], byID[int64(p.ID)] = int64(p.ID), p
	}
	for i, id := range m.apply(ids) {
		p := byID[id]
		if p.Position == i+1 {
			continue
		}
		if err := s.store.setPosition(ctx, tx, p.ID, i+1, s.stamp()); err != nil {
			return err
		}
		if err := s.tell(ctx, tx, news.PlaylistChanged, p); err != nil {
			return err
		}
	}
	return nil
}
