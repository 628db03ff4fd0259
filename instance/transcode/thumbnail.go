package transcode

import (
	"context"
	"crypto/rand"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"time"

	"vidiverse/instance/ffmpeg"
	"vidiverse/instance/picture"
	"vidiverse/instance/stream"
)

// pictureSide is how large a frame is taken: the largest thumbnail's side.
const pictureSide = 1920

// Thumbnails makes all sizes of a picture that a video's owner chose and stores
// them; the caller enters them with PutThumbnails. What is no picture is
// fault.Unsupported.
func (e *Engine) Thumbnails(ctx context.Context, path string) ([]stream.Thumbnail, error) {
	img, err := picture.Read(path)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(e.TempDir, "picture-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	made, err := e.thumbnails(dir, names{rand.Text(), 1}, img, false)
	if err != nil {
		return nil, err
	}
	list, err := e.adoptThumbnails(ctx, dir, made)
	if err != nil {
		e.dropThumbnails(ctx, made)
	}
	return list, err
}

// thumbnails writes every size into dir.
func (e *Engine) thumbnails(dir string, n names, img image.Image, automatic bool) ([]stream.Thumbnail, error) {
	img = picture.RGBA(picture.Shrink(img, pictureSide))
	var list []stream.Thumbnail
	for _, s := range e.Settings.ThumbnailSizes {
		t := stream.Thumbnail{Width: s.Width, Height: s.Height, File: n.thumbnail(s), Automatic: automatic}
		if err := picture.WriteJPEG(filepath.Join(dir, t.File), picture.Fill(img, s.Width, s.Height)); err != nil {
			return nil, err
		}
		list = append(list, t)
	}
	return list, nil
}

func (e *Engine) adoptThumbnails(ctx context.Context, dir string, list []stream.Thumbnail) ([]stream.Thumbnail, error) {
	for _, t := range list {
		if _, err := e.Blob.Adopt(ctx, thumbnailKey(t.File), filepath.Join(dir, t.File)); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func (e *Engine) dropThumbnails(ctx context.Context, list []stream.Thumbnail) {
	for _, t := range list {
		if err := e.Blob.Delete(context.WithoutCancel(ctx), thumbnailKey(t.File)); err != nil {
			e.Log.Warn("thumbnail not removed", "file", t.File, "err", err)
		}
	}
}

// frame takes the most telling picture from the middle of the film, or a
// sound's cover, or draws one.
func (e *Engine) frame(ctx context.Context, path, dir, seed string, p ffmpeg.Probe) (image.Image, error) {
	out := filepath.Join(dir, "frame.jpg")
	switch {
	case p.Video != nil:
		for _, start := range []time.Duration{p.Duration / 2, 0} {
			if err := e.takeFrame(ctx, path, out, start, p); ctx.Err() != nil {
				return nil, err
			}
			if img, err := picture.Read(out); err == nil {
				return img, nil
			}
		}
	case p.Cover != nil:
		err := e.Tools.Run(ctx, ffmpeg.Command{Limits: e.limits, Args: ffmpeg.Build(
			[]ffmpeg.Input{{Path: path, Format: p.Format}}, "", []ffmpeg.Output{{Path: out, Options: []string{
				"-map", fmt.Sprintf("0:%d", p.Cover.Index), "-frames:v", "1", "-vf", "scale=" + within(p.Cover.Width, p.Cover.Height),
				"-q:v", "2", "-f", "image2", "-update", "1"}}})})
		if ctx.Err() != nil {
			return nil, err
		}
		if img, err := picture.Read(out); err == nil {
			return img, nil
		}
	}
	// A film whose frames cannot be shown, or a sound without a cover.
	return soundPicture(seed), nil
}

func (e *Engine) takeFrame(ctx context.Context, path, out string, start time.Duration, p ffmpeg.Probe) error {
	w, h := p.Video.Size()
	// Made small before fifty of them are held in memory to choose one.
	filter := fmt.Sprintf("scale=%s,setsar=1,thumbnail=%d", within(w, h), e.Settings.ThumbnailFrames)
	if e.toneMaps(ctx, p) {
		filter += ",zscale=t=linear:npl=100,format=gbrpf32le,zscale=p=bt709,tonemap=hable:desat=0,zscale=t=bt709:m=bt709:r=tv,format=yuv420p"
	}
	return e.Tools.Run(ctx, ffmpeg.Command{Limits: e.limits, Args: ffmpeg.Build(
		[]ffmpeg.Input{{Path: path, Format: p.Format, Start: start}}, "", []ffmpeg.Output{{Path: out, Options: []string{
			"-map", fmt.Sprintf("0:%d", p.Video.Index), "-vf", filter, "-frames:v", "1", "-q:v", "2", "-f", "image2", "-update", "1"}}})})
}

// within is the largest size of the shape w × h that pictureSide allows.
func within(w, h int) string {
	if most := max(w, h); most > pictureSide {
		w, h = max(1, w*pictureSide/most), max(1, h*pictureSide/most)
	}
	return fmt.Sprintf("%d:%d", w, h)
}

func (e *Engine) toneMaps(ctx context.Context, p ffmpeg.Probe) bool {
	return p.Video != nil && p.Video.HDR() && e.Tools.HasFilters(ctx, "zscale", "tonemap")
}
