package activitypub

import (
	"encoding/json"
	"maps"
	"slices"
)

// Note is a comment. Members that other software may lack are left out when they
// are nil or empty; PeerTube writes all of them, tag and replyApproval too.
type Note struct {
	Context       json.RawMessage   `json:"@context,omitempty"`
	To            List[string]      `json:"to"`
	CC            List[string]      `json:"cc"`
	Type          string            `json:"type"`
	ID            string            `json:"id"`
	Content       string            `json:"content"`
	ContentMap    map[string]string `json:"contentMap,omitempty"`
	MediaType     string            `json:"mediaType,omitempty"` // "text/markdown"; HTML if empty
	InReplyTo     Ref               `json:"inReplyTo,omitempty"` // the video, or the comment above
	Audience      Ref               `json:"audience,omitempty"`  // the channel
	Updated       string            `json:"updated,omitempty"`
	Published     string            `json:"published,omitempty"`
	URL           Ref               `json:"url,omitempty"`
	AttributedTo  Ref               `json:"attributedTo"`
	ReplyApproval Maybe[string]     `json:"replyApproval,omitzero"`
	Tag           List[Tag]         `json:"tag,omitzero"` // Mention of each author above
}

// ReadNote parses a comment of anyone. Where only texts by language are given,
// the content is the first of them.
func ReadNote(raw []byte) (Note, error) {
	var n Note
	if err := parse(raw, &n, func() (string, string) { return n.Type, n.ID }, "Note"); err != nil {
		return Note{}, err
	}
	if languages := slices.Sorted(maps.Keys(n.ContentMap)); n.Content == "" && len(languages) > 0 {
		n.Content = n.ContentMap[languages[0]]
	}
	n.To, n.CC = publicly(n.To), publicly(n.CC)
	return n, nil
}

// Public says whether the comment is for everybody, listed or not.
func (n Note) Public() bool { return IsPublic(n.To) || IsPublic(n.CC) }

// JSON writes the comment, with the context of PeerTube if it has none.
func (n Note) JSON() ([]byte, error) {
	if n.Context == nil {
		n.Context = Context("Comment")
	}
	return Marshal(n)
}

// Tombstone is what remains of something deleted.
type Tombstone struct {
	Context    json.RawMessage `json:"@context,omitempty"`
	ID         string          `json:"id"`
	Type       string          `json:"type"`
	FormerType string          `json:"formerType,omitempty"`
	InReplyTo  Ref             `json:"inReplyTo,omitempty"`
	Published  string          `json:"published,omitempty"`
	Updated    string          `json:"updated,omitempty"`
	Deleted    string          `json:"deleted,omitempty"`
}

// ReadTombstone parses what remains of something deleted.
func ReadTombstone(raw []byte) (Tombstone, error) {
	var t Tombstone
	err := parse(raw, &t, func() (string, string) { return t.Type, t.ID }, "Tombstone")
	return t, err
}

// JSON writes the tombstone, with the context of a comment's if it has none.
func (t Tombstone) JSON() ([]byte, error) {
	if t.Context == nil {
		t.Context = Context("Comment")
	}
	return Marshal(t)
}
