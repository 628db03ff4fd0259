package object

import (
	"time"

	"vidiverse/instance/activitypub"
	"vidiverse/instance/actor"
	"vidiverse/instance/rest"
	"vidiverse/instance/video"
)

// Facts are what activities around a video must know of it.
type Facts struct {
	ID      video.ID
	UUID    string
	URL     string
	Privacy video.Privacy
	State   video.State
	Local   bool
	Told    bool // other servers are told of it
	Updated time.Time
	Owner   Party // the account
	Channel Party
	Sharers []actor.ID // actors that announced it, of this server and others
}

// Involved are the actors whose followers hear of a video.
func (f Facts) Involved() []actor.ID { return append([]actor.ID{f.Owner.ID}, f.Sharers...) }

// Party is somebody who has a part in an activity.
type Party struct {
	ID   actor.ID
	URL  string
	Name string
	Host string // host[:port]; empty for one of ours
}

// Audience is who may see something.
type Audience struct{ To, CC activitypub.List[string] }

// followers is the address of an actor's followers. Remote actors are asked for
// theirs by this form too: it stands in an audience alone.
func followers(actor string) string { return actor + "/followers" }

// ofVideo is the audience of a video and of what is said to all who follow it.
func ofVideo(privacy video.Privacy, owner, channel string) Audience {
	if privacy != video.Public {
		return Audience{To: activitypub.List[string]{}, CC: activitypub.List[string]{activitypub.Public}}
	}
	return Audience{
		To: activitypub.List[string]{activitypub.Public, channel},
		CC: activitypub.List[string]{followers(owner)},
	}
}

// Audience is that of a video.
func (f Facts) Audience() Audience { return ofVideo(f.Privacy, f.Owner.URL, f.Channel.URL) }

// Origin is the audience of what only a video's own server is told.
func (f Facts) Origin() Audience { return only(f.Owner.URL) }

// only is the audience of one.
func only(url string) Audience {
	return Audience{To: activitypub.List[string]{url}, CC: activitypub.List[string]{}}
}

// public is the audience of what an actor says to everybody.
func public(by string) Audience {
	return Audience{To: activitypub.List[string]{activitypub.Public}, CC: activitypub.List[string]{followers(by)}}
}

// stamp is a time, empty for none.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return rest.Time(t).String()
}
