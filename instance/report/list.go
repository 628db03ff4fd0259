package report

import (
	"context"

	"vidiverse/instance/account"
	"vidiverse/instance/fault"
	"vidiverse/instance/user"
	"vidiverse/instance/video"
)

// List returns a part of the reports for moderators and how many match. Reports
// by whom the instance or the moderator muted are left out.
func (s *Service) List(ctx context.Context, c user.Caller, q Query) ([]Item, int, error) {
	if err := moderates(c); err != nil {
		return nil, 0, err
	}
	return s.list(ctx, q, selection{viewer: account.ID(c.AccountID)})
}

// Own returns a part of what the caller reported.
func (s *Service) Own(ctx context.Context, c user.Caller, q Query) ([]Item, int, error) {
	if !c.SignedIn() {
		return nil, 0, fault.New(fault.Unauthorized, "Authentication is required")
	}
	return s.list(ctx, q, selection{reporter: account.ID(c.AccountID)})
}

// selection is whose list it is: of a moderator, or of who reported.
type selection struct{ viewer, reporter account.ID }

func (s *Service) list(ctx context.Context, q Query, of selection) ([]Item, int, error) {
	total, err := s.store.count(ctx, s.cfg.DB.Read(), q, of)
	if err != nil || q.Count == 0 {
		return nil, total, err
	}
	list, err := s.store.list(ctx, s.cfg.DB.Read(), q, of)
	if err != nil {
		return nil, 0, err
	}
	ids := make([]video.ID, 0, len(list))
	for _, it := range list {
		if it.Video != 0 {
			ids = append(ids, it.Video)
		}
	}
	pictures, err := s.store.pictures(ctx, s.cfg.DB.Read(), ids)
	for i := range list {
		list[i].Of.Pictures = pictures[list[i].Video]
	}
	return list, total, err
}

// item puts what a report is about beside it.
func (r row) item() (Item, error) {
	rep, err := r.report()
	it := Item{
		Report: rep, Messages: r.Messages, OfReporter: r.OfReporter, OfFlagged: r.OfFlagged,
		VideoReports: r.VideoReports, VideoReportNth: r.VideoReportNth,
	}
	switch {
	case r.Kind == OfVideo && rep.Video != 0:
		it.Of = Thing{
			VideoID: rep.Video, UUID: r.VideoUUID.String, Name: r.VideoName.String, NSFW: r.VideoNSFW.Int64 != 0,
			ChannelID: channelID(r.ChannelID.Int64),
		}
	case r.Kind == OfVideo:
		was := rep.Was
		it.Of = Thing{VideoID: was.VideoID, UUID: was.UUID, Name: was.Name, NSFW: was.NSFW, ChannelID: was.ChannelID, Deleted: true}
	case r.Kind == OfComment && rep.Comment != 0:
		it.Of = Thing{
			CommentID: rep.Comment, ThreadID: rep.Comment, CommentText: r.CommentText.String, Deleted: r.CommentDeleted.Valid,
			VideoID: video.ID(r.CommentedID.Int64), UUID: r.CommentedUUID.String, Name: r.CommentedName.String,
		}
		if r.ThreadID.Valid {
			it.Of.ThreadID = commentID(r.ThreadID.Int64)
		}
	}
	return it, err
}
