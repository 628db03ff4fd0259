package video

import (
	"encoding/json"
	"strconv"
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
	Search       string // like the name, or a tag, or a UUID

	NSFW            *bool     // nil shows both
	FlagsIncluded   NSFWFlags // shown although NSFW hides the sensitive
	FlagsExcluded   NSFWFlags // hidden although NSFW shows the sensitive
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
	Asks            bool  // Include was named, be it 0: only moderators do
	Unwatched       *bool // whether to leave out what the caller watched; no history is kept
	AutoTagged      bool  // only with an automatic tag: nothing has any
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

	OriginallyAfter, OriginallyBefore time.Time

	Subscriber account.ID // whose subscriptions the list is; 0 is all videos

	// Far also lists videos of other servers that nobody whom this instance
	// follows told of. Own and Subscriber do so anyway.
	Far bool

	// Addressed says that IDs were found by their addresses: who knows one may see
	// what is not listed, and what another server has not begun to show.
	Addressed bool

	mutes  []account.ID // whose mutes hide videos
	muting []account.ID // those of them who mute somebody
	here   bool         // Host is this instance
}

// check refuses what the caller may not see and bounds every quantity.
func (f *Filter) check(caller user.Caller) error {
	more := f.Asks || f.Include != 0 || len(f.States) > 0 || f.AutoTagged || len(f.Privacies) > 0 && !f.Own
	if more && !caller.Moderator() {
		return fault.New(fault.Unauthorized, "You are not allowed to see all videos, specify a custom include, auto tags or state filter.")
	}
	if f.Own && !caller.SignedIn() {
		return fault.New(fault.Unauthorized, "Authentication is required")
	}
	switch {
	case f.Unwatched != nil && !caller.SignedIn():
		return fault.New(fault.Invalid, "Cannot use excludeAlreadyWatched parameter when auth token is not provided")
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

// key names the list without its page and order, for this caller: members mute
// whom they like.
func (f Filter) key(caller user.Caller) (string, error) {
	f.Start, f.Count, f.Sort = 0, 0, ""
	b, err := json.Marshal(f)
	return strconv.FormatInt(caller.AccountID, 10) + " " + string(b), err
}
