package channel

import (
	"context"
	"strings"

	"vidiverse/instance/account"
	"vidiverse/instance/actor"
	"vidiverse/instance/db"
	"vidiverse/instance/fault"
	"vidiverse/instance/user"
)

// maxURIs bounds how many subscriptions are asked for at once.
const maxURIs = 1000

// follower is the actor of a caller who is signed in.
func (s *Service) follower(ctx context.Context, c user.Caller) (actor.Actor, error) {
	if !c.SignedIn() {
		return actor.Actor{}, fault.New(fault.Unauthorized, "Authentication is required")
	}
	a, err := s.cfg.Accounts.ByID(ctx, account.ID(c.AccountID))
	if err != nil {
		return actor.Actor{}, err
	}
	return s.cfg.Actors.ByID(ctx, s.cfg.DB.Read(), a.ActorID)
}

// Subscribe has the caller follow a channel, name@host. One that is known here
// is followed, or asked, at once; others are looked for by a job.
func (s *Service) Subscribe(ctx context.Context, c user.Caller, uri string) error {
	if !actor.ValidHandle(uri) {
		return errURI(uri, "body")
	}
	me, err := s.follower(ctx, c)
	if err != nil {
		return err
	}
	name, host := s.cfg.Actors.SplitHandle(uri)
	return s.cfg.DB.Write(ctx, func(tx db.Tx) error {
		target, err := s.cfg.Actors.ByHandle(ctx, tx, name, host, actor.Group)
		if fault.KindOf(err) == fault.NotFound && host != "" {
			return s.cfg.Actors.AskHandle(ctx, tx, me.ID, name, host, actor.Group)
		}
		if err != nil {
			return err
		}
		_, err = s.cfg.Actors.Ask(ctx, tx, me, target)
		return err
	})
}

// Unsubscribe ends a subscription of the caller's.
func (s *Service) Unsubscribe(ctx context.Context, c user.Caller, uri string) error {
	f, _, err := s.subscription(ctx, c, uri)
	if err != nil {
		return err
	}
	return s.cfg.DB.Write(ctx, func(tx db.Tx) error { return s.cfg.Actors.Unfollow(ctx, tx, f.ID) })
}

// Subscription is a channel that the caller is subscribed to; others are
// fault.NotFound.
func (s *Service) Subscription(ctx context.Context, c user.Caller, uri string) (Channel, error) {
	_, ch, err := s.subscription(ctx, c, uri)
	return ch, err
}

func (s *Service) subscription(ctx context.Context, c user.Caller, uri string) (actor.Follow, Channel, error) {
	if !actor.ValidHandle(uri) {
		return actor.Follow{}, Channel{}, errURI(uri, "params")
	}
	me, err := s.follower(ctx, c)
	if err != nil {
		return actor.Follow{}, Channel{}, err
	}
	missing := fault.New(fault.NotFound, "Subscription %s not found.", uri)
	ch, err := s.ByHandle(ctx, uri)
	if fault.KindOf(err) == fault.NotFound {
		return actor.Follow{}, Channel{}, missing
	}
	if err != nil {
		return actor.Follow{}, Channel{}, err
	}
	f, err := s.cfg.Actors.FollowByPair(ctx, s.cfg.DB.Read(), me.ID, ch.ActorID)
	if fault.KindOf(err) == fault.NotFound || err == nil && f.State == actor.Rejected {
		return actor.Follow{}, Channel{}, missing
	}
	return f, ch, err
}

// Subscribed tells of each of the URIs whether the caller is subscribed to it.
func (s *Service) Subscribed(ctx context.Context, c user.Caller, uris []string) (map[string]bool, error) {
	if len(uris) == 0 || len(uris) > maxURIs {
		return nil, fault.New(fault.Invalid, "Incorrect request parameters").WithField("uris", uris, "Should have a valid array of URIs", "query")
	}
	me, err := s.follower(ctx, c)
	if err != nil {
		return nil, err
	}
	found := make(map[string]bool, len(uris))
	for _, uri := range uris {
		if !actor.ValidHandle(uri) {
			return nil, fault.New(fault.Invalid, "Incorrect request parameters").WithField("uris", uris, "Should have a valid array of URIs", "query")
		}
		found[uri] = false
	}
	handles, err := s.store.subscribed(ctx, s.cfg.DB.Read(), me.ID, s.cfg.Actors.Host())
	if err != nil {
		return nil, err
	}
	for uri := range found {
		name, host, _ := strings.Cut(uri, "@")
		host = strings.ToLower(host)
		if host == s.cfg.Actors.Host() {
			name = strings.ToLower(name)
		}
		found[uri] = handles[name+"@"+host]
	}
	return found, nil
}

// Subscriptions returns a part of the channels that the caller is subscribed to,
// and how many they are.
func (s *Service) Subscriptions(ctx context.Context, c user.Caller, q Query) ([]Channel, int, error) {
	me, err := s.follower(ctx, c)
	if err != nil {
		return nil, 0, err
	}
	total, err := s.store.countSubscriptions(ctx, s.cfg.DB.Read(), me.ID, q)
	if err != nil || q.Count == 0 {
		return nil, total, err
	}
	rows, err := s.store.subscriptions(ctx, s.cfg.DB.Read(), me.ID, q)
	if err != nil {
		return nil, 0, err
	}
	list, err := s.withImages(ctx, rows)
	return list, total, err
}

func errURI(uri, where string) error {
	return fault.New(fault.Invalid, "Incorrect request parameters").
		WithField("uri", uri, "Should have a valid URI to follow (username@domain)", where)
}
