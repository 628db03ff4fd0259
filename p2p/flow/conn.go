// Package flow decides how much of an SCTP association may be on its way to the
// peer at once, how fast it is sent, and when it is repeated. It lies between
// the association and what seals its packets:
//
//	SCTP ── packets ─▶ Conn ── at a pace, again if lost ─▶ sealed ─▶ network
//	SCTP ◀─ packets ── Conn ◀──────── all at once ──────── opened ◀─ network
//	     acknowledgements without gaps, and with a window of our own
//
// pion's own rules are Reno's: it halves its speed for each lost packet, sends
// in bursts that overflow a browser's socket, and waits a second for what was
// lost twice. It obeys the window that the peer grants, and repeats what the
// peer reports missing. So the acknowledgements that it gets to see grant what
// the rules here allow, and report nothing missing.
package flow

import (
	"net"
	"sync"
	"time"
)

// Conn carries an association's packets. One goroutine may read while others
// write. Nothing it starts outlives Close for long.
type Conn struct {
	net.Conn
	begun time.Time

	mu      sync.Mutex
	ledger  ledger
	model   model
	queue   []*parcel
	again   []*parcel // what is to be repeated, before the queue
	running bool      // somebody sends what waits
	next    time.Duration
	scratch []piece
	alarm   *time.Timer // when nothing is heard
	alarms  int         // in a row
	over    bool        // Close was called
	ended   chan struct{}
	once    sync.Once
}

const (
	parcelSize = 1500
	mostSack   = 1024

	slackTime  = 8 * time.Millisecond // that a late timer may catch up
	slackBytes = 24 << 10
	napTime    = 500 * time.Microsecond // shorter ones cost more than they smooth

	probeTime   = 20 * time.Millisecond // of silence, beside two round trips
	silenceTime = time.Second           // and of all silence, before everything is repeated
	maxAlarms   = 5                     // in a row, each twice as long; then as long as the last
)

var parcels = sync.Pool{New: func() any { return new([parcelSize]byte) }}

// New carries packets over below. rtt is the round trip as far as it is known,
// or 0.
func New(below net.Conn, rtt time.Duration) *Conn {
	return &Conn{
		Conn: below, begun: time.Now(), model: newModel(rtt),
		ended: make(chan struct{}),
	}
}

// now is never 0: that is what was not sent.
func (c *Conn) now() time.Duration { return time.Since(c.begun) + 1 }

// Window is how many bytes may be on their way now.
func (c *Conn) Window() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.model.window
}

// RTT is the measured round trip, 0 while it is unknown.
func (c *Conn) RTT() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.model.smooth
}

// Read waits for a packet.
func (c *Conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if err == nil {
		n = c.look(p[:n])
	}
	return n, err
}

// look finds what limits us in a packet of the peer's, and changes it.
func (c *Conn) look(packet []byte) int {
	changed := false
	size := rewrite(packet, func(kind byte, chunk []byte) []byte {
		switch {
		case kind == chunkSack && len(chunk) >= sackHeader:
			changed = true
			window, ours := c.heed(chunk)
			if !ours {
				sack(chunk).grant(window)
				return chunk
			}
			return sack(chunk).bare(window)
		case (kind == chunkInit || kind == chunkInitAck) && len(chunk) >= 20:
			changed = true
			sack(chunk).grant(min(sack(chunk).window(), firstWindow))
		}
		return chunk
	})
	if changed {
		sum(packet[:size])
	}
	return size
}

// heed takes an acknowledgement, and says which window to grant, and whether it
// is ours to repeat what is missing.
func (c *Conn) heed(s sack) (window uint32, ours bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	l, now := &c.ledger, c.now()
	full := l.flight+2*packet >= c.model.window
	n := l.acknowledge(s, now)
	if n.acked > 0 {
		var missing []*parcel
		missing, n.lost = l.lose(max(c.model.rtt/4, time.Millisecond))
		n.idle = !full
		c.model.heed(n, l.flight-l.waits, l.delivered, now)
		c.alarms = 0
		c.repeat(missing)
		c.arm()
	}
	if l.skipped {
		return min(s.window(), uint32(l.outstanding+firstWindow)), false
	}
	room := min(c.model.window-l.flight, int(s.window())-(l.outstanding-l.ahead))
	return uint32(l.outstanding + max(room, 0)), true
}

// repeat has parcels sent once more. mu is held.
func (c *Conn) repeat(list []*parcel) {
	for _, k := range list {
		c.ledger.wait(k)
	}
	if c.again = append(c.again, list...); len(c.again) > 0 {
		c.start()
	}
}

// start has what waits sent. mu is held.
func (c *Conn) start() {
	if !c.running {
		c.running = true
		go c.drain() // ends when nothing waits
	}
}

