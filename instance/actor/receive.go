package actor

import (
	"context"

	"vidiverse/instance/db"
	"vidiverse/instance/fault"
	"vidiverse/instance/news"
)

// ReceiveFollow is a Follow from another server: what becomes of it by the
// rules, and who hears of it. mayFollow is false when the follower is blocked.
// The same Follow may come again, and is answered again: what comes back is the
// follow as it stands, or one without a number that is refused and not kept.
func (s *Service) ReceiveFollow(ctx context.Context, tx db.Tx, follower, target Actor, url string, mayFollow bool) (Follow, error) {
	if !target.Local() || target.Gone() {
		return Follow{}, fault.New(fault.Invalid, "The followed actor is not of this server")
	}
	if follower.Local() {
		return Follow{}, fault.New(fault.Invalid, "The follower is not of another server")
	}
	if url == "" || !Findable(url) {
		return Follow{}, fault.New(fault.Invalid, "The Follow has no id")
	}
	rules := s.fed.Rules
	ofInstance := target.Kind == Application
	if !mayFollow || ofInstance && rules.NoInstanceFollowers || !ofInstance && rules.NoChannelFollowers {
		refused := Follow{Follower: follower.ID, Target: target.ID, State: Rejected, URL: url}
		return refused, s.tellOver(ctx, tx, news.FollowRejected, refused, follower, target, target.ID, follower.ID)
	}
	state := Accepted
	if ofInstance && rules.ManualApproval {
		state = Pending
	}
	f, created, err := s.Follow(ctx, tx, follower.ID, target.ID, url, state)
	if err != nil {
		return f, err
	}
	if created {
		if err := s.tell(ctx, tx, news.FollowReceived, f, follower.ID, 0); err != nil {
			return f, err
		}
	}
	switch {
	case f.State == Rejected:
		return f, s.tellOver(ctx, tx, news.FollowRejected, f, follower, target, target.ID, follower.ID)
	case f.State == Pending && state == Pending:
		return f, nil // an administrator looks at it
	}
	return f, s.accept(ctx, tx, &f, follower, target)
}

// accept makes f accepted, also when it was before: the other side may not
// have heard of it.
func (s *Service) accept(ctx context.Context, tx db.Tx, f *Follow, follower, target Actor) error {
	if err := s.Accept(ctx, tx, f.ID); err != nil {
		return err
	}
	f.State = Accepted
	if err := s.tell(ctx, tx, news.FollowAccepted, *f, target.ID, 0); err != nil {
		return err
	}
	return s.followBack(ctx, tx, follower, target)
}

// followBack follows a server that follows this one, where the operator wants it.
func (s *Service) followBack(ctx context.Context, tx db.Tx, follower, target Actor) error {
	if !s.fed.Rules.FollowBack || target.Kind != Application || follower.Kind != Application {
		return nil
	}
	_, err := s.FollowByPair(ctx, tx, target.ID, follower.ID)
	if fault.KindOf(err) != fault.NotFound {
		return err // it is followed already, or was and refused
	}
	_, err = s.ask(ctx, tx, target, follower, true)
	return err
}

// ReceiveAccept is an Accept from target of a follow by one of ours. It tells
// whether the follow is accepted only now; then what the target has published
// is worth reading. Who was never asked cannot accept: fault.NotFound.
func (s *Service) ReceiveAccept(ctx context.Context, tx db.Tx, target, follower Actor) (first bool, err error) {
	f, err := s.ours(ctx, tx, target, follower)
	if err != nil || f.State == Accepted {
		return false, err
	}
	return true, s.Accept(ctx, tx, f.ID)
}

// ReceiveReject is a Reject from target of a follow by one of ours.
func (s *Service) ReceiveReject(ctx context.Context, tx db.Tx, target, follower Actor) error {
	f, err := s.ours(ctx, tx, target, follower)
	if err != nil {
		return err
	}
	return s.Reject(ctx, tx, f.ID)
}

func (s *Service) ours(ctx context.Context, tx db.Tx, target, follower Actor) (Follow, error) {
	if target.Local() || !follower.Local() {
		return Follow{}, fault.New(fault.Invalid, "The follow is not of one of this server's people")
	}
	return s.FollowByPair(ctx, tx, follower.ID, target.ID)
}

// ReceiveUndo is the end of a follow that the follower, of another server,
// wants. A follow that is not there has ended.
func (s *Service) ReceiveUndo(ctx context.Context, tx db.Tx, follower, target Actor) error {
	if follower.Local() || !target.Local() {
		return fault.New(fault.Invalid, "The follow is not of another server's people")
	}
	f, err := s.FollowByPair(ctx, tx, follower.ID, target.ID)
	if fault.KindOf(err) == fault.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	return s.EndFollow(ctx, tx, f.ID)
}

// AcceptFollower lets a follower of this server in who waits or was rejected.
func (s *Service) AcceptFollower(ctx context.Context, id FollowID) error {
	return s.decide(ctx, id, func(tx db.Tx, f Follow, follower, target Actor) error {
		if f.State == Accepted {
			return fault.New(fault.Invalid, "Follow is not in pending/rejected state.")
		}
		return s.accept(ctx, tx, &f, follower, target)
	})
}

// RejectFollower refuses a follower of this server for good.
func (s *Service) RejectFollower(ctx context.Context, id FollowID) error {
	return s.decide(ctx, id, func(tx db.Tx, f Follow, follower, target Actor) error {
		if f.State == Rejected {
			return fault.New(fault.Invalid, "Follow is not in pending/accepted state.")
		}
		if err := s.Reject(ctx, tx, id); err != nil {
			return err
		}
		return s.tellOver(ctx, tx, news.FollowRejected, f, follower, target, target.ID, follower.ID)
	})
}

// RemoveFollower ends a follower's follow. It may follow again.
func (s *Service) RemoveFollower(ctx context.Context, id FollowID) error {
	return s.decide(ctx, id, func(tx db.Tx, f Follow, follower, target Actor) error {
		if err := s.EndFollow(ctx, tx, id); err != nil || f.State == Rejected {
			return err
		}
		return s.tellOver(ctx, tx, news.FollowRejected, f, follower, target, target.ID, follower.ID)
	})
}

// decide has do work on a follow of an actor of ours.
func (s *Service) decide(ctx context.Context, id FollowID, do func(tx db.Tx, f Follow, follower, target Actor) error) error {
	return s.db.Write(ctx, func(tx db.Tx) error {
		f, err := s.FollowByID(ctx, tx, id)
		if err != nil {
			return err
		}
		both, err := s.ByIDs(ctx, tx, []ID{f.Follower, f.Target})
		if err != nil {
			return err
		}
		return do(tx, f, both[f.Follower], both[f.Target])
	})
}
