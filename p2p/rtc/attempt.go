package rtc

import (
	"context"
	"errors"
	"fmt"
	"net/netip"

	"github.com/pion/ice/v4"
)

// Attempt is a connection in the making. It may be used from several goroutines.
type Attempt struct {
	l   *link
	sdp string
}

// SDP is our offer or answer, with all candidates in it.
func (a *Attempt) SDP() string { return a.sdp }

// Answer takes the answer to an offer; there is one at most. It waits a few
// seconds if many connections are being set up. The peer then has 15 seconds to
// come. ErrSDP leaves the offer open for a better answer.
func (a *Attempt) Answer(sdp string) error {
	l := a.l
	d, err := parseSDP(sdp, l.s.reachable)
	if err != nil {
		return err
	}
	if d.setup == "actpass" {
		return fmt.Errorf("%w: an answer chooses a role", ErrSDP)
	}
	if err := l.s.answered(l, d.candidates); err != nil {
		return err
	}
	l.expire(connectTime)
	if err := l.meetAt(d.candidates); err != nil {
		l.end(ErrFailed)
		return fmt.Errorf("%w: %w", ErrSDP, err)
	}
	l.s.tasks.Go(func() { l.connect(d, true) })
	return nil
}

// Conn waits for the open channel. The Conn is the caller's from then on, and
// Close of the Attempt does not touch it; asked again, it is the same one.
func (a *Attempt) Conn(ctx context.Context) (*Conn, error) {
	l := a.l
	select {
	case <-l.opened:
	case <-l.ctx.Done():
		return nil, l.reason()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		return nil, l.err
	}
	if l.timer != nil {
		l.timer.Stop()
	}
	l.taken = true
	return l.conn, nil
}

// Done is closed when the attempt, or the Conn it became, has ended.
func (a *Attempt) Done() <-chan struct{} { return a.l.ctx.Done() }

// Close gives up, unless Conn returned a connection.
func (a *Attempt) Close() {
	a.l.mu.Lock()
	taken := a.l.taken
	a.l.mu.Unlock()
	if !taken {
		a.l.end(ErrFailed)
	}
}

// reason is why a link has ended.
func (l *link) reason() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err == nil {
		return ErrDown // the session ends, and the link with it
	}
	return l.err
}

// write waits for a turn to make descriptions.
func (l *link) write(ctx context.Context) (free func(), err error) {
	queue, stop := context.WithTimeout(ctx, queueTime)
	defer stop()
	if !turn(queue, l.s.writes) {
		l.end(ErrBusy)
		return nil, ErrBusy
	}
	return func() { <-l.s.writes }, nil
}

func (s *session) offer(ctx context.Context) (*Attempt, error) {
	l, err := s.newLink(true, nil)
	if err != nil {
		return nil, err
	}
	l.expire(offerTime)
	return l.attempt(ctx, &description{setup: "actpass", mid: "0"})
}

func (s *session) accept(ctx context.Context, remote *description) (*Attempt, error) {
	l, err := s.newLink(false, remote.candidates)
	if err != nil {
		return nil, err
	}
	l.expire(connectTime)
	setup := "active"
	if remote.setup == "active" {
		setup = "passive"
	}
	a, err := l.attempt(ctx, &description{setup: setup, mid: remote.mid})
	if err != nil {
		return nil, err
	}
	if err := l.meetAt(remote.candidates); err != nil {
		l.end(ErrFailed)
		return nil, fmt.Errorf("%w: %w", ErrSDP, err)
	}
	s.tasks.Go(func() { l.connect(remote, false) })
	return a, nil
}

// attempt makes the link's own description.
func (l *link) attempt(ctx context.Context, d *description) (*Attempt, error) {
	err := l.describe(ctx, d)
	if err != nil {
		l.end(ErrFailed)
		return nil, err
	}
	return &Attempt{l: l, sdp: d.String()}, nil
}

// describe completes the link's own description with what only it knows.
func (l *link) describe(ctx context.Context, d *description) error {
	if err := l.s.gathered(ctx); err != nil {
		return err
	}
	free, err := l.write(ctx)
	if err != nil {
		return errors.Join(err, ctx.Err())
	}
	defer free()
	if d.ufrag, d.pwd, err = l.agent.GetLocalUserCredentials(); err != nil {
		return l.reason()
	}
	l.mu.Lock()
	l.ufrag, l.pwd = d.ufrag, d.pwd
	l.mu.Unlock()
	if d.candidates, err = l.gather(ctx); err != nil {
		return err
	}
	for i, a := range l.s.outsides(l.lane) {
		// RFC 8445's formula for a reflexive candidate of component 1.
		d.candidates = append(d.candidates, candidate{a, 100<<24 | uint64(65535-i)<<8 | 255, "srflx"})
	}
	d.fingerprint, d.sctpPort, d.maxMessage = l.s.cert.fingerprint, 5000, MaxMessage
	return nil
}

// gather binds the link to its lane's sockets, which are its candidates.
func (l *link) gather(ctx context.Context) ([]candidate, error) {
	complete := make(chan struct{})
	err := l.agent.OnCandidate(func(c ice.Candidate) {
		if c == nil {
			close(complete)
		}
	})
	if err == nil {
		err = l.agent.GatherCandidates()
	}
	if err != nil {
		return nil, fmt.Errorf("rtc: %w", err)
	}
	select {
	case <-complete: // nothing but the sockets is asked
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-l.ctx.Done():
		return nil, l.reason()
	}
	local, err := l.agent.GetLocalCandidates()
	if err != nil {
		return nil, l.reason()
	}
	var list []candidate
	for _, c := range local {
		if a, err := netip.ParseAddr(c.Address()); err == nil {
			list = append(list, candidate{netip.AddrPortFrom(a.Unmap(), uint16(c.Port())), uint64(c.Priority()), "host"})
		}
	}
	return list, nil
}

// meetAt tells ICE where the peer says it is.
func (l *link) meetAt(list []candidate) error {
	for i, c := range list {
		remote, err := ice.UnmarshalCandidate(c.line(i))
		if err != nil {
			return err
		}
		if err := l.agent.AddRemoteCandidate(remote); err != nil {
			return err
		}
	}
	return nil
}
