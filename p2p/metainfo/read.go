package metainfo

import (
	"errors"
	"fmt"
	"time"

	"github.com/anacrolix/torrent/bencode"
	bt "github.com/anacrolix/torrent/metainfo"

	"vidiverse/p2p/bencoded"
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

// bounds hold whatever is in a .torrent: it may be of version 2, too, whose lists
// of files are trees. 12 is deeper than any known torrent nests.
var bounds = bencoded.Bounds{Depth: 12, Values: 500_000, List: MaxFiles}

// Read reads a .torrent of a stranger.
func Read(b []byte) (Torrent, error) { return read(b, checkName) }

func read(b []byte, name func(string) error) (Torrent, error) {
	if len(b) > MaxTorrent {
		return Torrent{}, errors.New("metainfo: the torrent is too large")
	}
	var m struct {
		bt.MetaInfo
		Tiers tiers `bencode:"announce-list"`
	}
	if err := decode(b, &m); err != nil {
		return Torrent{}, err
	}
	t, err := readInfo(m.InfoBytes, name)
	if err != nil {
		return Torrent{}, err
	}
	t.Announce, t.WebSeeds = trackers(m.Tiers, m.Announce), addresses(m.UrlList, maxSeeds, maySeed)
	if at := m.CreationDate; at > 0 && at < 1<<40 {
		t.Created = time.Unix(at, 0)
	}
	return t, nil
}

// ReadInfo reads an info dictionary alone, as peers send it to who has a magnet
// link, and refuses one of another hash. The result keeps b.
func ReadInfo(b []byte, hash [20]byte) (Torrent, error) {
	if len(b) > MaxTorrent || bt.HashBytes(b) != hash {
		return Torrent{}, errors.New("metainfo: this is not the info of that hash")
	}
	return readInfo(b, checkName)
}

// decode reads b, which is one dictionary and nothing else, into v.
func decode(b []byte, v any) error {
	rest, err := bencoded.Read(b, v, bounds)
	if err != nil {
		return fmt.Errorf("metainfo: %w", err)
	}
	if len(rest) > 0 {
		return errors.New("metainfo: something follows the torrent")
	}
	return nil
}

// readInfo keeps b.
func readInfo(b []byte, name func(string) error) (t Torrent, err error) {
	var in bt.Info
	if err := decode(b, &in); err != nil {
		return t, err
	}
	t = Torrent{Hash: bt.HashBytes(b), Name: in.Name, PieceLength: in.PieceLength, Private: in.Private != nil && *in.Private, pieces: in.Pieces, info: b}
	if err := name(t.Name); err != nil {
		return t, err
	}
	if _, err := attributes(in.ExtendedFileAttrs); err != nil {
		return t, err
	}
	if t.PieceLength < minPieceLength || t.PieceLength > MaxPieceLength {
		return t, fmt.Errorf("metainfo: pieces of %d bytes", t.PieceLength)
	}
	one, several := in.Length != 0, in.Files != nil
	switch {
	case one == several:
		return t, errors.New("metainfo: neither one file nor several")
	case one:
		t.Single, t.Length = true, in.Length
		t.Files = []File{{Path: t.Name, Length: t.Length}}
	default:
		if t.Files, t.Length, err = readFiles(in.Files); err != nil {
			return t, err
		}
	}
	if t.Length <= 0 || t.Length > maxSize || len(t.pieces)%20 != 0 ||
		int64(t.Pieces()) != (t.Length+t.PieceLength-1)/t.PieceLength {
		return t, errors.New("metainfo: the pieces do not make up the files")
	}
	return t, nil
}

// tiers are those of trackers. What is not shaped as it should has none.
type tiers [][]string

// UnmarshalBencode implements bencode.Unmarshaler.
func (t *tiers) UnmarshalBencode(b []byte) error {
	if err := bencode.Unmarshal(b, (*[][]string)(t)); err != nil {
		*t = nil
	}
	return nil
}

// trackers are those that can be asked; the announce key only counts where there
// is no list of them (BEP 12).
func trackers(all tiers, announce string) (list [][]string) {
	left := maxTrackers
	for _, l := range all {
		if tier := addresses(l, left, mayAnnounce); len(tier) > 0 {
			list, left = append(list, tier), left-len(tier)
		}
	}
	if len(list) == 0 && mayAnnounce(announce) {
		list = [][]string{{announce}}
	}
	return list
}

// addresses are at most limit of those that may be used.
func addresses(all []string, limit int, may func(string) bool) (list []string) {
	for _, s := range all {
		if len(list) < limit && may(s) {
			list = append(list, s)
		}
	}
	return list
}
