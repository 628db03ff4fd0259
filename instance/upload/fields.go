package upload

import (
	"encoding/json"
	"net/url"
	"strings"

	"vidiverse/instance/fault"
)

// Fields is what a form or a JSON body says about a video, by PeerTube's field
// names, in the spelling of forms: "scheduleUpdate[updateAt]", numbers and
// booleans as text. PeerTube reads both the same way, and so do we.
type Fields = url.Values

// Limits of a description. Texts are longest in UTF-8: 10,000 characters of
// description are at most 40,000 bytes.
const (
	maxFields    = 100
	maxFieldName = 100
	maxFieldSize = 64 << 10
	maxBody      = 500_000 // all fields together, PeerTube's limit of a JSON body
)

// ParseJSON reads the body of a resumable upload's first request.
func ParseJSON(body []byte) (Fields, error) {
	if len(body) > maxBody {
		return nil, fault.New(fault.TooLarge, "The description of the video is too long.")
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(body, &object); err != nil || object == nil {
		return nil, fault.New(fault.Invalid, "The body is not a JSON object.")
	}
	f := Fields{}
	for name, raw := range object {
		if len(name) <= maxFieldName {
			flatten(f, name, raw, 0)
		}
	}
	return f, nil
}

// flatten adds a JSON value the way a form would spell it: lists by repeating
// the name, members of an object in brackets. Deeper nesting means nothing.
func flatten(f Fields, name string, raw json.RawMessage, depth int) {
	var (
		text   string
		list   []json.RawMessage
		object map[string]json.RawMessage
	)
	switch {
	case len(raw) == 0 || depth > 1:
	case raw[0] == '"' && json.Unmarshal(raw, &text) == nil:
		f.Add(name, text)
	case raw[0] == '[' && json.Unmarshal(raw, &list) == nil:
		for _, item := range list[:min(len(list), maxFields)] {
			flatten(f, name, item, depth+1)
		}
	case raw[0] == '{' && json.Unmarshal(raw, &object) == nil:
		for member, value := range object {
			flatten(f, name+"["+member+"]", value, depth+1)
		}
	case strings.ContainsRune("-0123456789tfn", rune(raw[0])):
		f.Add(name, string(raw)) // a number, a boolean or null
	}
}
