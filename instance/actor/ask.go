package actor

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"vidiverse/instance/db"
	"vidiverse/instance/fault"
	"vidiverse/instance/job"
	"vidiverse/instance/news"
)

// Ask has an actor of ours follow another. One of this server is followed at
// once; another server is asked, again if it was asked before.
func (s *Service) Ask(ctx context.Context, tx db.Tx, follower, target Actor) (Follow, error) {
	return s.ask(ctx, tx, follower, target, false)
}

func (s *Service) ask(ctx context.Context, tx db.Tx, follower, target Actor, automatic bool) (Follow, error) {
	if !follower.Local() || follower.Gone() || target.Gone() {
		return Follow{}, fault.New(fault.Invalid, "Only who is there can follow, and be followed")
	}
	url := fmt.Sprintf("%s/follows/%d", follower.URL, target.ID)
	if target.Local() {
		f, created, err := s.Follow(ctx, tx, follower.ID, target.ID, url, Accepted)
		if err != nil || !created {
			return f, err
		}
		return f, s.tell(ctx, tx, news.FollowReceived, f, follower.ID, 0)
	}
	f, _, err := s.Follow(ctx, tx, follower.ID, target.ID, url, Pending)
	if err != nil || f.State == Accepted {
		return f, err
	}
	if f.State == Rejected {
		if err := s.setState(ctx, tx, f.ID, Pending); err != nil {
			return f, err
		}
		f.State = Pending
	}
	var other int64
	if automatic {
		other = 1
	}
	return f, s.send(ctx, tx, f, other)
}

// send has federation send a follow of ours, and remembers when.
func (s *Service) send(ctx context.Context, tx db.Tx, f Follow, other int64) error {
	if err := s.store.markSent(ctx, tx, f.ID, f.URL, db.Millis(s.now())); err != nil {
		return err
	}
	return s.tell(ctx, tx, news.FollowAsked, f, f.Follower, other)
}

// Unfollow ends a follow of one of ours. Another server hears of it unless it had
// refused, also while it has not answered: else it would think itself followed.
func (s *Service) Unfollow(ctx context.Context, tx db.Tx, id FollowID) error {
	f, err := s.FollowByID(ctx, tx, id)
	if err != nil {
		return err
	}
	both, err := s.ByIDs(ctx, tx, []ID{f.Follower, f.Target})
	if err != nil {
		return err
	}
	follower, target := both[f.Follower], both[f.Target]
	if !follower.Local() {
		return fault.New(fault.Invalid, "The follow is not of one of this server's people")
	}
	if err := s.EndFollow(ctx, tx, id); err != nil || target.Local() || f.State == Rejected {
		return err
	}
	if follower.Kind == Application {
		if err := s.store.forbidRedundancy(ctx, tx, target.Host); err != nil {
			return err
		}
	}
	return s.tellOver(ctx, tx, news.FollowEnded, f, follower, target, follower.ID, target.ID)
}

// followJob looks for an actor elsewhere and follows it.
const followJob = "activitypub-follow"

type followPayload struct {
	Follower ID     `json:"follower"`
	Name     string `json:"name"` // empty: the whole server
	Host     string `json:"host"`
	Kind     Kind   `json:"kind,omitempty"` // 0: any

	Automatic bool `json:"automatic,omitempty"` // nobody asked for it
}

// AskHandle has an actor of ours follow name@host, which is looked for later,
// by a job; an empty name is the server itself. kind is 0, or what it must be.
func (s *Service) AskHandle(ctx context.Context, tx db.Tx, follower ID, name, host string, kind Kind) error {
	if s.fed.Jobs == nil || s.fed.Finder == nil {
		return fault.New(fault.Unavailable, "This server does not speak to others")
	}
	return s.enqueueFollow(ctx, tx, followPayload{Follower: follower, Name: name, Host: strings.ToLower(host), Kind: kind})
}

