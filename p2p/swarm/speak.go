package swarm

import (
	"context"
	"time"

	"vidiverse/p2p/pml"
)

// send sends a command through the gate. It waits for the gate alone: commands
// are small, and how many there are is bounded.
func (p *peer) send(ctx context.Context, c pml.Command) error {
	select {
	case p.speak <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	case <-p.ctx.Done():
		return p.ctx.Err()
	}
	defer func() { <-p.speak }()
	for _, chunk := range c.Chunks(pml.MaxMessage) {
		if err := p.s.n.wait(p.ctx, p.book, len(chunk)); err != nil {
			p.end(err)
			return err
		}
		if err := p.conn.Write(chunk); err != nil {
			p.end(err)
			return err
		}
	}
	return nil
}

// write sends announcements and segments until the connection ends.
func (p *peer) write() {
	for p.ctx.Err() == nil {
		again, err := p.announce()
		if err != nil {
			return
		}
		if u := p.nextUpload(); u != nil {
			if err := p.serve(u); err != nil {
				p.end(err)
			}
			continue
		}
		p.rest(again)
	}
}

// rest waits until there may be something to do, or again has passed.
func (p *peer) rest(again time.Duration) {
	if again <= 0 {
		select {
		case <-p.wake:
		case <-p.ctx.Done():
		}
		return
	}
	timer := time.NewTimer(again)
	defer timer.Stop()
	select {
	case <-p.wake:
	case <-timer.C:
	case <-p.ctx.Done():
	}
}

// look wakes the writer.
func (p *peer) look() {
	select {
	case p.wake <- struct{}{}:
	default: // it is told already
	}
}

func (p *peer) announceSoon() {
	p.mu.Lock()
	p.due = true
	p.mu.Unlock()
	p.look()
}

// announce tells the peer what is held, if that is due and was not told a
// moment ago; again is when to come back for it.
func (p *peer) announce() (again time.Duration, err error) {
	p.mu.Lock()
	if !p.due {
		p.mu.Unlock()
		return 0, nil
	}
	if again = p.s.announceTime() - time.Since(p.told); again > 0 {
		p.mu.Unlock()
		return again, nil
	}
	p.due, p.told = false, time.Now()
	p.mu.Unlock()
	return 0, p.send(p.ctx, pml.Command{Kind: pml.Announcement, Loaded: p.s.stream.Segments.Held(), Loading: p.s.underWay()})
}

// announceTime is the least time between announcements to one peer: a file that
// is being fetched changes many times a second. What a live brings is old soon.
func (s *Swarm) announceTime() time.Duration {
	if s.sliding() {
		return 200 * time.Millisecond
	}
	return time.Second
}
