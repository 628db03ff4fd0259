package api

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"vidiverse/instance/access"
	"vidiverse/instance/fault"
	"vidiverse/instance/rest"
	"vidiverse/instance/upload"
	"vidiverse/instance/user"
)

// UploadConfig is what the routes about uploads need.
type UploadConfig struct {
	Service *upload.Service
	Silence time.Duration // after which a client that sends nothing is dropped; default 1 min
}

func (a *API) uploadRoutes() []route {
	if a.Upload.Service == nil {
		return nil
	}
	const one, resumable = "/api/v1/videos/upload", "/api/v1/videos/upload-resumable"
	return []route{
		{method: http.MethodPost, path: one, auth: signedIn, docs: "uploadLegacy", raw: a.uploadAtOnce},
		{method: http.MethodPost, path: resumable, auth: signedIn, docs: "uploadResumableInit", raw: a.beginUpload},
		{method: http.MethodPut, path: resumable, auth: signedIn, docs: "uploadResumable", raw: a.putChunk},
		{method: http.MethodDelete, path: resumable, auth: signedIn, docs: "uploadResumableCancel", handle: a.cancelUpload},
	}
}

// uploadAtOnce takes a video in one multipart request.
func (a *API) uploadAtOnce(w http.ResponseWriter, r *http.Request, c user.Caller) error {
	body := a.silenced(w, r)
	defer body.done()
	parts, err := r.MultipartReader()
	if err != nil { // no file then: say so together with what else is wrong
		fields, ferr := form(r)
		if ferr != nil {
			return ferr
		}
		return a.Upload.Service.Missing(r.Context(), c, fields)
	}
	v, err := a.Upload.Service.Direct(r.Context(), c, parts, r.ContentLength)
	if err != nil {
		return err
	}
	a.answer(w, r, created(v))
	return nil
}

// beginUpload opens a resumable upload: 201 and where to send it, or 200 if
// the same upload is open already.
func (a *API) beginUpload(w http.ResponseWriter, r *http.Request, c user.Caller) error {
	body := a.silenced(w, r)
	defer body.done()
	size, err := strconv.ParseInt(r.Header.Get("X-Upload-Content-Length"), 10, 64)
	if err != nil {
		size = -1
	}
	kind := r.Header.Get("X-Upload-Content-Type")
	var id upload.ID
	var existed bool
	if parts, merr := r.MultipartReader(); merr == nil {
		id, existed, err = a.Upload.Service.BeginForm(r.Context(), c, parts, size, kind)
	} else {
		id, existed, err = a.beginJSON(r, c, size, kind)
	}
	if err != nil {
		return err
	}
	status := http.StatusCreated
	if existed {
		status = http.StatusOK
	}
	w.Header().Set("Location", "//"+a.PublicURL.Host+r.URL.Path+"?upload_id="+string(id))
	bare(w, status, "Location")
	return nil
}

func (a *API) beginJSON(r *http.Request, c user.Caller, size int64, kind string) (upload.ID, bool, error) {
	fields := upload.Fields{}
	if t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err == nil && t == "application/json" {
		b, err := readBody(r)
		if err != nil {
			return "", false, err
		}
		if fields, err = upload.ParseJSON(b); err != nil {
			return "", false, err
		}
	} else if fields, err = form(r); err != nil {
		return "", false, err
	}
	return a.Upload.Service.Begin(r.Context(), c, upload.Start{Fields: fields, Size: size, Mime: kind})
}

// putChunk takes bytes of an upload, or tells how many there are.
func (a *API) putChunk(w http.ResponseWriter, r *http.Request, c user.Caller) error {
	span, err := upload.ParseSpan(r.Header.Get("Content-Range"))
	if err != nil {
		return err
	}
	if r.ContentLength >= 0 && r.ContentLength != span.Len() {
		return fault.New(fault.Invalid, "Content-Range announces %d bytes and Content-Length %d.", span.Len(), r.ContentLength)
	}
	body := a.silenced(w, r)
	p, err := a.Upload.Service.Append(r.Context(), c, uploadID(r), span, body, body.stop)
	body.done()
	if err != nil {
		return err
	}
	if p.Video != nil {
		a.answer(w, r, created(*p.Video))
		return nil
	}
	if p.Received > 0 {
		w.Header().Set("Range", "bytes=0-"+strconv.FormatInt(p.Received-1, 10))
	}
	bare(w, http.StatusPermanentRedirect, "Range")
	return nil
}

func (a *API) cancelUpload(r *http.Request, c user.Caller) (any, error) {
	return &answer{Header: http.Header{"Cache-Control": {"no-store"}}}, a.Upload.Service.Cancel(r.Context(), c, uploadID(r))
}

func uploadID(r *http.Request) upload.ID { return upload.ID(r.URL.Query().Get("upload_id")) }

func created(v upload.Created) rest.VideoCreated {
	var out rest.VideoCreated
	out.Video.ID, out.Video.UUID, out.Video.ShortUUID = int64(v.ID), v.UUID, access.ShortUUID(v.UUID)
	return out
}

// bare answers without a body, with one header that pages of other origins may
// read.
func bare(w http.ResponseWriter, status int, exposed string) {
	w.Header().Set("Access-Control-Expose-Headers", "Retry-After,"+exposed)
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Length", "0")
	w.WriteHeader(status)
}

// silenced puts a deadline on every single read of a body, so that a slow
// client may take hours and a dead one may not. It replaces r.Body.
func (a *API) silenced(w http.ResponseWriter, r *http.Request) *slowBody {
	limit := a.Upload.Silence
	if limit == 0 {
		limit = time.Minute
	}
	b := &slowBody{ReadCloser: r.Body, w: w, rc: http.NewResponseController(w), limit: limit}
	r.Body = b
	return b
}

type slowBody struct {
	io.ReadCloser
	w       http.ResponseWriter
	rc      *http.ResponseController
	limit   time.Duration
	end     error // how reading ended; nil while it has not
	stopped atomic.Bool
}

var errStopped = errors.New("another connection took the upload over")

func (b *slowBody) Read(p []byte) (int, error) {
	// A server that knows no deadlines has the server's own limits instead.
	_ = b.rc.SetReadDeadline(time.Now().Add(b.limit))
	if b.stopped.Load() {
		b.end = errStopped
		return 0, errStopped
	}
	n, err := b.ReadCloser.Read(p)
	if err != nil {
		b.end = err
	}
	if errors.Is(err, io.EOF) {
		_ = b.rc.SetReadDeadline(time.Time{}) // making the answer may take long
	}
	return n, err
}

// stop makes a blocked Read return; it may be called from another goroutine.
func (b *slowBody) stop() {
	b.stopped.Store(true)
	_ = b.rc.SetReadDeadline(time.Unix(1, 0))
}

// done prepares for the answer. A client that fell silent is not listened to
// again. What nobody read must come soon: the server reads it before it answers.
func (b *slowBody) done() {
	switch {
	case errors.Is(b.end, io.EOF):
	case b.end != nil:
		b.w.Header().Set("Connection", "close")
		_ = b.rc.SetReadDeadline(time.Unix(1, 0))
	default:
		_ = b.rc.SetReadDeadline(time.Now().Add(b.limit))
	}
}
