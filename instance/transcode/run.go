package transcode

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/sync/errgroup"

	"vidiverse/instance/fault"
	"vidiverse/instance/ffmpeg"
	"vidiverse/instance/job"
	"vidiverse/instance/picture"
	"vidiverse/instance/stream"
	"vidiverse/instance/video"
)

// attempt is one run of one job.
type attempt struct {
	*Engine
	set   Settings // the engine's, as the job was planned
	job   *job.Job
	p     payload
	work  video.Work
	names names
	dir   string // temporary, removed at the end
	path  string // of the source

	entering bool // the files may be in use: they must not be removed
}

// run does one job.
func (e *Engine) run(ctx context.Context, j *job.Job) error {
	a := &attempt{Engine: e, job: j}
	if err := j.Decode(&a.p); err != nil {
		return err
	}
	a.names, a.set = names{a.p.Secret, j.Attempt}, e.Settings.of(a.p)
	var err error
	if a.work, err = e.Videos.Work(ctx, a.p.Video); err != nil {
		return ignoreAbsent(err) // deleted meanwhile: nothing to do
	}
	if a.work.Source.Key == "" && !a.p.Again {
		return job.Permanent(errors.New("the original file is no longer there"))
	}
	if err := e.removeAttempts(ctx, a.work, a.p, j.Attempt-1); err != nil {
		return err
	}
	a.dir = filepath.Join(e.TempDir, fmt.Sprintf("transcode-%d-%d", j.ID, j.Attempt))
	if err := os.Mkdir(a.dir, 0o700); err != nil {
		return err
	}
	defer os.RemoveAll(a.dir)
	if err := a.do(ctx); err != nil {
		if !a.entering || errors.Is(err, job.ErrLost) || fault.KindOf(err) == fault.NotFound {
			a.undo(ctx)
		}
		return hopeless(ctx, ignoreAbsent(err))
	}
	return nil
}

// undo removes what this attempt has moved into the store.
func (a *attempt) undo(ctx context.Context) {
	if err := a.removeAttempts(context.WithoutCancel(ctx), a.work, a.p, a.job.Attempt); err != nil {
		a.Log.Warn("files of a failed attempt not removed", "video", a.work.ID, "err", err)
	}
}

func (a *attempt) do(ctx context.Context) (err error) {
	if err := a.fetch(ctx); err != nil {
		return err
	}
	for i, r := range a.work.Renditions { // a dozen at most
		if a.work.Renditions[i].Extents, err = a.Videos.Extents(ctx, a.work.ID, r.ID); err != nil {
			return err
		}
	}
	var made []stream.Rendition
	var pictures []stream.Thumbnail
	var later []rung
	switch {
	case a.p.AsIs:
		made, pictures, err = a.asIs(ctx)
	case a.p.Rung == nil:
		made, pictures, later, err = a.first(ctx)
	default:
		made, err = a.make(ctx, *a.p.Rung, a.p.Rung.Resolution > 0, a.p.Audio, false)
	}
	if err != nil {
		return err
	}
	return a.finish(ctx, made, pictures, later)
}

// fetch finds the source on the local disk, or brings it there. What is made
// again, when the original is gone, is made of what was made of it.
func (a *attempt) fetch(ctx context.Context) (err error) {
	if a.work.Source.Key == "" {
		return a.fallBack(ctx)
	}
	a.path, err = a.local(ctx, a.work.Source.Key, "source")
	return err
}

// local is the path of a stored file, or of its copy in the attempt's folder.
func (a *attempt) local(ctx context.Context, key, name string) (string, error) {
	if local, ok := a.Blob.(interface{ Path(string) (string, bool) }); ok {
		if path, ok := local.Path(key); ok {
			return path, nil
		}
	}
	from, err := a.Blob.Open(ctx, key)
	if err != nil {
		if fault.KindOf(err) == fault.NotFound {
			return "", job.Permanent(errors.New("the original file is no longer there"))
		}
		return "", err
	}
	defer from.Close()
	path := filepath.Join(a.dir, name)
	to, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", err
	}
	_, err = io.Copy(to, from)
	return path, errors.Join(err, to.Close())
}

// first makes what gets a video published: the best rendition, the sound if it
// goes apart, and the pictures. later is what further jobs are to make.
func (a *attempt) first(ctx context.Context) (made []stream.Rendition, pictures []stream.Thumbnail, later []rung, err error) {
	source := a.work.Source.Probe
	ladder := a.set.ladder(source)
	if len(ladder) == 0 {
		return nil, nil, nil, job.Permanent(errors.New("there is neither a picture nor a sound in this file"))
	}
	best, later := ladder[0], ladder[1:]
	split := a.split()
	if split {
		later = slices.DeleteFunc(slices.Clone(later), func(r rung) bool { return r.Resolution == 0 })
	}
	if source.Video == nil && !a.p.Again {
		// The pictures of a sound cost nothing, and its still must come first.
		if pictures, err = a.pictures(ctx, source, best); err != nil {
			return nil, nil, nil, err
		}
	}
	g, ctx := errgroup.WithContext(ctx)
	if source.Video != nil && !a.p.Again {
		g.Go(func() error {
			var err error
			pictures, err = a.pictures(ctx, source, best)
			return err
		})
	}
	g.Go(func() error {
		var err error
		made, err = a.make(ctx, best, true, source.Audio != nil && !split, split)
		return err
	})
	err = g.Wait()
	return made, pictures, later, err
}

