package playlist

import (
	"context"
	"io"
	"os"
	"strconv"
	"time"

	"vidiverse/instance/db"
	"vidiverse/instance/fault"
	"vidiverse/instance/job"
	"vidiverse/instance/video"
)

// jobPicture makes the picture of a playlist from that of its first video, should
// the process have ended before it was made at once.
const (
	jobPicture   = "playlist-picture"
	pictureLater = time.Minute
)

// picture is a size of a playlist's picture with where it is from.
type picture struct {
	Thumbnail
	video  video.ID // whose picture it is; 0 where somebody chose one
	remote string   // its address on another server
}

func key(file string) string { return "thumbnails/" + file }

// drop removes files that no row names any more; err says whether the rows stay.
// What cannot be removed is swept later.
func (s *Service) drop(ctx context.Context, files []string, err error) {
	if err != nil {
		return
	}
	for _, f := range files {
		if err := s.Blob.Delete(context.WithoutCancel(ctx), key(f)); err != nil {
			s.Log.Warn("picture of a playlist not removed", "file", f, "err", err)
		}
	}
}

// replacePictures enters new pictures and returns the files of those before.
func (s *Service) replacePictures(ctx context.Context, tx db.Tx, id ID, list []picture) ([]string, error) {
	old, err := s.store.files(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	if err := s.store.dropPictures(ctx, tx, id); err != nil {
		return nil, err
	}
	return old, s.store.putPictures(ctx, tx, id, list, s.stamp())
}

func (s *Service) makesPictures() bool { return s.Still != nil && s.Pictures != nil }

// wantPicture has a job look after the picture of a playlist.
func (s *Service) wantPicture(ctx context.Context, tx db.Tx, id ID) error {
	if !s.makesPictures() {
		return nil
	}
	_, err := s.Jobs.Enqueue(ctx, tx, job.Spec{
		Type: jobPicture, Payload: id, RunAt: s.Now().Add(pictureLater), DedupeKey: jobPicture + ":" + strconv.FormatInt(int64(id), 10), Anew: true, Attempts: 2,
	})
	return err
}

// refreshPicture makes the picture at once; what fails is left to the job.
func (s *Service) refreshPicture(ctx context.Context, id ID) {
	if err := s.makePicture(ctx, id); err != nil && ctx.Err() == nil {
		s.Log.Info("picture of a playlist not made", "playlist", id, "err", err)
	}
}

func (s *Service) runPicture(ctx context.Context, j *job.Job) error {
	var id ID
	if err := j.Decode(&id); err != nil {
		return err
	}
	err := s.makePicture(ctx, id)
	if fault.KindOf(err) == fault.NotFound {
		return nil // the playlist or the picture is gone
	}
	return err
}

// makePicture gives a playlist the picture of the first of its videos that has
// one which all who see the playlist may see, unless somebody chose another.
func (s *Service) makePicture(ctx context.Context, id ID) error {
	if !s.makesPictures() {
		return nil
	}
	from, file, need, err := s.store.wanted(ctx, s.DB.Read(), id)
	if err != nil || !need {
		return err
	}
	var list []picture
	if from != 0 {
		if list, err = s.copyOf(ctx, from, file); err != nil {
			return err
		}
	}
	var drop []string
	err = s.DB.Write(ctx, func(tx db.Tx) error {
		drop = nil
		now, _, need, err := s.store.wanted(ctx, tx, id)
		if err != nil || !need || now != from { // somebody else was faster, or chose
			for _, p := range list {
				drop = append(drop, p.File)
			}
			return err
		}
		drop, err = s.replacePictures(ctx, tx, id, list)
		return err
	})
	s.drop(ctx, drop, err)
	return err
}

// copyOf makes all sizes of a video's picture.
func (s *Service) copyOf(ctx context.Context, from video.ID, file string) (list []picture, err error) {
	at, err := s.Still(ctx, file)
	if err != nil {
		return nil, err
	}
	r, err := s.Blob.Open(ctx, at)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	tmp, err := os.CreateTemp(s.TempDir, "playlist-*")
	if err != nil {
		return nil, err
	}
	defer os.Remove(tmp.Name())
	_, err = io.Copy(tmp, r)
	if cerr := tmp.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return nil, err
	}
	made, err := s.Pictures(ctx, tmp.Name())
	for _, p := range own(made) {
		p.video = from
		list = append(list, p)
	}
	return list, err
}
