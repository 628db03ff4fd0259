package object

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"vidiverse/instance/activitypub"
	"vidiverse/instance/video"
)

// Create is that an object of ours was made.
func Create(url, by string, to Audience, object json.RawMessage) activitypub.Activity {
	return activitypub.Activity{Type: "Create", ID: url + "/activity", Actor: by, To: to.To, CC: to.CC, Object: object}
}

// Update is that an object of ours is different since that time.
func Update(url, by string, at time.Time, to Audience, object json.RawMessage) activitypub.Activity {
	return activitypub.Activity{Type: "Update", ID: url + "/updates/" + stamp(at), Actor: by, To: to.To, CC: to.CC, Object: object}
}

// Delete is that an object is no more. PeerTube names an audience for videos, an
// empty one, and for comments: to is nil otherwise.
func Delete(url, by string, to *Audience) activitypub.Activity {
	a := activitypub.Activity{Type: "Delete", ID: url + "/delete", Actor: by, Object: activitypub.Address(url)}
	if to != nil {
		a.To, a.CC = to.To, to.CC
	}
	return a
}

// Nobody is an audience that is there and empty.
func Nobody() *Audience {
	return &Audience{To: activitypub.List[string]{}, CC: activitypub.List[string]{}}
}

// Announce is that an actor shares a video with its followers.
func Announce(v Facts, by Party) activitypub.Activity {
	to := public(by.URL)
	return activitypub.Activity{
		Type: "Announce", ID: fmt.Sprintf("%s/announces/%d", v.URL, by.ID), Actor: by.URL, To: to.To, CC: to.CC,
		Object: activitypub.Address(v.URL),
	}
}

// Undo takes an activity back. The object is written whole, as it stood for
// everybody.
func Undo(of activitypub.Activity, to Audience) (activitypub.Activity, error) {
	object, err := of.Embedded()
	return activitypub.Activity{Type: "Undo", ID: of.ID + "/undo", Actor: of.Actor, To: to.To, CC: to.CC, Object: object}, err
}

// Like and Dislike of a video of another server.
func rateType(r video.Rating) string {
	if r == video.Dislike {
		return "Dislike"
	}
	return "Like"
}

// Rated is that an account rated a video: to everybody as others may read it, to
// the video's server as it is sent.
func Rated(r video.Rating, url, by string, v Facts, to Audience) activitypub.Activity {
	return activitypub.Activity{Type: rateType(r), ID: url, Actor: by, To: to.To, CC: to.CC, Object: activitypub.Address(v.URL)}
}

// Everybody is the audience of what an actor says to all.
func Everybody(by string) Audience { return public(by) }

// Follow is that an actor asks to follow another.
func Follow(url, by, target string) activitypub.Activity {
	return activitypub.Activity{Type: "Follow", ID: url, Actor: by, Object: activitypub.Address(target)}
}

// Accept is that a follow, which has that number here, is granted.
func (r *Renderer) Accept(number int64, follow activitypub.Activity, by string) (activitypub.Activity, error) {
	object, err := follow.Embedded()
	return activitypub.Activity{Type: "Accept", ID: fmt.Sprintf("%s/accepts/follows/%d", r.base, number), Actor: by, Object: object}, err
}

// Reject is that a follow is refused, or ends.
func (r *Renderer) Reject(at time.Time, follow json.RawMessage, by string) activitypub.Activity {
	return activitypub.Activity{Type: "Reject", ID: r.base + "/rejects/follows/" + stamp(at), Actor: by, Object: follow}
}

// ApproveReply is that the owner of a video of ours lets a comment be seen.
func (r *Renderer) ApproveReply(c Comment) activitypub.Activity {
	return activitypub.Activity{
		Type: "ApproveReply", ID: r.ApprovalURL(c), Actor: c.Video.Owner.URL, InReplyTo: c.inReplyTo(), Object: activitypub.Address(c.URL),
	}
}

// View is that a video was watched once, by whom viewer names without saying who
// that is.
func View(v Facts, by Party, viewer string, to Audience) activitypub.Activity {
	return activitypub.Activity{
		Type: "View", ID: fmt.Sprintf("%s/views/videos/%d/%s", by.URL, v.ID, viewer), Actor: by.URL, To: to.To, CC: to.CC,
		Object: activitypub.Address(v.URL),
	}
}

