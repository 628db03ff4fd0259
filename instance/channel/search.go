package channel

import (
	"context"
	"slices"

	"vidiverse/instance/lexicon"
)

// search is List of what resembles a text, or holds it in its name or in that of
// its owner; "-match" is the most alike first.
func (s *Service) search(ctx context.Context, q Query) ([]Channel, int, error) {
	found, err := s.names.Find(ctx, q.Search)
	if err != nil {
		return nil, 0, err
	}
	ids, err := s.store.numbers(ctx, s.cfg.DB.Read(), q)
	if err != nil {
		return nil, 0, err
	}
	alike := q
	if alike.Search, alike.IDs = "", nil; len(found) > 0 {
		for _, m := range found {
			alike.IDs = append(alike.IDs, ID(m.ID))
		}
		more, err := s.store.numbers(ctx, s.cfg.DB.Read(), alike)
		if err != nil {
			return nil, 0, err
		}
		ids = append(ids, more...)
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	total := len(ids)
	if total == 0 || q.Count == 0 {
		return nil, total, nil
	}
	ranked := q.Sort == "match" || q.Sort == "-match"
	if ranked {
		lexicon.Rank(ids, found, q.Sort == "match")
		ids = ids[min(q.Start, total):min(q.Start+q.Count, total)]
	}
	if len(ids) == 0 {
		return nil, total, nil
	}
	by := Query{Start: q.Start, Count: q.Count, Sort: q.Sort, here: q.here}
	if ranked {
		by.Start = 0
	}
	for _, id := range ids {
		by.IDs = append(by.IDs, ID(id))
	}
	rows, err := s.store.list(ctx, s.cfg.DB.Read(), by)
	if err != nil {
		return nil, 0, err
	}
	if ranked {
		slices.SortFunc(rows, func(a, b row) int { return slices.Index(ids, int64(a.ID)) - slices.Index(ids, int64(b.ID)) })
	}
	list, err := s.withImages(ctx, rows)
	return list, total, err
}
