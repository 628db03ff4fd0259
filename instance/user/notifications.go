package user

import (
	"context"

	"vidiverse/instance/db"
	"vidiverse/instance/fault"
)

// SetNotifications says by which ways the caller wants to hear of what.
func (s *Service) SetNotifications(ctx context.Context, c Caller, n Notifications) error {
	for _, v := range []int{
		n.NewCommentOnMyVideo, n.NewVideoFromSubscription, n.AbuseAsModerator, n.VideoAutoBlacklistAsModerator, n.BlacklistOnMyVideo,
		n.MyVideoPublished, n.MyVideoImportFinished, n.NewUserRegistration, n.CommentMention, n.NewFollow, n.NewInstanceFollower,
		n.AutoInstanceFollowing, n.AbuseNewMessage, n.AbuseStateChange, n.NewPeerTubeVersion, n.MyVideoStudioEditionFinished,
		n.MyVideoTranscriptionGenerated, n.NewPluginVersion, n.AutomaticBlocklist,
	} {
		if v < 0 || v > 3 {
			return fault.New(fault.Invalid, "A way to be notified is 0, 1, 2 or 3")
		}
	}
	return s.cfg.DB.Write(ctx, func(tx db.Tx) error {
		a, err := s.store.byID(ctx, tx, c.UserID)
		if err != nil {
			return err
		}
		a.Preferences.Notifications = n
		a.UpdatedAt = s.cfg.Now()
		return s.store.update(ctx, tx, a)
	})
}
