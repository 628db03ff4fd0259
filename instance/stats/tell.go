package stats

import (
	"context"
	"crypto/rand"
	"time"

	"vidiverse/instance/access"
	"vidiverse/instance/activitypub"
	"vidiverse/instance/db"
	"vidiverse/instance/federation/object"
	"vidiverse/instance/video"
)

// Teller tells other servers who watches; *federation.Service is one.
type Teller interface {
	View(ctx context.Context, id video.ID, local bool, viewer string) error
	Watching(ctx context.Context, id video.ID, n int, until time.Time) error
	Viewer(ctx context.Context, id video.ID, viewer string, n int, until time.Time) error
	Download(ctx context.Context, id video.ID, name string) error
	Watched(ctx context.Context, id video.ID, w object.Watched) error
}

// Viewers of PeerTube's second protocol: the server of a video sums what others
// tell of theirs, and tells the sum.
const (
	viewerLife  = 2 * time.Minute
	viewerAgain = viewerLife * 3 / 4 // then it is told again
	maxTold     = 50                 // viewers of one video that are told one by one; the last stands for the rest
)

// told tells a counted view, and a viewer who came, where others must hear of it.
// It is no error of the viewer's if that fails.
func (s *Service) told(ctx context.Context, v video.Seen, n noted) {
	if s.Tell == nil {
		return
	}
	if n.view {
		if err := s.Tell.View(ctx, v.ID, v.Local, n.viewer); err != nil && ctx.Err() == nil {
			s.Log.Error("view not told", "err", err)
		}
	}
	if n.came && !v.Local {
		if err := s.Tell.Viewer(ctx, v.ID, n.viewer, 1, s.Now().Add(viewerLife)); err != nil && ctx.Err() == nil {
			s.Log.Error("viewer not told", "err", err)
		}
	}
}

// TellViewers tells who watches now: of our videos their number to all who follow
// them, of others each viewer to its own server. It also forgets what others said
// too long ago, and tells of viewings that are over.
func (s *Service) TellViewers(ctx context.Context) error {
	now := s.Now()
	s.elsewhere.expire(now)
	if s.Tell == nil {
		return nil
	}
	until := now.Add(viewerLife)
	for id, who := range s.views.viewers(now) {
		h, err := s.Videos.Head(ctx, s.DB.Read(), id)
		if err != nil {
			continue // it was deleted meanwhile
		}
		if h.Local {
			err = s.Tell.Watching(ctx, id, s.Watching(id), until)
		} else {
			err = s.tellEach(ctx, id, who, until)
		}
		if err != nil {
			return err
		}
	}
	return s.tellEnded(ctx, now)
}

func (s *Service) tellEach(ctx context.Context, id video.ID, who []string, until time.Time) error {
	for i, viewer := range who {
		n := 1
		if i == maxTold-1 {
			n = len(who) - i
		}
		if err := s.Tell.Viewer(ctx, id, viewer, n, until); err != nil || i == maxTold-1 {
			return err
		}
	}
	return nil
}

func (s *Service) tellEnded(ctx context.Context, now time.Time) error {
	for _, e := range s.views.finished(now) {
		w := object.Watched{UUID: access.NewUUID(), From: e.began, To: e.seen, Seconds: int(e.watched / time.Second)}
		for _, p := range e.parts {
			w.Sections = append(w.Sections, activitypub.Section{StartTimestamp: float64(p.from), EndTimestamp: float64(p.to)})
		}
		if err := s.Tell.Watched(ctx, e.video, w); err != nil {
			return err
		}
	}
	return nil
}

// Downloaded counts a download of a file of a video of ours, once an hour for each
// address, and tells of it. What goes wrong is no reason not to send the file.
func (s *Service) Downloaded(ctx context.Context, id video.ID, address string) {
	if !s.views.downloads(id, address, s.Now()) {
		return
	}
	err := s.DB.Write(ctx, func(tx db.Tx) error { return s.store.downloaded(ctx, tx, id) })
	if err == nil && s.Tell != nil {
		err = s.Tell.Download(ctx, id, rand.Text())
	}
	if err != nil && ctx.Err() == nil {
		s.Log.Error("download not counted", "err", err)
	}
}
