package delivery

import (
	"context"
	"fmt"
	"time"

	"vidiverse/instance/db"
	"vidiverse/instance/job"
)

const (
	batch     = 50               // deliveries read at once
	turn      = 10 * time.Second // a host's job ends after this, and queues again behind the others
	maxRefuse = 8                // errors of the host's own over one activity, before it is given up
)

// one is an activity for one inbox.
type one struct {
	id, outbound, actor int64
	inbox               string
	attempts            int
	created, expires    time.Time
}

// round is what became of the deliveries that one job worked on.
type round struct {
	over  []int64 // deliveries that are: taken, refused or too old
	taken int     // of them
	no    int     // of them, refused
	bad   *one    // the host could not deal with this one
	down  bool    // the host is not there
	wait  time.Duration
}

// deliver works off what waits for one host, in order, for one turn.
func (s *Service) deliver(ctx context.Context, j *job.Job) error {
	var p payload
	if err := j.Decode(&p); err != nil {
		return err
	}
	var r round
	for until := s.cfg.Now().Add(turn); r.bad == nil && !r.down && s.cfg.Now().Before(until); {
		list, err := s.store.next(ctx, p.Host, batch, r.over)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			break
		}
		if err := s.post(ctx, p, list, &r, until); err != nil {
			if ctx.Err() == nil || len(r.over) == 0 {
				return err
			}
			break // we stop: what was taken is not sent again
		}
		if len(r.over) >= 10*batch {
			break
		}
	}
	write := context.WithoutCancel(ctx) // also when we stop
	return j.Finish(ctx, func(tx db.Tx) error { return s.conclude(write, tx, p, r) })
}

// post sends a batch, until one cannot be delivered.
func (s *Service) post(ctx context.Context, p payload, list []one, r *round, until time.Time) error {
	for i := range list {
		o := &list[i]
		if now := s.cfg.Now(); now.After(o.created.Add(s.cfg.Keep)) || !o.expires.IsZero() && now.After(o.expires) {
			r.over = append(r.over, o.id)
			continue
		}
		m, over, err := s.material(ctx, *o)
		if err != nil {
			return err
		}
		if over {
			r.over = append(r.over, o.id)
			continue
		}
		outcome, wait, err := s.request(ctx, p.Host, *o, m)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		switch outcome {
		case taken:
			r.over = append(r.over, o.id)
			r.taken++
		case refused:
			s.log.Info("activity refused", "host", p.Name, "err", err)
			r.over = append(r.over, o.id)
			r.no++
		case failed:
			r.bad, r.wait = o, wait
		default:
			r.down, r.wait = true, wait
		}
		if r.bad != nil || r.down {
			s.log.Info("activity not delivered", "host", p.Name, "attempts", o.attempts, "err", err)
			return nil
		}
		if s.cfg.Now().After(until) {
			return nil
		}
	}
	return nil
}

// conclude writes what came of a turn, and has the host's next one begin at once
// or once the host may be back.
func (s *Service) conclude(ctx context.Context, tx db.Tx, p payload, r round) error {
	now := s.cfg.Now()
	if err := s.store.drop(ctx, tx, r.over); err != nil {
		return err
	}
	h := host{ID: p.Host, Name: p.Name}
	switch {
	case r.down:
		var err error
		if h.Failures, err = s.store.failures(ctx, tx, p.Host); err != nil {
			return err
		}
		h.Failures++
		h.Closed = now.Add(pause(h.Failures, r.wait))
		if err := s.store.close(ctx, tx, h); err != nil {
			return err
		}
	case r.bad != nil && r.bad.attempts+1 >= maxRefuse:
		if err := s.store.drop(ctx, tx, []int64{r.bad.id}); err != nil {
			return err
		}
	case r.bad != nil:
		if err := s.store.tried(ctx, tx, r.bad.id); err != nil {
			return err
		}
		h.Closed = now.Add(pause(r.bad.attempts+1, r.wait))
	}
	if r.taken > 0 && !r.down {
		if err := s.store.open(ctx, tx, p.Host); err != nil {
			return err
		}
	}
	if s.cfg.Score != nil && (r.taken > 0 || r.down || r.bad != nil || r.no > 0) {
		if err := s.cfg.Score(ctx, tx, p.Name, r.taken > 0); err != nil {
			return err
		}
	}
	more, err := s.store.waits(ctx, tx, p.Host)
	if err != nil || !more {
		return err
	}
	return s.wake(ctx, tx, h)
}

// soonest is how soon a host that failed is tried again, whatever it says.
const soonest = 10 * time.Second

// pause is how long a host is left alone: as it asked, else longer each time.
func pause(failures int, asked time.Duration) time.Duration {
	if asked > 0 {
		return max(asked, soonest)
	}
	return backoff(failures)
}

// backoff is how long a host is left alone after n failures in a row: from a
// quarter of a minute to half a day, so that a week holds some twenty tries.
func backoff(n int) time.Duration {
	d := min(15*time.Second<<min(n-1, 12), 12*time.Hour)
	return jitter(d)
}

// sweep wakes hosts that something waits for, should their job be lost, and
// drops what is over.
func (s *Service) sweep(ctx context.Context) error {
	for again := true; again; {
		err := s.cfg.DB.Write(ctx, func(tx db.Tx) (err error) {
			again, err = s.store.dropDelivered(ctx, tx, s.cfg.Now().Add(-time.Minute))
			return err
		})
		if err != nil {
			return fmt.Errorf("drop delivered activities: %w", err)
		}
	}
	hosts, err := s.store.waiting(ctx)
	if err != nil {
		return err
	}
	for len(hosts) > 0 {
		some := hosts[:min(len(hosts), 200)]
		hosts = hosts[len(some):]
		err := s.cfg.DB.Write(ctx, func(tx db.Tx) error {
			for _, h := range some {
				if err := s.wake(ctx, tx, h); err != nil {
					return err
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
