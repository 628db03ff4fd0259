package metainfo

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	bt "github.com/anacrolix/torrent/metainfo"
	"golang.org/x/text/unicode/norm"
)

const (
	maxName  = 512 // bytes of one part of a path: PeerTube's titles have 120 signs
	maxParts = 32
	maxPath  = 2048
)

// checkName refuses what is not a plain name of a file on every system.
func checkName(s string) error {
	base, _, _ := strings.Cut(s, ".")
	drive := len(s) >= 2 && s[1] == ':' // or a stream of a file called by one letter
	if drive || reserved(strings.ToUpper(strings.TrimRight(base, " "))) {
		return noName(s)
	}
	return checkOwn(s)
}

// checkOwn is checkName for names of our making: a title may begin with a word
// that is a device somewhere.
func checkOwn(s string) error {
	climbs := strings.Trim(s, " .") == ""
	splits := strings.ContainsFunc(s, func(r rune) bool { return r == '/' || r == '\\' || unicode.IsControl(r) })
	if climbs || splits || len(s) > maxName || !utf8.ValidString(s) {
		return noName(s)
	}
	return nil
}

func noName(s string) error { return fmt.Errorf("metainfo: %q is no file name", s[:min(len(s), 40)]) }

// reserved tells names of devices of Windows.
func reserved(s string) bool {
	switch s {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$":
		return true
	}
	r := []rune(s)
	return len(r) == 4 && (s[:3] == "COM" || s[:3] == "LPT") && strings.ContainsRune("123456789¹²³", r[3])
}

// places tells whether two paths are one place on some file system: by case, by
// the way accents are written, by dots at the end, or because one is the other's
// folder.
type places map[string]bool // true is a file, false a folder

func (p places) take(parts []string) error {
	path := ""
	for i, part := range parts {
		part = strings.ToLower(strings.ToUpper(norm.NFKC.String(part)))
		path += "/" + strings.TrimRight(part, ". ")
		isFile := i == len(parts)-1
		if was, taken := p[path]; taken && (was || isFile) {
			return errors.New("metainfo: two files at one place")
		}
		p[path] = isFile
	}
	return nil
}

// readFiles checks the files of a torrent with a folder.
func readFiles(all []bt.FileInfo) (files []File, size int64, err error) {
	taken := places{}
	for _, in := range all {
		f, err := readFile(in)
		if err != nil {
			return nil, 0, err
		}
		if f.Length > maxSize-size {
			return nil, 0, errors.New("metainfo: too many bytes")
		}
		if !f.Pad {
			if err := taken.take(in.Path); err != nil {
				return nil, 0, err
			}
		}
		f.Offset = size
		files, size = append(files, f), size+f.Length
	}
	if !slices.ContainsFunc(files, func(f File) bool { return !f.Pad && f.Length > 0 }) {
		return nil, 0, errors.New("metainfo: no file has bytes")
	}
	return files, size, nil
}

func readFile(in bt.FileInfo) (f File, err error) {
	if f.Pad, err = attributes(in.ExtendedFileAttrs); err != nil {
		return f, err
	}
	if f.Length = in.Length; f.Length < 0 {
		return f, errors.New("metainfo: a file of less than nothing")
	}
	if len(in.Path) == 0 || len(in.Path) > maxParts {
		return f, fmt.Errorf("metainfo: a path of %d parts", len(in.Path))
	}
	for _, part := range in.Path {
		if err := checkName(part); err != nil {
			return f, err
		}
	}
	if f.Path = strings.Join(in.Path, "/"); len(f.Path) >= maxPath {
		return f, errors.New("metainfo: a path is too long")
	}
	return f, nil
}

// attributes refuses links (BEP 47) and tells whether a file is padding.
func attributes(in bt.ExtendedFileAttrs) (pad bool, err error) {
	if in.SymlinkPath != nil || strings.Contains(in.Attr, "l") {
		return false, errors.New("metainfo: links are not followed")
	}
	return strings.Contains(in.Attr, "p"), nil
}
