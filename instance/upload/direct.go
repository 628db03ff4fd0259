package upload

import (
	"context"
	"mime/multipart"

	"vidiverse/instance/db"
	"vidiverse/instance/user"
)

// Direct takes a video in one multipart request of about length bytes (-1 is
// unknown). The parts may come in any order; nothing is held in memory.
func (s *Service) Direct(ctx context.Context, caller user.Caller, form *multipart.Reader, length int64) (Created, error) {
	if length > s.MaxSize+maxBody+2*maxPicture {
		return Created{}, tooLarge()
	}
	r := record{ID: newID(), User: caller.UserID, Draft: "{}", Size: max(length, 0), State: direct, Touched: s.Now()}
	h, err := s.locks.take(ctx, string(r.ID), nil)
	if err != nil {
		return Created{}, err
	}
	defer h.release()
	if err := s.room(ctx, r.Size); err != nil {
		return Created{}, err
	}
	err = s.reserve(ctx, r, func(tx db.Tx) error {
		if err := s.fits(ctx, tx, r); err != nil {
			return err
		}
		return s.store.insert(ctx, tx, r)
	})
	if err != nil {
		return Created{}, err
	}
	v, err := s.direct(ctx, caller, form, &r)
	if err != nil {
		// No second request can complete it: unlike a resumable upload, it
		// goes away whatever the reason.
		if e := s.discard(ctx, r); e != nil {
			s.Log.Warn("an upload left something behind", "upload", r.ID, "err", e)
		}
	}
	return v, err
}

func (s *Service) direct(ctx context.Context, caller user.Caller, form *multipart.Reader, r *record) (Created, error) {
	fields, f, err := s.readForm(ctx, form, r.ID, true)
	if err != nil {
		return Created{}, err
	}
	d, err := s.draft(ctx, caller, fields)
	if f.video == "" || !printable(f.videoName) {
		err = merge(err, refuse("body", "videofile", nil, "Should have a file"))
	}
	if f.picture != "" && s.Thumbnails == nil {
		err = merge(err, refuse("body", "thumbnailfile", nil, "Thumbnails cannot be chosen here"))
	}
	if err == nil {
		err = s.acceptable(f.videoName, f.size)
	}
	if err != nil {
		return Created{}, err
	}
	r.Filename, r.Size, r.Received = f.videoName, f.size, f.size
	r.Key = sourceKey(*r)
	if r.Draft, err = (description{Draft: d, Picture: f.picture != ""}).text(); err != nil {
		return Created{}, err
	}
	err = s.reserve(ctx, *r, func(tx db.Tx) error { // the whole request was reserved, or nothing if it named no length
		if err := s.fits(ctx, tx, *r); err != nil {
			return err
		}
		return s.store.setSize(ctx, tx, r.ID, r.Size)
	})
	if err != nil {
		return Created{}, err
	}
	return s.finish(context.WithoutCancel(ctx), caller, *r)
}

// Missing is the answer to a request without any file: everything that is
// wrong with it.
func (s *Service) Missing(ctx context.Context, caller user.Caller, f Fields) error {
	_, err := s.draft(ctx, caller, f)
	return merge(err, refuse("body", "videofile", nil, "Should have a file"))
}
