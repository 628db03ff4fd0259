package inbox

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"vidiverse/instance/actor"
	"vidiverse/instance/db"
	"vidiverse/instance/fault"
	"vidiverse/instance/federation/fetch"
	"vidiverse/instance/job"
)

// The jobs of this package. A host has at most one of the first two at work;
// the second is for when something has to be read from other servers first,
// which may take long: it never waits in the places of the first.
const (
	jobWork  = "activitypub-inbox"
	jobRead  = "activitypub-inbox-reader"
	jobSweep = "sweep-inbox"
	jobGrave = "sweep-graves"
)

const (
	atOnce  = 100             // activities of one transaction
	turn    = 2 * time.Second // of a host, before others have theirs
	unknown = 8               // things that one activity may have us read
)

// errRead says that something must be read before an activity can be worked on.
var errRead = errors.New("inbox: something must be read first")

type payload struct {
	Host string `json:"host"`
}

func (b *Inbox) registerJobs() {
	q := b.cfg.Jobs
	o := job.Options{Concurrency: 8, Crashes: 1000}
	q.Handle(jobWork, o, func(ctx context.Context, j *job.Job) error { return b.work(ctx, j, false) })
	o.Concurrency = 128
	q.Handle(jobRead, o, func(ctx context.Context, j *job.Job) error { return b.work(ctx, j, true) })
	q.Handle(jobSweep, job.Options{Timeout: time.Hour}, func(ctx context.Context, _ *job.Job) error { return b.sweep(ctx) })
	q.Every(jobSweep, 10*time.Minute, job.Spec{Type: jobSweep, Attempts: 1})
	q.Handle(jobGrave, job.Options{Timeout: time.Hour}, func(ctx context.Context, _ *job.Job) error { return b.sweepGraves(ctx) })
	q.Every(jobGrave, 24*time.Hour, job.Spec{Type: jobGrave, Attempts: 1})
}

// storeAll writes what was received, and has it worked on.
func (b *Inbox) storeAll(ctx context.Context, items []item) error {
	return b.cfg.DB.Write(ctx, func(tx db.Tx) error {
		seen, err := b.store.seen(ctx, tx, items)
		if err != nil {
			return err
		}
		hosts := map[string]bool{}
		for _, i := range items {
			if seen[string(i.hash[:])] {
				continue
			}
			fresh, err := b.store.add(ctx, tx, i, b.cfg.Now())
			if err != nil {
				return err
			}
			hosts[i.host] = hosts[i.host] || fresh
		}
		for host, fresh := range hosts {
			if !fresh {
				continue
			}
			if err := b.store.answers(ctx, tx, host); err != nil {
				return err
			}
			if err := b.wake(ctx, tx, jobWork, host, time.Time{}); err != nil {
				return err
			}
		}
		return nil
	})
}

// wake makes the job of a host, unless there is one. What is to wait has a job
// of its own: it must not hold back what comes meanwhile.
func (b *Inbox) wake(ctx context.Context, tx db.Tx, kind, host string, at time.Time) error {
	key := "inbox:" + host
	if !at.IsZero() {
		key = "inbox-later:" + host
	}
	_, err := b.cfg.Jobs.Enqueue(ctx, tx, job.Spec{
		Type: kind, Payload: payload{host}, RunAt: at, DedupeKey: key, OrderKey: "inbox:" + host, Attempts: 1 << 20,
	})
	return err
}

// work does what a host delivered, in order, until nothing is left.
func (b *Inbox) work(ctx context.Context, j *job.Job, reads bool) error {
	var p payload
	if err := j.Decode(&p); err != nil {
		return err
	}
	most := atOnce
	if j.Crashes > 0 { // one of them may end the process: it alone counts it
		most = 1
	}
	for begun := time.Now(); ; {
		list, err := b.store.next(ctx, p.Host, b.cfg.Attempts, most, b.cfg.Now())
		if err != nil {
			return err
		}
		if most == 1 && len(list) == 1 {
			if err := b.count(ctx, list[0]); err != nil {
				return err
			}
		}
		err = b.round(ctx, list, reads)
		switch {
		case errors.Is(err, errRead):
			return b.yield(ctx, j, jobRead, p.Host)
		case err != nil:
			return err
		case len(list) == 0:
			if err = b.finish(ctx, j, p.Host); !errors.Is(err, errMore) {
				return err
			}
		case time.Since(begun) > turn:
			return b.yield(ctx, j, jobWork, p.Host)
		}
	}
}

