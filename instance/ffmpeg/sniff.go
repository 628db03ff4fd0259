package ffmpeg

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"unicode/utf8"
)

// SniffLen is how many first bytes Sniff wants; fewer are enough for most.
const SniffLen = 4096

// Kind is what the first bytes of a file say it is.
type Kind struct {
	Format string // ffmpeg's demuxer; empty if we do not accept such files
	Name   string // in words for users, with its article: "an MP4 video"
}

// Accepted reports whether the bytes are of a container that we open.
func (k Kind) Accepted() bool { return k.Format != "" }

// Reason says in one sentence why the file is refused; empty if it is not.
func (k Kind) Reason() string {
	if k.Accepted() {
		return ""
	}
	return fmt.Sprintf("This is no video or audio file: it looks like %s.", k.Name)
}

type magic struct {
	offset int
	bytes  string
	kind   Kind
}

// media are containers that we open; the order matters only for equal offsets.
var media = []magic{
	{0, "\x1A\x45\xDF\xA3", Kind{"matroska", "a Matroska or WebM video"}},
	{0, "FLV\x01", Kind{"flv", "a Flash video"}},
	{0, "OggS", Kind{"ogg", "an Ogg file"}},
	{0, "\x30\x26\xB2\x75\x8E\x66\xCF\x11", Kind{"asf", "a Windows Media file"}},
	{0, "\x06\x0E\x2B\x34\x02\x05\x01\x01\x0D\x01\x02", Kind{"mxf", "an MXF video"}},
	{0, "\x00\x00\x01\xBA", Kind{"mpeg", "an MPEG video"}},
	{0, "\x00\x00\x01\xB3", Kind{"mpegvideo", "an MPEG video"}},
	{0, ".RMF", Kind{"rm", "a RealMedia file"}},
	{0, "fLaC", Kind{"flac", "a FLAC audio file"}},
	{0, "#!AMR", Kind{"amr", "an AMR audio file"}},
	{0, "caff", Kind{"caf", "a Core Audio file"}},
	{0, "\x0B\x77", Kind{"ac3", "an AC-3 audio file"}},
	{8, "AVI ", Kind{"avi", "an AVI video"}},
	{8, "AIFF", Kind{"aiff", "an AIFF audio file"}},
	{8, "AIFC", Kind{"aiff", "an AIFF audio file"}},
	{8, "WAVE", Kind{"wav", "a WAV audio file"}},
}

// others are files people drop by mistake, or to do harm.
var others = []magic{
	{0, "PK\x03\x04", Kind{"", "a ZIP archive"}},
	{0, "PK\x05\x06", Kind{"", "a ZIP archive"}},
	{0, "Rar!", Kind{"", "a RAR archive"}},
	{0, "7z\xBC\xAF\x27\x1C", Kind{"", "a 7-Zip archive"}},
	{0, "\x1F\x8B", Kind{"", "a gzip archive"}},
	{0, "\xFD7zXZ\x00", Kind{"", "an xz archive"}},
	{0, "\x28\xB5\x2F\xFD", Kind{"", "a zstd archive"}},
	{0, "BZh", Kind{"", "a bzip2 archive"}},
	{257, "ustar", Kind{"", "a tar archive"}},
	{0, "%PDF", Kind{"", "a PDF document"}},
	{0, "\x89PNG", Kind{"", "a PNG picture"}},
	{0, "\xFF\xD8\xFF", Kind{"", "a JPEG picture"}},
	{0, "GIF8", Kind{"", "a GIF picture"}},
	{8, "WEBP", Kind{"", "a WebP picture"}},
	{0, "BM", Kind{"", "a BMP picture"}},
	{0, "II*\x00", Kind{"", "a TIFF picture"}},
	{0, "MM\x00*", Kind{"", "a TIFF picture"}},
	{0, "XBIN\x1A", Kind{"", "an XBIN text picture"}},
	{0, "\x7FELF", Kind{"", "a program"}},
	{0, "MZ", Kind{"", "a Windows program"}},
	{0, "SQLite format 3", Kind{"", "a database"}},
	{0, "\xD0\xCF\x11\xE0", Kind{"", "an Office document"}},
	{0, "#EXTM3U", Kind{"", "a playlist"}},
	{0, "ffconcat", Kind{"", "a list of files"}},
	{0, "#!", Kind{"", "a script"}},
	{0, "<", Kind{"", "a web page or XML file"}},
}

