package hls

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// FileDigests are the segments of one file with their digests.
type FileDigests struct {
	File    string
	Extents []Extent
}

// Extent is a byte range and its SHA-256.
type Extent struct {
	Range
	Sum [32]byte
}

// Digests is a whole digest list, in the order of the file.
type Digests []FileDigests

// Bytes writes the list as PeerTube 8.2 does: no spaces, a line end,
// ranges with their last byte, files and ranges in the order given.
func (d Digests) Bytes() []byte {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, f := range d {
		if i > 0 {
			b.WriteByte(',')
		}
		name, _ := json.Marshal(f.File) // a string always encodes
		b.Write(name)
		b.WriteString(":{")
		for j, e := range f.Extents {
			if j > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, `"%d-%d":"%x"`, e.Offset, e.End()-1, e.Sum)
		}
		b.WriteByte('}')
	}
	b.WriteString("}\n")
	return b.Bytes()
}

// ReadDigests parses the list of a finished video. A live's list, whose values
// are digests of whole files, is malformed here. Lists longer than MaxDigests
// are ErrTooLarge.
func ReadDigests(r io.Reader) (Digests, error) {
	raw, err := readAll(r, MaxDigests)
	if err != nil {
		return nil, err
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	var d Digests
	total := 0
	err = object(dec, func(file string) error {
		if err := plainName(file); err != nil {
			return err
		}
		f := FileDigests{File: file}
		err := object(dec, func(key string) error {
			if total++; total > MaxSegments*MaxVariants {
				return ErrTooLarge
			}
			e, err := readExtent(dec, key)
			f.Extents = append(f.Extents, e)
			return err
		})
		d = append(d, f)
		return err
	})
	if err == nil && dec.More() {
		err = fmt.Errorf("%w: more than one value", ErrMalformed)
	}
	if err != nil {
		return nil, err
	}
	return d, nil
}

// object walks the members of a JSON object in their order.
func object(dec *json.Decoder, member func(key string) error) error {
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return fmt.Errorf("%w: no object", ErrMalformed)
	}
	for dec.More() {
		t, err := dec.Token()
		key, ok := t.(string)
		if err != nil || !ok {
			return fmt.Errorf("%w: no name", ErrMalformed)
		}
		if err := member(key); err != nil {
			return err
		}
	}
	if _, err := dec.Token(); err != nil {
		return fmt.Errorf("%w: object does not end", ErrMalformed)
	}
	return nil
}

func readExtent(dec *json.Decoder, key string) (Extent, error) {
	var e Extent
	t, err := dec.Token()
	sum, ok := t.(string)
	if err != nil || !ok || len(sum) != 64 {
		return e, fmt.Errorf("%w: no digest", ErrMalformed)
	}
	if _, err := hex.Decode(e.Sum[:], []byte(sum)); err != nil {
		return e, fmt.Errorf("%w: digest is not hexadecimal", ErrMalformed)
	}
	from, to, ok := strings.Cut(key, "-")
	first, err1 := strconv.ParseUint(from, 10, 62)
	last, err2 := strconv.ParseUint(to, 10, 62)
	if !ok || err1 != nil || err2 != nil || last < first {
		return e, fmt.Errorf("%w: range %.40q", ErrMalformed, key)
	}
	e.Range = Range{Offset: int64(first), Length: int64(last - first + 1)}
	return e, nil
}

// readAll reads at most limit bytes; more is ErrTooLarge.
func readAll(r io.Reader, limit int64) ([]byte, error) {
	raw, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(raw)) > limit {
		return nil, ErrTooLarge
	}
	return raw, nil
}
