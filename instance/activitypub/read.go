package activitypub

import (
	"bytes"
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

// ParseVideo is ReadVideo of bytes that are there already. What other software
// leaves out is as PeerTube takes it: published, to be downloaded, not to be
// commented on.
func ParseVideo(raw []byte) (Video, error) {
	v := Video{State: 1, DownloadEnabled: true, CommentsPolicy: 2}
	if err := parse(raw, &v, func() (string, string) { return v.Type, v.ID }, "Video"); err != nil {
		return Video{}, err
	}
	v.To, v.CC = publicly(v.To), publicly(v.CC)
	if v.Licence != nil {
		if known, ok := spdx[strings.ToUpper(v.Licence.Identifier)]; ok {
			v.Licence.Identifier = known
		}
	}
	var old struct {
		Comments *bool `json:"commentsEnabled"`
		Policy   *int  `json:"commentsPolicy"`
	}
	if lenient(raw, &old) == nil && old.Policy == nil && old.Comments != nil && *old.Comments {
		v.CommentsPolicy = 1 // PeerTube up to 6.1
	}
	return v, nil
}

// spdx are PeerTube's numbers of licences that other software names by their
// SPDX identifiers.
var spdx = map[string]string{
	"CC-BY-4.0": "1", "CC-BY-SA-4.0": "2", "CC-BY-ND-4.0": "3", "CC-BY-NC-4.0": "4",
	"CC-BY-NC-SA-4.0": "5", "CC-BY-NC-ND-4.0": "6", "CC0-1.0": "7",
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