// errMore says that something came while the job was about to end.
var errMore = errors.New("inbox: there is more")

// finish ends the job if nothing is left, in one transaction with the look: who
// stores something either is seen, or sees no job and makes one.
func (b *Inbox) finish(ctx context.Context, j *job.Job, host string) error {
	return j.Finish(ctx, func(tx db.Tx) error {
		first, any, err := b.store.rest(ctx, tx, host, b.cfg.Attempts)
		if err != nil || !any {
			return err
		}
		if !first.After(b.cfg.Now()) {
			return errMore
		}
		// The queue has a clock of its own; a second apart must not make it run for
		// nothing again and again.
		return b.wake(ctx, tx, jobWork, host, time.Now().Add(max(first.Sub(b.cfg.Now()), time.Second)))
	})
}

// yield ends the job and makes the next one.
func (b *Inbox) yield(ctx context.Context, j *job.Job, kind, host string) error {
	return j.Finish(ctx, func(tx db.Tx) error { return b.wake(ctx, tx, kind, host, time.Time{}) })
}

// count notes an attempt before it is made.
func (b *Inbox) count(ctx context.Context, d delivered) error {
	return b.cfg.DB.Write(ctx, func(tx db.Tx) error { return b.store.tried(ctx, tx, d.id, d.attempts+1, b.cfg.Now()) })
}

// round works on some activities, as many as go well in one transaction. One that
// does not is worked on by itself.
func (b *Inbox) round(ctx context.Context, list []delivered, reads bool) error {
	for len(list) > 0 {
		good, err := b.together(ctx, list)
		if err != nil && good > 0 { // it was not written: without what failed it is
			good, err = b.together(ctx, list[:good])
			if err != nil {
				return err
			}
		}
		if err != nil && good < 0 {
			return err
		}
		if good == len(list) {
			return nil
		}
		if err := b.alone(ctx, list[good], reads); err != nil {
			return err
		}
		list = list[good+1:]
	}
	return nil
}

// together works on activities in one transaction, those that mean nothing
// dropped, up to the first that has to be worked on by itself; good is its place.
// On an error nothing is written, and -1 says that it was the transaction.
func (b *Inbox) together(ctx context.Context, list []delivered) (good int, err error) {
	var dropped map[int]error
	err = b.cfg.DB.Write(ctx, func(tx db.Tx) error {
		good, dropped = 0, map[int]error{}
		for _, d := range list {
			stop, err := b.within(ctx, tx, d, func(why error) { dropped[good] = why })
			if err != nil {
				return err
			}
			if stop {
				return nil
			}
			good++
		}
		return nil
	})
	if err != nil && good == len(list) {
		return -1, err
	}
	for at, why := range dropped {
		if err == nil {
			b.drop(list[at], why)
		}
	}
	return good, err
}

// within works on one activity of a transaction that holds others. What is to be
// dropped leaves nothing but its end; stop says that it needs more than that.
func (b *Inbox) within(ctx context.Context, tx db.Tx, d delivered, dropped func(error)) (stop bool, err error) {
	if err := b.store.begin(ctx, tx); err != nil {
		return false, err
	}
	why := b.one(ctx, tx, d)
	if why == nil {
		return false, b.store.release(ctx, tx)
	}
	waits := b.missing(why) != nil || fault.KindOf(why) == fault.Unavailable
	if !waits && fault.KindOf(why) == fault.Internal {
		return false, why // maybe the database's: it knows what to do with it
	}
	if err := b.store.back(ctx, tx); err != nil || waits {
		return true, err
	}
	dropped(why)
	_, err = b.store.done(ctx, tx, d, b.cfg.Now())
	return false, err
}

