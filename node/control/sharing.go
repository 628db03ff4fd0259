package control

import (
	"context"
	"time"
)

// Reasons for which nothing is shared.
const (
	ReasonUnasked  = "unasked"  // the question was not answered
	ReasonOff      = "off"      // answered with no, or switched off
	ReasonPaused   = "paused"   // until Until
	ReasonCap      = "cap"      // the month's bytes are sent; again at Until
	ReasonSchedule = "schedule" // outside the hours; again at Until
	ReasonMetered  = "metered"
	ReasonOffline  = "offline" // no usable network address
)

// What keeps the node from giving more while it may.
const (
	WhyNobody  = "nobody"  // nobody is connected
	WhyViewers = "viewers" // those who are have what they asked for
	WhyRate    = "rate"    // the rate that was set is used up
	WhyHouse   = "house"   // others in the house need the line
)

// SharingState is what the node does for others now.
type SharingState struct {
	On        bool      `json:"on"`     // chosen by the user
	Reason    string    `json:"reason"` // why nothing is sent though it is on, or why it is off; empty: sharing
	Until     time.Time `json:"until,omitzero"`
	Why       string    `json:"why"`    // what keeps it from giving more; empty while Reason is not
	Rate      int64     `json:"rate"`   // bytes a second, lately
	People    int       `json:"people"` // connected now
	Serving   int       `json:"serving"`
	Today     int64     `json:"today"` // bytes sent
	Month     int64     `json:"month"`
	MonthCap  int64     `json:"monthCap"` // 0: none
	Videos    int       `json:"videos"`   // held
	Bytes     int64     `json:"bytes"`    // held
	Swarms    int       `json:"swarms"`   // joined
	Addresses []string  `json:"addresses"`
	HTTP      string    `json:"http,omitempty"` // where files are given by HTTP now, host:port
}

// Transports, as Use and others name them.
const (
	TransportMediaLoader = "p2p-media-loader"
	TransportWebTorrent  = "webtorrent"
	TransportBitTorrent  = "bittorrent"
	TransportHTTP        = "http"
)

// Peer is somebody connected. Its address is for the user's own eyes.
type Peer struct {
	ID        uint64    `json:"id"` // of this connection alone; events name it
	Transport string    `json:"transport"`
	Video     Ref       `json:"video"`
	Title     string    `json:"title"`
	Sent      int64     `json:"sent"` // bytes of media
	Received  int64     `json:"received"`
	Since     time.Time `json:"since"`
	Address   string    `json:"address"`
}

// Given is what went since the node started.
type Given struct {
	Line     int64 `json:"line"` // bytes over the line, with all that protocols add: what limits count
	Sent     int64 `json:"sent"` // bytes of media
	Vain     int64 `json:"vain"` // of them, what helped nobody: who asked gave up before it was whole
	Received int64 `json:"received"`
	Refused  int64 `json:"refused"` // requests
}

// Use is what was given since the node started, and how. Each sum is one of
// bytes that passed the gate.
type Use struct {
	Since      time.Time      `json:"since"`
	Transports []TransportUse `json:"transports"` // all, in a fixed order
	Videos     []VideoUse     `json:"videos"`     // by bytes of media sent, a hundred at most
}

// TransportUse is what went by one transport.
type TransportUse struct {
	Transport string `json:"transport"`
	Given
	Connections int64 `json:"connections"` // since the node started
	Open        int   `json:"open"`        // of them, now
}

// VideoUse is what went of one video.
type VideoUse struct {
	Video Ref    `json:"video"`
	Title string `json:"title"`
	Given
}

// Kinds of events.
const (
	EventOpened  = "opened"
	EventGave    = "gave"
	EventRefused = "refused"
	EventClosed  = "closed"
)

// Event is something that happened with a peer. The newest are kept while the
// node runs, and never written to disk.
type Event struct {
	Number    uint64        `json:"number,omitempty"` // 0: it goes on
	At        time.Time     `json:"at"`
	Kind      string        `json:"kind"`
	Peer      uint64        `json:"peer"`
	Transport string        `json:"transport"`
	Video     Ref           `json:"video,omitzero"`
	Title     string        `json:"title,omitempty"`
	Bytes     int64         `json:"bytes,omitempty"` // of media
	Took      time.Duration `json:"took,omitempty"`
	Reason    string        `json:"reason,omitempty"` // of a refusal: a Reason above, "absent", "busy", "greedy", "failed"
	Times     int           `json:"times,omitempty"`  // of a refusal
}

// EventQuery chooses events; each field that is set narrows it.
type EventQuery struct {
	After     uint64 `json:"after,omitempty"`
	Count     int    `json:"count,omitempty"` // the newest so many; 0: 100
	Peer      uint64 `json:"peer,omitempty"`
	Transport string `json:"transport,omitempty"`
	Video     Ref    `json:"video,omitzero"`
}

// Sharing is consent, and what follows from it.
type Sharing interface {
	State(ctx context.Context) (SharingState, error)
	// Consent answers the question, or changes the answer.
	Consent(ctx context.Context, share bool) error
	// Pause stops until a time; the zero time goes on.
	Pause(ctx context.Context, until time.Time) error
	Peers(ctx context.Context) ([]Peer, error)
	Use(ctx context.Context) (Use, error)
	// Events are those that a query means, the oldest first.
	Events(ctx context.Context, q EventQuery) ([]Event, error)
}
