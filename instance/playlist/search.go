package playlist

import (
	"context"
	"slices"

	"vidiverse/instance/lexicon"
)

// search is List of what resembles a text; "-match" is the most alike first.
func (s *Service) search(ctx context.Context, q Query, own bool) ([]Playlist, int, error) {
	found, err := s.names.Find(ctx, q.Search)
	if err != nil {
		return nil, 0, err
	}
	q.found = []int64{0} // nobody's number
	for _, m := range found {
		q.found = append(q.found, m.ID)
	}
	if q.Sort != "match" && q.Sort != "-match" {
		return s.store.list(ctx, s.DB.Read(), q, own)
	}
	ids, err := s.store.numbers(ctx, s.DB.Read(), q, own)
	if err != nil {
		return nil, 0, err
	}
	total := len(ids)
	lexicon.Rank(ids, found, q.Sort == "match")
	ids = ids[min(q.Start, total):min(q.Start+q.Count, total)]
	if len(ids) == 0 {
		return nil, total, nil
	}
	q.found, q.Start = ids, 0
	list, _, err := s.store.list(ctx, s.DB.Read(), q, own)
	slices.SortFunc(list, func(a, b Playlist) int { return slices.Index(ids, int64(a.ID)) - slices.Index(ids, int64(b.ID)) })
	return list, total, err
}
