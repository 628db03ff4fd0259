package activitypub

import "encoding/json"

// CacheFile is that a mirror holds the HLS playlist of a video.
type CacheFile struct {
	Context json.RawMessage `json:"@context,omitempty"`
	To      List[string]    `json:"to"`
	CC      List[string]    `json:"cc"`
	ID      string          `json:"id"`
	Type    string          `json:"type"`
	Object  Ref             `json:"object"`  // the video
	Expires *string         `json:"expires"` // null is never
	URL     Link            `json:"url"`     // application/x-mpegURL, to the mirror's folder
}

// ReadCacheFile parses a mirror's offer.
func ReadCacheFile(raw []byte) (CacheFile, error) {
	var c CacheFile
	err := parse(raw, &c, func() (string, string) { return c.Type, c.ID }, "CacheFile")
	c.To, c.CC = publicly(c.To), publicly(c.CC)
	return c, err
}

// JSON writes the offer, with the context of PeerTube if it has none.
func (c CacheFile) JSON() ([]byte, error) {
	if c.Context == nil {
		c.Context = Context("CacheFile")
	}
	return Marshal(c)
}

// WatchAction is which parts of a video somebody watched.
type WatchAction struct {
	Context       json.RawMessage `json:"@context,omitempty"`
	To            List[string]    `json:"to"`
	CC            List[string]    `json:"cc"`
	ID            string          `json:"id"`
	Type          string          `json:"type"`
	Duration      string          `json:"duration"` // "PT8S"
	StartTime     string          `json:"startTime"`
	EndTime       string          `json:"endTime"`
	Object        Ref             `json:"object"` // the video
	UUID          string          `json:"uuid"`
	ActionStatus  string          `json:"actionStatus"` // CompletedActionStatus
	WatchSections List[Section]   `json:"watchSections"`
	Location      *Location       `json:"location,omitempty"`
}

// Section is a part that was watched, in seconds.
type Section struct {
	StartTimestamp float64 `json:"startTimestamp"`
	EndTimestamp   float64 `json:"endTimestamp"`
}

// Location is roughly where somebody watched.
type Location struct {
	AddressCountry string `json:"addressCountry,omitempty"`
	AddressRegion  string `json:"addressRegion,omitempty"`
}

// ReadWatchAction parses what somebody watched.
func ReadWatchAction(raw []byte) (WatchAction, error) {
	var w WatchAction
	err := parse(raw, &w, func() (string, string) { return w.Type, w.ID }, "WatchAction")
	w.To, w.CC = publicly(w.To), publicly(w.CC)
	return w, err
}

// JSON writes it, with the context of PeerTube if it has none.
func (w WatchAction) JSON() ([]byte, error) {
	if w.Context == nil {
		w.Context = Context("WatchAction")
	}
	return Marshal(w)
}

// Chapters are the parts of a video. It is the one object without a type.
type Chapters struct {
	Context json.RawMessage `json:"@context,omitempty"`
	ID      string          `json:"id"`
	HasPart List[Chapter]   `json:"hasPart"`
}

// Chapter is a part with its name, from and to in seconds.
type Chapter struct {
	Name        string   `json:"name"`
	StartOffset float64  `json:"startOffset"`
	EndOffset   *float64 `json:"endOffset"`
}

// ReadChapters parses the parts of a video.
func ReadChapters(raw []byte) (Chapters, error) {
	var c Chapters
	err := parse(raw, &c, func() (string, string) { return "", c.ID })
	return c, err
}

// JSON writes the parts, with the context of PeerTube if it has none.
func (c Chapters) JSON() ([]byte, error) {
	if c.Context == nil {
		c.Context = Context("Chapters")
	}
	return Marshal(c)
}

// PlayerSettings is how the player of a video, or of a channel's videos, looks.
type PlayerSettings struct {
	Context json.RawMessage `json:"@context,omitempty"`
	To      List[string]    `json:"to,omitzero"` // in an Update alone
	CC      List[string]    `json:"cc,omitzero"`
	ID      string          `json:"id"`
	Object  Ref             `json:"object"`
	Type    string          `json:"type"`
	Theme   string          `json:"theme"`
}

// ReadPlayerSettings parses how a player looks.
func ReadPlayerSettings(raw []byte) (PlayerSettings, error) {
	var p PlayerSettings
	err := parse(raw, &p, func() (string, string) { return p.Type, p.ID }, "PlayerSettings")
	p.To, p.CC = publicly(p.To), publicly(p.CC)
	return p, err
}

// JSON writes the settings, with the context of PeerTube if they have none.
func (p PlayerSettings) JSON() ([]byte, error) {
	if p.Context == nil {
		p.Context = Context("PlayerSettings")
	}
	return Marshal(p)
}
