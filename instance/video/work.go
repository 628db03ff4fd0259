package video

import (
	"context"

	"vidiverse/instance/db"
	"vidiverse/instance/fault"
	"vidiverse/instance/stream"
)

// Work is what a transcoder must know of a video.
type Work struct {
	ID              ID
	UUID            string
	Name            string
	Private         bool // the folder that files go to
	State           State
	WaitTranscoding bool
	Duration        int
	Source          WorkSource
	Renditions      []stream.Rendition
	WebVideos       []stream.Rendition
	Master          string // name of the current master, empty before the first
}

// WorkSource is the original; Key is empty once it was removed.
type WorkSource struct {
	Filename string
	Key      string
	Size     int64
	Probe    stream.Probe
}

// Work reads what a transcoder must know.
func (s *Service) Work(ctx context.Context, id ID) (Work, error) {
	w, err := s.store.work(ctx, id)
	if err != nil {
		return w, err
	}
	lists, err := s.Files.Playlists(ctx, []ID{id})
	if err != nil {
		return w, err
	}
	if p := lists[id]; p != nil {
		w.Renditions, w.Master = p.Renditions, p.Master
	}
	web, err := s.Files.WebVideos(ctx, []ID{id})
	w.WebVideos = web[id]
	return w, err
}

// Publish shows a video whose first renditions are there; a published one stays
// as it is.
func (s *Service) Publish(ctx context.Context, tx db.Tx, id ID) error {
	h, err := s.Head(ctx, tx, id)
	if err != nil || h.Published {
		return err
	}
	return s.setState(ctx, tx, id, Published, "", true)
}

// SetState puts a video into a state.
func (s *Service) SetState(ctx context.Context, tx db.Tx, id ID, state State) error {
	return s.setState(ctx, tx, id, state, "", false)
}

// Fail says that a video cannot be transcoded, with a reason for its owner.
func (s *Service) Fail(ctx context.Context, tx db.Tx, id ID, reason string) error {
	return s.setState(ctx, tx, id, TranscodingFailed, reason, false)
}

func (s *Service) setState(ctx context.Context, tx db.Tx, id ID, state State, reason string, publish bool) error {
	if !state.valid() {
		return fault.New(fault.Internal, "state %d", state)
	}
	tx.AfterCommit(s.Forget)
	before, err := s.standing(ctx, tx, id)
	if err != nil {
		return err
	}
	if err := s.store.setState(ctx, tx, id, state, reason, s.now(), publish); err != nil {
		return err
	}
	return s.tell(ctx, tx, id, before)
}
