package activitypub

import "encoding/json"

// Playlist is a list of videos, and a page of itself: a page has PartOf and
// OrderedItems, which are addresses of elements.
type Playlist struct {
	Context              json.RawMessage `json:"@context,omitempty"`
	To                   List[string]    `json:"to"`
	CC                   List[string]    `json:"cc"`
	ID                   string          `json:"id"`
	Type                 string          `json:"type"`
	PartOf               Ref             `json:"partOf,omitempty"`
	First                Ref             `json:"first,omitempty"`
	Next                 Ref             `json:"next,omitempty"`
	Prev                 Ref             `json:"prev,omitempty"`
	OrderedItems         List[Ref]       `json:"orderedItems,omitzero"`
	TotalItems           int             `json:"totalItems"`
	Audience             Ref             `json:"audience,omitempty"`
	Name                 string          `json:"name"`
	Content              *string         `json:"content"`
	MediaType            string          `json:"mediaType,omitempty"`
	UUID                 string          `json:"uuid"`
	VideoChannelPosition Maybe[int]      `json:"videoChannelPosition,omitzero"`
	Published            string          `json:"published,omitempty"`
	Updated              string          `json:"updated,omitempty"`
	AttributedTo         List[Ref]       `json:"attributedTo"` // the channel
	Icon                 *Image          `json:"icon,omitempty"`
}

// ReadPlaylist parses a playlist, or a page of one.
func ReadPlaylist(raw []byte) (Playlist, error) {
	var p Playlist
	err := parse(raw, &p, func() (string, string) { return p.Type, p.ID }, "Playlist")
	p.To, p.CC = publicly(p.To), publicly(p.CC)
	return p, err
}

// JSON writes the playlist, with the context of PeerTube if it has none.
func (p Playlist) JSON() ([]byte, error) {
	if p.Context == nil {
		p.Context = Context("Playlist")
	}
	return Marshal(p)
}

// PlaylistElement is a video, or a part of it, in a playlist.
type PlaylistElement struct {
	Context        json.RawMessage `json:"@context,omitempty"`
	ID             string          `json:"id"`
	Type           string          `json:"type"`
	URL            Ref             `json:"url"` // the video
	Position       int             `json:"position"`
	StartTimestamp *int            `json:"startTimestamp,omitempty"` // seconds
	StopTimestamp  *int            `json:"stopTimestamp,omitempty"`
}

// ReadPlaylistElement parses an element.
func ReadPlaylistElement(raw []byte) (PlaylistElement, error) {
	var e PlaylistElement
	err := parse(raw, &e, func() (string, string) { return e.Type, e.ID }, "PlaylistElement")
	return e, err
}

// JSON writes the element, with the context of PeerTube if it has none.
func (e PlaylistElement) JSON() ([]byte, error) {
	if e.Context == nil {
		e.Context = Context("Playlist")
	}
	return Marshal(e)
}