// pictures makes the thumbnails, and the still of a sound.
func (a *attempt) pictures(ctx context.Context, source ffmpeg.Probe, best rung) ([]stream.Thumbnail, error) {
	img, err := a.frame(ctx, a.path, a.dir, a.work.UUID, source)
	if err != nil {
		return nil, err
	}
	if source.Video == nil {
		if err := picture.WriteJPEG(a.still(best), picture.Fill(img, best.Width, best.Height)); err != nil {
			return nil, err
		}
	}
	return a.thumbnails(a.dir, a.names, img, true)
}

// split reports whether the sound goes into a file of its own.
func (a *attempt) split() bool {
	p := a.work.Source.Probe
	return a.set.SplitAudio && p.Audio != nil && p.Video != nil
}

func (a *attempt) still(r rung) string {
	return filepath.Join(a.dir, fmt.Sprintf("still-%d.jpg", r.Resolution))
}

// make runs ffmpeg for one rung, and once again without copying if a copy does
// not work out. apart makes the sound a second rendition.
func (a *attempt) make(ctx context.Context, r rung, withVideo, withAudio, apart bool) ([]stream.Rendition, error) {
	source := a.work.Source.Probe
	if v := source.Video; v != nil && a.work.Source.Key == "" {
		width, height := v.Size()
		r.Original = r.Original || even(min(width, height)) == r.Resolution // made of itself in the other kind
	}
	rec := recipe{source: source, path: a.path, rung: r, threads: a.Settings.Threads, toneMap: a.toneMaps(ctx, source)}
	rec.copyAudio = mayCopyAudio(source)
	if withVideo {
		if err := a.prepareStill(ctx, &rec); err != nil {
			return nil, err
		}
		var err error
		if rec.copyVideo, err = mayCopyVideo(ctx, a.Tools, a.path, source, r, a.Settings); err != nil {
			return nil, err
		}
	}
	outs := []output{{rung: r, video: withVideo, audio: withAudio}}
	if apart {
		outs = append(outs, output{rung: rung{}, audio: true})
	} else if a.set.WebVideos && withVideo && !withAudio && source.Audio != nil {
		outs = append(outs, output{rung: rung{}, audio: true, spare: true})
	}
	made, err := a.encode(ctx, rec, outs, "a")
	if err != nil && ctx.Err() == nil && (rec.copyVideo || rec.copyAudio) && !errors.Is(err, ffmpeg.ErrNoSpace) {
		a.Log.Info("stream copy does not work, transcoding instead", "video", a.work.ID, "err", err)
		rec.copyVideo, rec.copyAudio = false, false
		made, err = a.encode(ctx, rec, outs, "b")
	}
	return made, err
}

// prepareStill draws the picture that goes with a sound, unless it is there.
func (a *attempt) prepareStill(ctx context.Context, rec *recipe) error {
	if rec.source.Video != nil {
		return nil
	}
	rec.still = a.still(rec.rung)
	if _, err := os.Stat(rec.still); err == nil {
		return nil
	}
	img, err := a.frame(ctx, a.path, a.dir, a.work.UUID, rec.source)
	if err != nil {
		return err
	}
	return picture.WriteJPEG(rec.still, picture.Fill(img, rec.rung.Width, rec.rung.Height))
}

// encode makes the outputs and reads them back; they lie in dir under their
// final names.
func (a *attempt) encode(ctx context.Context, rec recipe, outs []output, try string) ([]stream.Rendition, error) {
	dir := filepath.Join(a.dir, try)
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	for i, o := range outs {
		outs[i].file = filepath.Join(dir, a.names.file(o.rung.Resolution))
		outs[i].playlist = filepath.Join(dir, a.names.playlist(o.rung.Resolution))
	}
	err := a.Tools.Run(ctx, ffmpeg.Command{
		Args: rec.args(outs), Limits: a.limits,
		OnProgress: func(p ffmpeg.Progress) {
			// The last percent is for hashing and moving; a lost lease ends ctx.
			_ = a.job.Progress(ctx, p.Percent(rec.source.Duration)*99/100)
		},
	})
	if err != nil {
		return nil, err
	}
	var made []stream.Rendition
	if a.set.WebVideos {
		if made, err = a.webVideos(ctx, outs); err != nil {
			return nil, err
		}
	}
	for _, o := range outs {
		if o.spare || a.set.NoHLS {
			continue
		}
		r, err := a.read(ctx, o, a.names)
		if err != nil {
			return nil, err
		}
		made = append(made, r)
		for from, to := range map[string]string{o.file: r.File, o.playlist: r.Playlist} {
			if err := os.Rename(from, filepath.Join(a.dir, to)); err != nil {
				return nil, err
			}
		}
	}
	return made, nil
}
