package upload

import (
	"context"
	"errors"
	"io"
	"mime/multipart"
	"os"

	"vidiverse/instance/fault"
)

// files are what a form carried beside its fields: paths in the folder of
// unfinished files, empty when the part was absent.
type files struct {
	video, videoName string
	size             int64
	picture          string
}

// remove deletes what is still there. Absent files are fine: they were moved.
func (f files) remove() {
	for _, p := range []string{f.video, f.picture} {
		if p != "" {
			_ = os.Remove(p) // a leftover is swept at the next start
		}
	}
}

// readForm streams a multipart body to disk: fields into memory within their
// limits, each file to a path made from id. On an error nothing stays behind.
// withVideo says whether a videofile part is expected; without it such a part
// is refused.
func (s *Service) readForm(ctx context.Context, mr *multipart.Reader, id ID, withVideo bool) (fields Fields, out files, err error) {
	defer func() {
		if err != nil {
			out.remove()
			out = files{}
		}
	}()
	fields = Fields{}
	left := int64(maxBody)
	for n := 0; ; n++ {
		part, err := mr.NextRawPart()
		if errors.Is(err, io.EOF) {
			return fields, out, nil
		}
		if err != nil {
			return nil, out, cut(err)
		}
		if n >= maxFields || len(part.FormName()) > maxFieldName {
			return nil, out, fault.New(fault.Invalid, "The form has too many fields.")
		}
		switch name := part.FormName(); {
		case name == "videofile" && withVideo && out.video == "":
			out.video, out.videoName = s.path(id), part.FileName()
			out.size, err = s.save(ctx, out.video, part, s.MaxSize)
		case (name == "thumbnailfile" || name == "previewfile") && out.picture == "":
			out.picture = s.picturePath(id)
			_, err = s.save(ctx, out.picture, part, maxPicture)
		case name == "thumbnailfile" || name == "previewfile":
			// previewfile is the older name of the same thing: the first wins.
			_, err = io.Copy(io.Discard, io.LimitReader(part, maxPicture))
		case part.FileName() != "":
			err = refuse("body", name, nil, "Should not have this file")
		default:
			err = readField(fields, name, part, &left)
		}
		if err != nil {
			return nil, out, err
		}
	}
}

func readField(f Fields, name string, part io.Reader, left *int64) error {
	limit := min(int64(maxFieldSize), *left)
	b, err := io.ReadAll(io.LimitReader(part, limit+1))
	if err != nil {
		return cut(err)
	}
	if int64(len(b)) > limit {
		return fault.New(fault.TooLarge, "The field %s is too long.", name)
	}
	*left -= int64(len(b))
	f.Add(name, string(b))
	return nil
}

// save writes a part to a new file, synced. A part above limit is TooLarge.
func (s *Service) save(ctx context.Context, path string, r io.Reader, limit int64) (int64, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, medium(err)
	}
	n, err := io.CopyBuffer(struct{ io.Writer }{diskWriter{ctx, f}}, struct{ io.Reader }{io.LimitReader(r, limit+1)}, make([]byte, 256<<10))
	if err == nil && n > limit {
		err = tooLarge()
	}
	if err == nil {
		err = medium(f.Sync())
	}
	if e := f.Close(); err == nil {
		err = medium(e)
	}
	return n, cut(err)
}

func tooLarge() error {
	return fault.New(fault.TooLarge, "This file is too large. It exceeds the maximum file size authorized.").WithCode("max_file_size_reached")
}

// diskWriter marks errors of the disk, to tell them from those of the network.
type diskWriter struct {
	ctx context.Context
	f   *os.File
}

func (w diskWriter) Write(p []byte) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := w.f.Write(p)
	return n, medium(err)
}

// cut words the end of a body that came too early. Errors that are already in
// words pass.
func cut(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := fault.As(err); ok {
		return err
	}
	return fault.New(fault.Invalid, "The connection ended before the whole request had arrived: %w", err)
}
