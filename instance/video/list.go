package video

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"vidiverse/instance/account"
	"vidiverse/instance/channel"
	"vidiverse/instance/db"
	"vidiverse/instance/fault"
	"vidiverse/instance/user"
)

// Filter says which videos a list holds. The zero value is the newest fifteen
// that anybody may see.
type Filter struct {
	Start, Count int    // Count 0 means 15
	Sort         string // PeerTube's names, "-" first for descending; "" is -publishedAt
	SkipCount    bool   // the total is not needed
	TotalOnly    bool   // the total alone is needed
	Search       string // words of the name, or tags

	NSFW            *bool // nil shows both
	FlagsIncluded   NSFWFlags
	FlagsExcluded   NSFWFlags
	IsLive          *bool
	Scheduled       bool // also lives that are yet to begin, with their Starts
	IsLocal         *bool
	Host            string
	Categories      []int
	Licences        []int
	Languages       []string // "_unknown" is none
	TagsOneOf       []string
	TagsAllOf       []string
	Privacies       []Privacy
	States          []State
	Include         Include
	HasHLS          *bool
	HasWebVideos    *bool
	Channel         channel.ID // 0 is all
	ChannelNames    []string
	Account         account.ID // 0 is all
	Own             bool       // the caller's, in every state
	UUIDs           []string
	IDs             []ID
	DurationMin     *int
	DurationMax     *int
	PublishedAfter  time.Time
	PublishedBefore time.Time

	Subscriber account.ID // whose subscriptions the list is; 0 is all videos

	// Far also lists videos of other servers that nobody whom this instance
	// follows told of. Own and Subscriber do so anyway.
	Far   bool
	mutes []account.ID // whose mutes hide videos
}

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
	escapeChar   = "!"
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
	if s.cfg.Mutes != nil && !f.Own && f.Include&IncludeBlockedOwner == 0 {
		var err error
		if f.mutes, err = s.cfg.Mutes(ctx, account.ID(caller.AccountID)); err != nil {
			return Page{}, err
		}
	}
	q, err := s.store.buildList(f, caller, s.now())
	if err != nil {
		return Page{}, err
	}
	var p Page
	if !f.TotalOnly {
		ids, err := s.store.page(ctx, q)
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

// key names the list without its page and order, for this caller: members mute
// whom they like.
func (f Filter) key(caller user.Caller) (string, error) {
	f.Start, f.Count, f.Sort = 0, 0, ""
	b, err := json.Marshal(f)
	return strconv.FormatInt(caller.AccountID, 10) + " " + string(b), err
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
	if f.Scheduled {
		if err := s.addStarts(ctx, items); err != nil {
			return err
		}
	}
	if f.Own {
		return s.addOwnerFacts(ctx, items, ids)
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

// addOwnerFacts adds planned changes and the progress of the transcoding.
func (s *Service) addOwnerFacts(ctx context.Context, items []Item, ids []ID) error {
	planned, err := s.store.schedules(ctx, ids)
	if err != nil {
		return err
	}
	var progress map[ID]int
	if s.progress != nil {
		if progress, err = s.progress(ctx, ids); err != nil {
			return err
		}
	}
	for i := range items {
		items[i].Schedule = planned[items[i].ID]
		if p, ok := progress[items[i].ID]; ok {
			items[i].Progress = p
		}
	}
	return nil
}

// check refuses what the caller may not see and bounds every quantity.
func (f *Filter) check(caller user.Caller) error {
	own := f.Own || (f.Account != 0 && int64(f.Account) == caller.AccountID)
	if (f.Include != 0 || len(f.Privacies) > 0 || len(f.States) > 0) && !own && !caller.Moderator() {
		return fault.New(fault.Unauthorized, "You are not allowed to see all videos.")
	}
	if f.Own && !caller.SignedIn() {
		return fault.New(fault.Unauthorized, "Authentication is required")
	}
	switch {
	case f.Count < 0 || f.Count > maxCount:
		return badQuery("count", "Should have a number count (max: 100)")
	case f.Start < 0 || f.Start > maxStart:
		return badQuery("start", "Should have a number start")
	case len(f.Search) > 1000 || !db.Sized(f.Search, 0, 1000):
		return badQuery("search", "Should have a valid search")
	}
	for name, n := range map[string]int{
		"categoryOneOf": len(f.Categories), "licenceOneOf": len(f.Licences), "languageOneOf": len(f.Languages),
		"tagsOneOf": len(f.TagsOneOf), "tagsAllOf": len(f.TagsAllOf), "privacyOneOf": len(f.Privacies),
		"stateOneOf": len(f.States), "channelNameOneOf": len(f.ChannelNames), "uuids": len(f.UUIDs),
	} {
		if n > maxChoices {
			return badQuery(name, "Invalid value")
		}
	}
	for _, texts := range [][]string{f.Languages, f.TagsOneOf, f.TagsAllOf, f.ChannelNames, {f.Host}} {
		for _, t := range texts {
			if !db.Sized(t, 0, 500) {
				return badQuery("filter", "Invalid value")
			}
		}
	}
	return nil
}

func badQuery(name, message string) error {
	return fault.New(fault.Invalid, "Incorrect request parameters: %s", name).
		WithField(name, nil, message, "query")
}

// like makes a pattern that finds s anywhere, whatever signs it holds.
func like(s string) string {
	r := strings.NewReplacer(escapeChar, escapeChar+escapeChar, "%", escapeChar+"%", "_", escapeChar+"_")
	return "%" + r.Replace(strings.ToLower(s)) + "%"
}
