package video

import (
	"context"
	"errors"
	"time"

	"vidiverse/instance/db"
	"vidiverse/instance/job"
)

// The jobs of this package.
const (
	jobSchedule = "update-videos"
	jobClean    = "clean-videos"
)

func (s *Service) registerJobs() {
	s.handlePeriodic(jobSchedule, time.Minute, s.everyMinute)
	s.handlePeriodic(jobClean, s.cfg.Clean, s.clean)
}

func (s *Service) handlePeriodic(name string, interval time.Duration, do func(context.Context) error) {
	s.jobs.Handle(name, job.Options{Timeout: time.Hour}, func(ctx context.Context, _ *job.Job) error { return do(ctx) })
	s.jobs.Every(name, interval, job.Spec{Type: name, Attempts: 1})
}

// everyMinute does what was planned, and what is left of changes of many videos.
func (s *Service) everyMinute(ctx context.Context) error {
	return errors.Join(s.RunSchedules(ctx), s.Rehear(ctx))
}

// clean removes what has had its time: masters retired a day ago, tokens.
func (s *Service) clean(ctx context.Context) error {
	if err := s.names.Forget(ctx); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx db.Tx) error {
		if err := s.Rights.ExpireTokens(ctx, tx); err != nil {
			return err
		}
		if err := s.store.dropExpiredMirrors(ctx, tx, s.now()); err != nil {
			return err
		}
		return s.Files.RemoveRetired(ctx, tx)
	})
}
