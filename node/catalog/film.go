package catalog

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"vidiverse/node/control"
	"vidiverse/node/remote"
	"vidiverse/node/store"
)

const (
	young    = 5 * time.Minute // a film is used without asking
	filmTime = time.Minute     // all the requests of one
)

// Film returns a video's files for somebody who wants to watch it: as its
// origin says now, or some minutes ago. If the origin does not answer it is
// what was known last; Fetched says when that was. remote.ErrGone and
// remote.ErrClosed: the origin shows it no more.
func (c *Catalog) Film(ctx context.Context, ref control.Ref) (*remote.Film, error) {
	_, film, err := c.open(ctx, ref)
	return film, err
}

// Video returns what is said of a video, as Film does its files.
func (c *Catalog) Video(ctx context.Context, ref control.Ref) (remote.Video, error) {
	rec, err := c.cfg.Store.Video(ref)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return remote.Video{}, err
	}
	if err != nil { // not known: it gets no record for being looked at
		return c.ask(ctx, ref, "")
	}
	if !c.silent(ref.Origin) {
		v, asked := c.ask(ctx, ref, rec.Home)
		if withdrawn(asked) && c.believe(ctx, home(rec)) {
			return remote.Video{}, errors.Join(asked, c.withdraw(ref))
		}
		if asked == nil || ctx.Err() != nil {
			return v, asked
		}
	}
	v, _, err := c.read(ref, false)
	return v, err
}

// home is the origin that a video is asked for at.
func home(rec store.Video) string { return cmp.Or(rec.Home, rec.Origin) }

func (c *Catalog) open(ctx context.Context, ref control.Ref) (remote.Video, *remote.Film, error) {
	now := c.cfg.Now()
	rec, err := c.cfg.Store.Video(ref)
	known := err == nil
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return remote.Video{}, nil, err
	}
	if known && (now.Sub(rec.Fetched).Abs() < young || c.silent(ref.Origin)) {
		v, film, err := c.read(ref, true)
		if err == nil {
			return v, film, c.opened(ref, rec.Opened, now)
		}
	}
	v, film, err := c.refresh(ctx, ref)
	if err == nil {
		return v, film, c.opened(ref, rec.Opened, now)
	}
	if !known || withdrawn(err) || ctx.Err() != nil {
		return remote.Video{}, nil, err
	}
	c.cfg.Log.Info("a film is used as it was known last", "instance", remote.HostOf(ref.Origin), "err", err)
	v, film, err = c.read(ref, true)
	return v, film, err
}

// opened notes that somebody watches, once an hour.
func (c *Catalog) opened(ref control.Ref, last, now time.Time) error {
	if now.Sub(last).Abs() < time.Hour {
		return nil
	}
	err := c.cfg.Store.EditVideo(ref, func(v *store.Video) error {
		if v.Fetched.IsZero() {
			return store.ErrNotFound // withdrawn meanwhile
		}
		v.Opened = now
		return nil
	})
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}

// silent tells whether an origin did not answer a moment ago.
func (c *Catalog) silent(name string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	o, ok := c.origins[name]
	return ok && !o.silent.IsZero() && c.cfg.Now().Sub(o.asked).Abs() < 30*time.Second
}

// Last returns a film as it was known last, without asking anybody.
// ErrUnknown: it never was.
func (c *Catalog) Last(ref control.Ref) (*remote.Film, error) {
	_, film, err := c.read(ref, true)
	return film, err
}

// Outline is Last without the long parts: the headers, segments and extents of
// its renditions are empty. It is for looking at many.
func (c *Catalog) Outline(ref control.Ref) (*remote.Film, error) {
	_, film, err := c.read(ref, false)
	return film, err
}

func (c *Catalog) read(ref control.Ref, whole bool) (remote.Video, *remote.Film, error) {
	packed, err := c.cfg.Store.Film(ref, whole)
	if errors.Is(err, store.ErrNotFound) {
		return remote.Video{}, nil, fmt.Errorf("%w: the video %s of %s", ErrUnknown, ref.Video, remote.HostOf(ref.Origin))
	}
	if err != nil {
		return remote.Video{}, nil, err
	}
	return unpack(packed)
}

// Refresh reads a film from its origin now, however young the known one is.
func (c *Catalog) Refresh(ctx context.Context, ref control.Ref) (*remote.Film, error) {
	_, film, err := c.refresh(ctx, ref)
	return film, err
}

type fetched struct {
	video remote.Video
	film  *remote.Film
}

