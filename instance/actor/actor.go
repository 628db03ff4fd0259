// Package actor is who can be addressed in the fediverse: the instance
// itself, its accounts and its channels, in one table with one space of local
// names, and those of other servers. It owns names, addresses, keys, pictures,
// hosts, and who follows whom; what an account or a channel is beyond that lies
// on the floors above.
//
//	here:       Ask ── pending ──▶ a Follow is sent ──▶ ReceiveAccept, ReceiveReject
//	elsewhere:  ReceiveFollow ── the rules ──▶ accepted, pending or rejected, and told
//
// What another server says of its actor comes in by SaveRemote alone, and never
// touches one of ours.
//
// A deleted actor keeps its row and its name for ever: whoever took the name
// later would inherit the followers and the trust of the one before.
package actor

import (
	"net/url"
	"strings"
	"time"
)

// ID names an actor. Accounts and channels have numbers of their own.
type ID int64

// Kind is what an actor stands for.
type Kind int

// The kinds.
const (
	Application Kind = 1 // the instance
	Person      Kind = 2 // an account
	Group       Kind = 3 // a channel
)

// String is the kind's ActivityPub type.
func (k Kind) String() string {
	switch k {
	case Application:
		return "Application"
	case Person:
		return "Person"
	case Group:
		return "Group"
	}
	return "Unknown"
}

// InstanceName is the name of the instance's own actor.
const InstanceName = "peertube"

// Image is one size of an avatar or banner.
type Image struct {
	Width, Height int
	File          string // name below /lazy-static/avatars/ or /lazy-static/banners/
	CreatedAt     time.Time
	UpdatedAt     time.Time
}

// Images are the pictures of one actor.
type Images struct {
	Avatars, Banners []Image
}

// Created is a new local actor.
type Created struct {
	ID  ID
	URL string
}

// SplitHandle takes "name@host" apart. The host of a local handle is empty; a
// leading @ is dropped, and so is this instance's own host.
func (s *Service) SplitHandle(handle string) (name, host string) {
	name, host, _ = strings.Cut(strings.TrimPrefix(handle, "@"), "@")
	if host = strings.ToLower(host); host == s.Host() {
		host = ""
	}
	return name, host
}

// Host is this instance's host[:port], as handles carry it.
func (s *Service) Host() string { return strings.ToLower(s.base.Host) }

// Base is this instance's public address, without a slash at its end.
func (s *Service) Base() string { return origin(s.base) }

func origin(u *url.URL) string { return u.Scheme + "://" + u.Host }

// address is the URL of a local actor. It never changes afterwards.
func (s *Service) address(kind Kind, name string) string {
	if kind == Group {
		return s.Base() + "/video-channels/" + name
	}
	return s.Base() + "/accounts/" + name
}
