package actor

import (
	"context"

	"vidiverse/instance/fault"
)

// FollowQuery asks for a part of the follows by some actors, or of some.
type FollowQuery struct {
	By, Of       []ID   // one of the two
	State        State  // empty is any
	Kinds        []Kind // of those on the other side; none is any
	Search       string // in their names and hosts
	Sort         string // createdAt, state, score, redundancyAllowed, with - for descending; else -createdAt
	Start, Count int
}

// Side is one end of a follow, as lists show it.
type Side struct {
	Actor
	Images
	FollowerCount, FollowingCount int64
	RedundancyAllowed             bool // of its host
}

// Listed is a follow with both its ends.
type Listed struct {
	Follow
	From, To Side
}

// Follows returns a part of the follows that match and how many do.
func (s *Service) Follows(ctx context.Context, q FollowQuery) ([]Listed, int, error) {
	if len(q.By)+len(q.Of) == 0 {
		return nil, 0, nil
	}
	total, err := s.store.countFollows(ctx, s.db.Read(), q)
	if err != nil || q.Count == 0 {
		return nil, total, err
	}
	rows, err := s.store.listFollows(ctx, s.db.Read(), q)
	if err != nil {
		return nil, 0, err
	}
	ids := make([]ID, 0, 2*len(rows))
	for _, f := range rows {
		ids = append(ids, f.Follower, f.Target)
	}
	sides, err := s.sides(ctx, ids)
	if err != nil {
		return nil, 0, err
	}
	list := make([]Listed, len(rows))
	for i, f := range rows {
		list[i] = Listed{Follow: f, From: sides[f.Follower], To: sides[f.Target]}
	}
	return list, total, nil
}

func (s *Service) sides(ctx context.Context, ids []ID) (map[ID]Side, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	actors, err := s.ByIDs(ctx, s.db.Read(), ids)
	if err != nil {
		return nil, err
	}
	images, err := s.Images(ctx, s.db.Read(), ids)
	if err != nil {
		return nil, err
	}
	facts, err := s.store.sides(ctx, s.db.Read(), ids)
	if err != nil {
		return nil, err
	}
	sides := make(map[ID]Side, len(actors))
	for id, a := range actors {
		f := facts[id]
		sides[id] = Side{
			Actor: a, Images: images[id], FollowerCount: f.Followers, FollowingCount: f.Following, RedundancyAllowed: f.RedundancyAllowed != 0,
		}
	}
	return sides, nil
}

// FollowOfInstance finds how this server follows "host" or "name@host".
func (s *Service) FollowOfInstance(ctx context.Context, hostOrHandle string) (Follow, error) {
	me, err := s.Instance(ctx)
	if err != nil {
		return Follow{}, err
	}
	name, host := s.parseServer(hostOrHandle)
	if name == "" && host == "" {
		return Follow{}, fault.New(fault.Invalid, "Incorrect request parameters").
			WithField("hostOrHandle", hostOrHandle, "Should have a valid host or handle", "params")
	}
	f, err := s.store.followTo(ctx, s.db.Read(), me.ID, name, host)
	if fault.KindOf(err) == fault.NotFound {
		err = fault.New(fault.NotFound, "Follow %s not found.", hostOrHandle)
	}
	return f, err
}

// FollowerOfInstance finds how "name@host" follows this server.
func (s *Service) FollowerOfInstance(ctx context.Context, handle string) (Follow, error) {
	me, err := s.Instance(ctx)
	if err != nil {
		return Follow{}, err
	}
	name, host := s.parseServer(handle)
	if name == "" {
		return Follow{}, fault.New(fault.Invalid, "Incorrect request parameters").WithField("handle", handle, "Invalid value", "params")
	}
	f, err := s.store.followFrom(ctx, s.db.Read(), me.ID, name, host)
	if fault.KindOf(err) == fault.NotFound {
		err = fault.New(fault.NotFound, "Follower %s not found.", handle)
	}
	return f, err
}