// refresh asks once for all that want the same film at the same time.
func (c *Catalog) refresh(ctx context.Context, ref control.Ref) (remote.Video, *remote.Film, error) {
	for {
		got, err, shared := c.flight.Do("film "+ref.Origin+" "+ref.Video, func() (any, error) {
			ctx, cancel := context.WithTimeout(ctx, filmTime)
			defer cancel()
			return c.fetch(ctx, ref)
		})
		if err != nil {
			if shared && errors.Is(err, context.Canceled) && ctx.Err() == nil {
				continue // another one's end was not ours
			}
			return remote.Video{}, nil, err
		}
		f := got.(fetched)
		return f.video, f.film, nil
	}
}

// fetch reads a film and stores it, or finds that it is withdrawn.
func (c *Catalog) fetch(ctx context.Context, ref control.Ref) (fetched, error) {
	rec, err := c.cfg.Store.Video(ref)
	known := err == nil
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return fetched{}, err
	}
	v, err := c.ask(ctx, ref, rec.Home)
	if err != nil {
		if known && withdrawn(err) && c.believe(ctx, home(rec)) {
			err = errors.Join(err, c.withdraw(ref))
		}
		return fetched{}, err
	}
	film, err := c.film(ctx, v)
	if err != nil {
		return fetched{}, err
	}
	packed, err := Pack(v, film)
	if err != nil {
		return fetched{}, err
	}
	err = c.cfg.Store.PutFilm(ref, packed, func(r *store.Video) error {
		r.Title, r.Home, r.Published, r.Updated = film.Title, film.Origin, v.Published, v.Updated
		r.Live, r.Sensitive, r.Size, r.Version = film.Live, v.Sensitive, size(film), film.Version
		r.Fetched = c.cfg.Now()
		return nil
	})
	if err != nil {
		return fetched{}, err
	}
	if known && rec.Version != film.Version {
		c.emit(ref, Changed)
	}
	return fetched{v, film}, nil
}

// film asks for a video's files. That one of them is missing says nothing of
// the video, which was there a moment ago.
func (c *Catalog) film(ctx context.Context, v remote.Video) (*remote.Film, error) {
	film, err := c.cfg.Remote.Film(ctx, v)
	if withdrawn(err) {
		err = fmt.Errorf("%w: %v", remote.ErrUnavailable, err) // not as ErrGone
	}
	return &film, err
}

// size is what keeping a film takes. Only segments that have a digest can be
// kept.
func size(f *remote.Film) (n int64) {
	for _, r := range f.Renditions {
		for _, e := range r.Extents {
			n += e.Length
		}
	}
	return n
}

// ask asks for a video by id: its home, where that is known.
func (c *Catalog) ask(ctx context.Context, ref control.Ref, home string) (remote.Video, error) {
	if _, err := c.origin(ref.Origin); err != nil && !errors.Is(err, ErrNotFollowed) {
		return remote.Video{}, err
	}
	at := cmp.Or(home, ref.Origin)
	v, err := c.cfg.Remote.Video(ctx, at, ref.Video)
	if err = c.answer(ctx, at, err); err != nil {
		return remote.Video{}, err
	}
	c.saw(ref, c.cfg.Now())
	v.Origin = ref.Origin
	return v, nil
}

// believe tells whether a refusal is about the one video. A domain that was
// sold answers 404 to everything, and a gate before a server 403: those say
// nothing of a video.
func (c *Catalog) believe(ctx context.Context, home string) bool {
	_, err := c.cfg.Remote.Instance(ctx, home)
	return err == nil
}

// withdraw tells those who hold a video, and forgets it.
func (c *Catalog) withdraw(ref control.Ref) error {
	c.cfg.Log.Info("a video was withdrawn", "instance", remote.HostOf(ref.Origin), "video", ref.Video)
	c.emit(ref, Withdrawn)
	c.mu.Lock()
	c.pages.drop(ref.Origin)
	if o, ok := c.origins[ref.Origin]; ok {
		delete(o.seen, ref.Video)
		o.newest = without(o.newest, ref.Video)
	}
	c.mu.Unlock()
	return c.cfg.Store.RemoveVideo(ref)
}

// Forget drops what is known of a video, if nobody opened it since a time and
// no mirror keeps it. Its origin is not asked about it any more.
func (c *Catalog) Forget(ref control.Ref, since time.Time) error {
	rec, err := c.cfg.Store.Video(ref)
	if errors.Is(err, store.ErrNotFound) || err == nil && (!rec.Kept.IsZero() || rec.Opened.After(since)) {
		return nil
	}
	if err != nil {
		return err
	}
	return c.cfg.Store.RemoveVideo(ref)
}
