package catalog

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"vidiverse/node/control"
	"vidiverse/node/remote"
	"vidiverse/node/store"
)

// MaxFollows bounds what one node looks after.
const MaxFollows = 500

// Follow is an instance that is followed.
type Follow struct {
	store.Follow
	Problem control.Word // why it could not be asked lately
	Silent  time.Time    // since when, as far as this run knows
}

// Follow asks the server at an address as people type it, and follows it.
// remote.ErrAddress, remote.ErrNotPeerTube and remote.ErrUnavailable say why
// not, in words.
func (c *Catalog) Follow(ctx context.Context, text string) (remote.Instance, error) {
	a, err := remote.ParseAddress(text)
	if err != nil {
		return remote.Instance{}, err
	}
	all, err := c.cfg.Store.Follows()
	if err != nil {
		return remote.Instance{}, err
	}
	if len(all) >= MaxFollows {
		return remote.Instance{}, fmt.Errorf("%w: %d instances are followed, and that is the most", remote.ErrRefused, MaxFollows)
	}
	c.cfg.Remote.Trust(a.Origin)
	in, err := c.cfg.Remote.Instance(ctx, a.Origin)
	if err != nil {
		return remote.Instance{}, err
	}
	f := store.Follow{Origin: in.Origin, Name: in.Name, Description: in.Description, STUN: in.STUN, Typed: in.Origin == a.Origin}
	f.Since = c.cfg.Now()
	f.Answered = f.Since
	if old, err := c.cfg.Store.Follow(f.Origin); err == nil {
		f.Since, f.Typed = old.Since, f.Typed || old.Typed
	} else if !errors.Is(err, store.ErrNotFound) {
		return remote.Instance{}, err
	}
	if err := c.cfg.Store.PutFollow(f); err != nil {
		return remote.Instance{}, err
	}
	c.follow()
	return in, nil
}

// follow tells Serve that the follows are others.
func (c *Catalog) follow() {
	c.mu.Lock()
	defer c.mu.Unlock()
	close(c.changed)
	c.changed = make(chan struct{})
}

// Unfollow forgets an instance and all that is known of its videos. Watchers
// hear of it while the records are still there.
func (c *Catalog) Unfollow(_ context.Context, origin string) error {
	if _, err := c.cfg.Store.Follow(origin); err != nil {
		return notFollowed(origin, err)
	}
	c.emit(control.Ref{Origin: origin}, Unfollowed)
	err := c.cfg.Store.RemoveFollow(origin)
	c.mu.Lock()
	delete(c.origins, origin)
	c.pages.drop(origin)
	c.mu.Unlock()
	c.follow()
	return err
}

// Follows lists the instances, the oldest follow first by name of origin.
func (c *Catalog) Follows(context.Context) ([]Follow, error) {
	all, err := c.cfg.Store.Follows()
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	out := make([]Follow, len(all))
	for i, f := range all {
		out[i].Follow = f
		if o, ok := c.origins[f.Origin]; ok {
			out[i].Problem, out[i].Silent = o.problem, o.silent
		}
	}
	return out, nil
}

// STUN lists the servers that the instances recommend for finding one's own
// address, each once.
func (c *Catalog) STUN() []string {
	follows, err := c.cfg.Store.Follows()
	if err != nil {
		c.cfg.Log.Error("follows cannot be listed", "err", err)
	}
	var all []string
	for _, f := range follows {
		for _, s := range f.STUN {
			if !slices.Contains(all, s) {
				all = append(all, s)
			}
		}
	}
	return all
}

// look asks a server who it is, and stores what is new.
func (c *Catalog) look(ctx context.Context, name string) error {
	in, err := c.cfg.Remote.Instance(ctx, name)
	if err = c.listed(ctx, name, err); err != nil {
		return err
	}
	f, err := c.cfg.Store.Follow(name)
	if err == nil && (f.Name != in.Name || f.Description != in.Description || !slices.Equal(f.STUN, in.STUN)) {
		err = c.cfg.Store.EditFollow(name, func(f *store.Follow) { f.Name, f.Description, f.STUN = in.Name, in.Description, in.STUN })
	}
	if err != nil {
		return notFollowed(name, err)
	}
	return nil
}

// Resolve says which video a link means. A server that is not followed is
// asked too, but only as a public one: a link is not trusted as an address is.
func (c *Catalog) Resolve(ctx context.Context, link string) (control.Ref, error) {
	a, err := remote.ParseAddress(link)
	if err != nil {
		return control.Ref{}, err
	}
	if a.Video == "" {
		return control.Ref{}, fmt.Errorf("%w: the link names no video", remote.ErrAddress)
	}
	if _, err := c.origin(a.Origin); err != nil && !errors.Is(err, ErrNotFollowed) {
		return control.Ref{}, err
	}
	v, err := c.cfg.Remote.Video(ctx, a.Origin, a.Video)
	if err != nil {
		return control.Ref{}, c.answer(ctx, a.Origin, err)
	}
	return control.Ref{Origin: a.Origin, Video: v.UUID}, nil
}

// Picture is an image that an answer about the video named.
func (c *Catalog) Picture(ctx context.Context, ref control.Ref, name string) ([]byte, error) {
	if _, err := c.origin(ref.Origin); err != nil && !errors.Is(err, ErrNotFollowed) {
		return nil, err
	}
	return c.cfg.Remote.Picture(ctx, ref.Origin, name)
}
