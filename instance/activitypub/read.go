package activitypub

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Caps on what is read.
const (
	MaxObject = 1 << 20 // bytes
	maxDepth  = 20      // as PeerTube
	maxList   = 500     // members of any list; those behind are left out
)

// Errors of reading, for errors.Is.
var (
	ErrTooLarge  = errors.New("activitypub: larger than accepted")
	ErrMalformed = errors.New("activitypub: malformed")
)

// ReadVideo parses a Video object. Members of another type than PeerTube's are
// left out: only what is no Video, or has no id, is ErrMalformed.
func ReadVideo(r io.Reader) (Video, error) {
	raw, err := io.ReadAll(io.LimitReader(r, MaxObject+1))
	if err != nil {
		return Video{}, err
	}
	if len(raw) > MaxObject || depth(raw) > maxDepth {
		return Video{}, ErrTooLarge
	}
	var v Video
	if err := lenient(raw, &v); err != nil {
		return Video{}, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if v.Type != "Video" || v.ID == "" {
		return Video{}, fmt.Errorf("%w: no Video", ErrMalformed)
	}
	return v, nil
}

// depth is how deep the brackets of JSON nest, before any of it is parsed.
func depth(raw []byte) int {
	deepest, now, text := 0, 0, false
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case text && c == '\\':
			i++
		case c == '"':
			text = !text
		case text:
		case c == '{' || c == '[':
			now++
			deepest = max(deepest, now)
		case c == '}' || c == ']':
			now--
		}
	}
	return deepest
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
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode([]T(l))
	return b.Bytes(), err
}

// UnmarshalJSON reads a list, or its only member. Members that do not fit are
// left out.
func (l *List[T]) UnmarshalJSON(raw []byte) error {
	*l = nil
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

// UnmarshalJSON reads a link, or its address alone.
func (l *Link) UnmarshalJSON(raw []byte) error {
	type plain Link
	var href string
	if json.Unmarshal(raw, &href) == nil {
		*l = Link{Type: "Link", Href: href}
		return nil
	}
	return lenient(raw, (*plain)(l))
}

// idOf is an address: a string, the id of an object, or the first of a list.
func idOf(raw []byte) string {
	var id string
	if json.Unmarshal(raw, &id) == nil {
		return id
	}
	var object struct {
		ID string `json:"id"`
	}
	if json.Unmarshal(raw, &object) == nil {
		return object.ID
	}
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) == nil && len(list) > 0 && !bytes.HasPrefix(list[0], []byte("[")) {
		return idOf(list[0])
	}
	return ""
}
