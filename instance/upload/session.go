package upload

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"os"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"vidiverse/instance/db"
	"vidiverse/instance/fault"
	"vidiverse/instance/user"
	"vidiverse/instance/video"
)

// Start describes the file that a resumable upload will bring.
type Start struct {
	Fields Fields // with filename
	Size   int64  // bytes, from X-Upload-Content-Length
	Mime   string // from X-Upload-Content-Type
}

// Begin opens an upload, or finds the open one of the same file with the same
// description (existed). Everything that can be refused before the first byte
// is refused here.
func (s *Service) Begin(ctx context.Context, caller user.Caller, b Start) (id ID, existed bool, err error) {
	return s.begin(ctx, caller, b, newID(), files{})
}

// BeginForm is Begin for a multipart body, which may carry a thumbnail.
func (s *Service) BeginForm(ctx context.Context, caller user.Caller, form *multipart.Reader, size int64, mime string) (id ID, existed bool, err error) {
	fresh := newID()
	fields, f, err := s.readForm(ctx, form, fresh, false)
	if err != nil {
		return "", false, err
	}
	id, existed, err = s.begin(ctx, caller, Start{Fields: fields, Size: size, Mime: mime}, fresh, f)
	if err != nil || existed {
		f.remove()
	}
	return id, existed, err
}

func (s *Service) begin(ctx context.Context, caller user.Caller, b Start, id ID, f files) (ID, bool, error) {
	d, err := s.check(ctx, caller, b, f)
	if err != nil {
		return "", false, err
	}
	text, err := description{Draft: d, Picture: f.picture != ""}.text()
	if err != nil {
		return "", false, err
	}
	r := record{ID: id, User: caller.UserID, Draft: text, Filename: b.Fields.Get("filename"), Mime: b.Mime,
		Size: b.Size, State: open, Touched: s.Now()}
	existed := false
	err = s.reserve(ctx, r, func(tx db.Tx) error {
		existed, r.ID = false, id
		if f.picture == "" {
			old, err := s.store.same(ctx, tx, r)
			if err == nil {
				existed, r.ID = true, old.ID
				return nil
			}
			if fault.KindOf(err) != fault.NotFound {
				return err
			}
		}
		if err := s.fits(ctx, tx, r); err != nil {
			return err
		}
		return s.store.insert(ctx, tx, r)
	})
	return r.ID, existed, err
}

// check refuses what needs no reservation to be refused.
func (s *Service) check(ctx context.Context, caller user.Caller, b Start, f files) (video.Draft, error) {
	d, err := s.draft(ctx, caller, b.Fields)
	filename := b.Fields.Get("filename")
	if !printable(filename) {
		err = merge(err, refuse("body", "filename", nil, "Should have a valid filename"))
	}
	if b.Size < 0 {
		err = merge(err, refuse("headers", "x-upload-content-length", nil, "Should specify the file length"))
	}
	if !printable(b.Mime) {
		err = merge(err, refuse("headers", "x-upload-content-type", nil, "Should specify the file mimetype"))
	}
	if f.picture != "" && s.Thumbnails == nil {
		err = merge(err, refuse("body", "thumbnailfile", nil, "Thumbnails cannot be chosen here"))
	}
	if err == nil {
		err = s.acceptable(filename, b.Size)
	}
	if err == nil {
		err = s.room(ctx, b.Size)
	}
	return d, err
}

// room refuses what the disk cannot take beside the uploads under way.
func (s *Service) room(ctx context.Context, size int64) error {
	free, err := s.Blob.Free(ctx)
	if err != nil {
		return err
	}
	coming, err := s.store.unfinished(ctx)
	if err != nil {
		return err
	}
	if size > free-coming {
		return errFull
	}
	return nil
}

// Append takes the bytes of one chunk. Bytes that were received before are
// skipped, so a chunk may be sent twice; a gap is a Conflict. What arrives
// before body fails is kept. interrupt, if not nil, must make a blocked read
// of body return. The last byte makes the video; then Append may last seconds.
func (s *Service) Append(ctx context.Context, caller user.Caller, id ID, span Span, body io.Reader, interrupt func()) (Progress, error) {
	if _, err := s.owned(ctx, caller, id); err != nil {
		return Progress{}, err
	}
	h, err := s.locks.take(ctx, string(id), interrupt)
	if err != nil {
		return Progress{}, err
	}
	defer h.release()
	r, err := s.owned(ctx, caller, id) // again: it may have changed while we waited
	if err != nil {
		return Progress{}, err
	}
	if err := agree(r, span); err != nil {
		return r.progress(), err
	}
	if skip := min(r.Received-span.First, span.Len()); !span.Query && skip > 0 {
		if _, err := io.CopyN(io.Discard, touching{body, h}, skip); err != nil {
			return r.progress(), cut(err)
		}
	}
	if r.State == done {
		return r.progress(), nil
	}
	if !span.Query && span.Last >= r.Received {
		if r, err = s.receive(ctx, r, span.Last+1-r.Received, body, h); err != nil {
			return r.progress(), err
		}
	}
	if r.Received < r.Size {
		return r.progress(), nil
	}
	h.busy.Store(true)
	v, err := s.finish(context.WithoutCancel(ctx), caller, r)
	if err != nil {
		return r.progress(), err
	}
	return Progress{Received: r.Size, Size: r.Size, Video: &v}, nil
}

