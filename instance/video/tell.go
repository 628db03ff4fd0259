package video

import (
	"context"

	"vidiverse/instance/channel"
	"vidiverse/instance/db"
	"vidiverse/instance/fault"
	"vidiverse/instance/news"
)

// standing is what other servers know of a video of ours.
type standing struct {
	shown   bool // they are told of it at all
	channel channel.ID
	was     news.Gone // what they must hear when it is gone
}

// Told reports whether other servers are told of a video of ours.
func (s *Service) Told(p Privacy, st State) bool {
	open := p == Public || p == Unlisted && s.cfg.FederateUnlisted
	return open && (st == Published || st == WaitingForLive || st == LiveEnded)
}

// standing reads how a video stands; one that is not there is not shown.
func (s *Service) standing(ctx context.Context, tx db.Tx, id ID) (standing, error) {
	if s.cfg.News == nil {
		return standing{}, nil
	}
	now, privacy, state, err := s.store.standing(ctx, tx, id)
	if fault.KindOf(err) == fault.NotFound {
		return standing{}, nil
	}
	now.shown = now.shown && s.Told(privacy, state)
	return now, err
}

// tell says what a change means to others: before is how the video stood.
func (s *Service) tell(ctx context.Context, tx db.Tx, id ID, before standing) error {
	now, err := s.standing(ctx, tx, id)
	switch {
	case err != nil || !before.shown && !now.shown:
		return err
	case !now.shown:
		return s.tellGone(ctx, tx, id, before)
	case !before.shown:
		return s.cfg.News.Tell(ctx, tx, news.Change{What: news.VideoPublished, ID: int64(id)})
	}
	if before.channel != now.channel {
		c := news.Change{What: news.VideoMoved, ID: int64(id), Other: int64(before.channel)}
		if err := s.cfg.News.Tell(ctx, tx, c); err != nil {
			return err
		}
	}
	return s.cfg.News.Tell(ctx, tx, news.Change{What: news.VideoChanged, ID: int64(id)})
}

// Changed tells that something changed which others are shown of a video, its
// row apart: files, chapters, captions. Videos that nobody was told of, and those
// of other servers, are left out.
func (s *Service) Changed(ctx context.Context, tx db.Tx, id ID) error {
	now, err := s.standing(ctx, tx, id)
	if err != nil || !now.shown {
		return err
	}
	return s.cfg.News.Tell(ctx, tx, news.Change{What: news.VideoChanged, ID: int64(id)})
}

// tellGone comes before the rows go: they say who must hear of it.
func (s *Service) tellGone(ctx context.Context, tx db.Tx, id ID, before standing) error {
	if !before.shown {
		return nil
	}
	sharers, err := s.store.sharers(ctx, tx, id)
	if err != nil {
		return err
	}
	for _, by := range sharers {
		before.was.Via = append(before.was.Via, int64(by))
	}
	return s.cfg.News.TellGone(ctx, tx, news.VideoGone, int64(id), before.was)
}
