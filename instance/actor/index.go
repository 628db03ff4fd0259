package actor

import (
	"context"
	"time"

	"vidiverse/instance/db"
)

// Indexer reads public lists of servers. A Finder may be one.
type Indexer interface {
	// Servers are the hosts that the index came to know after since.
	Servers(ctx context.Context, index string, since time.Time) ([]string, error)
}

// indexJob follows the servers of an index.
const indexJob = "actor-follow-index"

// FollowIndex follows every server that the configured index lists and that this
// one does not follow yet, nor was refused by.
func (s *Service) FollowIndex(ctx context.Context) error {
	index, ok := s.fed.Finder.(Indexer)
	if !ok {
		return nil
	}
	s.indexed.Lock()
	defer s.indexed.Unlock()
	began := s.now()
	hosts, err := index.Servers(ctx, s.fed.Index, s.indexed.at)
	if err != nil {
		return err
	}
	me, err := s.Instance(ctx)
	if err != nil {
		return err
	}
	followed, err := s.store.followedHosts(ctx, s.db.Read(), me.ID)
	if err != nil {
		return err
	}
	err = s.db.Write(ctx, func(tx db.Tx) error {
		for _, v := range hosts {
			_, host := s.parseServer(v)
			if host == "" || host == s.Host() || followed[host] {
				continue
			}
			if err := s.enqueueFollow(ctx, tx, followPayload{Follower: me.ID, Host: host, Automatic: true}); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		s.indexed.at = began
	}
	return err
}
