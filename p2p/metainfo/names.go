package metainfo

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

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

// readFiles reads the files of a torrent with a folder.
func readFiles(v value) (files []File, size int64, err error) {
	taken := places{}
	err = v.list(func(v value) error {
		f, parts, err := readFile(v)
		if err != nil {
			return err
		}
		if len(files) == MaxFiles || f.Length > maxSize-size {
			return errors.New("metainfo: too many files or bytes")
		}
		if !f.Pad {
			if err := taken.take(parts); err != nil {
				return err
			}
		}
		f.Path, f.Offset = strings.Join(parts, "/"), size
		files, size = append(files, f), size+f.Length
		return nil
	})
	if err == nil && !slices.ContainsFunc(files, func(f File) bool { return !f.Pad && f.Length > 0 }) {
		err = errors.New("metainfo: no file has bytes")
	}
	return files, size, err
}

func readFile(v value) (f File, parts []string, err error) {
	in, err := v.dict("length", "path", "attr", "symlink path")
	if err != nil {
		return f, nil, err
	}
	if f.Pad, err = attributes(in); err != nil {
		return f, nil, err
	}
	f.Length = in["length"].num
	if in["length"].kind != 'i' || f.Length < 0 {
		return f, nil, errors.New("metainfo: a file without a length")
	}
	total := 0
	err = in["path"].list(func(v value) error {
		if err := checkName(string(v.text)); err != nil {
			return err
		}
		if total += len(v.text) + 1; total > maxPath || len(parts) == maxParts {
			return errors.New("metainfo: a path is too long")
		}
		parts = append(parts, string(v.text))
		return nil
	})
	if err == nil && len(parts) == 0 {
		err = errors.New("metainfo: a file without a name")
	}
	return f, parts, err
}

// attributes refuses links (BEP 47) and tells whether a file is padding.
func attributes(in map[string]value) (pad bool, err error) {
	attr := string(in["attr"].text)
	if _, link := in["symlink path"]; link || strings.Contains(attr, "l") {
		return false, errors.New("metainfo: links are not followed")
	}
	return strings.Contains(attr, "p"), nil
}
