package api

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"vidiverse/instance/fault"
)

// bodyLimit is PeerTube's limit for JSON and form bodies.
const bodyLimit = 500 * 1024

// decode reads a JSON body into v. A body of another type counts as empty, as
// PeerTube's parser has it.
func decode(r *http.Request, v any) error {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || (kind != "application/json" && !strings.HasSuffix(kind, "+json")) {
		return nil
	}
	b, err := readBody(r)
	if err != nil || len(b) == 0 {
		return err
	}
	err = json.Unmarshal(b, v)
	var wrong *json.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &wrong) && wrong.Field != "":
		return fault.New(fault.Invalid, "%s has the wrong type", wrong.Field).
			WithField(wrong.Field, nil, "Invalid value", "body")
	default:
		return fault.New(fault.Invalid, "%s", err.Error()).WithCode("SyntaxError")
	}
}

// form reads an urlencoded body. Values of the query are not mixed in: a
// password has no place in a URL.
func form(r *http.Request) (url.Values, error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/x-www-form-urlencoded" {
		return url.Values{}, nil
	}
	b, err := readBody(r)
	if err != nil {
		return nil, err
	}
	values, err := url.ParseQuery(string(b))
	if err != nil {
		return nil, fault.New(fault.Invalid, "The body is no urlencoded form").WithCode("SyntaxError")
	}
	return values, nil
}

func readBody(r *http.Request) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r.Body, bodyLimit+1))
	if err != nil {
		return nil, fault.New(fault.Invalid, "request aborted").WithCode("BadRequestError")
	}
	if len(b) > bodyLimit {
		return nil, fault.New(fault.TooLarge, "request entity too large").WithCode("PayloadTooLargeError")
	}
	return b, nil
}
