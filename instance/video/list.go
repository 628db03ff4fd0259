package video

import (
	"context"
	"strings"
	"time"

	"vidiverse/instance/account"
	"vidiverse/instance/user"
)

// Page is a part of a list and the length of the whole; Total is 0 when it was
// not asked for.
type Page struct {
	Total int
	Items []Item
}

const (
	defaultCount = 15
	maxCount     = 100
	maxStart     = 1 << 31
	maxChoices   = 100 // values of one "one of" filter
	listTimeout  = 5 * time.Second
)

// List returns the videos of a filter. What a caller may not ask for is
// fault.Unauthorized, what makes no sense fault.Invalid.
func (s *Service) List(ctx context.Context, caller user.Caller, f Filter) (Page, error) {
	if err := f.check(caller); err != nil {
		return Page{}, err
	}
	if f.Count == 0 {
		f.Count = defaultCount
	}
	f.here = strings.EqualFold(f.Host, s.host)
	var err error
	if s.cfg.Mutes != nil {
		if f.mutes, err = s.cfg.Mutes(ctx, account.ID(caller.AccountID)); err != nil {
			return Page{}, err
		}
	}
	p, err := s.read(ctx, caller, f)
	if err != nil {
		return Page{}, err
	}
	return p, s.adorn(ctx, p.Items, f)
}

// read asks the database for a page.
func (s *Service) read(ctx context.Context, caller user.Caller, f Filter) (Page, error) {
	ctx, cancel := context.WithTimeout(ctx, listTimeout)
	defer cancel()
	var err error
	if f.muting, err = s.store.muting(ctx, f.mutes); err != nil {
		return Page{}, err
	}
	q, err := s.store.buildList(f, caller, s.now())
	if err != nil {
		return Page{}, err
	}
	page := s.store.page
	if f.Search != "" {
		m, err := s.find(ctx, f)
		if err != nil {
			return Page{}, err
		}
		if q.key == "" {
			plain := q
			page = func(ctx context.Context, _ listQuery) ([]ID, error) { return s.store.matching(ctx, plain, m) }
		}
		s.store.keep(&q, m)
	}
	var p Page
	if !f.TotalOnly {
		ids, err := page(ctx, q)
		if err != nil {
			return Page{}, err
		}
		if p.Items, err = s.store.items(ctx, ids); err != nil {
			return Page{}, err
		}
	}
	if !f.SkipCount {
		if p.Total, err = s.total(ctx, q, caller, f, len(p.Items)); err != nil {
			return Page{}, err
		}
	}
	return p, nil
}

// total counts the whole list, at most once in a few seconds for one filter.
func (s *Service) total(ctx context.Context, q listQuery, caller user.Caller, f Filter, got int) (int, error) {
	if got > 0 && got < f.Count { // the end is in sight
		return f.Start + got, nil
	}
	key, err := f.key(caller)
	if err != nil {
		return 0, err
	}
	if n, ok := s.totals.Get(key, s.now()); ok {
		return n, nil
	}
	n, err := s.store.count(ctx, q)
	if err == nil {
		s.totals.Put(key, n, s.now())
	}
	return n, err
}

// adorn adds what only some lists show, one query each.
func (s *Service) adorn(ctx context.Context, items []Item, f Filter) (err error) {
	ids := make([]ID, len(items))
	for i := range items {
		ids[i] = items[i].ID
		items[i].Viewers = s.cfg.Viewers(items[i].ID)
		items[i].Progress = -1
	}
	if len(ids) == 0 {
		return nil
	}
	if f.Own || f.Include&IncludeTags != 0 {
		if err := s.addTags(ctx, items, ids); err != nil {
			return err
		}
	}
	if f.Include&IncludeFiles != 0 {
		if err := s.addPlaylists(ctx, items, ids); err != nil {
			return err
		}
	}
	if f.Include&IncludeSource != 0 {
		if err := s.addSources(ctx, items, ids); err != nil {
			return err
		}
	}
	if f.Own || f.Include&IncludeBlockedOwner != 0 {
		if err := s.addMutes(ctx, items, f.mutes); err != nil {
			return err
		}
	}
	if f.Own || f.Include&IncludeNotPublished != 0 {
		if err := s.addSchedules(ctx, items, ids); err != nil {
			return err
		}
	}
	if f.Scheduled {
		if err := s.addStarts(ctx, items); err != nil {
			return err
		}
	}
	if f.Own {
		return s.addProgress(ctx, items, ids)
	}
	return nil
}

func (s *Service) addTags(ctx context.Context, items []Item, ids []ID) error {
	tags, err := s.store.tags(ctx, ids)
	if err != nil {
		return err
	}
	for i := range items {
		if items[i].Tags = tags[items[i].ID]; items[i].Tags == nil {
			items[i].Tags = []string{}
		}
	}
	return nil
}

func (s *Service) addPlaylists(ctx context.Context, items []Item, ids []ID) error {
	lists, err := s.Files.Playlists(ctx, ids)
	if err != nil {
		return err
	}
	web, err := s.Files.WebVideos(ctx, ids)
	if err != nil {
		return err
	}
	for i := range items {
		items[i].Playlist, items[i].WebVideos = lists[items[i].ID], web[items[i].ID]
	}
	return s.addMedia(ctx, items)
}

func (s *Service) addSources(ctx context.Context, items []Item, ids []ID) error {
	sources, err := s.Files.Sources(ctx, ids)
	if err != nil {
		return err
	}
	for i := range items {
		if src, ok := sources[items[i].ID]; ok {
			items[i].Source = &src
		}
	}
	return nil
}

// addMutes tells of each video whether its owner, or that one's server, is
// muted by one of some accounts.
func (s *Service) addMutes(ctx context.Context, items []Item, muters []account.ID) error {
	accounts, hosts, err := s.store.muted(ctx, muters, items)
	if err != nil {
		return err
	}
	for i := range items {
		items[i].OwnerMuted, items[i].ServerMuted = accounts[items[i].Account.ID], hosts[items[i].Account.Host]
	}
	return nil
}

func (s *Service) addSchedules(ctx context.Context, items []Item, ids []ID) error {
	planned, err := s.store.schedules(ctx, ids)
	if err != nil {
		return err
	}
	for i := range items {
		items[i].Schedule = planned[items[i].ID]
	}
	return nil
}

func (s *Service) addProgress(ctx context.Context, items []Item, ids []ID) error {
	if s.progress == nil {
		return nil
	}
	progress, err := s.progress(ctx, ids)
	if err != nil {
		return err
	}
	for i := range items {
		if p, ok := progress[items[i].ID]; ok {
			items[i].Progress = p
		}
	}
	return nil
}
