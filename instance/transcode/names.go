package transcode

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"vidiverse/instance/fault"
	"vidiverse/instance/job"
	"vidiverse/instance/stream"
	"vidiverse/instance/video"
)

// names are those of one attempt's files. They cannot be guessed, as they
// follow from the job's secret, and a later attempt can compute them again.
type names struct {
	secret  string
	attempt int
}

func (n names) uuid(what string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s/%d/%s", n.secret, n.attempt, what))
	b := sum[:16]
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	s := hex.EncodeToString(b)
	return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}

func (n names) file(resolution int) string {
	return fmt.Sprintf("%s-%d-fragmented.mp4", n.uuid(fmt.Sprint("rendition ", resolution)), resolution)
}

func (n names) playlist(resolution int) string {
	return fmt.Sprintf("%s-%d.m3u8", n.uuid(fmt.Sprint("rendition ", resolution)), resolution)
}

func (n names) web(resolution int) string {
	return fmt.Sprintf("%s-%d.mp4", n.uuid(fmt.Sprint("web video ", resolution)), resolution)
}

func (n names) webs(resolutions []int) (list []string) {
	for _, r := range resolutions {
		list = append(list, n.web(r))
	}
	return list
}

// whole is the name of a source that is published as it came.
func (n names) whole(s video.WorkSource) string {
	ext := strings.ToLower(path.Ext(s.Key))
	if !slices.Contains([]string{".webm", ".ogv"}, ext) {
		ext = ".mp4"
	}
	resolution := 0
	if v := s.Probe.Video; v != nil {
		resolution = min(v.Size())
	}
	return fmt.Sprintf("%s-%d%s", n.uuid("whole"), resolution, ext)
}

func (n names) master() string { return n.uuid("master") + "-master.m3u8" }
func (n names) sha256() string { return n.uuid("sha256") + "-segments-sha256.json" }

func (n names) thumbnail(s Size) string {
	return n.uuid(fmt.Sprint("thumbnail ", s.Width, s.Height)) + ".jpg"
}

func thumbnailKey(file string) string { return "thumbnails/" + file }

// leftovers is a job whose attempts may have left files.
type leftovers struct {
	Payload  payload `json:"payload"`
	Attempts int     `json:"attempts"`
}

// cleanup removes what the attempts of a failed job moved into the store.
func (e *Engine) cleanup(ctx context.Context, j *job.Job) error {
	var l leftovers
	if err := j.Decode(&l); err != nil {
		return err
	}
	w, err := e.Videos.Work(ctx, l.Payload.Video)
	if err != nil {
		return ignoreAbsent(err) // a deleted video's folder went with it
	}
	return e.removeAttempts(ctx, w, l.Payload, l.Attempts)
}

// removeAttempts deletes what attempts 1 to last may have moved. None of it can
// be in use: an attempt whose files were entered was the job's last.
func (e *Engine) removeAttempts(ctx context.Context, w video.Work, p payload, last int) error {
	var resolutions []int
	if p.Rung != nil {
		resolutions = []int{p.Rung.Resolution}
	} else {
		for _, r := range e.Settings.of(p).ladder(w.Source.Probe) {
			resolutions = append(resolutions, r.Resolution)
		}
	}
	var errs []error
	for a := 1; a <= last; a++ {
		n := names{p.Secret, a}
		keys := []string{n.master(), n.sha256()}
		for _, r := range resolutions {
			keys = append(keys, n.file(r), n.playlist(r))
		}
		for _, private := range []bool{false, true} { // the privacy may have changed
			for _, k := range keys {
				errs = append(errs, e.Blob.Delete(ctx, stream.FolderOf(w.UUID, private)+"/"+k))
			}
			for _, name := range append(n.webs(resolutions), n.whole(w.Source)) {
				errs = append(errs, e.Blob.Delete(ctx, stream.WebVideoKey(name, private)))
			}
		}
		for _, s := range e.Settings.ThumbnailSizes {
			errs = append(errs, e.Blob.Delete(ctx, thumbnailKey(n.thumbnail(s))))
		}
	}
	return errors.Join(errs...)
}

func ignoreAbsent(err error) error {
	if fault.KindOf(err) == fault.NotFound {
		return nil
	}
	return err
}
