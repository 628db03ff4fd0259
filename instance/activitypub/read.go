package activitypub

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// ReadVideo parses a Video object. Members of another type than PeerTube's are
// left out: only what is no Video, or has no id, is ErrMalformed.
func ReadVideo(r io.Reader) (Video, error) {
	raw, err := io.ReadAll(io.LimitReader(r, MaxObject+1))
	if err != nil {
		return Video{}, err
	}
	return ParseVideo(raw)
}

// ParseVideo is ReadVideo of bytes that are there already.
func ParseVideo(raw []byte) (Video, error) {
	var v Video
	err := parse(raw, &v, func() (string, string) { return v.Type, v.ID }, "Video")
	v.To, v.CC = publicly(v.To), publicly(v.CC)
	return v, err
}

// parse reads an object of one of the types, and requires its id.
func parse(raw []byte, into any, self func() (kind, id string), types ...string) error {
	if err := Check(raw); err != nil {
		return err
	}
	if err := lenient(raw, into); err != nil {
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	kind, id := self()
	if id == "" || len(types) > 0 && !slices.Contains(types, kind) {
		return fmt.Errorf("%w: no %s", ErrMalformed, strings.Join(types, " or "))
	}
	return nil
}

// Marshal writes an object as it stands inside an activity: without a context
// unless it has one, and without escapes for HTML.
func Marshal(object any) (json.RawMessage, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(object)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// lenient decodes, and takes a member of the wrong type for absent.
func lenient(raw []byte, v any) error {
	err := json.Unmarshal(raw, v)
	if wrong := (*json.UnmarshalTypeError)(nil); errors.As(err, &wrong) && wrong.Field != "" {
		return nil
	}
	return err
}

// List is a list that may be written as its only member.
type List[T any] []T

// MarshalJSON writes a list, never null.
func (l List[T]) MarshalJSON() ([]byte, error) {
	if l == nil {
		return []byte("[]"), nil
	}
	return Marshal([]T(l))
}

// UnmarshalJSON reads a list, or its only member. Members that do not fit are
// left out. An empty list is not nil; null is.
func (l *List[T]) UnmarshalJSON(raw []byte) error {
	if *l = nil; string(raw) == "null" {
		return nil
	}
	*l = List[T]{}
	members := []json.RawMessage{raw}
	if bytes.HasPrefix(raw, []byte("[")) {
		members = nil // or the first member would be read into raw itself
		if err := json.Unmarshal(raw, &members); err != nil {
			return err
		}
	}
	for _, m := range members[:min(len(members), maxList)] {
		var one T
		if string(m) != "null" && lenient(m, &one) == nil {
			*l = append(*l, one)
		}
	}
	return nil
}

// Maybe is a member that may be left out, null or a value: PeerTube tells the
// three apart.
type Maybe[T any] struct {
	Written bool
	Value   *T
}

// Some is a member with a value.
func Some[T any](v T) Maybe[T] { return Maybe[T]{Written: true, Value: &v} }

// Null is a member that is written as null.
func Null[T any]() Maybe[T] { return Maybe[T]{Written: true} }

// IsZero says whether the member is left out.
func (m Maybe[T]) IsZero() bool { return !m.Written }

// Or is the value, or another if there is none.
func (m Maybe[T]) Or(other T) T {
	if m.Value == nil {
		return other
	}
	return *m.Value
}

// MarshalJSON writes null or the value.
func (m Maybe[T]) MarshalJSON() ([]byte, error) { return Marshal(m.Value) }

// UnmarshalJSON reads null or a value; what does not fit is taken for null.
func (m *Maybe[T]) UnmarshalJSON(raw []byte) error {
	*m = Maybe[T]{Written: true}
	var v *T
	if lenient(raw, &v) == nil {
		m.Value = v
	}
	return nil
}

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

// idOf is an address: a string, the id of an object, where a link leads, or that
// of the first of a list.
func idOf(raw []byte) string {
	raw = first(raw)
	var id string
	if json.Unmarshal(raw, &id) == nil {
		return id
	}
	var object struct {
		ID   string `json:"id"`
		Href string `json:"href"`
	}
	if lenient(raw, &object) != nil {
		return ""
	}
	return cmp.Or(object.ID, object.Href)
}

// typeOf is the type of an object, the first if it has several; empty where only
// an address stands.
func typeOf(raw []byte) string {
	var object struct {
		Type List[string] `json:"type"`
	}
	if lenient(first(raw), &object) != nil || len(object.Type) == 0 {
		return ""
	}
	return object.Type[0]
}
