package metainfo

import (
	"crypto/sha1" //nolint:gosec // BitTorrent names torrents by SHA-1
	"errors"
	"fmt"
	"time"
)

// Bounds of what is read. A torrent of PeerTube has one file, one web seed, two
// trackers and about a thousand pieces.
const (
	MaxTorrent     = 10 << 20 // bytes of a .torrent
	MaxFiles       = 10_000
	MaxPieceLength = 256 << 20 // PeerTube's pieces of a file of 200 GB
	minPieceLength = 1 << 10
	maxSize        = 1 << 44 // bytes of all files
	maxTrackers    = 50
	maxSeeds       = 50
)

// Torrent is what a .torrent says. Names are checked: File.Path can be joined to
// a folder of its own. Addresses have a scheme that may be asked and a host, but
// lead wherever a stranger wants.
type Torrent struct {
	Hash        [20]byte
	Name        string // of the only file, or of the folder
	Length      int64  // of all files, padding too
	PieceLength int64
	Files       []File // at least one, in the order of their bytes
	Single      bool   // Files is one file called Name
	Private     bool   // peers come from the trackers alone (BEP 27)
	Announce    [][]string
	WebSeeds    []string
	Created     time.Time // zero when it does not say

	pieces []byte
	info   []byte
}

// File is one file of a torrent.
type File struct {
	Path   string // slashes between, without the torrent's name
	Offset int64  // in the bytes of the torrent
	Length int64
	Pad    bool // zeroes that align the next file: not to be kept
}

// Pieces is how many there are.
func (t Torrent) Pieces() int { return len(t.pieces) / 20 }

// Piece is the SHA-1 of piece i, and where it lies.
func (t Torrent) Piece(i int) (sum [20]byte, offset, length int64) {
	offset = int64(i) * t.PieceLength
	return [20]byte(t.pieces[20*i:]), offset, min(t.PieceLength, t.Length-offset)
}

// Info is the bencoded info dictionary, as peers exchange it (BEP 9).
func (t Torrent) Info() []byte { return t.info }

// Read reads a .torrent of a stranger. The result shares its memory with b.
func Read(b []byte) (Torrent, error) { return read(b, checkName) }

func read(b []byte, name func(string) error) (Torrent, error) {
	var t Torrent
	if len(b) > MaxTorrent {
		return t, errors.New("metainfo: the torrent is too large")
	}
	v, rest, err := next(b, 0)
	if err != nil || len(rest) > 0 || v.kind != 'd' {
		return t, errBencode
	}
	top, err := v.dict("info", "announce", "announce-list", "url-list", "creation date")
	if err != nil {
		return t, err
	}
	if t, err = readInfo(top["info"], name); err != nil {
		return Torrent{}, err
	}
	t.Announce, t.WebSeeds = trackers(top), seeds(top["url-list"])
	if at := top["creation date"].num; at > 0 && at < 1<<40 {
		t.Created = time.Unix(at, 0)
	}
	return t, nil
}

// ReadInfo reads an info dictionary alone, as peers send it to who has a magnet
// link, and refuses one of another hash.
func ReadInfo(b []byte, hash [20]byte) (Torrent, error) {
	if len(b) > MaxTorrent || sha1.Sum(b) != hash { //nolint:gosec // see above
		return Torrent{}, errors.New("metainfo: this is not the info of that hash")
	}
	v, rest, err := next(b, 0)
	if err != nil || len(rest) > 0 {
		return Torrent{}, errBencode
	}
	return readInfo(v, checkName)
}

func readInfo(v value, name func(string) error) (t Torrent, err error) {
	if v.kind != 'd' {
		return t, errors.New("metainfo: no info")
	}
	in, err := v.dict("name", "length", "files", "piece length", "pieces", "private", "attr", "symlink path")
	if err != nil {
		return t, err
	}
	t.info, t.Hash = v.raw, sha1.Sum(v.raw) //nolint:gosec // see above
	t.Name, t.PieceLength, t.pieces, t.Private = string(in["name"].text), in["piece length"].num, in["pieces"].text, in["private"].num == 1
	if err := name(t.Name); err != nil {
		return t, err
	}
	if _, err := attributes(in); err != nil {
		return t, err
	}
	if t.PieceLength < minPieceLength || t.PieceLength > MaxPieceLength {
		return t, fmt.Errorf("metainfo: pieces of %d bytes", t.PieceLength)
	}
	files, several := in["files"]
	_, one := in["length"]
	switch {
	case one == several:
		return t, errors.New("metainfo: neither one file nor several")
	case one:
		t.Single, t.Length = true, in["length"].num
		t.Files = []File{{Path: t.Name, Length: t.Length}}
	default:
		if t.Files, t.Length, err = readFiles(files); err != nil {
			return t, err
		}
	}
	if t.Length <= 0 || t.Length > maxSize || len(t.pieces)%20 != 0 ||
		int64(t.Pieces()) != (t.Length+t.PieceLength-1)/t.PieceLength {
		return t, errors.New("metainfo: the pieces do not make up the files")
	}
	return t, nil
}

// trackers are the tiers that can be asked; the announce key only counts where
// there is no list (BEP 12). What is not shaped as it should has no trackers.
func trackers(top map[string]value) (tiers [][]string) {
	left := maxTrackers
	if l := top["announce-list"]; l.kind == 'l' {
		_ = l.list(func(v value) error {
			if tier := addresses(v, left, mayAnnounce); len(tier) > 0 {
				tiers, left = append(tiers, tier), left-len(tier)
			}
			return nil
		})
	}
	if s := string(top["announce"].text); len(tiers) == 0 && mayAnnounce(s) {
		tiers = [][]string{{s}}
	}
	return tiers
}

// seeds are web seeds: a list or, as BEP 19 also allows, one.
func seeds(v value) []string {
	if s := string(v.text); maySeed(s) {
		return []string{s}
	}
	return addresses(v, maxSeeds, maySeed)
}

// addresses are at most limit texts of a list that may be used.
func addresses(v value, limit int, may func(string) bool) (list []string) {
	if v.kind != 'l' {
		return nil
	}
	_ = v.list(func(v value) error {
		if len(list) < limit && len(v.text) <= maxAddress && may(string(v.text)) {
			list = append(list, string(v.text))
		}
		return nil
	})
	return list
}
