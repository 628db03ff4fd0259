package mirror

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"vidiverse/node/catalog"
	"vidiverse/node/control"
	"vidiverse/node/remote"
	"vidiverse/node/store"
	"vidiverse/p2p"
)

// Set says how many bytes of a followed instance are kept; 0 is nothing, and
// removes what was. What is beyond a smaller limit is removed before Set
// returns.
func (m *Mirror) Set(_ context.Context, origin string, limit int64) error {
	if limit < 0 {
		return fmt.Errorf("%w: %d bytes", control.ErrInvalid, limit)
	}
	if _, err := m.cfg.Store.Follow(origin); err != nil {
		if errors.Is(err, store.ErrNotFound) {
			return fmt.Errorf("%w: %s", catalog.ErrNotFollowed, remote.HostOf(origin))
		}
		return err
	}
	if err := m.cfg.Store.EditMirror(origin, func(r *store.Mirror) { r.Limit = limit }); err != nil {
		return err
	}
	kept, err := m.kept(origin)
	if err != nil {
		return err
	}
	p := decide(limit, kept, m.cfg.Now())
	if err := m.drop(origin, p.drop); err != nil {
		return err
	}
	r := m.rule(origin)
	m.say(r, control.Word{})
	signal(r.plan)
	signal(r.fetch)
	m.rulesChanged()
	return nil
}

// kept are an origin's kept videos as planning sees them.
func (m *Mirror) kept(origin string) ([]candidate, error) {
	all, err := m.cfg.Store.Videos(origin)
	var list []candidate
	for _, v := range all {
		if !v.Kept.IsZero() {
			list = append(list, known(v))
		}
	}
	return list, err
}

func known(v store.Video) candidate {
	return candidate{video: v.Video, published: v.Published, size: v.Size, kept: v.Kept, unwanted: v.Live || v.Sensitive || v.Size == 0}
}

// drop keeps videos no longer.
func (m *Mirror) drop(origin string, videos []string) error {
	for _, id := range videos {
		ref := control.Ref{Origin: origin, Video: id}
		// The record first: a fetch that begins from now on reads it, and one
		// that runs is found.
		err := m.cfg.Store.EditVideo(ref, func(v *store.Video) error {
			if v.Fetched.IsZero() {
				return store.ErrNotFound // withdrawn meanwhile
			}
			v.Kept = time.Time{}
			return nil
		})
		m.forget(m.rule(origin), ref)
		m.remove(ref)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
	}
	return nil
}

// List lists the instances of which something is to be kept.
func (m *Mirror) List(context.Context) ([]control.Mirror, error) {
	rules, err := m.cfg.Store.Mirrors()
	if err != nil {
		return nil, err
	}
	all, err := m.cfg.Store.Videos("")
	if err != nil {
		return nil, err
	}
	held := m.held()
	out := []control.Mirror{}
	for _, r := range rules {
		if r.Limit == 0 {
			continue
		}
		one := control.Mirror{Origin: r.Origin, Limit: r.Limit}
		for _, v := range all {
			if v.Origin == r.Origin && !v.Kept.IsZero() {
				one.Videos++
				one.Bytes += held[place{remote.HostOf(v.Home), v.Video}].bytes
			}
		}
		mem := m.rule(r.Origin)
		m.mu.Lock()
		one.Doing = mem.doing
		m.mu.Unlock()
		out = append(out, one)
	}
	return out, nil
}

// place names a video by where its files are from.
type place struct{ host, video string }

type bytes struct{ bytes, size int64 }

// held sums up what is on disk.
func (m *Mirror) held() map[place]bytes {
	held := map[place]bytes{}
	for _, f := range m.cfg.Blocks.Files() {
		p := place{f.ID.Origin, f.ID.Video}
		held[p] = bytes{held[p].bytes + f.Bytes, held[p].size + f.Size}
	}
	return held
}

// Holdings lists the videos of which something is on disk, or is to be: the
// newest first.
func (m *Mirror) Holdings(context.Context) ([]control.Holding, error) {
	all, err := m.cfg.Store.Videos("")
	if err != nil {
		return nil, err
	}
	sent, err := m.cfg.Store.Sent()
	if err != nil {
		return nil, err
	}
	held := m.held()
	slices.SortFunc(all, func(a, b store.Video) int { // of two records of the same files the one that keeps them
		return cmp.Or(b.Published.Compare(a.Published), b.Kept.Compare(a.Kept), cmp.Compare(a.Video, b.Video))
	})
	out := []control.Holding{}
	done := map[place]bool{}
	for _, v := range all {
		p := place{remote.HostOf(v.Home), v.Video}
		if b := held[p]; !done[p] && (b.bytes > 0 || !v.Kept.IsZero()) {
			done[p] = true
			out = append(out, holding(v.Ref, v.Title, b, v.Size, sent[v.Ref], !v.Kept.IsZero()))
		}
	}
	for p, b := range held { // watched at an instance that is followed no more
		if ref := (control.Ref{Origin: "https://" + p.host, Video: p.video}); !done[p] && b.bytes > 0 {
			out = append(out, holding(ref, p.video, b, b.size, sent[ref], false))
		}
	}
	return out, nil
}

func holding(ref control.Ref, title string, b bytes, size, sent int64, kept bool) control.Holding {
	h := control.Holding{Ref: ref, Title: title, Bytes: b.bytes, Sent: sent, Mirror: kept}
	if size > 0 {
		h.Part = min(1, float64(b.bytes)/float64(size))
	}
	return h
}

// files are the ids of a film's files that can be kept.
func (m *Mirror) files(ref control.Ref) (map[p2p.FileID]bool, error) {
	film, err := m.cfg.Catalog.Outline(ref)
	if err != nil {
		return nil, err
	}
	ids := map[p2p.FileID]bool{}
	for _, r := range film.Renditions {
		ids[r.File] = true
	}
	return ids, nil
}
