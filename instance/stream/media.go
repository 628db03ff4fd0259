package stream

import (
	"context"
	"strings"
	"time"

	"vidiverse/instance/access"
	"vidiverse/instance/db"
	"vidiverse/instance/fault"
	"vidiverse/instance/user"
)

// Kinds of files that media asks for, by the folder of the request.
const (
	MediaHLS             = "hls"
	MediaHLSPrivate      = "hls-private"
	MediaWebVideo        = "web-video"
	MediaWebVideoPrivate = "web-video-private"
)

// MediaFile is a file of a video that may be sent to who may read the video.
type MediaFile struct {
	Key         string // of the blob store
	Size        int64  // 0 if only the store knows
	Public      bool   // anybody may read it now; else ask MayRead
	VideoID     access.VideoID
	ContentType string
	ModTime     time.Time
}

// MediaFile finds a file by its row, never by its path: kind says which folder
// the request named, uuid is empty for web videos. A file in the other folder,
// of another video, or of no video is fault.NotFound.
func (s *Files) MediaFile(ctx context.Context, kind, uuid, name string) (MediaFile, error) {
	if !findable(name) {
		return MediaFile{}, fault.New(fault.NotFound, "File not found")
	}
	key := kind + "/" + uuid + "/" + name
	if f, ok := s.files.Get(key, s.now()); ok {
		return f, nil
	}
	f, err := s.store.mediaFile(ctx, kind, uuid, name)
	if err == nil {
		s.files.Put(key, f, s.now())
	}
	return f, err
}

// SourceFile is the uploaded original of that OriginalName and what its uploader
// called it, for who may change the video. A link can carry no header: there, a
// file token that such a person made says the same. Where nothing was shown it
// is Unauthorized, and for everyone else Forbidden.
func (s *Files) SourceFile(ctx context.Context, caller user.Caller, token, name string) (MediaFile, string, error) {
	if token == "" && !caller.SignedIn() {
		return MediaFile{}, "", fault.New(fault.Unauthorized, "Authentication is required")
	}
	if !findable(name) {
		return MediaFile{}, "", fault.New(fault.NotFound, "Video source file not found")
	}
	id, file, filename, err := s.store.sourceFile(ctx, originals+name)
	if err != nil {
		return MediaFile{}, "", err
	}
	h, err := s.rights.Head(ctx, s.db.Read(), id)
	if err != nil {
		return MediaFile{}, "", err
	}
	refused := h.Manage(caller)
	if refused == nil || token == "" {
		return file, filename, refused
	}
	ok, err := s.rights.TokenManages(ctx, token, h)
	if err == nil && !ok {
		err = refused
	}
	return file, filename, err
}

// findable tells whether a name from outside can stand in a query: PostgreSQL
// takes neither NUL nor broken UTF-8.
func findable(name string) bool { return db.Sized(name, 1, 500) }

func contentType(name string) string {
	switch {
	case strings.HasSuffix(name, ".m3u8"):
		return "application/vnd.apple.mpegurl"
	case strings.HasSuffix(name, ".json"):
		return "application/json; charset=utf-8"
	case strings.HasSuffix(name, ".m4a"):
		return "audio/mp4"
	case strings.HasSuffix(name, ".mp4"):
		return "video/mp4"
	}
	return "application/octet-stream"
}

func fileKey(kind, uuid, name string, private bool) string {
	if kind == kindWebVideo {
		return either(private, "web-videos/private/", "web-videos/") + name
	}
	return FolderOf(uuid, private) + "/" + name
}

func baseName(key string) string { return key[strings.LastIndexByte(key, '/')+1:] }

// Forget drops every remembered answer, here and by Config.Changed; it is to run
// after each commit that may change one.
func (s *Files) Forget() {
	s.changed()
	s.files.Clear()
	s.swarms.Clear()
}

// swarmsChanged drops what is remembered of a video, here and where Config.Swarms
// remembers it: a refusal of a moment ago must not keep viewers of a new master
// apart for a minute, nor an old yes introduce strangers to a closed video.
func (s *Files) swarmsChanged(ctx context.Context, tx db.Tx, id access.VideoID) error {
	hashes, err := s.store.hashes(ctx, tx, id)
	tx.AfterCommit(func() {
		s.Forget()
		s.told(hashes)
	})
	return err
}

// SwarmAllowed is the tracker's allow-list: a hash of a current master, or one
// retired within a day, of a video that anybody may watch. Hashes of closed
// videos are never listed: the tracker would introduce strangers to viewers.
func (s *Files) SwarmAllowed(ctx context.Context, hash [20]byte) (bool, error) {
	if ok, found := s.swarms.Get(hash, s.now()); found {
		return ok, nil
	}
	ok, err := s.store.swarmAllowed(ctx, hash, s.now())
	if err == nil {
		s.swarms.Put(hash, ok, s.now())
	}
	return ok, err
}

// Swarms are the hashes of a master that SwarmAllowed allows as long as anybody
// may watch its video: what is told to other servers.
func (s *Files) Swarms(ctx context.Context, master string) ([][20]byte, error) {
	return s.store.masterHashes(ctx, master, s.now())
}

const originals = "original-video-files/"

// OriginalName is the last part of an original's key, by which it is
// downloaded; false when no original is kept.
func OriginalName(key string) (string, bool) {
	return strings.CutPrefix(key, originals)
}

func either(yes bool, a, b string) string {
	if yes {
		return a
	}
	return b
}
