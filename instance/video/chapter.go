package video

import (
	"context"
	"slices"
	"strings"

	"vidiverse/instance/db"
	"vidiverse/instance/fault"
	"vidiverse/instance/user"
)

// Chapter is a part of a video, up to the next one.
type Chapter struct {
	At    int // seconds from the beginning
	Title string
}

// Limits of PeerTube, and one of ours.
const (
	maxChapterTitle = 100
	maxChapters     = 500
)

// Chapters are the parts of a video that the caller may see, in order.
func (s *Service) Chapters(ctx context.Context, caller user.Caller, ref Ref, cred Credentials) ([]Chapter, error) {
	h, err := s.Find(ctx, caller, ref, cred)
	if err != nil {
		return nil, err
	}
	return s.store.chapters(ctx, s.db.Read(), h.ID)
}

// SetChapters replaces the chapters of a video of the caller's.
func (s *Service) SetChapters(ctx context.Context, caller user.Caller, ref Ref, list []Chapter) error {
	if err := checkChapters(list); err != nil {
		return err
	}
	h, err := s.Managed(ctx, caller, ref)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx db.Tx) error {
		if err := s.store.putChapters(ctx, tx, h.ID, list); err != nil {
			return err
		}
		return s.Changed(ctx, tx, h.ID)
	})
}

// SaveChapters replaces the chapters of a video by what its own server says;
// those that make no sense are left out.
func (s *Service) SaveChapters(ctx context.Context, tx db.Tx, id ID, list []Chapter) error {
	var good []Chapter
	seen := map[int]bool{}
	for _, c := range list[:min(len(list), maxChapters)] {
		if checkChapter(c) == nil && !seen[c.At] {
			seen[c.At] = true
			good = append(good, c)
		}
	}
	return s.store.putChapters(ctx, tx, id, good)
}

func checkChapters(list []Chapter) error {
	if len(list) > maxChapters {
		return badChapters("Should have at most 500 chapters")
	}
	for i, c := range list {
		if err := checkChapter(c); err != nil {
			return err
		}
		if slices.ContainsFunc(list[:i], func(o Chapter) bool { return o.At == c.At }) {
			return badChapters("Should have chapters with unique timecodes")
		}
	}
	return nil
}

func checkChapter(c Chapter) error {
	if c.At < 0 || strings.TrimSpace(c.Title) == "" || !db.Sized(c.Title, 1, maxChapterTitle) {
		return badChapters("Should have valid chapters")
	}
	return nil
}

func badChapters(why string) error {
	return fault.New(fault.Invalid, "Incorrect request parameters: chapters").WithField("chapters", nil, why, "body")
}
