package wsock

import (
	"cmp"
	"time"
)

// Limits are what one connection may make us keep, and how long it may take.
// Zero fields mean the default.
type Limits struct {
	// Message is the most bytes of a message and of each of its frames, 64 KiB
	// by default. A longer one ends the connection with status 1009.
	Message int
	// Queue is the most bytes that wait for a client that does not read, 64 KiB
	// by default. Beyond, it is cut off.
	Queue int

	Hello time.Duration // from the upgrade to Conn.Welcome: a minute
	Frame time.Duration // from the first byte of a message to its last: 15 s
	Idle  time.Duration // between messages: 20 minutes
	Write time.Duration // to take what waits for it: 10 s
	Close time.Duration // from our close frame to theirs: 5 s
	Probe time.Duration // to answer Conn.Probe: 10 s
	Tick  time.Duration // how often all this is looked after: 1 s
}

func (l Limits) withDefaults() Limits {
	return Limits{
		Message: cmp.Or(l.Message, 64<<10),
		Queue:   cmp.Or(l.Queue, 64<<10),
		Hello:   cmp.Or(l.Hello, time.Minute),
		Frame:   cmp.Or(l.Frame, 15*time.Second),
		Idle:    cmp.Or(l.Idle, 20*time.Minute),
		Write:   cmp.Or(l.Write, 10*time.Second),
		Close:   cmp.Or(l.Close, 5*time.Second),
		Probe:   cmp.Or(l.Probe, 10*time.Second),
		Tick:    cmp.Or(l.Tick, time.Second),
	}
}
