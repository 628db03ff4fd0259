package upload

import (
	"context"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"strings"

	"vidiverse/instance/db"
	"vidiverse/instance/fault"
	"vidiverse/instance/ffmpeg"
	"vidiverse/instance/stream"
	"vidiverse/instance/user"
	"vidiverse/instance/video"
)

// finish makes a video of a file that has wholly arrived. A refusal removes
// the upload; a failure of the server leaves it open, so that the client's
// next request tries again. The caller holds the upload's lock.
func (s *Service) finish(ctx context.Context, caller user.Caller, r record) (Created, error) {
	ctx, cancel := context.WithTimeout(ctx, workLimit)
	defer cancel()
	if r.Key == "" {
		r.Key = sourceKey(r)
	}
	if err := s.setState(ctx, r.ID, processing, r.Key); err != nil {
		return Created{}, err
	}
	v, err := s.accept(ctx, caller, r)
	switch {
	case err == nil:
		_ = os.Remove(s.picturePath(r.ID)) // what stays is swept at the next start
		return v, nil
	case refused(err):
		return Created{}, errors.Join(err, s.discard(ctx, r))
	default:
		return Created{}, errors.Join(err, s.setState(context.WithoutCancel(ctx), r.ID, open, r.Key))
	}
}

// refused tells the file's fault from the server's. A full disk counts as
// refused: the bytes must not stay on it.
func refused(err error) bool {
	switch fault.KindOf(err) {
	case fault.Internal, fault.Unavailable:
		return errors.Is(err, errFull)
	}
	return true
}

func (s *Service) setState(ctx context.Context, id ID, state, key string) error {
	return s.DB.Write(ctx, func(tx db.Tx) error { return s.store.setState(ctx, tx, id, state, key, s.Now()) })
}

// accept inspects, moves and records a file, in this order: a crash after the
// move finds the file again by the key that stands in the row.
func (s *Service) accept(ctx context.Context, caller user.Caller, r record) (Created, error) {
	what, err := describe(r.Draft)
	if err != nil {
		return Created{}, err
	}
	if err := s.Videos.CheckDraft(ctx, caller, &what.Draft); err != nil {
		return Created{}, err // the channel may have gone meanwhile
	}
	if err := s.unmove(ctx, r); err != nil {
		return Created{}, err
	}
	probe, err := s.inspect(ctx, s.path(r.ID))
	if err != nil {
		return Created{}, err
	}
	var thumbs []stream.Thumbnail
	if what.Picture {
		if thumbs, err = s.Thumbnails(ctx, s.picturePath(r.ID)); err != nil {
			return Created{}, err
		}
	}
	// The bytes may be hours old. A file without a row must look new, or the
	// sweep takes it for a leftover before the row is there.
	if err := os.Chtimes(s.path(r.ID), s.Now(), s.Now()); err != nil {
		return Created{}, err
	}
	size, err := s.Blob.Adopt(ctx, r.Key, s.path(r.ID))
	if err != nil {
		return Created{}, err
	}
	src := stream.Source{Filename: r.Filename, Key: r.Key, Size: size, Probe: probe}
	var v video.Video
	err = s.DB.Write(ctx, func(tx db.Tx) error {
		if v, err = s.Videos.Create(ctx, tx, caller, what.Draft, src); err != nil {
			return err
		}
		if len(thumbs) > 0 {
			if err := s.Videos.PutThumbnails(ctx, tx, v.ID, thumbs); err != nil {
				return err
			}
		}
		if s.Plan != nil {
			if err := s.Plan(ctx, tx, v.ID); err != nil {
				return err
			}
		}
		return s.store.setDone(ctx, tx, r.ID, v.ID, v.UUID, s.Now())
	})
	return Created{ID: v.ID, UUID: v.UUID}, err
}

// unmove brings a file back that a stopped attempt had moved already.
func (s *Service) unmove(ctx context.Context, r record) error {
	if _, err := os.Stat(s.path(r.ID)); err == nil || !errors.Is(err, os.ErrNotExist) {
		return err
	}
	from, err := s.Blob.Open(ctx, r.Key)
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := os.Create(s.path(r.ID))
	if err != nil {
		return medium(err)
	}
	_, err = io.Copy(to, from)
	return medium(errors.Join(err, to.Close()))
}

const tryThese = "Try MP4, WebM, MKV, MOV or AVI."

// inspect refuses what is no video or sound that we can read, in words for the
// person who chose the file.
func (s *Service) inspect(ctx context.Context, path string) (ffmpeg.Probe, error) {
	head, err := readHead(path)
	if err != nil {
		return ffmpeg.Probe{}, err
	}
	if len(head) == 0 {
		return ffmpeg.Probe{}, errEmpty
	}
	if k := ffmpeg.Sniff(head); !k.Accepted() {
		return ffmpeg.Probe{}, fault.New(fault.Unsupported, "This is not a video we can read: it looks like %s. %s", k.Name, tryThese)
	}
	p, err := s.Probe(ctx, path)
	var why *ffmpeg.Refusal
	if errors.As(err, &why) {
		return p, fault.New(fault.Unprocessable, "This is not a video we can read. %s %s", why.Reason, tryThese)
	}
	if err == nil && p.Video == nil && s.NoAudio {
		err = fault.New(fault.Unsupported, "This file is sound without a picture, which is not taken here. %s", tryThese)
	}
	return p, err
}

func readHead(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	head := make([]byte, ffmpeg.SniffLen)
	n, err := io.ReadFull(f, head)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil
	}
	return head[:n], err
}

// sourceKey names the original after its upload, not after what the user
// called it; only the extension is taken over, from a list.
func sourceKey(r record) string {
	raw, _ := hex.DecodeString(strings.ReplaceAll(string(r.ID), "-", "")) // we made it: it is hexadecimal
	raw = append(raw, make([]byte, 16)...)[:16]
	raw[6], raw[8] = raw[6]&0x0f|0x40, raw[8]&0x3f|0x80 // version 4, as PeerTube's names
	h := hex.EncodeToString(raw)
	return "original-video-files/" + h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:] + extension(r.Filename)
}
