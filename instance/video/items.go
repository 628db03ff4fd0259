package video

import "context"

// Items are videos as lists show them, by their numbers and in their order,
// whoever may see them: that is for the caller to know. Those that are gone are
// left out.
func (s *Service) Items(ctx context.Context, ids []ID) ([]Item, error) {
	items, err := s.store.items(ctx, ids)
	if err != nil {
		return nil, err
	}
	return items, s.adorn(ctx, items, Filter{})
}