// agree refuses a span that contradicts what the upload is.
func agree(r record, span Span) error {
	switch {
	case r.State == direct:
		return errUnknown
	case r.State == processing:
		return errBusy
	case span.Total >= 0 && span.Total != r.Size:
		return fault.New(fault.Conflict, "This upload was announced with %d bytes, not %d.", r.Size, span.Total)
	case !span.Query && span.Last >= r.Size:
		return fault.New(fault.Conflict, "This upload was announced with %d bytes; byte %d is past its end.", r.Size, span.Last)
	case !span.Query && span.First > r.Received:
		return fault.New(fault.Conflict, "Bytes %d to %d are missing before this chunk.", r.Received, span.First-1)
	}
	return nil
}

// receive appends up to n bytes and returns the record as it then is.
func (s *Service) receive(ctx context.Context, r record, n int64, body io.Reader, h *hold) (record, error) {
	t, err := openTail(s.path(r.ID), r.Received)
	if err == nil {
		err = t.read(body, n, s.Sync, h.touch, func(at int64) error {
			// The client may be gone; what it sent still counts.
			saving, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveLimit)
			defer cancel()
			if err := s.DB.Write(saving, func(tx db.Tx) error { return s.store.setReceived(saving, tx, r.ID, at, s.Now()) }); err != nil {
				return err
			}
			r.Received = at
			return nil
		})
		err = errors.Join(err, medium(t.f.Close()))
	}
	if errors.Is(err, errFull) {
		return r, errors.Join(err, s.discard(ctx, r))
	}
	return r, cut(err)
}

// Cancel gives an upload up and removes its bytes. A finished one is forgotten;
// its video stays.
func (s *Service) Cancel(ctx context.Context, caller user.Caller, id ID) error {
	if _, err := s.owned(ctx, caller, id); err != nil {
		return err
	}
	h, err := s.locks.take(ctx, string(id), nil)
	if err != nil {
		return err
	}
	defer h.release()
	r, err := s.owned(ctx, caller, id)
	if err != nil {
		return err
	}
	return s.discard(ctx, r)
}

// owned finds the caller's upload: NotFound if there is none of that id,
// Forbidden if it is another's.
func (s *Service) owned(ctx context.Context, caller user.Caller, id ID) (record, error) {
	if len(id) != idLength || strings.Trim(string(id), "0123456789abcdef-") != "" {
		return record{}, errUnknown
	}
	r, err := s.store.byID(ctx, id)
	if err == nil && r.User != caller.UserID {
		return record{}, fault.New(fault.Forbidden, "This upload belongs to someone else.")
	}
	return r, err
}

// discard removes row and files of an upload that became no video.
func (s *Service) discard(ctx context.Context, r record) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveLimit)
	defer cancel()
	var errs []error
	if r.State != done && r.Key != "" {
		errs = append(errs, s.Blob.Delete(ctx, r.Key))
	}
	for _, p := range []string{s.path(r.ID), s.picturePath(r.ID)} {
		if err := os.Remove(p); err != nil && !errors.Is(err, os.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	// The row goes last: while it stands, its files are known.
	errs = append(errs, s.DB.Write(ctx, func(tx db.Tx) error { return s.store.delete(ctx, tx, r.ID) }))
	return errors.Join(errs...)
}

// touching keeps a hold fresh while its client sends.
type touching struct {
	r io.Reader
	h *hold
}

func (t touching) Read(p []byte) (int, error) {
	n, err := t.r.Read(p)
	if n > 0 {
		t.h.touch()
	}
	return n, err
}

// idLength is that of four groups of 16 digits.
const idLength = 4*16 + 3

// newID has the shape of PeerTube's, and 128 random bits twice over.
func newID() ID {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails
	return ID(fmt.Sprintf("%x-%x-%x-%x", b[:8], b[8:16], b[16:24], b[24:]))
}

// printable reports whether a name can be stored and shown. The database takes
// no NUL, and nobody names a file with line breaks in good faith.
func printable(s string) bool {
	return s != "" && len(s) <= 1000 && utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}

// key of the reservations of one user.
func key(id user.ID) string { return strconv.FormatInt(int64(id), 10) }

// reserve runs fn in a transaction while no other reservation of the same user
// runs: what fits is decided on numbers that do not change meanwhile.
func (s *Service) reserve(ctx context.Context, r record, fn func(tx db.Tx) error) error {
	h, err := s.users.take(ctx, key(r.User), nil)
	if err != nil {
		return err
	}
	defer h.release()
	ctx, cancel := context.WithTimeout(ctx, 4*saveLimit)
	defer cancel()
	return s.DB.Write(ctx, fn)
}

// expired is the time before which an untouched upload is given up.
func (s *Service) expired() time.Time { return s.Now().Add(-s.Idle) }
