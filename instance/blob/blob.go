// Package blob keeps the instance's files under keys: slash paths in
// PeerTube's layout, made only by our own code, never taken from a request.
//
//	streaming-playlists/hls/<uuid>/<file>   web-videos/<file>   thumbnails/<file> …
//
// A key names a whole file or nothing: what was half written when a process
// died, or when the disk was full, is never seen. The package knows no video.
package blob

import (
	"context"
	"io"
	"io/fs"
	"iter"
	"strings"
	"time"

	"vidiverse/instance/fault"
)

// Store holds files by key. All methods are safe for several goroutines.
// A key that is not a clean relative slash path is fault.Invalid; a key that is
// not there is fault.NotFound; a medium that is full is fault.Unavailable.
type Store interface {
	// Put makes key hold the bytes of r, durably, or changes nothing. It
	// replaces what was there; open Files keep reading the old bytes.
	Put(ctx context.Context, key string, r io.Reader) (size int64, err error)
	// Adopt moves a finished local file into the store; path is gone after
	// success and untouched after an error.
	Adopt(ctx context.Context, key, path string) (size int64, err error)
	// Open returns the file for reading; the caller closes it.
	Open(ctx context.Context, key string) (File, error)
	Stat(ctx context.Context, key string) (Info, error)
	// Delete removes key; an absent key is no error.
	Delete(ctx context.Context, key string) error
	// Rename moves from to to, replacing it.
	Rename(ctx context.Context, from, to string) error
	// List yields the keys that begin with prefix, in no promised order.
	// Keys added or removed meanwhile may be missed or seen.
	List(ctx context.Context, prefix string) iter.Seq2[Info, error]
	// Free is how many bytes can still be written.
	Free(ctx context.Context) (bytes int64, err error)
}

// File is an open file. For a folder it is an *os.File, so that the kernel can
// copy it to a socket by itself: do not wrap it.
type File interface {
	io.ReadSeekCloser
	io.ReaderAt
	Stat() (fs.FileInfo, error)
}

// Info describes a stored file.
type Info struct {
	Key     string
	Size    int64
	ModTime time.Time
}

// checkKey refuses what no code of ours makes: absolute and climbing paths,
// empty and hidden elements, control characters, names no file system takes.
func checkKey(key string) error {
	bad := !fs.ValidPath(key) || key == "." || len(key) > 512 || strings.ContainsFunc(key, func(r rune) bool { return r < ' ' || r == '\\' || r == 0x7f })
	for part := range strings.SplitSeq(key, "/") {
		bad = bad || strings.HasPrefix(part, ".") || len(part) > 200
	}
	if bad {
		return fault.New(fault.Invalid, "%q is not a storage key", key)
	}
	return nil
}