// Sniff tells what a file is from its first bytes (SniffLen of them if there
// are as many). The file's name has no say.
func Sniff(head []byte) Kind {
	if len(head) == 0 {
		return Kind{"", "an empty file"}
	}
	if k, ok := sniffBoxes(head); ok {
		return k
	}
	for _, m := range media {
		if hasAt(head, m.offset, m.bytes) && (m.offset == 0 || riffLike(head)) {
			return m.kind
		}
	}
	for _, m := range others {
		if hasAt(head, m.offset, m.bytes) {
			return m.kind
		}
	}
	if k, ok := sniffPackets(head); ok {
		return k
	}
	return sniffText(head)
}

func hasAt(b []byte, off int, want string) bool {
	return len(b) >= off+len(want) && string(b[off:off+len(want)]) == want
}

func riffLike(b []byte) bool {
	for _, m := range []string{"RIFF", "RF64", "BW64", "FORM"} {
		if hasAt(b, 0, m) {
			return true
		}
	}
	return false
}

// sniffBoxes recognises the ISO base media family by its first box.
func sniffBoxes(b []byte) (Kind, bool) {
	if len(b) < 12 {
		return Kind{}, false
	}
	size := binary.BigEndian.Uint32(b)
	if size != 0 && size != 1 && size < 8 {
		return Kind{}, false
	}
	switch string(b[4:8]) {
	case "ftyp":
		return brand(string(b[8:12])), true
	case "moov", "mdat", "wide", "free", "skip", "pnot":
		return Kind{"mov", "a QuickTime video"}, true
	}
	return Kind{}, false
}

func brand(b string) Kind {
	switch b {
	case "heic", "heix", "heim", "heis", "hevc", "mif1", "msf1":
		return Kind{"", "a HEIC picture"}
	case "avif", "avis":
		return Kind{"", "an AVIF picture"}
	case "M4A ", "M4B ", "M4P ":
		return Kind{"mov", "an M4A audio file"}
	case "qt  ":
		return Kind{"mov", "a QuickTime video"}
	}
	return Kind{"mov", "an MP4 video"}
}

// sniffPackets recognises formats without a header of their own.
func sniffPackets(b []byte) (Kind, bool) {
	if hasAt(b, 0, "ID3") && len(b) >= 10 {
		n := int(b[6]&0x7f)<<21 | int(b[7]&0x7f)<<14 | int(b[8]&0x7f)<<7 | int(b[9]&0x7f)
		if rest := 10 + n; rest < len(b) {
			if hasAt(b, rest, "fLaC") {
				return Kind{"flac", "a FLAC audio file"}, true
			}
			if k, ok := sniffPackets(b[rest:]); ok {
				return k, true
			}
		}
		return Kind{"mp3", "an MP3 audio file"}, true
	}
	if len(b) >= 2 && b[0] == 0xFF {
		switch {
		case b[1]&0xF6 == 0xF0:
			return Kind{"aac", "an AAC audio file"}, true
		case b[1]&0xE0 == 0xE0 && b[1]&0x06 != 0:
			return Kind{"mp3", "an MP3 audio file"}, true
		}
	}
	for _, stride := range []int{188, 192, 204} {
		off := 0
		if stride == 192 {
			off = 4 // Blu-ray puts a time before each packet
		}
		if len(b) > off+2*stride && b[off] == 0x47 && b[off+stride] == 0x47 && b[off+2*stride] == 0x47 {
			return Kind{"mpegts", "an MPEG transport stream"}, true
		}
	}
	return Kind{}, false
}

func sniffText(b []byte) Kind {
	if len(bytes.Trim(b, "\x00")) == 0 {
		return Kind{"", "a file of zeros"}
	}
	for range utf8.UTFMax {
		if utf8.Valid(b) || len(b) == 0 {
			break
		}
		b = b[:len(b)-1] // the head may end inside a character
	}
	if len(b) > 0 && utf8.Valid(b) && bytes.IndexByte(b, 0) < 0 {
		return Kind{"", "a text file"}
	}
	return Kind{"", "something unknown"}
}
