package report

import (
	"context"

	"vidiverse/instance/account"
	"vidiverse/instance/db"
	"vidiverse/instance/fault"
	"vidiverse/instance/news"
	"vidiverse/instance/user"
)

// maxMessages bounds the talk about one report.
const maxMessages = 1000

// Say adds a message to a report made here, by who made it or by a moderator.
func (s *Service) Say(ctx context.Context, c user.Caller, id ID, text string) (m MessageID, err error) {
	if !db.Sized(text, minText, maxText) {
		return 0, bad("message", text)
	}
	err = s.cfg.DB.Write(ctx, func(tx db.Tx) error {
		r, err := s.store.byID(ctx, tx, id)
		if err == nil {
			err = talks(c, r)
		}
		if err != nil {
			return err
		}
		n, err := s.store.countMessages(ctx, tx, id)
		if err == nil && n >= maxMessages {
			err = fault.New(fault.TooMany, "There are too many messages about this report.")
		}
		if err != nil {
			return err
		}
		byModerator := r.Reporter != account.ID(c.AccountID)
		if m, err = s.store.say(ctx, tx, id, account.ID(c.AccountID), byModerator, text, db.Millis(s.cfg.Now())); err != nil {
			return err
		}
		return s.cfg.News.Tell(ctx, tx, news.Change{What: news.ReportMessage, ID: int64(id), Other: int64(m)})
	})
	return m, err
}

// Messages lists what was said about a report, oldest first.
func (s *Service) Messages(ctx context.Context, c user.Caller, id ID) ([]Message, error) {
	r, err := s.store.byID(ctx, s.cfg.DB.Read(), id)
	if err == nil {
		err = talks(c, r)
	}
	if err != nil {
		return nil, err
	}
	return s.store.messages(ctx, s.cfg.DB.Read(), id)
}

// Unsay removes a message: one's own, or any for a moderator.
func (s *Service) Unsay(ctx context.Context, c user.Caller, id ID, m MessageID) error {
	return s.cfg.DB.Write(ctx, func(tx db.Tx) error {
		r, err := s.store.byID(ctx, tx, id)
		if err == nil {
			err = talks(c, r)
		}
		if err != nil {
			return err
		}
		by, err := s.store.saidBy(ctx, tx, id, m)
		if err != nil {
			return err
		}
		if by != account.ID(c.AccountID) && !c.Moderator() {
			return fault.New(fault.Forbidden, "Cannot delete this abuse message")
		}
		return s.store.unsay(ctx, tx, m)
	})
}

// talks tells whether the caller takes part in the talk about a report. Nobody
// of another server does: nothing carries messages there.
func talks(c user.Caller, r Report) error {
	if !c.SignedIn() || (r.Reporter != account.ID(c.AccountID) && !c.Moderator()) {
		return fault.New(fault.Forbidden, "Cannot access this abuse")
	}
	if r.URL != "" {
		return fault.New(fault.Invalid, "This abuse was not created by a user of your instance.")
	}
	return nil
}
