package video

import (
	"context"
	"fmt"

	"vidiverse/instance/db"
	"vidiverse/instance/fault"
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
			WithField("rating", string(r), "Invalid value", "body")
	}
	h, err := s.Find(ctx, caller, ref, cred)
	if err != nil {
		return err
	}
	actor, err := s.store.actorURL(ctx, caller.AccountID)
	if err != nil {
		return err
	}
	url := fmt.Sprintf("%s/%ss/%d", actor, r, h.ID)
	return s.db.Write(ctx, func(tx db.Tx) error {
		return s.store.putRating(ctx, tx, h.ID, caller.AccountID, r, url, s.now())
	})
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
	r, err := s.store.rating(ctx, s.db.Read(), h.ID, caller.AccountID)
	return h.ID, r, err
}
