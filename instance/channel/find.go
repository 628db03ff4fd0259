package channel

import (
	"context"

	"github.com/uptrace/bun"

	"vidiverse/instance/account"
	"vidiverse/instance/actor"
	"vidiverse/instance/fault"
)

// ByHandle finds a channel by "name" of this instance, or "name@host".
func (s *Service) ByHandle(ctx context.Context, handle string) (Channel, error) {
	name, host := s.cfg.Actors.SplitHandle(handle)
	r, err := s.store.byHandle(ctx, s.cfg.DB.Read(), name, host)
	return s.complete(ctx, r, err)
}

// ByID finds a channel by its number.
func (s *Service) ByID(ctx context.Context, id ID) (Channel, error) {
	r, err := s.store.one(ctx, s.cfg.DB.Read(), `WHERE c.id = ?`, id)
	return s.complete(ctx, r, err)
}

// ByIDs finds several channels at once. Unknown numbers are absent.
func (s *Service) ByIDs(ctx context.Context, ids []ID) (map[ID]Channel, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	rows, err := s.store.many(ctx, s.cfg.DB.Read(), `WHERE c.id IN (?)`, bun.List(ids))
	if err != nil {
		return nil, err
	}
	list, err := s.withImages(ctx, rows)
	if err != nil {
		return nil, err
	}
	found := make(map[ID]Channel, len(list))
	for _, c := range list {
		found[c.ID] = c
	}
	return found, nil
}

// List returns a part of the channels that match and how many do.
func (s *Service) List(ctx context.Context, q Query) ([]Channel, int, error) {
	q.here = s.cfg.Actors.Host()
	if q.Search != "" && len(q.IDs) == 0 {
		return s.search(ctx, q)
	}
	total, err := s.store.count(ctx, s.cfg.DB.Read(), q)
	if err != nil || q.Count == 0 {
		return nil, total, err
	}
	rows, err := s.store.list(ctx, s.cfg.DB.Read(), q)
	if err != nil {
		return nil, 0, err
	}
	list, err := s.withImages(ctx, rows)
	return list, total, err
}

// OwnedBy answers nil when the channel exists and belongs to the account, a
// fault.Invalid otherwise: it does not tell which.
func (s *Service) OwnedBy(ctx context.Context, id ID, owner account.ID) error {
	r, err := s.store.one(ctx, s.cfg.DB.Read(), `WHERE c.id = ?`, id)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return err
	}
	if err != nil || r.AccountID != owner || r.Host.Valid {
		return fault.New(fault.Invalid, "Unknown video \"video channel\" for this instance.")
	}
	return nil
}

func (s *Service) complete(ctx context.Context, r row, err error) (Channel, error) {
	if err != nil {
		return Channel{}, err
	}
	list, err := s.withImages(ctx, []row{r})
	if err != nil {
		return Channel{}, err
	}
	return list[0], nil
}

func (s *Service) withImages(ctx context.Context, rows []row) ([]Channel, error) {
	ids := make([]actor.ID, len(rows))
	for i, r := range rows {
		ids[i] = r.ActorID
	}
	images, err := s.cfg.Actors.Images(ctx, s.cfg.DB.Read(), ids)
	if err != nil {
		return nil, err
	}
	list := make([]Channel, len(rows))
	for i, r := range rows {
		list[i] = r.channel(s.cfg.Actors.Host())
		list[i].Images = images[r.ActorID]
	}
	return list, nil
}
