package video

import (
	"context"
	"slices"

	"vidiverse/instance/access"
	"vidiverse/instance/channel"
	"vidiverse/instance/db"
	"vidiverse/instance/fault"
	"vidiverse/instance/news"
	"vidiverse/instance/user"
)

// Themes of players, and the words that leave the choice to somebody else.
const (
	OfChannel  = "channel-default"
	OfInstance = "instance-default"
)

var themes = []string{"galaxy", "lucide"}

func checkTheme(theme string, video bool) error {
	if slices.Contains(themes, theme) || theme == OfInstance || video && theme == OfChannel {
		return nil
	}
	return fault.New(fault.Invalid, "Incorrect request parameters: theme").WithField("theme", theme, "Should have a valid theme", "body")
}

// Theme is how the player of a video looks: what was chosen for it, or else for
// its channel, or else nothing. Whoever may change the video can ask for the
// choice itself.
func (s *Service) Theme(ctx context.Context, caller user.Caller, ref Ref, raw bool) (string, error) {
	find := s.Managed
	if !raw {
		find = func(ctx context.Context, c user.Caller, r Ref) (access.Head, error) {
			return s.Find(ctx, c, r, Credentials{})
		}
	}
	h, err := find(ctx, caller, ref)
	if err != nil {
		return "", err
	}
	theme, err := s.store.theme(ctx, s.db.Read(), "video_id", int64(h.ID))
	if theme == "" {
		theme = OfChannel
	}
	if err != nil || raw || theme != OfChannel {
		return s.resolved(theme, raw), err
	}
	return s.ThemeOfChannel(ctx, channel.ID(h.Channel), false)
}

// ThemeOfChannel is how the players of a channel's videos look.
func (s *Service) ThemeOfChannel(ctx context.Context, id channel.ID, raw bool) (string, error) {
	theme, err := s.store.theme(ctx, s.db.Read(), "channel_id", int64(id))
	if theme == "" {
		theme = OfInstance
	}
	return s.resolved(theme, raw), err
}

func (s *Service) resolved(theme string, raw bool) string {
	if !raw && theme == OfInstance && s.cfg.Theme != "" {
		return s.cfg.Theme
	}
	return theme
}

// SetTheme chooses how the player of a video of the caller's looks.
func (s *Service) SetTheme(ctx context.Context, caller user.Caller, ref Ref, theme string) error {
	if err := checkTheme(theme, true); err != nil {
		return err
	}
	h, err := s.Managed(ctx, caller, ref)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx db.Tx) error {
		if err := s.store.putTheme(ctx, tx, "video_id", int64(h.ID), theme, s.now()); err != nil {
			return err
		}
		now, err := s.standing(ctx, tx, h.ID)
		if err != nil || !now.shown {
			return err
		}
		return s.cfg.News.Tell(ctx, tx, news.Change{What: news.SettingsOfVideo, ID: int64(h.ID)})
	})
}

// SetThemeOfChannel chooses for a whole channel; that it is the caller's is the
// caller's to know.
func (s *Service) SetThemeOfChannel(ctx context.Context, id channel.ID, theme string) error {
	if err := checkTheme(theme, false); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx db.Tx) error {
		if err := s.store.putTheme(ctx, tx, "channel_id", int64(id), theme, s.now()); err != nil {
			return err
		}
		return s.cfg.News.Tell(ctx, tx, news.Change{What: news.SettingsOfGroup, ID: int64(id)})
	})
}

// SaveTheme keeps what another server says of a video's player, and
// SaveThemeOfChannel of a channel's; themes that are not known here are left out.
func (s *Service) SaveTheme(ctx context.Context, tx db.Tx, id ID, theme string) error {
	if checkTheme(theme, true) != nil {
		return nil
	}
	return s.store.putTheme(ctx, tx, "video_id", int64(id), theme, s.now())
}

// SaveThemeOfChannel is said with SaveTheme.
func (s *Service) SaveThemeOfChannel(ctx context.Context, tx db.Tx, id channel.ID, theme string) error {
	if checkTheme(theme, false) != nil {
		return nil
	}
	return s.store.putTheme(ctx, tx, "channel_id", int64(id), theme, s.now())
}
