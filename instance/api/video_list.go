package api

import (
	"net/http"

	"vidiverse/instance/channel"
	"vidiverse/instance/fault"
	"vidiverse/instance/rest"
	"vidiverse/instance/user"
	"vidiverse/instance/video"
)

// videoSorts are the orders of video lists, the default first.
var videoSorts = []string{
	"-publishedAt", "name", "duration", "createdAt", "originallyPublishedAt", "views", "likes", "comments",
	"trending", "hot", "best", "localVideoFilesSize", "match",
}

func (a *API) listVideos(r *http.Request, c user.Caller) (any, error) {
	return a.videoPage(r, c, video.Filter{})
}

func (a *API) accountVideos(r *http.Request, c user.Caller) (any, error) {
	owner, err := a.Accounts.ByName(r.Context(), param(r, "handle"))
	if err != nil {
		return nil, err
	}
	return a.videoPage(r, c, video.Filter{Account: owner.ID, Far: a.far(c)})
}

func (a *API) channelVideos(r *http.Request, c user.Caller) (any, error) {
	ch, err := a.Channels.ByHandle(r.Context(), param(r, "handle"))
	if err != nil {
		return nil, err
	}
	return a.videoPage(r, c, video.Filter{Channel: ch.ID, Far: a.far(c)})
}

// far tells whether the caller is shown what is known of another server's people
// although nobody here follows them.
func (a *API) far(c user.Caller) bool {
	return a.Video.FarStrangers || a.Video.FarMembers && c.SignedIn()
}

func (a *API) myVideos(r *http.Request, c user.Caller) (any, error) {
	f := video.Filter{Own: true}
	q := filterReader{q: r.URL.Query()}
	if f.Channel = channel.ID(q.number("channelId")); q.err != nil {
		return nil, q.err
	}
	if f.Channel != 0 {
		if err := a.Channels.ManagedID(r.Context(), c, f.Channel); err != nil {
			return nil, err
		}
	}
	return a.videoPage(r, c, f)
}

// accountRatings lists what the caller rated; nobody sees that of others.
func (a *API) accountRatings(r *http.Request, c user.Caller) (any, error) {
	owner, err := a.Accounts.ByName(r.Context(), param(r, "handle"))
	if err != nil {
		return nil, err
	}
	if int64(owner.ID) != c.AccountID {
		return nil, fault.New(fault.Forbidden, "User cannot access ratings of another account.")
	}
	p, err := parsePage(r, "-createdAt")
	if err != nil {
		return nil, err
	}
	list, ratings, err := a.Video.Service.Rated(r.Context(), c, video.Rating(r.URL.Query().Get("rating")), p.Start, p.Count, p.Sort == "createdAt")
	if err != nil {
		return nil, err
	}
	out := make([]rest.AccountRating, len(list.Items))
	for i, v := range a.renderVideos(list.Items, video.Filter{}) {
		out[i] = rest.AccountRating{Video: v, Rating: string(ratings[video.ID(v.ID)])}
	}
	return rest.NewPage(list.Total, out), nil
}

// videoPage answers one page of videos; f says which list, the request which
// part of it.
func (a *API) videoPage(r *http.Request, c user.Caller, f video.Filter, sorts ...string) (any, error) {
	if len(sorts) == 0 {
		sorts = videoSorts
	}
	p, err := parsePage(r, sorts...)
	if err != nil {
		return nil, err
	}
	f.Start, f.Count, f.Sort, f.TotalOnly = p.Start, p.Count, p.Sort, p.Count == 0
	if err := a.readFilter(r, c, &f); err != nil {
		return nil, err
	}
	list, err := a.Video.Service.List(r.Context(), c, f)
	if err != nil {
		return nil, err
	}
	out := a.renderVideos(list.Items, f)
	if f.SkipCount {
		return struct {
			Data []rest.Video `json:"data"`
		}{out}, nil
	}
	return rest.NewPage(list.Total, out), nil
}

// readFilter reads the filters that all video lists share.
func (a *API) readFilter(r *http.Request, c user.Caller, f *video.Filter) error {
	if r.URL.RawQuery == "" && !a.Video.HideNSFW && !c.SignedIn() {
		return nil // the home page's list: most requests
	}
	q := filterReader{q: r.URL.Query()}
	f.Search = q.text("search")
	f.Host = q.host("host")
	f.IsLive, f.IsLocal = q.boolean("isLive"), q.boolean("isLocal")
	f.HasHLS, f.HasWebVideos = q.boolean("hasHLSFiles"), q.boolean("hasWebVideoFiles")
	f.Unwatched = q.boolean("excludeAlreadyWatched")
	if scheduled := q.boolean("includeScheduledLive"); scheduled != nil {
		f.Scheduled = *scheduled
	}
	if skip := q.boolean("skipCount"); skip != nil {
		f.SkipCount = *skip
	}
	f.Include, f.Asks = video.Include(q.number("include")), q.text("include") != ""
	f.Categories, f.Licences = numbers[int](&q, "categoryOneOf"), numbers[int](&q, "licenceOneOf")
	f.Privacies, f.States = numbers[video.Privacy](&q, "privacyOneOf"), numbers[video.State](&q, "stateOneOf")
	f.Languages, f.TagsOneOf, f.TagsAllOf = q.list("languageOneOf"), q.list("tagsOneOf"), q.list("tagsAllOf")
	f.AutoTagged = len(q.list("autoTagOneOf")) > 0
	f.ChannelNames = q.list("channelNameOneOf")
	if err := a.nsfw(r, c, &q, f); err != nil {
		return err
	}
	if q.err == nil && q.text("filter") != "" {
		return fault.New(fault.Invalid, `"filter" query parameter is not supported anymore by PeerTube. Please use "isLocal" and "include" instead`)
	}
	return q.err
}

// nsfw decides on sensitive videos: the request, else the user's own setting,
// else the instance's. Everybody sees their own.
func (a *API) nsfw(r *http.Request, c user.Caller, q *filterReader, f *video.Filter) error {
	hidden := false
	f.FlagsIncluded, f.FlagsExcluded = video.NSFWFlags(q.number("nsfwFlagsIncluded")), video.NSFWFlags(q.number("nsfwFlagsExcluded"))
	if q.err == nil && f.FlagsIncluded&f.FlagsExcluded != 0 {
		return fault.New(fault.Invalid, "Cannot use same flags in nsfwFlagsIncluded and nsfwFlagsExcluded at the same time")
	}
	asked := q.text("nsfw")
	switch {
	case asked == "true":
		yes := true
		f.NSFW = &yes
	case asked == "false":
		f.NSFW = &hidden
	case asked != "" && asked != "both":
		q.refuse("nsfw", asked)
	case asked == "" && !c.SignedIn() && a.Video.HideNSFW:
		f.NSFW = &hidden
	}
	if f.Own {
		f.NSFW = nil
		return nil
	}
	if !c.SignedIn() {
		return nil
	}
	me, err := a.Users.Me(r.Context(), c.UserID)
	if err != nil {
		return err
	}
	p := me.Preferences
	if asked == "" && p.NSFWPolicy == "do_not_list" {
		f.NSFW = &hidden
	}
	if f.FlagsExcluded == 0 {
		f.FlagsExcluded = video.NSFWFlags(p.NSFWFlagsHidden)
	}
	if f.FlagsIncluded == 0 {
		f.FlagsIncluded = video.NSFWFlags(p.NSFWFlagsDisplayed | p.NSFWFlagsWarned | p.NSFWFlagsBlurred)
	}
	return nil
}
