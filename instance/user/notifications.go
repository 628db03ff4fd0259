package user

import (
	"context"

	"vidiverse/instance/db"
)

// SetNotifications says by which ways the caller wants to hear of what.
func (s *Service) SetNotifications(ctx context.Context, c Caller, n Notifications) error {
	if err := n.check(); err != nil {
		return err
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

// check refuses ways that there are not.
func (n Notifications) check() error {
	var v invalid
	for _, kind := range []struct {
		name string
		ways int
	}{
		{"newCommentOnMyVideo", n.NewCommentOnMyVideo}, {"newVideoFromSubscription", n.NewVideoFromSubscription},
		{"abuseAsModerator", n.AbuseAsModerator}, {"videoAutoBlacklistAsModerator", n.VideoAutoBlacklistAsModerator},
		{"blacklistOnMyVideo", n.BlacklistOnMyVideo}, {"myVideoPublished", n.MyVideoPublished},
		{"myVideoImportFinished", n.MyVideoImportFinished}, {"newUserRegistration", n.NewUserRegistration},
		{"commentMention", n.CommentMention}, {"newFollow", n.NewFollow}, {"newInstanceFollower", n.NewInstanceFollower},
		{"autoInstanceFollowing", n.AutoInstanceFollowing}, {"abuseNewMessage", n.AbuseNewMessage},
		{"abuseStateChange", n.AbuseStateChange}, {"newPeerTubeVersion", n.NewPeerTubeVersion},
		{"myVideoStudioEditionFinished", n.MyVideoStudioEditionFinished},
		{"myVideoTranscriptionGenerated", n.MyVideoTranscriptionGenerated},
		{"newPluginVersion", n.NewPluginVersion}, {"automaticBlocklist", n.AutomaticBlocklist},
	} {
		v.add(kind.ways >= 0 && kind.ways <= 3, kind.name, kind.ways, "Invalid value")
	}
	return v.result()
}

// FeatureRead notes that the caller has read of some new features, which are the
// bits of a number.
func (s *Service) FeatureRead(ctx context.Context, c Caller, features int) error {
	var v invalid
	v.add(features >= 0 && features <= maxFlags, "feature", features, "Invalid value")
	if err := v.result(); err != nil {
		return err
	}
	return s.cfg.DB.Write(ctx, func(tx db.Tx) error {
		a, err := s.store.byID(ctx, tx, c.UserID)
		if err != nil {
			return err
		}
		a.Preferences.NewFeaturesInfoRead |= features
		a.UpdatedAt = s.cfg.Now()
		return s.store.update(ctx, tx, a)
	})
}
