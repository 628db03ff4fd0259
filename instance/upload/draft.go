package upload

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"vidiverse/instance/fault"
	"vidiverse/instance/rest"
	"vidiverse/instance/user"
	"vidiverse/instance/video"
)

// draft makes the draft that the fields describe and checks it. The error
// names every refused field, also one that is not even of its type.
func (s *Service) draft(ctx context.Context, caller user.Caller, f Fields) (video.Draft, error) {
	in, err := rest.ParseVideoForm(f)
	var bad *rest.BadInput
	if errors.As(err, &bad) {
		err = refuse("body", bad.Field, bad.Value, "Invalid value")
	}
	d := video.DraftOf(in)
	return d, merge(err, s.Videos.CheckDraft(ctx, caller, &d))
}

// description is the JSON that a record keeps while the file arrives.
type description struct {
	Draft   video.Draft `json:"draft"`
	Picture bool        `json:"picture,omitempty"`
}

func (d description) text() (string, error) {
	b, err := json.Marshal(d)
	return string(b), err
}

func describe(text string) (description, error) {
	var d description
	err := json.Unmarshal([]byte(text), &d)
	return d, err
}

// refuse is the answer to one bad value; "" is as good as absent.
func refuse(where, name string, value any, message string) error {
	if value == "" {
		value = nil
	}
	return fault.New(fault.Invalid, "Incorrect request parameters: %s", name).WithField(name, value, message, where)
}

// merge joins the refused fields of two errors. An error of another kind than
// Invalid wins alone: it says more than a list of fields.
func merge(a, b error) error {
	fa, fielded := fault.As(a)
	fb, also := fault.As(b)
	switch {
	case a == nil:
		return b
	case b == nil || !fielded || fa.Kind != fault.Invalid:
		return a
	case !also || fb.Kind != fault.Invalid:
		return b
	}
	joined := fault.New(fault.Invalid, "")
	var names []string
	for _, f := range append(fa.Fields[:len(fa.Fields):len(fa.Fields)], fb.Fields...) {
		names = append(names, f.Name)
		joined = joined.WithField(f.Name, f.Value, f.Message, f.Location)
	}
	joined.Message = "Incorrect request parameters: " + strings.Join(names, ", ")
	return joined
}
