package playback

import (
	"context"
	"errors"
	"fmt"
	"time"

	"vidiverse/node/control"
	"vidiverse/node/remote"
)

// Open starts a session. ErrInvalid: the video has no form that can be played.
func (p *Playback) Open(ctx context.Context, ref control.Ref, quality int) (control.Session, error) {
	r, err := p.running(ctx)
	if err != nil {
		return control.Session{}, err
	}
	film, err := p.cfg.Film(ctx, ref)
	if err != nil {
		return control.Session{}, inWords(err)
	}
	s, err := newSession(p, r, film)
	if err != nil {
		return control.Session{}, err
	}
	if err := s.choose(quality); err != nil {
		s.end()
		return control.Session{}, err
	}
	p.sweep(r)
	if err := r.add(s); err != nil {
		s.end()
		return control.Session{}, err
	}
	return s.value(), nil
}

// inWords gives what asking for a film can end with its name in control.
func inWords(err error) error {
	for _, e := range []struct{ theirs, ours error }{
		{remote.ErrGone, control.ErrNotFound}, {remote.ErrClosed, control.ErrForbidden}, {remote.ErrUnavailable, control.ErrUnavailable},
		{remote.ErrUnsupported, control.ErrInvalid}, {remote.ErrRefused, control.ErrInvalid},
	} {
		if errors.Is(err, e.theirs) {
			return fmt.Errorf("%w: %w", e.ours, err)
		}
	}
	return err
}

func (p *Playback) session(ctx context.Context, id string) (*run, *session, error) {
	r, err := p.running(ctx)
	if err != nil {
		return nil, nil, err
	}
	s, ok := r.find(id)
	if !ok {
		return nil, nil, fmt.Errorf("%w: the video is not open any more", control.ErrNotFound)
	}
	s.touch()
	return r, s, nil
}

// Prepare fetches what is needed at a time, before the player asks.
func (p *Playback) Prepare(ctx context.Context, id string, at time.Duration) error {
	if _, f := p.fileOf(ctx, id); f != nil {
		return nil // a read at another place is what tells
	}
	_, s, err := p.session(ctx, id)
	if err != nil {
		return err
	}
	s.prepare(at)
	return nil
}

// Choose switches to a height, or to Auto with 0.
func (p *Playback) Choose(ctx context.Context, id string, quality int) (control.Session, error) {
	if _, f := p.fileOf(ctx, id); f != nil {
		return f.value(), nil // there is one
	}
	_, s, err := p.session(ctx, id)
	if err != nil {
		return control.Session{}, err
	}
	if err := s.choose(quality); err != nil {
		return control.Session{}, err
	}
	s.wakeUp()
	return s.value(), nil
}

// Progress says what is known of a session's bytes, and notes the position.
func (p *Playback) Progress(ctx context.Context, id string, at time.Duration) (control.Progress, error) {
	if _, f := p.fileOf(ctx, id); f != nil {
		return f.file.Progress(), nil
	}
	_, s, err := p.session(ctx, id)
	if err != nil {
		return control.Progress{}, err
	}
	s.moveTo(at)
	return s.progress(), nil
}

// Close ends a session; its addresses lead nowhere then.
func (p *Playback) Close(ctx context.Context, id string) error {
	if r, f := p.fileOf(ctx, id); f != nil {
		r.removeFile(f)
		return nil
	}
	r, s, err := p.session(ctx, id)
	if err != nil {
		return err
	}
	r.remove(s)
	return nil
}
