package delivery

import (
	"context"
	"fmt"
	"time"

	"vidiverse/instance/actor"
	"vidiverse/instance/db"
	"vidiverse/instance/job"
	"vidiverse/instance/signature"
)

// Activity is one that is ready to be sent.
type Activity struct {
	From actor.ID // who signs the requests
	Body []byte
	// Topic says what it is the latest word on: an activity of the same topic that
	// still waits somewhere is worth nothing then. Empty for none.
	Topic   string
	Expires time.Time // worth nothing after; zero for never
}

// Audience is who gets an activity. Of all those behind one shared inbox it is
// sent once, to that.
type Audience struct {
	FollowersOf []actor.ID // accepted followers of these actors of ours
	Shared      []actor.ID // these by their shared inbox
	Personal    []actor.ID // these by their own
	Except      string     // a host that gets nothing: it is where this came from
}

// Sign adds the linked-data signature of the actor, by which those believe an
// activity who get it from others. The body has an @context.
func (s *Service) Sign(ctx context.Context, from actor.ID, body []byte) ([]byte, error) {
	key, keyID, err := s.cfg.Keys.PrivateKey(ctx, from)
	if err != nil {
		return nil, fmt.Errorf("key of actor %d: %w", from, err)
	}
	signed, err := signature.Deliverable(body, creator(keyID), key, s.cfg.Now())
	if err != nil {
		return nil, fmt.Errorf("sign activity: %w", err)
	}
	return signed, nil
}

// Reaches reports whether anybody on another server is in an audience: what
// nobody gets need not be rendered and signed.
func (s *Service) Reaches(ctx context.Context, to Audience) (bool, error) {
	return s.store.reaches(ctx, to)
}

// Send has an activity delivered once tx is committed; the body is sent as it is.
func (s *Service) Send(ctx context.Context, tx db.Tx, a Activity, to Audience) error {
	now := s.cfg.Now()
	if a.Topic != "" {
		if err := s.store.supersede(ctx, tx, a.Topic); err != nil {
			return err
		}
	}
	id, err := s.store.addOutbound(ctx, tx, a, now)
	if err != nil {
		return err
	}
	if err := s.store.address(ctx, tx, id, to); err != nil {
		return err
	}
	hosts, err := s.store.addressed(ctx, tx, id)
	if err != nil {
		return err
	}
	if len(hosts) == 0 {
		return s.store.dropOutbound(ctx, tx, id)
	}
	for _, h := range hosts {
		if err := s.wake(ctx, tx, h); err != nil {
			return err
		}
	}
	return nil
}

// host is one that something waits for.
type host struct {
	ID       int64
	Name     string
	Failures int
	Closed   time.Time // nothing is sent before
}

// payload is of both kinds of jobs.
type payload struct {
	Host int64  `json:"hostId"`
	Name string `json:"host"`
}

// wake makes the job of a host, unless there is one.
func (s *Service) wake(ctx context.Context, tx db.Tx, h host) error {
	kind := jobDeliver
	if h.Failures > 0 || s.isSlow(h.ID) {
		kind = jobRetry
	}
	_, err := s.cfg.Jobs.Enqueue(ctx, tx, job.Spec{
		Type: kind, Payload: payload{h.ID, h.Name}, RunAt: h.Closed, DedupeKey: "deliver:" + h.Name, Attempts: 1 << 20,
	})
	return err
}
