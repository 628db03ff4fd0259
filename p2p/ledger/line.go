package ledger

import (
	"context"
	"net/netip"
	"sync"
	"time"

	"vidiverse/p2p"
)

// Use says what a connection is for.
type Use struct {
	Transport Transport
	File      p2p.FileID     // zero if not known yet: see Line.Of
	Remote    netip.AddrPort // for the user's own eyes, while the connection lasts
	// RTT, if known, measures the connection's round trip now, 0 while it cannot.
	// It is asked while something is sent.
	RTT func() time.Duration
}

// Line is one connection. It is safe for several goroutines; a nil Line is not
// usable. Close it once.
type Line struct {
	l      *Ledger
	number uint64
	since  time.Time
	once   sync.Once

	// All below belongs to Ledger.mu.
	use  Use
	sums Sums
	gift Event // what is being given now, and is no event yet
	best floor
}

// Info is an open connection.
type Info struct {
	Number         uint64 // of this connection alone
	Transport      Transport
	File           p2p.FileID
	Remote         netip.AddrPort
	Since          time.Time
	Line           int64 // bytes over the line
	Sent, Received int64 // bytes of media
}

// Open begins a connection.
func (l *Ledger) Open(u Use) *Line {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.by[u.Transport] == nil {
		l.by[u.Transport] = &Sums{}
	}
	l.last++
	c := &Line{l: l, number: l.last, since: l.cfg.Now(), use: u}
	l.lines[c] = struct{}{}
	l.by[u.Transport].Opened++
	l.by[u.Transport].Open++
	l.note(c, Event{Kind: Opened})
	return c
}

// Number is the connection's own, from 1 on. It says nothing of who is there.
func (c *Line) Number() uint64 { return c.number }

// Of says which file is talked about from now on, where a connection begins
// without saying so or goes on to another.
func (c *Line) Of(file p2p.FileID) {
	c.l.mu.Lock()
	defer c.l.mu.Unlock()
	if c.use.File == file {
		return
	}
	c.l.gave(c)
	c.use.File = file
}

// Wait is the gate's, and counts what it lets pass. n is what goes over the
// line, with all that a protocol adds.
func (c *Line) Wait(ctx context.Context, n int) error {
	err := c.l.gate.Wait(ctx, n)
	c.l.mu.Lock()
	defer c.l.mu.Unlock()
	switch {
	case err == nil:
		_, file := c.l.file(c.use.File)
		for _, s := range []*Sums{&c.sums, c.l.by[c.use.Transport], file} {
			s.Line += int64(n)
		}
	case ctx.Err() == nil:
		c.l.refuse(c, reasonOf(err))
	}
	return err
}

// Sent counts n bytes of media among those that Wait let pass, when they were
// handed to the network.
func (c *Line) Sent(n int) {
	c.l.mu.Lock()
	defer c.l.mu.Unlock()
	id, file := c.l.file(c.use.File)
	for _, s := range []*Sums{&c.sums, c.l.by[c.use.Transport], file} {
		s.Sent += int64(n)
	}
	c.l.fresh[id] += int64(n)
	c.l.give(c, int64(n))
}

// Vain counts n bytes among those that Sent counted as of use to nobody: who asked
// for them gave up, or went, before all was there that can be used.
func (c *Line) Vain(n int) {
	c.l.mu.Lock()
	defer c.l.mu.Unlock()
	_, file := c.l.file(c.use.File)
	for _, s := range []*Sums{&c.sums, c.l.by[c.use.Transport], file} {
		s.Vain += int64(n)
	}
}

// Received counts n bytes of media that came and were right.
func (c *Line) Received(n int) {
	c.l.mu.Lock()
	defer c.l.mu.Unlock()
	_, file := c.l.file(c.use.File)
	for _, s := range []*Sums{&c.sums, c.l.by[c.use.Transport], file} {
		s.Received += int64(n)
	}
}

// Refused notes that the peer asked and was not given, and why: one of the
// reasons of this package, or a short word of the transport's own. What Wait
// refused is noted already.
func (c *Line) Refused(why string) {
	c.l.mu.Lock()
	defer c.l.mu.Unlock()
	c.l.refuse(c, why)
}

// Close ends the connection.
func (c *Line) Close() {
	c.once.Do(func() {
		c.l.mu.Lock()
		defer c.l.mu.Unlock()
		c.l.gave(c)
		c.l.note(c, Event{Kind: Closed, Bytes: c.sums.Sent, Took: c.l.cfg.Now().Sub(c.since)})
		c.l.by[c.use.Transport].Open--
		delete(c.l.lines, c)
	})
}

// info is called with the lock held.
func (c *Line) info() Info {
	return Info{Number: c.number, Transport: c.use.Transport, File: c.use.File, Remote: c.use.Remote, Since: c.since,
		Line: c.sums.Line, Sent: c.sums.Sent, Received: c.sums.Received}
}
