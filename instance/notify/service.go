package notify

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"vidiverse/instance/account"
	"vidiverse/instance/actor"
	"vidiverse/instance/block"
	"vidiverse/instance/db"
	"vidiverse/instance/event"
	"vidiverse/instance/fault"
	"vidiverse/instance/job"
	"vidiverse/instance/news"
	"vidiverse/instance/user"
)

// Config is what a Service needs. DB, Actors, Blocks and News are required.
type Config struct {
	DB     *db.DB
	Actors *actor.Service
	Blocks *block.Service
	News   *news.Board
	Events event.Bus // hears of new rows; nil: nobody does
	Now    func() time.Time
}

// Service answers for notifications. It is safe for concurrent use.
type Service struct {
	cfg   Config
	store store
}

// jobType is the job that hears of changes, under PeerTube's name.
const jobType = "notify"

// New makes the service and has it hear of changes.
func New(c Config) *Service {
	if c.Now == nil {
		c.Now = time.Now
	}
	s := &Service{cfg: c}
	c.News.Hear(jobType, job.Options{Concurrency: 5, Timeout: 5 * time.Minute}, s.hear,
		news.VideoPublished, news.VideoHeard, news.CommentMade, news.CommentHeld, news.CommentApproved,
		news.ReportMade, news.ReportChanged, news.ReportMessage, news.UserRegistered,
		news.FollowReceived, news.FollowAccepted, news.FollowAsked)
	return s
}

// notice is a notification to make, without its receiver.
type notice struct {
	kind                                    Type
	video, comment, report, follow, account int64      // rows, 0 for none
	cause                                   int64      // tells apart what is told several times of one row
	by                                      account.ID // whose doing it is, 0 for nobody's
}

// person is somebody who may be told.
type person struct {
	id      user.ID
	account account.ID
	wants   user.Notifications
}

// batch is how many rows one transaction writes.
const batch = 500

// tell writes a notice for those who want it and hear who did it.
func (s *Service) tell(ctx context.Context, n notice, people []person) error {
	people, err := s.listening(ctx, n, people)
	if err != nil {
		return err
	}
	for len(people) > 0 {
		some := people[:min(batch, len(people))]
		people = people[len(some):]
		err := s.cfg.DB.Write(ctx, func(tx db.Tx) error {
			for _, p := range some {
				id, err := s.store.insert(ctx, tx, p.id, n, db.Millis(s.cfg.Now()))
				if err != nil {
					return fmt.Errorf("notify user %d: %w", p.id, err)
				}
				if id != 0 && s.cfg.Events != nil {
					e := event.Event{Topic: Topic, ID: int64(id), Name: strconv.FormatInt(int64(p.id), 10)}
					tx.AfterCommit(func() { s.cfg.Events.Publish(ctx, e) })
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// listening leaves out who does not want to know, who did it, and who muted
// that one; all, when the instance did.
func (s *Service) listening(ctx context.Context, n notice, people []person) ([]person, error) {
	instance, err := s.cfg.Blocks.Instance(ctx)
	if err != nil {
		return nil, err
	}
	owners := []account.ID{instance}
	for _, p := range people {
		owners = append(owners, p.account)
	}
	deaf, err := s.cfg.Blocks.Deaf(ctx, s.cfg.DB.Read(), owners, n.by)
	if err != nil || deaf[instance] {
		return nil, err
	}
	left := people[:0]
	for _, p := range people {
		if web(p.wants, n.kind) && !deaf[p.account] && (n.by == 0 || p.account != n.by) {
			left = append(left, p)
		}
	}
	return left, nil
}

// web tells whether a user wants that type to be shown in the page.
func web(w user.Notifications, t Type) bool {
	v := map[Type]int{
		NewVideo: w.NewVideoFromSubscription, NewComment: w.NewCommentOnMyVideo, NewReport: w.AbuseAsModerator,
		OwnVideoPublished: w.MyVideoPublished, NewUser: w.NewUserRegistration, NewFollow: w.NewFollow, Mention: w.CommentMention,
		InstanceFollower: w.NewInstanceFollower, AutoFollowing: w.AutoInstanceFollowing,
		ReportDecided: w.AbuseStateChange, ReportMessage: w.AbuseNewMessage,
	}[t]
	return v&1 != 0
}

// Muted forgets what somebody told who is muted from now on. It is the Muted of
// block.Config.
func (s *Service) Muted(ctx context.Context, tx db.Tx, m block.Muting) error {
	return s.store.forget(ctx, tx, m)
}

// List returns a part of a user's notifications and how many match.
func (s *Service) List(ctx context.Context, c user.Caller, q Query) ([]Notification, int, error) {
	if !c.SignedIn() {
		return nil, 0, errStranger
	}
	total, err := s.store.count(ctx, s.cfg.DB.Read(), c.UserID, q)
	if err != nil || q.Count == 0 {
		return nil, total, err
	}
	list, err := s.store.list(ctx, s.cfg.DB.Read(), c.UserID, q)
	return list, total, err
}

// Get returns one notification of anybody: it is for who shows it to its user.
func (s *Service) Get(ctx context.Context, id ID) (Notification, error) {
	return s.store.byID(ctx, s.cfg.DB.Read(), id)
}

// maxRead is how many may be marked at once.
const maxRead = 1000

// MarkRead notes that the caller saw some of theirs; others' are left alone.
func (s *Service) MarkRead(ctx context.Context, c user.Caller, ids []ID) error {
	if !c.SignedIn() {
		return errStranger
	}
	if len(ids) == 0 || len(ids) > maxRead {
		return fault.New(fault.Invalid, "").WithField("ids", nil, "Invalid value", "body")
	}
	return s.cfg.DB.Write(ctx, func(tx db.Tx) error { return s.store.markRead(ctx, tx, c.UserID, ids, db.Millis(s.cfg.Now())) })
}

// MarkAllRead notes that the caller saw all.
func (s *Service) MarkAllRead(ctx context.Context, c user.Caller) error {
	if !c.SignedIn() {
		return errStranger
	}
	return s.cfg.DB.Write(ctx, func(tx db.Tx) error { return s.store.markAllRead(ctx, tx, c.UserID, db.Millis(s.cfg.Now())) })
}

var errStranger = fault.New(fault.Unauthorized, "Authentication is required")
