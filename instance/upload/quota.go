package upload

import (
	"context"
	"path"
	"strings"

	"vidiverse/instance/db"
	"vidiverse/instance/fault"
)

// fits refuses a reservation beyond the user's quota or number of uploads.
// Open uploads count with their whole size. The caller holds the user's lock.
func (s *Service) fits(ctx context.Context, tx db.Tx, r record) error {
	n, reserved, err := s.store.reserved(ctx, tx, r.User, r.ID)
	if err != nil {
		return err
	}
	if n >= s.MaxOpen {
		return fault.New(fault.TooMany, "You have %d unfinished uploads; finish or cancel some first.", n).WithRetry(s.Idle)
	}
	total, daily, err := s.Quota(ctx, r.User)
	if err != nil || (total < 0 && daily < 0) {
		return err
	}
	used, today, err := s.Videos.QuotaUsed(ctx, r.User)
	if err != nil {
		return err
	}
	if (total >= 0 && r.Size > total-used-reserved) || (daily >= 0 && r.Size > daily-today-reserved) {
		return fault.New(fault.TooLarge, "The user video quota is exceeded with this video.").WithCode("quota_reached")
	}
	return nil
}

// extensions of files that may be videos or, the last line, sound alone.
const extensions = " .mp4 .webm .ogv .ogg .mkv .mk3d .mks .mov .avi .flv .f4v .m4v .mpg .mpeg .m2v .m2p .ts .m2ts .mts .tts .m2t .vob " +
	".3gp .3g2 .3gpp .3gpp2 .wmv .mxf .qt .mqv .rm .rmvb .nut " +
	".mp3 .wma .wav .flac .aac .m4a .m4b .mka .oga .opus .ac3 "

// acceptable judges a file by its name and size alone.
func (s *Service) acceptable(filename string, size int64) error {
	if size == 0 {
		return errEmpty
	}
	if size > s.MaxSize {
		return tooLarge()
	}
	ext := extension(filename)
	if ext == "" || (s.NoExtras && !strings.Contains(" .mp4 .webm .ogv .ogg ", " "+ext+" ")) {
		return fault.New(fault.Unsupported, "Files of this kind cannot be uploaded. Try MP4, WebM, MKV, MOV or AVI.")
	}
	return nil
}

var errEmpty = fault.New(fault.Unprocessable, "This file is empty.")

// extension is the file name's, in lower case, if it is one that we take.
func extension(filename string) string {
	ext := strings.ToLower(path.Ext(filename))
	if ext == "" || strings.Contains(ext, " ") || !strings.Contains(extensions, " "+ext+" ") {
		return ""
	}
	return ext
}
