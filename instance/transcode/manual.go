package transcode

import (
	"context"
	"crypto/rand"
	"os"
	"path/filepath"
	"slices"

	"vidiverse/instance/db"
	"vidiverse/instance/fault"
	"vidiverse/instance/job"
	"vidiverse/instance/stream"
	"vidiverse/instance/user"
	"vidiverse/instance/video"
)

// Again plans the making of one kind of files of a video that is there already:
// web videos, or HLS. One that is being transcoded is refused unless forced.
func (e *Engine) Again(ctx context.Context, caller user.Caller, ref video.Ref, web, force bool) error {
	if e.Disabled {
		return fault.New(fault.Invalid, "Cannot run transcoding job because transcoding is disabled on this instance")
	}
	h, err := e.Videos.Managed(ctx, caller, ref)
	if err != nil {
		return err
	}
	if h.Live {
		return fault.New(fault.Invalid, "Cannot transcode a live video")
	}
	running, err := e.Progress(ctx, []video.ID{h.ID})
	if err != nil {
		return err
	}
	if _, is := running[h.ID]; is && !force {
		return fault.New(fault.Invalid, "This video is already being transcoded").WithCode("video_already_being_transcoded")
	}
	return e.DB.Write(ctx, func(tx db.Tx) error {
		_, err := e.Jobs.Enqueue(ctx, tx, job.Spec{
			Type: JobType, Priority: lowerPriority, OrderKey: orderKey(h.ID), DedupeKey: orderKey(h.ID),
			Payload: payload{Video: h.ID, Secret: rand.Text(), Web: web, NoHLS: web, Again: true},
		})
		return err
	})
}

// DropWebVideos removes the web videos of a video, or the one of that number; 0
// is all. Some file of the video must stay.
func (e *Engine) DropWebVideos(ctx context.Context, caller user.Caller, ref video.Ref, file int64) error {
	w, err := e.managed(ctx, caller, ref)
	if err != nil {
		return err
	}
	found := slices.ContainsFunc(w.WebVideos, func(r stream.Rendition) bool { return r.ID == file })
	switch {
	case len(w.WebVideos) == 0:
		return fault.New(fault.Invalid, "This video does not have Web Video files")
	case file != 0 && !found:
		return fault.New(fault.NotFound, "This video does not have this Web Video file id")
	case len(w.Renditions) == 0 && (file == 0 || len(w.WebVideos) == 1):
		return fault.New(fault.Invalid, "Cannot delete Web Video files since this video does not have HLS playlist")
	}
	return e.DB.Write(ctx, func(tx db.Tx) error { return e.Videos.DropWebVideos(ctx, tx, w.ID, file) })
}

// DropHLS removes the HLS playlist of a video that has web videos.
func (e *Engine) DropHLS(ctx context.Context, caller user.Caller, ref video.Ref) error {
	w, err := e.managed(ctx, caller, ref)
	switch {
	case err != nil:
		return err
	case len(w.Renditions) == 0:
		return errNoHLS
	case len(w.WebVideos) == 0:
		return fault.New(fault.Invalid, "Cannot delete HLS playlist since this video does not have Web Video files")
	}
	return e.DB.Write(ctx, func(tx db.Tx) error { return e.Videos.DropPlaylist(ctx, tx, w.ID) })
}

var errNoHLS = fault.New(fault.Invalid, "This video does not have HLS files")

// DropHLSFile removes one file of the HLS playlist; the last goes with the
// playlist. The sound that others need stays.
func (e *Engine) DropHLSFile(ctx context.Context, caller user.Caller, ref video.Ref, file int64) error {
	w, err := e.managed(ctx, caller, ref)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(w.Renditions, func(r stream.Rendition) bool { return r.ID == file })
	switch {
	case len(w.Renditions) == 0:
		return errNoHLS
	case i < 0:
		return fault.New(fault.NotFound, "This HLS playlist does not have this file id")
	case len(w.Renditions) == 1:
		if len(w.WebVideos) == 0 {
			return fault.New(fault.Invalid, "Cannot delete last HLS file of this video since there is no Web Video")
		}
		return e.DropHLS(ctx, caller, ref)
	case !w.Renditions[i].HasVideo && slices.ContainsFunc(w.Renditions, func(r stream.Rendition) bool { return !r.HasAudio }):
		return fault.New(fault.Invalid, "Cannot delete audio file of this video: other files take their sound from it")
	}
	return e.dropFromList(ctx, w, i)
}

// dropFromList stores a master without one rendition and makes it current. What
// an error leaves behind has no row, and the sweep finds it.
func (e *Engine) dropFromList(ctx context.Context, w video.Work, i int) (err error) {
	dir, err := os.MkdirTemp(e.TempDir, "list-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(filepath.Clean(dir))
	left := slices.Delete(slices.Clone(w.Renditions), i, i+1)
	for k, r := range left { // a dozen at most
		if left[k].Extents, err = e.Videos.Extents(ctx, w.ID, r.ID); err != nil {
			return err
		}
	}
	m, err := e.storeList(ctx, w, dir, names{rand.Text(), 1}, nil, merge(left, nil))
	if err != nil {
		return err
	}
	m.Lists = numbers(left)
	return e.DB.Write(ctx, func(tx db.Tx) error { return e.Videos.DropRendition(ctx, tx, w.ID, w.Renditions[i].ID, m) })
}

func (e *Engine) managed(ctx context.Context, caller user.Caller, ref video.Ref) (video.Work, error) {
	h, err := e.Videos.Managed(ctx, caller, ref)
	if err != nil {
		return video.Work{}, err
	}
	return e.Videos.Work(ctx, h.ID)
}
