package transcode

import (
	"context"
	"errors"
	"syscall"

	"vidiverse/instance/fault"
	"vidiverse/instance/ffmpeg"
	"vidiverse/instance/job"
)

// hopeless marks errors that another attempt would meet again: ffmpeg refused
// the file. Being stopped, a full disk and a missing program may pass.
func hopeless(ctx context.Context, err error) error {
	if err == nil || ctx.Err() != nil || passing(err) {
		return err
	}
	var f *ffmpeg.Failure
	var r *ffmpeg.Refusal
	if errors.As(err, &f) || errors.As(err, &r) {
		return job.Permanent(err)
	}
	return err
}

func passing(err error) bool {
	return errors.Is(err, ffmpeg.ErrNoSpace) || errors.Is(err, ffmpeg.ErrNotInstalled) || errors.Is(err, syscall.ENOSPC) ||
		fault.KindOf(err) == fault.Unavailable
}

// reason says to a video's owner why it could not be transcoded. It names no
// path and no program's output.
func reason(err error) string {
	var r *ffmpeg.Refusal
	switch {
	case errors.As(err, &r):
		return r.Reason
	case errors.Is(err, ffmpeg.ErrNoSpace), errors.Is(err, syscall.ENOSPC), fault.KindOf(err) == fault.Unavailable:
		return "There was no space left on the server."
	case errors.Is(err, ffmpeg.ErrNotInstalled):
		return "The server has no ffmpeg."
	case errors.Is(err, ffmpeg.ErrLimit):
		return "The file needs more memory than the server gives to one video."
	case errors.Is(err, ffmpeg.ErrStalled):
		return "Transcoding stood still for too long."
	}
	return "The file is damaged or uses something that cannot be transcoded."
}
