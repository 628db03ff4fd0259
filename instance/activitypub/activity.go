package activitypub

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"

	"github.com/go-ap/activitypub"
)

// Activity is that somebody did something to an object. To and CC that are nil
// are left out, as PeerTube does in follows and deletions of actors.
type Activity struct {
	Context json.RawMessage
	ID      string
	Type    string // "Create", "Announce" …
	Actor   string
	To, CC  List[string]

	Object     json.RawMessage // as it stands: an address, an object, a list of them
	ObjectID   string          // of the first; empty if it has none
	ObjectType string          // of the first; empty where only an address stands
	Objects    []string        // the ids of all; Mastodon reports several at once

	InReplyTo string    // of ApproveReply and RejectReply
	Content   string    // of Flag, like all up to EndAt
	MediaType string    //
	Tag       List[Tag] // predefined reasons; nil is left out
	StartAt   *float64  // seconds
	EndAt     *float64  //
	Expires   string    // of View
	Result    *Counter  // of View

	Signed bool   // carries a linked-data signature, whatever it is worth
	Raw    []byte // what was read
}

// Counter is how many watch a video, in a View.
type Counter struct {
	InteractionType      string `json:"interactionType"` // WatchAction
	Type                 string `json:"type"`            // InteractionCounter
	UserInteractionCount int    `json:"userInteractionCount"`
}

// envelope is an Activity on the wire.
type envelope struct {
	Context   json.RawMessage `json:"@context,omitempty"`
	To        List[string]    `json:"to,omitzero"`
	CC        List[string]    `json:"cc,omitzero"`
	Type      string          `json:"type"`
	ID        string          `json:"id"`
	Actor     Ref             `json:"actor"`
	InReplyTo Ref             `json:"inReplyTo,omitempty"`
	Content   string          `json:"content,omitempty"`
	MediaType string          `json:"mediaType,omitempty"`
	Object    json.RawMessage `json:"object,omitempty"`
	Tag       List[Tag]       `json:"tag,omitzero"`
	StartAt   *float64        `json:"startAt,omitempty"`
	EndAt     *float64        `json:"endAt,omitempty"`
	Expires   string          `json:"expires,omitempty"`
	Ends      string          `json:"expiration,omitempty"` // the same, as a proven document words it
	Result    *Counter        `json:"result,omitempty"`
	Signature json.RawMessage `json:"signature,omitempty"`
}

// spoken are types of activities that the vocabulary lacks and PeerTube has.
var spoken = activitypub.ActivityVocabularyTypes{"Download", "ApproveReply", "RejectReply"}

// ReadActivity parses an activity of anyone, within the bounds of Check. It has
// a type of the vocabulary or of PeerTube's, an id, and an actor; an object may
// be absent. The bytes stay with the activity and are not to be changed.
func ReadActivity(raw []byte) (Activity, error) {
	var e envelope
	err := parse(raw, &e, func() (string, string) { return e.Type, cmp.Or(e.ID, string(e.Actor)) })
	if err != nil {
		return Activity{}, err
	}
	known := activitypub.ActivityVocabularyType(e.Type)
	if !activitypub.ActivityTypes.Contains(known) && !activitypub.IntransitiveActivityTypes.Contains(known) && !spoken.Contains(known) {
		return Activity{}, fmt.Errorf("%w: no activity", ErrMalformed)
	}
	if e.ID == "" || e.Actor == "" {
		return Activity{}, fmt.Errorf("%w: an activity without id or actor", ErrMalformed)
	}
	object := aboutOf(e.Object)
	a := Activity{
		Context: e.Context, ID: e.ID, Type: e.Type, Actor: string(e.Actor), To: publicly(e.To), CC: publicly(e.CC),
		Object: e.Object, ObjectID: cmp.Or(object.ID, object.Href), ObjectType: object.kind(),
		InReplyTo: string(e.InReplyTo), Content: e.Content, MediaType: e.MediaType, Tag: e.Tag, StartAt: e.StartAt, EndAt: e.EndAt,
		Expires: cmp.Or(e.Expires, e.Ends), Result: e.Result, Signed: len(e.Signature) > 0 && string(e.Signature) != "null", Raw: raw,
	}
	a.Objects, err = a.ids()
	return a, err
}

// ids are the addresses of all objects.
func (a Activity) ids() (all []string, err error) {
	if !bytes.HasPrefix(a.Object, []byte("[")) {
		if a.ObjectID != "" {
			all = []string{a.ObjectID}
		}
		return all, nil
	}
	var list List[Ref]
	if err := list.UnmarshalJSON(a.Object); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	for _, one := range list {
		if one != "" {
			all = append(all, string(one))
		}
	}
	return all, nil
}

// Inner reads the activity that this one is about, of Undo, Accept, Reject and
// the Announce of a group. What stands there as an address alone is
// ErrMalformed: see ObjectID.
func (a Activity) Inner() (Activity, error) { return ReadActivity(first(a.Object)) }

// JSON writes the activity, with the context of PeerTube if it has none. Raw,
// Signed, and what was read of the object are not written, Object is.
func (a Activity) JSON() ([]byte, error) {
	if a.Context == nil {
		a.Context = Context(contextOf(a.Type, a.Object))
	}
	return Marshal(a.envelope())
}

func (a Activity) envelope() envelope {
	return envelope{
		Context: a.Context, To: a.To, CC: a.CC, Type: a.Type, ID: a.ID, Actor: Ref(a.Actor), InReplyTo: Ref(a.InReplyTo),
		Content: a.Content, MediaType: a.MediaType, Object: a.Object, Tag: a.Tag, StartAt: a.StartAt, EndAt: a.EndAt,
		Expires: a.Expires, Result: a.Result,
	}
}

// Embedded writes the activity as the object of another: without a context
// unless it has one.
func (a Activity) Embedded() (json.RawMessage, error) { return Marshal(a.envelope()) }

// Address is an object of which only the address is written.
func Address(url string) json.RawMessage {
	b, err := Marshal(url)
	if err != nil {
		panic(err) // a string can always be written
	}
	return b
}
