package stream

import (
	"context"
	"time"

	"vidiverse/instance/access"
	"vidiverse/instance/db"
	"vidiverse/instance/fault"
)

// WebVideoKey is where a web video of that name lies.
func WebVideoKey(name string, private bool) string { return fileKey(kindWebVideo, "", name, private) }

// WebVideos are those of some videos, best first.
func (s *Files) WebVideos(ctx context.Context, ids []access.VideoID) (map[access.VideoID][]Rendition, error) {
	return s.store.webVideos(ctx, s.db.Read(), ids)
}

// PutWebVideos adds web videos whose files are stored in the folder that
// private says. A resolution that was there is replaced.
func (s *Files) PutWebVideos(ctx context.Context, tx db.Tx, id access.VideoID, add []Rendition, private bool) error {
	h, err := s.rights.Head(ctx, tx, id)
	if err != nil || len(add) == 0 {
		return err
	}
	if err := s.swarmsChanged(ctx, tx, id); err != nil { // of torrents that go
		return err
	}
	for _, r := range add {
		if err := s.putWebVideo(ctx, tx, h, r, private, s.now()); err != nil {
			return err
		}
	}
	if err := s.swarmsChanged(ctx, tx, id); err != nil {
		return err
	}
	if err := s.shown(ctx, tx, id); err != nil {
		return err
	}
	if private == h.Privacy.Open() { // the privacy changed while the files were written
		return s.enqueueMove(ctx, tx, id)
	}
	return nil
}

func (s *Files) putWebVideo(ctx context.Context, tx db.Tx, h access.Head, r Rendition, private bool, now time.Time) error {
	if err := s.dropWebVideos(ctx, tx, h, &r.Resolution, 0); err != nil {
		return err
	}
	file, err := s.store.addWebVideo(ctx, tx, h.ID, r, private, now)
	if err != nil {
		return err
	}
	return s.wantTorrents(ctx, tx, h.ID, []int64{file})
}

// DropWebVideos removes the web videos of a video, or the one whose file has
// that number; 0 is all.
func (s *Files) DropWebVideos(ctx context.Context, tx db.Tx, id access.VideoID, file int64) error {
	h, err := s.rights.Head(ctx, tx, id)
	if err != nil {
		return err
	}
	if err := s.swarmsChanged(ctx, tx, id); err != nil {
		return err
	}
	if err := s.dropWebVideos(ctx, tx, h, nil, file); err != nil {
		return err
	}
	return s.shown(ctx, tx, id)
}

func (s *Files) dropWebVideos(ctx context.Context, tx db.Tx, h access.Head, resolution *int, file int64) error {
	keys, err := s.store.dropFiles(ctx, tx, h, "web_video", resolution, file)
	if err != nil {
		return err
	}
	return s.enqueueDelete(ctx, tx, keys)
}

// DropRendition removes one file of the HLS playlist, of which m, already
// stored, is the master without it. The master before ends at once: it names a
// file that is no longer there.
func (s *Files) DropRendition(ctx context.Context, tx db.Tx, id access.VideoID, file int64, m Master) error {
	h, err := s.rights.Head(ctx, tx, id)
	if err != nil {
		return err
	}
	if err := s.swarmsChanged(ctx, tx, id); err != nil {
		return err
	}
	keys, err := s.store.dropFiles(ctx, tx, h, "rendition", nil, file)
	if err != nil {
		return err
	}
	if len(keys) == 0 {
		return fault.New(fault.NotFound, "This HLS playlist does not have this file id")
	}
	masters, err := s.store.dropMasters(ctx, tx, "m.video_id = ?", int64(id))
	if err != nil {
		return err
	}
	if err := s.enqueueDelete(ctx, tx, append(keys, masters...)); err != nil {
		return err
	}
	return s.PutRenditions(ctx, tx, id, nil, m)
}

// DropPlaylist removes the HLS playlist of a video with all its files.
func (s *Files) DropPlaylist(ctx context.Context, tx db.Tx, id access.VideoID) error {
	h, err := s.rights.Head(ctx, tx, id)
	if err != nil {
		return err
	}
	if err := s.swarmsChanged(ctx, tx, id); err != nil {
		return err
	}
	keys, err := s.store.dropFiles(ctx, tx, h, "rendition", nil, 0)
	if err != nil {
		return err
	}
	masters, err := s.store.dropMasters(ctx, tx, "m.video_id = ?", int64(id))
	if err != nil {
		return err
	}
	if err := s.enqueueDelete(ctx, tx, append(keys, masters...)); err != nil {
		return err
	}
	return s.shown(ctx, tx, id)
}
