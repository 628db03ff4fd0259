package catalog

import (
	"bytes"
	"compress/flate"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"vidiverse/node/remote"
	"vidiverse/node/store"
)

// A film at rest is in two parts, both deflated JSON: what is read of many, and
// the renditions whole.
type outline struct {
	Video remote.Video `json:"video"`
	Film  remote.Film  `json:"film"` // its renditions without header, segments and extents
}

// maxPacked bounds what one part may be when it is read back.
const maxPacked = 64 << 20

var errPacked = errors.New("catalog: a stored film cannot be read")

// Pack writes a film as the store keeps it.
func Pack(v remote.Video, f *remote.Film) (p store.Film, err error) {
	o := outline{v, *f}
	o.Film.Renditions = slices.Clone(f.Renditions)
	for i := range o.Film.Renditions {
		r := &o.Film.Renditions[i]
		r.Init, r.Segments, r.Extents = nil, nil, nil
	}
	if p.Outline, err = deflate(o); err != nil {
		return p, err
	}
	p.Segments, err = deflate(f.Renditions)
	return p, err
}

func deflate(value any) ([]byte, error) {
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestSpeed)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(json.NewEncoder(w).Encode(value), w.Close()); err != nil {
		return nil, fmt.Errorf("pack a film: %w", err)
	}
	return b.Bytes(), nil
}

// unpack reads what Pack wrote; without the renditions' long parts if the
// film's Segments were not read.
func unpack(p store.Film) (v remote.Video, f *remote.Film, err error) {
	var o outline
	if err := inflate(p.Outline, &o); err != nil {
		return v, nil, err
	}
	if p.Segments != nil {
		if err := inflate(p.Segments, &o.Film.Renditions); err != nil {
			return v, nil, err
		}
	}
	return o.Video, &o.Film, nil
}

func inflate(b []byte, into any) error {
	if err := json.NewDecoder(io.LimitReader(flate.NewReader(bytes.NewReader(b)), maxPacked)).Decode(into); err != nil {
		return fmt.Errorf("%w: %w", errPacked, err)
	}
	return nil
}
