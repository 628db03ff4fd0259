package stream

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"vidiverse/instance/access"
	"vidiverse/instance/db"
	"vidiverse/instance/fault"
	"vidiverse/instance/hls"
)

// Rendition is one resolution of a video: in its HLS playlist a fragmented file
// and its media playlist, or a web video, which is one file. Names are of our
// making, ending in -<resolution>-fragmented.mp4, -<resolution>.m3u8 and
// -<resolution>.mp4.
type Rendition struct {
	ID           int64 // number of the fragmented file, given by the database
	Resolution   int   // 0 is sound alone
	FPS          int
	Width        int
	Height       int
	HasVideo     bool
	HasAudio     bool
	Web          bool // a web video: what a playlist needs is zero
	Private      bool // the folder that the files lie in; written rows follow their Master
	Torrent      Torrent
	File         string
	Playlist     string
	Size         int64 // bytes of File
	PlaylistSize int64
	Bandwidth    int64 // bits a second
	Codecs       string
	Extents      []Extent
	Probe        json.RawMessage // as PeerTube's REST shows metadata
	CreatedAt    time.Time
}

// Master is a new master playlist: whatever changes the list of variants makes
// one, because players name their swarms by its address and by positions in it.
type Master struct {
	Name       string
	Sha256Name string
	Size       int64
	Sha256Size int64
	Swarms     []hls.Swarm // what players of it may announce
	Private    bool        // the folder its files were written to
	// Lists are the numbers of the files that were there when it was written; if
	// others are there now it is a fault.Conflict. nil checks nothing.
	Lists []int64
}

// Thumbnail is a picture of a video, stored under thumbnails/.
type Thumbnail struct {
	Width, Height int
	File          string
	Automatic     bool // taken from the video, not chosen by its owner
}

// FolderOf is the key prefix of a video's HLS files, without a slash at the end.
func FolderOf(uuid string, private bool) string {
	if private {
		return "streaming-playlists/hls/private/" + uuid
	}
	return "streaming-playlists/hls/" + uuid
}

// MasterURL is the address of a master as REST gives it, and so the id of its
// swarms.
func (s *Files) MasterURL(uuid, name string, private bool) string {
	return s.base + "/static/" + FolderOf(uuid, private) + "/" + name
}

// PutRenditions adds renditions whose files are stored and makes a new master
// current. The one before stays valid for a day, for viewers under way. A
// resolution that was there is replaced.
func (s *Files) PutRenditions(ctx context.Context, tx db.Tx, id access.VideoID, add []Rendition, m Master) error {
	h, err := s.rights.Head(ctx, tx, id)
	if err != nil {
		return err
	}
	if err := s.swarmsChanged(ctx, tx, id); err != nil { // of torrents that go
		return err
	}
	if err := s.checkList(ctx, tx, id, m); err != nil {
		return err
	}
	now := s.now()
	for _, r := range add {
		if err := s.putRendition(ctx, tx, h, r, m.Private, now); err != nil {
			return err
		}
	}
	if err := s.store.retireMasters(ctx, tx, id, now, now.Add(s.masterLife)); err != nil {
		return err
	}
	if err := s.store.addMaster(ctx, tx, id, m, now); err != nil {
		return err
	}
	if err := s.swarmsChanged(ctx, tx, id); err != nil {
		return err
	}
	if err := s.shown(ctx, tx, id); err != nil {
		return err
	}
	if m.Private == h.Privacy.Open() { // the privacy changed while the files were written
		return s.enqueueMove(ctx, tx, id)
	}
	return nil
}

// checkList refuses a master that would name what was deleted meanwhile.
func (s *Files) checkList(ctx context.Context, tx db.Tx, id access.VideoID, m Master) error {
	if m.Lists == nil {
		return nil
	}
	now, err := s.store.listed(ctx, tx, id)
	if err != nil {
		return err
	}
	listed := slices.Sorted(slices.Values(m.Lists))
	if !slices.Equal(now, listed) {
		return fault.New(fault.Conflict, "The files of the video have changed meanwhile.")
	}
	return nil
}

func (s *Files) putRendition(ctx context.Context, tx db.Tx, h access.Head, r Rendition, private bool, now time.Time) error {
	digests, err := EncodeExtents(r.Extents)
	if err != nil {
		return fmt.Errorf("rendition %d: %w", r.Resolution, err)
	}
	old, err := s.store.dropFiles(ctx, tx, h, "rendition", &r.Resolution, 0)
	if err != nil {
		return err
	}
	reused := func(key string) bool { return baseName(key) == r.File || baseName(key) == r.Playlist }
	if err := s.enqueueDelete(ctx, tx, slices.DeleteFunc(old, reused)); err != nil {
		return err
	}
	file, err := s.store.addRendition(ctx, tx, h.ID, r, digests, private, now)
	if err != nil {
		return err
	}
	return s.wantTorrents(ctx, tx, h.ID, []int64{file})
}

// PutThumbnails replaces the pictures of a video. Automatic ones do not replace
// those that the owner chose: then their files are removed instead.
func (s *Files) PutThumbnails(ctx context.Context, tx db.Tx, id access.VideoID, list []Thumbnail) error {
	if _, err := s.rights.Head(ctx, tx, id); err != nil {
		return err
	}
	old, chosen, err := s.store.thumbnailFiles(ctx, tx, id)
	if err != nil || len(list) == 0 {
		return err
	}
	drop := old
	if chosen && list[0].Automatic {
		drop = nil
		for _, t := range list {
			drop = append(drop, thumbnailKey(t.File))
		}
	} else if err := s.store.putThumbnails(ctx, tx, id, list, s.now()); err != nil {
		return err
	}
	tx.AfterCommit(s.Forget)
	if err := s.enqueueDelete(ctx, tx, drop); err != nil {
		return err
	}
	return s.shown(ctx, tx, id)
}

// DropSource forgets the original and removes its file.
func (s *Files) DropSource(ctx context.Context, tx db.Tx, id access.VideoID) error {
	key, err := s.store.dropSource(ctx, tx, id)
	if err != nil || key == "" {
		return err
	}
	return s.enqueueDelete(ctx, tx, []string{key})
}

func thumbnailKey(file string) string { return "thumbnails/" + file }
