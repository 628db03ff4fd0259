package api

import (
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"

	"vidiverse/instance/fault"
	"vidiverse/instance/rest"
	"vidiverse/instance/stream"
)

const (
	maxPicture    = 8 << 20 // bytes of a thumbnail, as PeerTube
	maxParts      = 200
	maxPartHeader = 200 // of a part's name
)

// picture is an uploaded image on its way; the zero value is none.
type picture struct{ path, field string }

// refused says that what came in a field of a form is no picture of use.
func refused(field string) error {
	return fault.New(fault.Invalid, "").WithField(field, nil,
		"This file is not supported or too large. Please, make sure it is of the following type: .png, .jpg, .jpeg, .webp", "body")
}

func (p picture) remove() {
	if p.path != "" {
		_ = os.Remove(p.path) // the system sweeps what stays
	}
}

// videoInput reads the members of a video from JSON, a form, or a multipart
// form that may bring a picture.
func (a *API) videoInput(r *http.Request) (in rest.VideoInput, pic picture, err error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || (kind != "multipart/form-data" && kind != "application/x-www-form-urlencoded") {
		return in, pic, decode(r, &in)
	}
	var values url.Values
	if kind == "multipart/form-data" {
		values, pic, err = a.readParts(r)
	} else {
		values, err = form(r)
	}
	if err == nil {
		in, err = rest.ParseVideoForm(values)
	}
	var bad *rest.BadInput
	if errors.As(err, &bad) {
		err = fault.New(fault.Invalid, "").WithField(bad.Field, bad.Value, "Invalid value", "body")
	}
	if err != nil {
		pic.remove()
	}
	return in, pic, err
}

// readParts reads a multipart form with bounds on all that it holds.
func (a *API) readParts(r *http.Request) (url.Values, picture, error) {
	var pic picture
	values, left := url.Values{}, int64(bodyLimit)
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, pic, malformed()
	}
	for n := 0; ; n++ {
		part, err := parts.NextPart()
		if err == io.EOF {
			return values, pic, nil
		}
		if err != nil || n == maxParts || len(part.FormName()) > maxPartHeader {
			return nil, pic, malformed()
		}
		name := part.FormName()
		if name == "thumbnailfile" || name == "previewfile" {
			pic.remove()
			if pic, err = a.savePicture(part); err != nil {
				return nil, pic, err
			}
			continue
		}
		b, err := io.ReadAll(io.LimitReader(part, left+1))
		if left -= int64(len(b)); err != nil || left < 0 {
			return nil, pic, malformed()
		}
		values.Add(name, string(b))
	}
}

func malformed() error { return fault.New(fault.Invalid, "The form is malformed or too large") }

func (a *API) savePicture(part *multipart.Part) (pic picture, err error) {
	f, err := os.CreateTemp(a.Video.TempDir, "picture-*")
	if err != nil {
		return pic, err
	}
	pic.path, pic.field = f.Name(), part.FormName()
	n, err := io.Copy(f, io.LimitReader(part, maxPicture+1))
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil && n > maxPicture {
		err = refused(pic.field)
	}
	if err != nil {
		pic.remove()
		return picture{}, err
	}
	return pic, nil
}

// thumbnails makes all sizes of a picture; none makes none.
func (a *API) thumbnails(ctx context.Context, pic picture) ([]stream.Thumbnail, error) {
	switch {
	case pic.path == "":
		return nil, nil
	case a.Video.Thumbnails == nil:
		return nil, fault.New(fault.Unsupported, "This server makes no thumbnails")
	}
	made, err := a.Video.Thumbnails(ctx, pic.path)
	if k := fault.KindOf(err); err != nil && (k == fault.Unsupported || k == fault.TooLarge || k == fault.Unprocessable) {
		err = refused(pic.field)
	}
	return made, err
}
