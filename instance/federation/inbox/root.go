package inbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"mime"
	"strings"

	"vidiverse/instance/activitypub"
	"vidiverse/instance/actor"
	"vidiverse/instance/fault"
)

// root is what stands in a body: an activity, or a collection of some. It is
// looked at once more when it is worked on.
type root struct {
	actor     string // whose word it claims to be; empty for that of who signed the request
	said      [][]byte
	empty     bool // neither an activity nor a collection
	farewell  bool // the actor says that it was deleted
	documents int  // activities in a collection
}

// maxTogether bounds the activities of one collection, maxAddress addresses, as
// everywhere in PeerTube.
const (
	maxTogether = 100
	maxAddress  = 2000
)

// readRoot reads a body. Only what is no JSON, or nested too deeply, is refused
// here: who sends the rest has to be proven first. As in PeerTube, what says that
// it is no JSON is not read.
func readRoot(contentType string, body []byte) (root, error) {
	if !isJSON(contentType) {
		return root{empty: true}, nil
	}
	a, err := activitypub.ReadActivity(body)
	if err == nil {
		o := root{actor: a.Actor, said: [][]byte{body}, farewell: a.Type == "Delete" && a.ObjectID == a.Actor}
		o.empty = !isAddress(a.ID) || !isAddress(a.Actor)
		return o, nil
	}
	trimmed := bytes.TrimLeft(body, " \t\r\n")
	if errors.Is(err, activitypub.ErrTooLarge) || !bytes.HasPrefix(trimmed, []byte("{")) || !json.Valid(body) {
		return root{}, errIncorrect
	}
	return readOther(body), nil
}

func isJSON(contentType string) bool {
	kind, _, err := mime.ParseMediaType(contentType)
	return err == nil && (kind == "application/json" || strings.HasPrefix(kind, "application/") && strings.HasSuffix(kind, "+json"))
}

// readOther reads what is no activity that means something here.
func readOther(body []byte) root {
	var o struct {
		ID           activitypub.Ref
		Type         activitypub.List[string]
		Actor        activitypub.Ref
		Items        json.RawMessage
		OrderedItems json.RawMessage
		TotalItems   json.RawMessage
	}
	if activitypub.Check(body) != nil || json.Unmarshal(body, &o) != nil {
		return root{empty: true}
	}
	r := root{actor: string(o.Actor)}
	if len(o.Type) == 0 || !strings.HasPrefix(strings.TrimPrefix(o.Type[0], "Ordered"), "Collection") {
		r.empty = !isAddress(string(o.ID)) || !isAddress(string(o.Actor))
		return r
	}
	var list []json.RawMessage
	if json.Unmarshal(o.Items, &list) != nil && json.Unmarshal(o.OrderedItems, &list) != nil || len(list) > maxTogether {
		r.empty = true
		return r
	}
	r.documents = len(list)
	for _, one := range list {
		if a, err := activitypub.ReadActivity(one); err == nil && isAddress(a.ID) && isAddress(a.Actor) {
			r.said = append(r.said, one)
		}
	}
	return r
}

func isAddress(s string) bool {
	return (strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "http://")) && actor.HostOf(s) != "" && len(s) <= maxAddress
}

// errMismatch is PeerTube's answer to who delivers somebody else's word without
// that one's signature.
var errMismatch = fault.New(fault.Forbidden, "Object and creator signature do not match")
