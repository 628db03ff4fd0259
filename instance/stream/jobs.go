package stream

import (
	"context"
	"strconv"
	"time"

	"vidiverse/instance/access"
	"vidiverse/instance/db"
	"vidiverse/instance/fault"
	"vidiverse/instance/job"
)

// The jobs of this package.
const (
	jobDelete = "delete-files"
	jobMove   = "move-video-files"
	jobSweep  = "sweep-files"
)

type deletePayload struct {
	Keys []string `json:"keys"`
}

type movePayload struct {
	Video access.VideoID `json:"video"`
}

func (s *Files) registerJobs() {
	s.jobs.Handle(jobDelete, job.Options{Concurrency: 2, Timeout: time.Hour}, s.deleteFiles)
	s.jobs.Handle(jobMove, job.Options{Timeout: time.Hour}, s.moveFiles)
	s.jobs.Handle(jobTorrent, job.Options{Concurrency: torrentsAtOnce, Timeout: torrentTime}, s.manageTorrent)
	s.jobs.Handle(jobSweep, job.Options{Timeout: time.Hour}, func(ctx context.Context, _ *job.Job) error { return s.Sweep(ctx) })
	s.jobs.Every(jobSweep, 6*time.Hour, job.Spec{Type: jobSweep, Attempts: 1})
}

// enqueueDelete defers the removal of files; none is no job.
func (s *Files) enqueueDelete(ctx context.Context, tx db.Tx, keys []string) error {
	if len(keys) == 0 {
		return nil
	}
	_, err := s.jobs.Enqueue(ctx, tx, job.Spec{Type: jobDelete, Payload: deletePayload{keys}, Attempts: 20})
	return err
}

func (s *Files) deleteFiles(ctx context.Context, j *job.Job) error {
	var p deletePayload
	if err := j.Decode(&p); err != nil {
		return err
	}
	for _, key := range p.Keys {
		if err := s.blob.Delete(ctx, key); err != nil {
			return err
		}
	}
	return nil
}

// enqueueMove has no dedupe key: a second change while a move runs needs a
// second move, and the order key lets it wait for the first.
func (s *Files) enqueueMove(ctx context.Context, tx db.Tx, id access.VideoID) error {
	_, err := s.jobs.Enqueue(ctx, tx, job.Spec{
		Type: jobMove, Payload: movePayload{id}, Attempts: 20, OrderKey: "move-video:" + strconv.FormatInt(int64(id), 10),
	})
	return err
}

// youngest is the age below which a file without a row may belong to work that
// has not yet written its rows.
const youngest = time.Hour

// Sweep removes files that no row names: what a crash between writing a file
// and its row left behind. It spares files younger than the oldest running job.
// Then it asks for torrents that are missing.
func (s *Files) Sweep(ctx context.Context) error {
	before := s.now().Add(-youngest)
	active, _, err := s.jobs.List(ctx, job.Filter{States: []job.State{job.Active}, Count: 100, Sort: "createdAt"})
	if err != nil {
		return err
	}
	for _, j := range active {
		if j.Type != jobSweep && j.StartedAt.Before(before) {
			before = j.StartedAt
		}
	}
	for _, prefix := range []string{"streaming-playlists/", "web-videos/", "thumbnails/", "original-video-files/", torrents} {
		if err := s.sweep(ctx, prefix, before); err != nil {
			return err
		}
	}
	return s.sweepTorrents(ctx)
}

const sweepBatch = 200

func (s *Files) sweep(ctx context.Context, prefix string, before time.Time) error {
	var batch []string
	for info, err := range s.blob.List(ctx, prefix) {
		if err != nil {
			return err
		}
		if info.ModTime.Before(before) {
			batch = append(batch, info.Key)
		}
		if len(batch) == sweepBatch {
			if err := s.sweepKeys(ctx, batch); err != nil {
				return err
			}
			batch = batch[:0]
		}
	}
	return s.sweepKeys(ctx, batch)
}

func (s *Files) sweepKeys(ctx context.Context, keys []string) error {
	if len(keys) == 0 {
		return nil
	}
	known, err := s.store.knownFiles(ctx, keys)
	if err != nil {
		return err
	}
	for _, key := range keys {
		if known[key] || known[baseName(key)] {
			continue
		}
		s.log.Info("removed a file that belongs to nothing", "key", key)
		if err := s.blob.Delete(ctx, key); err != nil && fault.KindOf(err) != fault.NotFound {
			return err
		}
	}
	return nil
}
