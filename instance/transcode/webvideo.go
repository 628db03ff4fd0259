package transcode

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"vidiverse/instance/ffmpeg"
	"vidiverse/instance/job"
	"vidiverse/instance/stream"
)

// webWanted tells whether a resolution becomes a web video: sound alone only
// where it was asked for by itself, not where HLS keeps it apart.
func (a *attempt) webWanted(resolution int) bool {
	return a.set.WebVideos && (resolution > 0 || slices.Contains(a.set.Resolutions, 0))
}

// webVideos puts the streams that were just encoded into progressive files,
// which lie in the attempt's folder under their final names.
func (a *attempt) webVideos(ctx context.Context, outs []output) ([]stream.Rendition, error) {
	var made []stream.Rendition
	for _, o := range outs {
		if o.spare || !a.webWanted(o.rung.Resolution) {
			continue
		}
		parts := []string{o.file}
		for _, other := range outs {
			if o.video && !o.audio && other.audio {
				parts = append(parts, other.file)
			}
		}
		r := stream.Rendition{Web: true, Resolution: o.rung.Resolution, FPS: int(math.Round(o.rung.FPS)), File: a.names.web(o.rung.Resolution)}
		path := filepath.Join(a.dir, r.File)
		if err := a.join(ctx, parts, path); err != nil {
			return nil, err
		}
		p, err := a.Tools.Probe(ctx, path)
		if err != nil {
			return nil, fmt.Errorf("probe web video: %w", err)
		}
		st, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		r.Size, r.Probe, r.HasVideo, r.HasAudio = st.Size(), p.Metadata, p.Video != nil, p.Audio != nil
		if r.HasVideo != o.video || r.HasAudio != (o.audio || len(parts) > 1) {
			return nil, fmt.Errorf("web video %d: a stream is missing in the output", r.Resolution)
		}
		if p.Video != nil {
			r.Width, r.Height = p.Video.Size()
		} else {
			r.FPS = 0
		}
		made = append(made, r)
	}
	return made, nil
}

// join copies the picture of the first file, and the sound of the last, into a
// file that plays while it is loaded: its index stands at its beginning.
func (a *attempt) join(ctx context.Context, parts []string, out string) error {
	var inputs []ffmpeg.Input
	for _, p := range parts {
		inputs = append(inputs, ffmpeg.Input{Path: p, Format: "mov"})
	}
	// A second try, without copying from the source, writes the same name.
	if err := os.Remove(out); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return a.Tools.Run(ctx, ffmpeg.Command{Limits: a.limits, Args: ffmpeg.Build(inputs, "", []ffmpeg.Output{{Path: out, Options: []string{
		"-map", "0:v:0?", "-map", strconv.Itoa(len(parts)-1) + ":a:0?", "-c", "copy", "-map_metadata", "-1", "-map_chapters", "-1",
		"-movflags", "+faststart", "-f", "mp4"}}})})
}

// asIs makes the file that was uploaded the web video: where transcoding is
// switched off, browsers get what people gave.
func (a *attempt) asIs(ctx context.Context) ([]stream.Rendition, []stream.Thumbnail, error) {
	p := a.work.Source.Probe
	if p.Video == nil {
		return nil, nil, job.Permanent(errors.New("there is no picture in this file, and nothing is transcoded here"))
	}
	r := stream.Rendition{Web: true, File: a.names.whole(a.work.Source), FPS: int(math.Round(p.Video.FPS)), Size: a.work.Source.Size,
		HasVideo: true, HasAudio: p.Audio != nil, Probe: p.Metadata}
	r.Width, r.Height = p.Video.Size()
	r.Resolution = min(r.Width, r.Height)
	pictures, err := a.pictures(ctx, p, rung{})
	if err != nil {
		return nil, nil, err
	}
	// The original stays as it is until the job has ended: a link costs nothing.
	to := filepath.Join(a.dir, r.File)
	if os.Link(a.path, to) == nil {
		return []stream.Rendition{r}, pictures, nil
	}
	return []stream.Rendition{r}, pictures, copyFile(a.path, to)
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// fallBack takes what was made of the original before it was removed: the same
// resolution if it is there in any kind, else the best.
func (a *attempt) fallBack(ctx context.Context) error {
	picture, sound := a.bestFiles()
	if picture == nil {
		picture, sound = sound, nil
	}
	if picture == nil {
		return job.Permanent(errors.New("the original file is no longer there"))
	}
	path, err := a.local(ctx, a.keyOf(*picture), "picture.mp4")
	if err != nil {
		return err
	}
	a.path = path
	if sound != nil {
		track, err := a.local(ctx, a.keyOf(*sound), "sound.mp4")
		if err != nil {
			return err
		}
		a.path = filepath.Join(a.dir, "source.mp4")
		if err := a.join(ctx, []string{path, track}, a.path); err != nil {
			return err
		}
	}
	a.work.Source.Probe, err = a.Tools.Probe(ctx, a.path)
	return err
}

// bestFiles are the file to make others of, and the one with its sound if that
// is apart.
func (a *attempt) bestFiles() (picture, sound *stream.Rendition) {
	files := slices.Concat(a.work.WebVideos, a.work.Renditions)
	wanted := func(r stream.Rendition) int {
		if a.p.Rung != nil && r.Resolution == a.p.Rung.Resolution {
			return math.MaxInt
		}
		return r.Resolution
	}
	// Stable: of one resolution the web video, which has its sound.
	slices.SortStableFunc(files, func(a, b stream.Rendition) int { return cmp.Compare(wanted(b), wanted(a)) })
	for i, f := range files {
		if f.HasVideo && picture == nil {
			picture = &files[i]
		}
		if f.HasAudio && !f.HasVideo {
			sound = &files[i]
		}
	}
	if picture != nil && picture.HasAudio {
		sound = nil
	}
	return picture, sound
}

func (a *attempt) keyOf(r stream.Rendition) string {
	if r.Web {
		return stream.WebVideoKey(r.File, r.Private)
	}
	return stream.FolderOf(a.work.UUID, r.Private) + "/" + r.File
}
