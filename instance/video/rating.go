package video

import (
	"context"
	"encoding/json"
	"fmt"

	"vidiverse/instance/account"
	"vidiverse/instance/db"
	"vidiverse/instance/fault"
	"vidiverse/instance/news"
	"vidiverse/instance/user"
)

// Rating is what an account thinks of a video, in PeerTube's words.
type Rating string

// The ratings.
const (
	None    Rating = "none"
	Like    Rating = "like"
	Dislike Rating = "dislike"
)

// Rate sets the caller's rating of a video that they may see; None withdraws it.
func (s *Service) Rate(ctx context.Context, caller user.Caller, ref Ref, cred Credentials, r Rating) error {
	if r != None && r != Like && r != Dislike {
		return fault.New(fault.Invalid, "Incorrect request parameters: rating").
			WithField("rating", db.Storable(string(r)), "Invalid value", "body")
	}
	h, err := s.Find(ctx, caller, ref, cred)
	if err != nil {
		return err
	}
	by, err := s.store.rater(ctx, s.db.Read(), account.ID(caller.AccountID))
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx db.Tx) error {
		return s.rate(ctx, tx, h.ID, by, r, fmt.Sprintf("%s/%ss/%d", by.url, r, h.ID))
	})
}

// rate replaces a rating, moves the counters and tells who must hear of it.
func (s *Service) rate(ctx context.Context, tx db.Tx, id ID, by rater, r Rating, url string) error {
	old, err := s.store.rating(ctx, tx, id, by.account)
	if err != nil || old.as == r {
		return err
	}
	if err := s.store.putRating(ctx, tx, id, by.account, old.as, r, url, s.now()); err != nil {
		return err
	}
	if err := s.store.rank(ctx, tx, id); err != nil {
		return err
	}
	was, err := json.Marshal(news.Rating{Before: string(old.as), After: string(r), URL: old.url})
	if err != nil {
		return err
	}
	return s.cfg.News.Tell(ctx, tx, news.Change{What: news.VideoRated, ID: int64(id), Actor: int64(by.actor), Snapshot: was})
}

// RateRemote sets the rating of an account of another server, whose Like or
// Dislike has that address. Only videos of ours count: what is thought of others
// their own servers count. An address of somebody else's rating is
// fault.Forbidden.
func (s *Service) RateRemote(ctx context.Context, tx db.Tx, id ID, of account.ID, r Rating, url string) error {
	if r != Like && r != Dislike || !db.Sized(url, 1, maxRateURL) {
		return fault.New(fault.Invalid, "This is no rating")
	}
	h, err := s.Head(ctx, tx, id)
	if err != nil || !h.Local {
		return err
	}
	by, err := s.store.rater(ctx, tx, of)
	switch {
	case err != nil:
		return err
	case by.local:
		return fault.New(fault.Forbidden, "People of this instance rate here")
	}
	if err := s.store.ratedBy(ctx, tx, url, id, of); err != nil {
		return err
	}
	return s.rate(ctx, tx, id, by, r, url)
}

const maxRateURL = 2000

// UnrateRemote withdraws a rating of an account of another server, if it is still
// that one: what came after it stays.
func (s *Service) UnrateRemote(ctx context.Context, tx db.Tx, id ID, of account.ID, r Rating) error {
	by, err := s.store.rater(ctx, tx, of)
	switch {
	case err != nil:
		return err
	case by.local:
		return fault.New(fault.Forbidden, "People of this instance rate here")
	}
	now, err := s.store.rating(ctx, tx, id, of)
	if err != nil || now.as != r {
		return err
	}
	return s.rate(ctx, tx, id, by, None, "")
}

// UnrateAll withdraws all ratings of an account that is deleted itself. It tells
// nobody: the end of the account says it all.
func (s *Service) UnrateAll(ctx context.Context, tx db.Tx, of account.ID) error {
	ids, err := s.store.unrateAll(ctx, tx, of)
	for _, id := range ids {
		if err == nil {
			err = s.store.rank(ctx, tx, id)
		}
	}
	tx.AfterCommit(s.Forget)
	return err
}

// Rank must follow every change of a video's counters, in its transaction: it
// sets how hot the video is.
func (s *Service) Rank(ctx context.Context, tx db.Tx, id ID) error { return s.store.rank(ctx, tx, id) }

// RatingOf is the caller's rating of a video.
func (s *Service) RatingOf(ctx context.Context, caller user.Caller, ref Ref) (ID, Rating, error) {
	h, err := s.Find(ctx, caller, ref, Credentials{})
	if err != nil {
		return 0, None, err
	}
	g, err := s.store.rating(ctx, s.db.Read(), h.ID, account.ID(caller.AccountID))
	return h.ID, g.as, err
}

// Rated lists what the caller rated, as what is not empty, the last rated first
// unless oldest says otherwise. Videos that they may no longer see are left out.
func (s *Service) Rated(ctx context.Context, caller user.Caller, as Rating, start, count int, oldest bool) (Page, map[ID]Rating, error) {
	switch {
	case !caller.SignedIn():
		return Page{}, nil, fault.New(fault.Unauthorized, "Authentication is required")
	case as != "" && as != Like && as != Dislike:
		return Page{}, nil, badQuery("rating", `Value must be one of "like" or "dislike"`)
	case count < 0 || count > maxCount:
		return Page{}, nil, badQuery("count", "Should have a number count (max: 100)")
	case start < 0 || start > maxStart:
		return Page{}, nil, badQuery("start", "Should have a number start")
	}
	ctx, cancel := context.WithTimeout(ctx, listTimeout)
	defer cancel()
	ids, ratings, total, err := s.store.rated(ctx, account.ID(caller.AccountID), as, start, count, oldest)
	if err != nil {
		return Page{}, nil, err
	}
	p := Page{Total: total}
	if p.Items, err = s.store.items(ctx, ids); err != nil {
		return Page{}, nil, err
	}
	return p, ratings, s.adorn(ctx, p.Items, Filter{})
}
