package activitypub

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
)

// Ref is the address of an object that may stand there whole, or in a list.
type Ref string

// UnmarshalJSON reads the address.
func (r *Ref) UnmarshalJSON(raw []byte) error {
	*r = Ref(idOf(raw))
	return nil
}

// UnmarshalJSON reads an actor, or its address alone.
func (a *Actor) UnmarshalJSON(raw []byte) error {
	type plain Actor
	if err := json.Unmarshal(raw, (*plain)(a)); err != nil || a.ID == "" {
		*a = Actor{ID: idOf(raw)}
	}
	return nil
}

// MarshalJSON writes an actor, or its address alone where its type is not known.
func (a Actor) MarshalJSON() ([]byte, error) {
	if a.Type == "" {
		return Marshal(a.ID)
	}
	type plain Actor
	return Marshal(plain(a))
}

// UnmarshalJSON reads a code with its name, or the code alone; a number is a
// code too.
func (l *Label) UnmarshalJSON(raw []byte) error {
	var object struct {
		Identifier json.RawMessage `json:"identifier"`
		Name       string          `json:"name"`
	}
	if lenient(raw, &object) != nil {
		object.Identifier = raw
	}
	l.Name = object.Name
	if l.Identifier = idOf(object.Identifier); l.Identifier == "" {
		var number json.Number
		if json.Unmarshal(object.Identifier, &number) == nil {
			l.Identifier = number.String()
		}
	}
	return nil
}

// UnmarshalJSON reads a caption.
func (s *Subtitle) UnmarshalJSON(raw []byte) error {
	var rest struct {
		Generated bool       `json:"automaticallyGenerated"`
		URL       List[Link] `json:"url"`
	}
	if err := lenient(raw, &rest); err != nil {
		return err
	}
	s.AutomaticallyGenerated, s.URL = rest.Generated, rest.URL
	return s.Label.UnmarshalJSON(raw)
}

// UnmarshalJSON reads a link, its address alone, or the first of a list.
func (l *Link) UnmarshalJSON(raw []byte) error {
	type plain Link
	var href string
	if json.Unmarshal(raw, &href) == nil {
		*l = Link{Type: "Link", Href: href}
		return nil
	}
	return lenient(first(raw), (*plain)(l))
}

// UnmarshalJSON reads a picture, its address alone, or the first of a list.
func (i *Image) UnmarshalJSON(raw []byte) error {
	raw = first(raw)
	type plain Image
	var address struct {
		URL Ref `json:"url"`
	}
	if err := lenient(raw, (*plain)(i)); err != nil || i.URL == "" {
		if i.URL = idOf(raw); json.Unmarshal(raw, &address) == nil {
			i.URL = string(address.URL)
		}
	}
	return nil
}

// first is the first member of a list, or what is no list.
func first(raw []byte) []byte {
	var list []json.RawMessage
	if bytes.HasPrefix(raw, []byte("[")) && json.Unmarshal(raw, &list) == nil && len(list) > 0 {
		return list[0]
	}
	return raw
}

// publicly writes everybody in one way, of the three that are about.
func publicly(audience List[string]) List[string] {
	for i, a := range audience {
		if a == "as:Public" || a == "Public" {
			audience[i] = Public
		}
	}
	return audience
}

// IsPublic says whether an audience that was read has everybody in it.
func IsPublic(audience []string) bool { return slices.Contains(audience, Public) }

// about is what tells an object from others.
type about struct {
	ID   string       `json:"id"`
	Href string       `json:"href"`
	Type List[string] `json:"type"`
}

// aboutOf is that of an object, of a string as an address, or of the first of a
// list.
func aboutOf(raw []byte) (a about) {
	raw = first(raw)
	switch {
	case bytes.HasPrefix(raw, []byte(`"`)):
		_ = json.Unmarshal(raw, &a.ID) // what is no string is no address
	case !bytes.HasPrefix(raw, []byte("{")) || lenient(raw, &a) != nil:
		return about{}
	}
	return a
}

// idOf is an address: a string, the id of an object, where a link leads, or that
// of the first of a list.
func idOf(raw []byte) string {
	a := aboutOf(raw)
	return cmp.Or(a.ID, a.Href)
}

// typeOf is the type of an object, the first if it has several; empty where only
// an address stands.
func typeOf(raw []byte) string { return aboutOf(raw).kind() }

func (a about) kind() string {
	if len(a.Type) == 0 {
		return ""
	}
	return a.Type[0]
}