// arm sets the alarm for when nothing more is heard. mu is held.
func (c *Conn) arm() {
	if c.ledger.outstanding == 0 || c.over {
		if c.alarm != nil {
			c.alarm.Stop()
		}
		return
	}
	d := 2*c.model.smooth + probeTime
	if c.alarms > 0 {
		d = max(silenceTime, 2*d) << (min(c.alarms, maxAlarms) - 1)
	}
	if c.alarm == nil {
		c.alarm = time.AfterFunc(d, c.silence)
	} else {
		c.alarm.Reset(d)
	}
}

// silence is called when nothing was heard for long: something is sent again
// whose answer tells what is missing; then everything.
func (c *Conn) silence() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over {
		return
	}
	if c.alarms++; c.alarms == 1 {
		c.repeat(c.ledger.probe())
	} else {
		c.model.silence()
		c.repeat(c.ledger.loseAll())
	}
	c.arm()
}

// Write sends a packet, or queues it: it does not wait. What carries no data
// goes before what waits.
func (c *Conn) Write(p []byte) (int, error) {
	c.mu.Lock()
	c.scratch = pieces(c.scratch[:0], p)
	if len(c.scratch) == 0 || len(p) > parcelSize {
		c.mu.Unlock()
		return c.tell(p)
	}
	if c.ledger.known(c.scratch) {
		c.mu.Unlock()
		return len(p), nil // repeating is not SCTP's any more
	}
	k := &parcel{size: len(p)}
	if !c.ledger.add(k, c.scratch) {
		c.mu.Unlock()
		return c.Conn.Write(p)
	}
	k.data = parcels.Get().(*[parcelSize]byte)
	copy(k.data[:], p)
	if c.alarm == nil || len(c.ledger.air) == 0 {
		c.arm()
	}
	if !c.running && c.model.pace() == 0 {
		c.ledger.sent(k, c.now())
		c.mu.Unlock()
		return c.Conn.Write(p)
	}
	c.queue = append(c.queue, k)
	c.start()
	c.mu.Unlock()
	return len(p), nil
}

// tell sends a packet without data. pion's acknowledgements have no end when
// much is missing.
func (c *Conn) tell(p []byte) (int, error) {
	if len(p) <= packet {
		return c.Conn.Write(p)
	}
	short := append([]byte(nil), p...)
	size := rewrite(short, func(kind byte, chunk []byte) []byte {
		if kind == chunkSack && len(chunk) > mostSack {
			return sack(chunk).shorten(mostSack)
		}
		return chunk
	})
	sum(short[:size])
	_, err := c.Conn.Write(short[:size])
	return len(p), err
}

// drain sends what waits, each packet in its time.
func (c *Conn) drain() {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	var packet [parcelSize]byte
	for {
		size, nap, more := c.due(packet[:])
		switch {
		case !more:
			return
		case size > 0:
			_, _ = c.Conn.Write(packet[:size]) // lost, as on a network
			continue
		}
		timer.Reset(max(nap, napTime))
		select {
		case <-timer.C:
		case <-c.ended:
			return
		}
	}
}

// due copies the packet that is to be sent now, or else tells how long to wait
// for the next; more is false if there is none.
func (c *Conn) due(p []byte) (size int, nap time.Duration, more bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now, pace := c.now(), c.model.pace()
	for {
		k := c.head()
		if k == nil {
			c.running = false
			return 0, 0, false
		}
		if k.state == waiting && pace > 0 {
			slack := min(slackTime, time.Duration(slackBytes/pace*float64(time.Second)))
			if c.next = max(c.next, now-slack); c.next > now {
				return 0, c.next - now, true
			}
			c.next += time.Duration(float64(k.size) / pace * float64(time.Second))
		}
		c.pop()
		if k.state != waiting { // it arrived meanwhile
			k.release()
			continue
		}
		c.ledger.sent(k, now)
		return copy(p, k.data[:k.size]), 0, true
	}
}

// head is what is to be sent next, nil if nothing is. mu is held.
func (c *Conn) head() *parcel {
	switch {
	case len(c.again) > 0:
		return c.again[0]
	case len(c.queue) > 0:
		return c.queue[0]
	}
	return nil
}

func (c *Conn) pop() {
	if len(c.again) > 0 {
		if c.again = c.again[1:]; len(c.again) == 0 {
			c.again = nil
		}
		return
	}
	if c.queue = c.queue[1:]; len(c.queue) == 0 {
		c.queue = nil
	}
}

// Close ends what waits, and closes what lies below.
func (c *Conn) Close() error {
	c.once.Do(func() {
		close(c.ended)
		c.mu.Lock()
		c.over = true
		if c.alarm != nil {
			c.alarm.Stop()
		}
		c.mu.Unlock()
	})
	return c.Conn.Close()
}
