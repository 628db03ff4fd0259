package video

import (
	"context"
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
	s.handlePeriodic(jobSchedule, time.Minute, s.RunSchedules)
	s.handlePeriodic(jobClean, s.cfg.Clean, s.clean)
}

func (s *Service) handlePeriodic(name string, interval time.Duration, do func(context.Context) error) {
	s.jobs.Handle(name, job.Options{Timeout: time.Hour}, func(ctx context.Context, _ *job.Job) error { return do(ctx) })
	s.jobs.Every(name, interval, job.Spec{Type: name, Attempts: 1})
}

// clean removes what has had its time: masters retired a day ago, tokens.
func (s *Service) clean(ctx context.Context) error {
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
