package hls

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/grafov/m3u8"
)

// Live is a media playlist whose segments are files of their own, as it is at
// one moment: the window moves on.
type Live struct {
	First    int // media sequence number of the first segment
	Segments []LiveSegment
	Target   time.Duration // the longest segment
	Ended    bool
}

// LiveSegment is a file beside the playlist.
type LiveSegment struct {
	Name     string
	Duration time.Duration
}

// ReadLive parses the playlist of one rendition of a live.
func ReadLive(r io.Reader) (Live, error) {
	list, err := parse(r)
	if err != nil {
		return Live{}, err
	}
	p, ok := list.(*m3u8.MediaPlaylist)
	if !ok || p.SeqNo > maxSequence {
		return Live{}, fmt.Errorf("%w: no playlist of a live", ErrMalformed)
	}
	if !(p.TargetDuration >= 0 && p.TargetDuration < 86400) {
		return Live{}, fmt.Errorf("%w: duration", ErrMalformed)
	}
	l := Live{First: int(p.SeqNo), Ended: p.Closed, Target: seconds(p.TargetDuration)}
	for _, s := range p.Segments[:p.Count()] {
		if s == nil || !(s.Duration >= 0 && s.Duration < 86400) || s.Limit != 0 {
			return Live{}, fmt.Errorf("%w: a segment of a live", ErrMalformed)
		}
		if err := plainName(s.URI); err != nil {
			return Live{}, err
		}
		l.Segments = append(l.Segments, LiveSegment{Name: s.URI, Duration: seconds(s.Duration)})
	}
	return l, nil
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// ReadLiveDigests parses the digest list of a live: those of whole files, by
// their names, of all renditions. It may not have the newest yet.
func ReadLiveDigests(r io.Reader) (map[string][32]byte, error) {
	raw, err := readAll(r, MaxDigests)
	if err != nil {
		return nil, err
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	sums := map[string][32]byte{}
	err = object(dec, func(name string) error {
		if err := plainName(name); err != nil {
			return err
		}
		if len(sums) >= MaxSegments*MaxVariants {
			return ErrTooLarge
		}
		t, err := dec.Token()
		text, ok := t.(string)
		var sum [32]byte
		if err != nil || !ok || len(text) != 64 {
			return fmt.Errorf("%w: no digest", ErrMalformed)
		}
		if _, err := hex.Decode(sum[:], []byte(text)); err != nil {
			return fmt.Errorf("%w: digest is not hexadecimal", ErrMalformed)
		}
		sums[name] = sum
		return nil
	})
	if err == nil && dec.More() {
		err = fmt.Errorf("%w: more than one value", ErrMalformed)
	}
	if err != nil {
		return nil, err
	}
	return sums, nil
}

// maxSequence is far beyond any live.
const maxSequence = 1 << 50
