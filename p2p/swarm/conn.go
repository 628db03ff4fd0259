package swarm

import (
	"context"
	"net/netip"
	"time"
)

// Conn is an open channel to a peer, ordered and reliable, a message at a time:
// *rtc.Conn, or one of a simulated network.
type Conn interface {
	// Read waits for a message and puts it whole into buf; io.ErrShortBuffer
	// leaves it for the next Read.
	Read(buf []byte) (n int, err error)
	// Write sends one message, which it copies; several goroutines may. It does
	// not wait.
	Write(message []byte) error
	// Buffered is what was written and is not known to have arrived.
	Buffered() int
	// Drained waits until Buffered is at most mark.
	Drained(ctx context.Context, mark int) error
	Remote() netip.AddrPort
	// RTT is the time there and back, 0 while it is unknown.
	RTT() time.Duration
	Close() error
}

// Meet serves a peer over a connection that was not made through Signal, until
// either ends it. It takes c over, and does not wait. id is the peer's own; an
// error means that it is not welcome.
func (s *Swarm) Meet(id string, c Conn) error {
	who, err := s.expect(id, false)
	if err != nil {
		c.Close()
		return err
	}
	serve := func(ctx context.Context) {
		defer who.leave()
		s.connected(ctx, who, c)
	}
	if !s.n.spawn(serve) {
		who.leave()
		c.Close()
		return errDown
	}
	return nil
}
