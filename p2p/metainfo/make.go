package metainfo

import (
	"crypto/sha1" //nolint:gosec // BitTorrent names pieces by SHA-1
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"time"
	"unicode"

	"github.com/anacrolix/torrent/bencode"
	bt "github.com/anacrolix/torrent/metainfo"
)

// Options are what a .torrent says besides the pieces.
type Options struct {
	Name         string     // of the file, see CleanName
	AnnounceList [][]string // tiers of trackers; the very first is the announce key too
	URLList      []string   // web seeds, may be none
	Created      time.Time
}

// MinPieceLength is that of small files, in bytes.
const MinPieceLength = 16 << 10

// PieceLength is PeerTube's choice for a file of size bytes: the power of two
// nearest to a thousandth, so that there are some 700 to 1,500 pieces.
func PieceLength(size int64) int64 {
	kib := max(1, float64(size)/1024)
	return max(MinPieceLength, int64(1)<<int(math.Floor(math.Log2(kib)+0.5)))
}

var cleaner = strings.NewReplacer("/", "-", `\`, "-", "?", "-", "%", "-", "*", "-", ":", "-", "|", "-", `"`, "-", "<", "-", ">", "-")

// CleanName is a title as part of a torrent's file name: PeerTube's rule, and no
// control characters either.
func CleanName(title string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return '-'
		}
		return r
	}, cleaner.Replace(title))
}

// Make reads exactly size bytes from r, a piece at a time in constant memory,
// and returns the .torrent and its info-hash. A reader that is shorter or longer
// is an error, as are bounds that Read would refuse.
func Make(r io.Reader, size int64, o Options) (torrent []byte, hash [20]byte, err error) {
	if size <= 0 || size > maxSize {
		return nil, hash, fmt.Errorf("metainfo: no torrent of %d bytes", size)
	}
	length := PieceLength(size)
	pieces := make([]byte, 0, 20*((size+length-1)/length))
	h, buffer := sha1.New(), make([]byte, 128<<10) //nolint:gosec // see above
	for left := size; left > 0; left -= length {
		h.Reset()
		want := min(length, left)
		n, err := io.CopyBuffer(h, io.LimitReader(r, want), buffer)
		if err == nil && n < want {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return nil, hash, fmt.Errorf("metainfo: hash pieces: %w", err)
		}
		pieces = h.Sum(pieces)
	}
	if n, err := r.Read(make([]byte, 1)); n != 0 || (err != nil && err != io.EOF) {
		return nil, hash, errors.Join(errors.New("metainfo: the file is longer than was said"), err)
	}
	return o.build(size, length, pieces)
}

// Rewrite is the torrent with everything but its pieces as o says: nothing is
// hashed again. It takes torrents of one file only.
func Rewrite(torrent []byte, o Options) (changed []byte, hash [20]byte, err error) {
	t, err := read(torrent, checkOwn)
	if err != nil {
		return nil, hash, err
	}
	if !t.Single {
		return nil, hash, errors.New("metainfo: a torrent of several files is not rewritten")
	}
	return o.build(t.Length, t.PieceLength, t.pieces)
}

// file is a .torrent that says whether it has web seeds even where it has none.
type file struct {
	bt.MetaInfo
	Seeds []string `bencode:"url-list"`
}

// build puts a .torrent together.
func (o Options) build(size, length int64, pieces []byte) ([]byte, [20]byte, error) {
	if err := checkOwn(o.Name); err != nil {
		return nil, [20]byte{}, err
	}
	info, err := bencode.Marshal(bt.Info{Name: o.Name, Length: size, PieceLength: length, Pieces: pieces})
	if err != nil {
		return nil, [20]byte{}, fmt.Errorf("metainfo: %w", err)
	}
	f := file{Seeds: o.URLList}
	f.InfoBytes, f.CreatedBy, f.Encoding = info, "PeerTube", "UTF-8"
	f.CreationDate = (o.Created.UnixMilli() + 999) / 1000
	if len(o.AnnounceList) > 0 && len(o.AnnounceList[0]) > 0 {
		f.Announce, f.AnnounceList = o.AnnounceList[0][0], o.AnnounceList
	}
	b, err := bencode.Marshal(f)
	if err != nil {
		return nil, [20]byte{}, fmt.Errorf("metainfo: %w", err)
	}
	if len(b) > MaxTorrent {
		return nil, [20]byte{}, errors.New("metainfo: the torrent becomes too large")
	}
	return b, bt.HashBytes(info), nil
}
