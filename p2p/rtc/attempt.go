package rtc

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pion/webrtc/v4"
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
	free, err := l.write(l.ctx)
	if err != nil {
		return err
	}
	defer free()
	if err := l.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: d.String()}); err != nil {
		l.end(ErrFailed)
		return fmt.Errorf("%w: %w", ErrSDP, err)
	}
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
	return l.describe(ctx, func() (webrtc.SessionDescription, error) {
		dc, err := l.pc.CreateDataChannel("data", nil)
		if err != nil {
			return webrtc.SessionDescription{}, err
		}
		l.mu.Lock()
		l.channel = true
		l.mu.Unlock()
		l.await(dc)
		return l.pc.CreateOffer(nil)
	})
}

func (s *session) accept(ctx context.Context, remote *description) (*Attempt, error) {
	l, err := s.newLink(false, remote.candidates)
	if err != nil {
		return nil, err
	}
	l.expire(connectTime)
	return l.describe(ctx, func() (none webrtc.SessionDescription, err error) {
		offer := webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: remote.String()}
		if err := l.pc.SetRemoteDescription(offer); err != nil {
			return none, fmt.Errorf("%w: %w", ErrSDP, err)
		}
		return l.pc.CreateAnswer(nil)
	})
}

// describe makes the link's own description and waits for its candidates.
func (l *link) describe(ctx context.Context, create func() (webrtc.SessionDescription, error)) (*Attempt, error) {
	sdp, err := l.local(ctx, create)
	if err != nil {
		l.end(ErrFailed)
		return nil, err
	}
	return &Attempt{l: l, sdp: sdp}, nil
}

func (l *link) local(ctx context.Context, create func() (webrtc.SessionDescription, error)) (string, error) {
	if err := l.s.gathered(ctx); err != nil {
		return "", err
	}
	free, err := l.write(ctx)
	if err != nil {
		return "", errors.Join(err, ctx.Err())
	}
	defer free()
	description, err := create()
	if err != nil {
		return "", err
	}
	if d, err := parseSDP(description.SDP, l.s.reachable); err == nil {
		l.mu.Lock()
		l.ufrag = d.ufrag
		l.mu.Unlock()
	}
	complete := webrtc.GatheringCompletePromise(l.pc)
	if err := l.pc.SetLocalDescription(description); err != nil {
		return "", fmt.Errorf("rtc: %w", err)
	}
	patience := time.NewTimer(gatherTime)
	defer patience.Stop()
	select {
	case <-complete:
	case <-patience.C: // what there is will do
	case <-ctx.Done():
		return "", ctx.Err()
	case <-l.ctx.Done():
		return "", l.reason()
	}
	return publish(l.pc.LocalDescription().SDP, l.s.outsides(l.lane)), nil
}