// Viewers is how many watch a video now, until a time.
func Viewers(v Facts, by Party, viewer string, n int, until time.Time, to Audience) activitypub.Activity {
	a := View(v, by, viewer, to)
	a.Expires = stamp(until)
	a.Result = &activitypub.Counter{InteractionType: "WatchAction", Type: "InteractionCounter", UserInteractionCount: n}
	return a
}

// Download is that a video was downloaded once.
func Download(v Facts, by Party, name string, to Audience) activitypub.Activity {
	return activitypub.Activity{
		Type: "Download", ID: fmt.Sprintf("%s/downloads/videos/%d/%s", by.URL, v.ID, name), Actor: by.URL, To: to.To, CC: to.CC,
		Object: activitypub.Address(v.URL),
	}
}

// Flag is that somebody reports something of another server.
type Flag struct {
	Number     int64
	By         string
	To         string // the account that it is about
	About      string
	Reason     string
	Reasons    []string // predefined ones, by name
	Start, End *float64 // seconds
}

// Flag renders a report.
func (r *Renderer) Flag(f Flag) activitypub.Activity {
	to := only(f.To)
	a := activitypub.Activity{
		Type: "Flag", ID: r.base + "/admin/abuses/" + strconv.FormatInt(f.Number, 10), Actor: f.By, To: to.To, CC: to.CC,
		Content: f.Reason, MediaType: "text/markdown", Object: activitypub.Address(f.About), Tag: activitypub.List[activitypub.Tag]{},
		StartAt: f.Start, EndAt: f.End,
	}
	for _, name := range f.Reasons {
		a.Tag = append(a.Tag, activitypub.Tag{Type: "Hashtag", Name: name})
	}
	return a
}

// CacheFile is that we hold the HLS playlist of a video of another server. expires
// is zero for never.
func (r *Renderer) CacheFile(v Facts, expires time.Time, to Audience) activitypub.CacheFile {
	c := activitypub.CacheFile{
		To: to.To, CC: to.CC, ID: r.base + "/redundancy/streaming-playlists/hls/" + v.UUID, Type: "CacheFile", Object: activitypub.Ref(v.URL),
		Expires: optional(stamp(expires)),
		URL:     activitypub.Link{Type: "Link", MediaType: activitypub.HLS, Href: r.base + "/static/redundancy/hls/" + v.UUID},
	}
	return c
}

// Watched is what a session watched of a video, without whose it was.
type Watched struct {
	UUID            string
	From, To        time.Time
	Seconds         int
	Sections        []activitypub.Section
	Country, Region string
}

// WatchAction renders a session.
func (r *Renderer) WatchAction(v Facts, w Watched) activitypub.WatchAction {
	to := v.Origin()
	o := activitypub.WatchAction{
		To: to.To, CC: to.CC, ID: r.base + "/videos/local-viewer/" + w.UUID, Type: "WatchAction",
		Duration: fmt.Sprintf("PT%dS", w.Seconds), StartTime: stamp(w.From), EndTime: stamp(w.To), Object: activitypub.Ref(v.URL),
		UUID: w.UUID, ActionStatus: "CompletedActionStatus", WatchSections: w.Sections,
	}
	if w.Country != "" || w.Region != "" {
		o.Location = &activitypub.Location{AddressCountry: w.Country, AddressRegion: w.Region}
	}
	return o
}

// Chapters are the parts of a video of ours.
func (r *Renderer) Chapters(ctx context.Context, v Facts) (activitypub.Chapters, error) {
	parts, err := r.store.chapters(ctx, v.ID)
	return activitypub.Chapters{ID: v.URL + "/chapters", HasPart: parts}, err
}

// The theme of who chose none.
const (
	themeOfVideo   = "channel-default"
	themeOfChannel = "instance-default"
)

// VideoSettings is how the player of a video of ours looks.
func (r *Renderer) VideoSettings(ctx context.Context, v Facts) (activitypub.PlayerSettings, time.Time, error) {
	theme, at, err := r.store.theme(ctx, "video_id", int64(v.ID), themeOfVideo)
	return settings(v.URL, theme), at, err
}

// ChannelSettings is how the players of a channel's videos look.
func (r *Renderer) ChannelSettings(ctx context.Context, channel int64, url string) (activitypub.PlayerSettings, time.Time, error) {
	theme, at, err := r.store.theme(ctx, "channel_id", channel, themeOfChannel)
	return settings(url, theme), at, err
}

func settings(of, theme string) activitypub.PlayerSettings {
	return activitypub.PlayerSettings{ID: of + "/player-settings", Object: activitypub.Ref(of), Type: "PlayerSettings", Theme: theme}
}