func (s *Service) enqueueFollow(ctx context.Context, tx db.Tx, p followPayload) error {
	_, err := s.fed.Jobs.Enqueue(ctx, tx, job.Spec{
		Type: followJob, Payload: p, Attempts: 5, DedupeKey: fmt.Sprintf("%s:%d:%s@%s", followJob, p.Follower, p.Name, p.Host),
	})
	return err
}

func (s *Service) runFollow(ctx context.Context, j *job.Job) error {
	var p followPayload
	if err := j.Decode(&p); err != nil {
		return err
	}
	target, err := s.seek(ctx, p)
	if err != nil {
		return err
	}
	if p.Kind != 0 && target.Kind != p.Kind {
		return job.Permanent(fmt.Errorf("%s@%s is a %s, not a %s", p.Name, p.Host, target.Kind, p.Kind))
	}
	return j.Finish(ctx, func(tx db.Tx) error {
		follower, err := s.ByID(ctx, tx, p.Follower)
		if err != nil {
			return err
		}
		if follower.Gone() {
			return nil
		}
		f, err := s.ask(ctx, tx, follower, target, p.Automatic)
		if err != nil {
			return err
		}
		return s.store.wished(ctx, tx, f.ID, db.Millis(j.CreatedAt))
	})
}

func (s *Service) seek(ctx context.Context, p followPayload) (Actor, error) {
	if s.fed.Finder == nil {
		return Actor{}, job.Permanent(errors.New("this server does not speak to others"))
	}
	if p.Name == "" {
		return s.fed.Finder.InstanceActor(ctx, p.Host)
	}
	return s.fed.Finder.ActorByHandle(ctx, p.Name, p.Host)
}

const (
	resendJob = "actor-resend-follows"
	resendMax = 100 // follows in one run
	resendAge = 7 * 24 * time.Hour
)

// ResendFollows sends again what was asked a week ago or before: another
// server may have lost its follows.
func (s *Service) ResendFollows(ctx context.Context) error {
	return s.db.Write(ctx, func(tx db.Tx) error {
		old, err := s.store.oldFollows(ctx, tx, db.Millis(s.now().Add(-resendAge)), resendMax)
		for _, f := range old {
			if err := s.send(ctx, tx, f, 0); err != nil {
				return err
			}
		}
		return err
	})
}

// AskServers has this server follow others, by their hosts, and whom the
// handles name. They are looked for by jobs.
func (s *Service) AskServers(ctx context.Context, hosts, handles []string) error {
	bad := fault.New(fault.Invalid, "Incorrect request parameters")
	if !eachOnce(hosts, ValidHost) {
		return bad.WithField("hosts", hosts, "Should have an array of unique hosts", "body")
	}
	if !eachOnce(handles, ValidHandle) {
		return bad.WithField("handles", handles, "Should have an array of unique handles", "body")
	}
	if len(hosts)+len(handles) == 0 {
		return fault.New(fault.Invalid, "You must provide at least one handle or one host.")
	}
	me, err := s.Instance(ctx)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx db.Tx) error {
		for _, v := range append(hosts[:len(hosts):len(hosts)], handles...) {
			name, host := s.parseServer(v)
			if host == s.Host() {
				return fault.New(fault.Invalid, "This server does not follow itself")
			}
			if err := s.AskHandle(ctx, tx, me.ID, name, host, 0); err != nil {
				return err
			}
		}
		return nil
	})
}

// maxAsked bounds how many are asked at once.
const maxAsked = 1000

func eachOnce(all []string, valid func(string) bool) bool {
	seen := make(map[string]bool, len(all))
	for _, v := range all {
		if seen[v] || !valid(v) {
			return false
		}
		seen[v] = true
	}
	return len(all) <= maxAsked
}

// UnfollowServer ends what FollowOfInstance finds.
func (s *Service) UnfollowServer(ctx context.Context, hostOrHandle string) error {
	f, err := s.FollowOfInstance(ctx, hostOrHandle)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx db.Tx) error { return s.Unfollow(ctx, tx, f.ID) })
}
