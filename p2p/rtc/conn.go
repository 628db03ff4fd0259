package rtc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"time"

	"github.com/pion/datachannel"
)

// MaxMessage is the longest message either side sends, in bytes.
const MaxMessage = 65535

// maxBuffered bounds what waits to be sent, should a caller not look.
const maxBuffered = 8 << 20

// Conn is an open data channel: ordered, reliable, a message at a time. One
// goroutine may read while others write.
type Conn struct {
	l    *link
	raw  *datachannel.DataChannel
	low  chan struct{} // what waits has come down to the mark
	mark chan struct{} // held by the one who set the mark
}

func newConn(l *link, raw *datachannel.DataChannel) *Conn {
	c := &Conn{l: l, raw: raw, low: make(chan struct{}, 1), mark: make(chan struct{}, 1)}
	raw.OnBufferedAmountLow(func() {
		select {
		case c.low <- struct{}{}:
		default:
		}
	})
	return c
}

// Read waits for a message and puts it whole into buf. If buf has no room for
// it, that is io.ErrShortBuffer, and the next Read finds it again: who has many
// idle connections waits with little buffers. A message longer than MaxMessage,
// like every other error, ends the connection. The other side's close is io.EOF.
func (c *Conn) Read(buf []byte) (n int, err error) {
	if n, err = c.raw.Read(buf); err != nil {
		if errors.Is(err, io.ErrShortBuffer) && len(buf) < MaxMessage {
			return 0, io.ErrShortBuffer
		}
		if c.l.ctx.Err() != nil && !errors.Is(err, io.EOF) {
			err = net.ErrClosed
		}
		c.l.end(ErrFailed)
	}
	return n, err
}

// Write sends one binary message of 1 to MaxMessage bytes, which it copies. It
// does not wait: what the network cannot take yet is kept, and counted by
// Buffered.
func (c *Conn) Write(message []byte) error {
	switch {
	case len(message) == 0 || len(message) > MaxMessage:
		return fmt.Errorf("rtc: a message of %d bytes", len(message))
	case c.l.ctx.Err() != nil:
		return net.ErrClosed
	case c.Buffered() > maxBuffered:
		return ErrFull
	}
	if _, err := c.raw.Write(message); err != nil {
		c.l.end(ErrFailed)
		return fmt.Errorf("rtc: %w", err)
	}
	return nil
}

// Buffered is how many bytes were written and are not yet known to have arrived.
func (c *Conn) Buffered() int { return int(c.raw.BufferedAmount()) }

// Drained waits until Buffered is at most mark.
func (c *Conn) Drained(ctx context.Context, mark int) error {
	select {
	case c.mark <- struct{}{}:
		defer func() { <-c.mark }()
	case <-ctx.Done():
		return ctx.Err()
	case <-c.l.ctx.Done():
		return net.ErrClosed
	}
	// The mark first, then the look: what comes down between them is told.
	c.raw.SetBufferedAmountLowThreshold(uint64(max(mark, 0)))
	for c.Buffered() > mark {
		select {
		case <-c.low:
		case <-ctx.Done():
			return ctx.Err()
		case <-c.l.ctx.Done():
			return net.ErrClosed
		}
	}
	return nil
}

// Remote is where the other side is now; it may move.
func (c *Conn) Remote() netip.AddrPort {
	_, remote := c.l.ends()
	return remote
}

// RTT is the measured time there and back, 0 while it is unknown.
func (c *Conn) RTT() time.Duration {
	if d := c.l.stack.flow.RTT(); d > 0 {
		return d
	}
	return c.l.roundTrip()
}

// roundTrip is what ICE measured last, 0 if it has not yet.
func (l *link) roundTrip() time.Duration {
	pair, ok := l.agent.GetSelectedCandidatePairStats()
	if !ok {
		return 0
	}
	return time.Duration(pair.CurrentRoundTripTime * float64(time.Second))
}

// SetReadDeadline makes Read fail, and the connection end, at t.
func (c *Conn) SetReadDeadline(t time.Time) error { return c.raw.SetReadDeadline(t) }

// Close ends the connection; the other side is told. What is still buffered is
// lost. It does not wait.
func (c *Conn) Close() error {
	c.l.end(net.ErrClosed)
	return nil
}

// Done is closed when the connection has ended, whoever ended it.
func (c *Conn) Done() <-chan struct{} { return c.l.ctx.Done() }
