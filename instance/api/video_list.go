package api

import (
	"net/http"
	"net/url"
	"strconv"

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
	return a.videoPage(r, c, video.Filter{Own: true})
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
func (a *API) videoPage(r *http.Request, c user.Caller, f video.Filter) (any, error) {
	p, err := parsePage(r, videoSorts...)
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
	f.Host = q.text("host")
	f.IsLive, f.IsLocal = q.boolean("isLive"), q.boolean("isLocal")
	f.HasHLS, f.HasWebVideos = q.boolean("hasHLSFiles"), q.boolean("hasWebVideoFiles")
	q.boolean("excludeAlreadyWatched") // no history is kept yet: nothing was watched
	if scheduled := q.boolean("includeScheduledLive"); scheduled != nil {
		f.Scheduled = *scheduled
	}
	if skip := q.boolean("skipCount"); skip != nil {
		f.SkipCount = *skip
	}
	f.FlagsIncluded, f.FlagsExcluded = video.NSFWFlags(q.number("nsfwFlagsIncluded")), video.NSFWFlags(q.number("nsfwFlagsExcluded"))
	f.Include = video.Include(q.number("include"))
	f.Categories, f.Licences = numbers[int](&q, "categoryOneOf"), numbers[int](&q, "licenceOneOf")
	f.Privacies, f.States = numbers[video.Privacy](&q, "privacyOneOf"), numbers[video.State](&q, "stateOneOf")
	f.Languages, f.TagsOneOf, f.TagsAllOf = q.list("languageOneOf"), q.list("tagsOneOf"), q.list("tagsAllOf")
	f.ChannelNames = q.list("channelNameOneOf")
	if f.Own {
		f.Channel = channel.ID(q.number("channelId"))
	}
	if err := a.nsfw(r, c, &q, f); err != nil {
		return err
	}
	if q.err != nil {
		return q.err
	}
	return nil
}

// nsfw decides on sensitive videos: the request, else the user's own setting,
// else the instance's. Everybody sees their own.
func (a *API) nsfw(r *http.Request, c user.Caller, q *filterReader, f *video.Filter) error {
	hidden := false
	switch v := q.q.Get("nsfw"); {
	case v == "both" || (v == "" && f.Own):
	case v != "":
		f.NSFW = q.boolean("nsfw")
	case c.SignedIn():
		me, err := a.Users.Me(r.Context(), c.UserID)
		if err != nil {
			return err
		}
		if me.Preferences.NSFWPolicy == "do_not_list" {
			f.NSFW = &hidden
		}
	case a.Video.HideNSFW:
		f.NSFW = &hidden
	}
	return nil
}

// filterReader reads a query and keeps the first complaint.
type filterReader struct {
	q   url.Values
	err error
}

func (q *filterReader) refuse(name, value string) {
	if q.err == nil {
		q.err = fault.New(fault.Invalid, "").WithField(name, value, "Invalid value", "query")
	}
}

func (q *filterReader) text(name string) string { return q.q.Get(name) }

func (q *filterReader) boolean(name string) *bool {
	v := q.q.Get(name)
	if v == "" {
		return nil
	}
	yes := v == "true" || v == "1"
	if !yes && v != "false" && v != "0" {
		q.refuse(name, v)
	}
	return &yes
}

func (q *filterReader) number(name string) int {
	v := q.q.Get(name)
	if v == "" {
		return 0
	}
	n, err := strconv.ParseUint(v, 10, 31)
	if err != nil {
		q.refuse(name, v)
	}
	return int(n)
}

// list reads name=a&name=b and name[]=a.
func (q *filterReader) list(name string) []string {
	return append(q.q[name][:len(q.q[name]):len(q.q[name])], q.q[name+"[]"]...)
}

func numbers[T ~int](q *filterReader, name string) []T {
	var out []T
	for _, v := range q.list(name) {
		n, err := strconv.ParseUint(v, 10, 31)
		if err != nil {
			q.refuse(name, v)
			return nil
		}
		out = append(out, T(n))
	}
	return out
}
