package rest

import (
	"encoding/json"
	"reflect"
	"strconv"
)

// NumberOrText is a JSON number or string, kept as its text.
type NumberOrText string

// UnmarshalJSON takes either.
func (n *NumberOrText) UnmarshalJSON(b []byte) error {
	if len(b) >= 2 && b[0] == '"' {
		b = b[1 : len(b)-1]
	}
	*n = NumberOrText(b)
	return nil
}

// Int is a whole number, which clients send as a JSON number or as text.
type Int int64

// UnmarshalJSON takes either.
func (n *Int) UnmarshalJSON(b []byte) error {
	if len(b) >= 2 && b[0] == '"' && b[len(b)-1] == '"' {
		b = b[1 : len(b)-1]
	}
	if string(b) == "null" {
		return nil
	}
	v, err := strconv.ParseInt(string(b), 10, 64)
	if err != nil {
		return &json.UnmarshalTypeError{Value: "text", Type: reflect.TypeFor[Int]()}
	}
	*n = Int(v)
	return nil
}