// one works on one activity and ends its row, in the caller's transaction.
func (b *Inbox) one(ctx context.Context, tx db.Tx, d delivered) (err error) {
	defer func() {
		if p := recover(); p != nil {
			b.log.Error("activity panicked", "instance", d.host, "panic", p, "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	there, err := b.store.done(ctx, tx, d, b.cfg.Now())
	if err != nil || !there {
		return err
	}
	return b.handle(ctx, tx, d)
}

// alone works on one activity, and reads from other servers what it speaks of if
// it may. In the end the activity had its effect, was dropped, or waits for
// another attempt.
func (b *Inbox) alone(ctx context.Context, d delivered, reads bool) error {
	var err error
	for range unknown {
		err = b.cfg.DB.Write(ctx, func(tx db.Tx) error { return b.one(ctx, tx, d) })
		read := b.missing(err)
		if read == nil {
			break
		}
		if !reads {
			return errRead
		}
		if err = read(ctx); err != nil {
			break
		}
	}
	switch {
	case err == nil || ctx.Err() != nil:
		return err
	case again(err) && d.attempts+1 < b.cfg.Attempts:
		pause := time.Minute << (2 * d.attempts) // 1, 4, 16 min, 1, 4, 17 h
		b.log.Info("activity will be tried again", "instance", d.host, "attempt", d.attempts+1, "err", err)
		return b.cfg.DB.Write(ctx, func(tx db.Tx) error { return b.store.tried(ctx, tx, d.id, d.attempts+1, b.cfg.Now().Add(pause)) })
	case again(err):
		b.refuse("set_aside")
		b.tally.add(kindOf(d), false)
		b.log.Warn("activity set aside", "instance", d.host, "attempts", b.cfg.Attempts, "err", err)
		return b.cfg.DB.Write(ctx, func(tx db.Tx) error { return b.store.tried(ctx, tx, d.id, b.cfg.Attempts, b.cfg.Now()) })
	}
	b.drop(d, err)
	return b.cfg.DB.Write(ctx, func(tx db.Tx) error {
		_, err := b.store.done(ctx, tx, d, b.cfg.Now())
		return err
	})
}

// again tells what another attempt may not meet again.
func again(err error) bool {
	kind := fault.KindOf(err)
	return kind == fault.Unavailable || kind == fault.Internal
}

func (b *Inbox) drop(d delivered, err error) {
	reason := fault.KindOf(err).String()
	if f, ok := fault.As(err); ok && f.Code != "" {
		reason = f.Code
	}
	b.refuse(reason)
	b.tally.add(kindOf(d), false)
	b.log.Debug("activity dropped", "instance", d.host, "reason", reason, "err", err)
}

// missing is how to read what an activity failed for, nil if that is not why.
func (b *Inbox) missing(err error) func(context.Context) error {
	if address, ok := fetch.Unknown(err); ok {
		return func(ctx context.Context) error {
			_, err := b.cfg.Fetch.Actor(ctx, address)
			return err
		}
	}
	var u unread
	if !errors.As(err, &u) {
		return nil
	}
	return func(ctx context.Context) error {
		if u.thread {
			return b.cfg.Fetch.Parent(ctx, u.address)
		}
		_, err := b.cfg.Fetch.AnnouncedVideo(ctx, u.address)
		return err
	}
}

// unread says that an object must be read before an activity can be worked on.
type unread struct {
	address string
	thread  bool // a comment, or a video
}

func (u unread) Error() string { return "not known: " + actor.HostOf(u.address) }

func (b *Inbox) sweepGraves(ctx context.Context) error {
	return b.cfg.DB.Write(ctx, func(tx db.Tx) error { return b.store.sweepGraves(ctx, tx, allGraves*b.cfg.Graves) })
}

// sweep forgets what is over, and wakes hosts whose job was lost.
func (b *Inbox) sweep(ctx context.Context) error {
	now := b.cfg.Now()
	b.graves.forget()
	hosts, err := b.store.hosts(ctx, b.cfg.Attempts)
	if err != nil {
		return err
	}
	for _, host := range hosts {
		if err := b.cfg.DB.Write(ctx, func(tx db.Tx) error { return b.wake(ctx, tx, jobWork, host, time.Time{}) }); err != nil {
			return err
		}
	}
	return b.cfg.DB.Write(ctx, func(tx db.Tx) error {
		return b.store.sweep(ctx, tx, now.Add(-2*b.cfg.Skew-time.Hour), now.AddDate(0, 0, -7), b.cfg.Attempts)
	})
}
