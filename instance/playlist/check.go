package playlist

import (
	"strings"

	"vidiverse/instance/db"
	"vidiverse/instance/fault"
	"vidiverse/instance/user"
)

// refused names members of a body.
func refused(names ...string) error {
	e := fault.New(fault.Invalid, "Incorrect request parameters: %s", strings.Join(names, ", "))
	for _, n := range names {
		e = e.WithField(n, nil, "Invalid value", "body")
	}
	return e
}

// check holds a playlist against PeerTube's limits.
func (d Draft) check() error {
	var bad []string
	if !db.Sized(d.Name, 1, 120) {
		bad = append(bad, "displayName")
	}
	if d.Description != "" && !db.Sized(d.Description, 3, 1000) {
		bad = append(bad, "description")
	}
	if !d.Privacy.Valid() {
		bad = append(bad, "privacy")
	}
	if len(bad) > 0 {
		return refused(bad...)
	}
	if d.Privacy == Public && d.Channel == 0 {
		return fault.New(fault.Invalid, `Cannot set "public" a playlist that is not assigned to a channel.`)
	}
	return nil
}

func (p Patch) apply(d *Draft) {
	set(&d.Name, p.Name)
	set(&d.Description, p.Description)
	set(&d.Privacy, p.Privacy)
	set(&d.Channel, p.Channel)
}

func set[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

func (p Playlist) draft() Draft {
	return Draft{Name: p.Name, Description: p.Description, Privacy: p.Privacy, Channel: p.Channel}
}

func checkTimes(times ...*int) error {
	for i, t := range times {
		if t != nil && (*t < 0 || *t > maxSeconds) {
			return refused([]string{"startTimestamp", "stopTimestamp"}[i])
		}
	}
	return nil
}

// check bounds what a list may be asked for.
func (q Query) check() error {
	bad := ""
	switch _, sorted := orders[q.Sort]; {
	case q.Count < 0 || q.Count > maxCount:
		bad = "count"
	case q.Start < 0 || q.Start > maxStart:
		bad = "start"
	case q.Sort != "" && !sorted:
		bad = "sort"
	case q.Kind < 0 || q.Kind > WatchLater:
		bad = "playlistType"
	case !db.Sized(q.Search, 0, maxSearch):
		bad = "search"
	case !db.Sized(q.Host, 0, maxSearch):
		bad = "host"
	case len(q.UUIDs) > maxChoices || !allSized(q.UUIDs):
		bad = "uuids"
	case len(q.Channels) > maxChoices || !allSized(q.Channels):
		bad = "channelNameOneOf"
	}
	if bad != "" {
		return fault.New(fault.Invalid, "Incorrect request parameters: %s", bad).WithField(bad, nil, "Invalid value", "query")
	}
	return nil
}

func allSized(texts []string) bool {
	for _, t := range texts {
		if !db.Sized(t, 0, 500) {
			return false
		}
	}
	return true
}

// maySee refuses who may not see a playlist. An unlisted one is found by its
// unguessable name only.
func (p Playlist) maySee(c user.Caller, byNumber bool) error {
	switch {
	case p.Privacy == Unlisted && byNumber:
		return fault.New(fault.NotFound, "Playlist not found")
	case p.Privacy == Private && !c.SignedIn():
		return fault.New(fault.Unauthorized, "Authentication is required")
	case p.Privacy == Private && !p.ownedBy(c) && !c.Admin():
		return fault.New(fault.Forbidden, "Cannot get this private video playlist.")
	}
	return nil
}

func (p Playlist) ownedBy(c user.Caller) bool {
	return p.Local && c.SignedIn() && c.AccountID == int64(p.Owner)
}

// manage refuses who may not change a playlist: its owner may, and whom it is
// said of by also.
func (p Playlist) manage(c user.Caller, also bool) error {
	switch {
	case !c.SignedIn():
		return fault.New(fault.Unauthorized, "Authentication is required")
	case !p.Local:
		return fault.New(fault.Forbidden, "Cannot manage video playlist of another server.")
	case !p.ownedBy(c) && !also:
		return fault.New(fault.Forbidden, "Cannot manage video playlist of another user")
	}
	return nil
}
