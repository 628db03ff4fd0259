package activitypub

import (
	"encoding/json"

	"github.com/go-ap/activitypub"
)

// ActorDocument is an account (Person), a channel (Group), an instance
// (Application), or what other software has for them. Icon, Image and
// AttributedTo that are nil are left out; so is what a kind of actor has not.
type ActorDocument struct {
	Context                 json.RawMessage `json:"@context,omitempty"`
	To                      List[string]    `json:"to,omitzero"` // in an Update alone
	CC                      List[string]    `json:"cc,omitzero"`
	Type                    string          `json:"type"`
	ID                      string          `json:"id"`
	Following               Ref             `json:"following,omitempty"`
	Followers               Ref             `json:"followers,omitempty"`
	Playlists               Ref             `json:"playlists,omitempty"`
	Inbox                   string          `json:"inbox"`
	Outbox                  Ref             `json:"outbox,omitempty"`
	PreferredUsername       string          `json:"preferredUsername"`
	Name                    string          `json:"name"`
	Endpoints               *Endpoints      `json:"endpoints,omitempty"`
	PublicKey               *PublicKey      `json:"publicKey,omitempty"`
	Published               string          `json:"published,omitempty"`
	Indexable               Maybe[bool]     `json:"indexable,omitzero"`
	Discoverable            Maybe[bool]     `json:"discoverable,omitzero"`
	Icon                    List[Image]     `json:"icon,omitzero"` // 120 pixels first: many read one
	Image                   List[Image]     `json:"image,omitzero"`
	URL                     List[Link]      `json:"url,omitzero"`
	PlayerSettings          Ref             `json:"playerSettings,omitempty"`
	Summary                 *string         `json:"summary"`
	Support                 Maybe[string]   `json:"support,omitzero"`
	PostingRestrictedToMods Maybe[bool]     `json:"postingRestrictedToMods,omitzero"` // for Lemmy
	Email                   Maybe[string]   `json:"email,omitzero"`
	AttributedTo            List[Ref]       `json:"attributedTo,omitzero"` // the account of a channel
	MovedTo                 Ref             `json:"movedTo,omitempty"`
	Suspended               bool            `json:"suspended,omitempty"`
}

// Endpoints are addresses that actors of a server have in common.
type Endpoints struct {
	SharedInbox string `json:"sharedInbox"`
}

// PublicKey verifies what the owner signed.
type PublicKey struct {
	ID           string `json:"id"`
	Owner        string `json:"owner"`
	PublicKeyPem string `json:"publicKeyPem"`
}

// UnmarshalJSON reads a key, or the first of a list.
func (k *PublicKey) UnmarshalJSON(raw []byte) error {
	type plain PublicKey
	return lenient(first(raw), (*plain)(k))
}

// ReadActor parses an actor of anyone, Service and Organization too. It has an
// id, an inbox and a name to be called by; a key may be absent.
func ReadActor(raw []byte) (ActorDocument, error) {
	var a ActorDocument
	err := parse(raw, &a, func() (string, string) {
		if a.Inbox == "" || a.PreferredUsername == "" || !IsActor(a.Type) {
			return a.Type, ""
		}
		return a.Type, a.ID
	})
	if err != nil {
		return ActorDocument{}, err
	}
	a.To, a.CC = publicly(a.To), publicly(a.CC)
	return a, nil
}

// IsActor says whether a type is one of the vocabulary's actors.
func IsActor(kind string) bool {
	return activitypub.ActorTypes.Contains(activitypub.ActivityVocabularyType(kind))
}

// SharedInbox is where to deliver to all of the server at once; the own inbox if
// there is none.
func (a ActorDocument) SharedInbox() string {
	if a.Endpoints != nil && a.Endpoints.SharedInbox != "" {
		return a.Endpoints.SharedInbox
	}
	return a.Inbox
}

// Page is the first page for people, empty if none is named.
func (a ActorDocument) Page() string { return page(a.URL) }

// JSON writes the actor, with the context of PeerTube if it has none.
func (a ActorDocument) JSON() ([]byte, error) {
	if a.Context == nil {
		a.Context = Context("Actor")
	}
	return Marshal(a)
}

// page is the first link to a page; other software names no type.
func page(links []Link) string {
	for _, l := range links {
		if l.MediaType == "text/html" || l.MediaType == "" && len(l.Rel) == 0 {
			return l.Href
		}
	}
	return ""
}
