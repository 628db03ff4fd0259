package torrent

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"time"

	"vidiverse/p2p/rtc"
)

// conn is a stream of bytes to a peer: TCP, or a data channel.
type conn interface {
	io.Reader
	Write(ctx context.Context, b []byte) error // whole, or an error
	SetReadDeadline(t time.Time) error
	Close() error
}

// channel makes a stream of a data channel's messages.
type channel struct {
	c    *rtc.Conn
	buf  []byte // of what a message had beyond what was asked for
	room []byte
}

const (
	channelWrite  = 16 << 10  // bytes of a message: browsers agree on no more
	channelMark   = 256 << 10 // bytes under way before a write waits
	channelBuffer = 64 << 10
)

// Read implements io.Reader.
func (c *channel) Read(b []byte) (int, error) {
	for len(c.buf) == 0 {
		if c.room == nil {
			c.room = make([]byte, 4<<10) // an idle peer says little
		}
		n, err := c.c.Read(c.room)
		if errors.Is(err, io.ErrShortBuffer) && len(c.room) < channelBuffer {
			c.room = make([]byte, channelBuffer)
			continue
		}
		if err != nil {
			return 0, err
		}
		c.buf = c.room[:n]
	}
	n := copy(b, c.buf)
	c.buf = c.buf[n:]
	return n, nil
}

// Write implements conn.
func (c *channel) Write(ctx context.Context, b []byte) error {
	for len(b) > 0 {
		if err := c.c.Drained(ctx, channelMark); err != nil {
			return err
		}
		n := min(len(b), channelWrite)
		if err := c.c.Write(b[:n]); err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}

func (c *channel) SetReadDeadline(t time.Time) error { return c.c.SetReadDeadline(t) }

// Close implements conn.
func (c *channel) Close() error { return c.c.Close() }

// socket is a TCP connection.
type socket struct{ net.Conn }

// writeTime is how long a peer may take to take a block.
const writeTime = time.Minute

// Write implements conn.
func (s socket) Write(ctx context.Context, b []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := s.SetWriteDeadline(time.Now().Add(writeTime)); err != nil {
		return err
	}
	_, err := s.Conn.Write(b)
	return err
}

func remoteOf(c net.Conn) netip.AddrPort {
	if a, ok := c.RemoteAddr().(*net.TCPAddr); ok {
		p := a.AddrPort()
		return netip.AddrPortFrom(p.Addr().Unmap(), p.Port())
	}
	return netip.AddrPort{}
}
