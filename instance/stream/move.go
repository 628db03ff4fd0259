package stream

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"vidiverse/instance/access"
	"vidiverse/instance/db"
	"vidiverse/instance/fault"
	"vidiverse/instance/hls"
	"vidiverse/instance/job"
)

// moveFiles brings the files of a video into the folder of its privacy. The
// addresses change, so there is a new master; the old ones end at once, because
// what was public must not stay so for a day.
//
// It may run again from any point: large files are renamed, which is done or
// not, and the small master is copied under a name of this attempt.
func (s *Files) moveFiles(ctx context.Context, j *job.Job) error {
	var p movePayload
	if err := j.Decode(&p); err != nil {
		return err
	}
	h, err := s.rights.Head(ctx, s.db.Read(), p.Video)
	if fault.KindOf(err) == fault.NotFound {
		return nil // deleted meanwhile, its files with it
	}
	if err != nil {
		return err
	}
	private := !h.Privacy.Open()
	if err := s.renameFiles(ctx, h, private); err != nil {
		return err
	}
	lists, err := s.store.playlists(ctx, s.db.Read(), []access.VideoID{h.ID})
	if err != nil {
		return err
	}
	var m Master
	if old := lists[h.ID]; old != nil && old.Private != private {
		if m, err = s.copyMaster(ctx, h.UUID, *old, private); err != nil {
			return err
		}
	}
	return j.Finish(ctx, func(tx db.Tx) error { return s.finishMove(ctx, tx, h, m, private) })
}

func (s *Files) renameFiles(ctx context.Context, h access.Head, private bool) error {
	names, err := s.store.misplaced(ctx, h.ID, visibility(private))
	if err != nil {
		return err
	}
	for _, f := range names {
		from, to := fileKey(f.kind, h.UUID, f.name, !private), fileKey(f.kind, h.UUID, f.name, private)
		err := s.blob.Rename(ctx, from, to)
		if fault.KindOf(err) == fault.NotFound {
			_, err = s.blob.Stat(ctx, to) // an attempt before this one moved it
		}
		if err != nil {
			return fmt.Errorf("move %s: %w", from, err)
		}
	}
	return nil
}

// copyMaster writes the current master and digest list under new names.
func (s *Files) copyMaster(ctx context.Context, uuid string, old Playlist, private bool) (m Master, err error) {
	m = Master{Name: access.NewUUID() + "-master.m3u8", Sha256Name: access.NewUUID() + "-segments-sha256.json", Private: private}
	body, err := s.copyFile(ctx, FolderOf(uuid, old.Private)+"/"+old.Master, FolderOf(uuid, private)+"/"+m.Name)
	if err != nil {
		return m, err
	}
	digests, err := s.copyFile(ctx, FolderOf(uuid, old.Private)+"/"+old.Sha256, FolderOf(uuid, private)+"/"+m.Sha256Name)
	if err != nil {
		return m, err
	}
	m.Size, m.Sha256Size = int64(len(body)), int64(len(digests))
	list, err := hls.ReadMaster(bytes.NewReader(body))
	if err != nil {
		return m, fmt.Errorf("read master %s: %w", old.Master, err)
	}
	m.Swarms = list.Swarms(s.MasterURL(uuid, m.Name, private))
	return m, nil
}

const maxSmallFile = 64 << 20 // of a master or digest list

func (s *Files) copyFile(ctx context.Context, from, to string) ([]byte, error) {
	body, err := s.readSmall(ctx, from, maxSmallFile)
	if err != nil {
		return nil, err
	}
	_, err = s.blob.Put(ctx, to, bytes.NewReader(body))
	return body, err
}

func (s *Files) readSmall(ctx context.Context, key string, limit int64) ([]byte, error) {
	f, err := s.blob.Open(ctx, key)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, limit))
}

// finishMove makes the rows say where the files now lie.
func (s *Files) finishMove(ctx context.Context, tx db.Tx, h access.Head, m Master, private bool) error {
	now, err := s.rights.Head(ctx, tx, h.ID)
	if fault.KindOf(err) == fault.NotFound { // deleted meanwhile: what we made has no row
		return s.enqueueDelete(ctx, tx, s.madeKeys(h, m, private))
	}
	if err != nil {
		return err
	}
	if err := s.store.place(ctx, tx, h.ID, visibility(private)); err != nil {
		return err
	}
	if err := s.swarmsChanged(ctx, tx, h.ID); err != nil {
		return err
	}
	if m.Name != "" {
		keys, err := s.store.dropMasters(ctx, tx, "m.video_id = ?", int64(h.ID))
		if err != nil {
			return err
		}
		if err := s.store.addMaster(ctx, tx, h.ID, m, s.now()); err != nil {
			return err
		}
		if err := s.enqueueDelete(ctx, tx, keys); err != nil {
			return err
		}
		if err := s.swarmsChanged(ctx, tx, h.ID); err != nil {
			return err
		}
	}
	if err := s.shown(ctx, tx, h.ID); err != nil {
		return err
	}
	if now.Privacy.Open() == private { // changed again while files moved
		return s.enqueueMove(ctx, tx, h.ID)
	}
	return nil
}

func (s *Files) madeKeys(h access.Head, m Master, private bool) []string {
	if m.Name == "" {
		return nil
	}
	folder := FolderOf(h.UUID, private)
	return []string{folder + "/" + m.Name, folder + "/" + m.Sha256Name}
}
