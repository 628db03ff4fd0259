package crowd

import (
	"bytes"
	"fmt"
	"time"

	"vidiverse/p2p/p2ptest"
	"vidiverse/p2p/pml"
	"vidiverse/p2p/swarm"
)

// stranger claims to hold everything, and does one kind of harm.
type stranger struct {
	c    *crowd
	id   string
	line *p2ptest.Line
	harm harm
}

// harm answers a request over a connection.
type harm struct {
	name   string
	answer func(s *stranger, c swarm.Conn, r pml.Command, body []byte)
	greet  func(s *stranger, c swarm.Conn) // instead of a mere announcement, may be nil
}

// say sends a command, as far as the connection still stands.
func say(c swarm.Conn, m pml.Command) {
	for _, chunk := range m.Chunks(pml.MaxMessage) {
		_ = c.Write(chunk) // who is sent away learns it from Read
	}
}

// raw sends as fast as a channel does: what is not on its way can still be
// stopped by who closes it.
func (s *stranger) raw(c swarm.Conn, b []byte) {
	for message := []byte(nil); len(b) > 0; {
		message, b = pml.Slice(b, 16<<10)
		if c.Drained(s.c.ctx, 64<<10) != nil || c.Write(message) != nil {
			return
		}
	}
}

func header(c swarm.Conn, r pml.Command, size int) {
	say(c, pml.Command{Kind: pml.Data, Segment: r.Segment, Request: r.Request, Size: int64(size)})
}

// harms are all that peers are known to do.
var harms = []harm{
	{name: "wrong bytes", answer: func(s *stranger, c swarm.Conn, r pml.Command, b []byte) {
		b = bytes.Clone(b)
		b[len(b)/2] ^= 1
		header(c, r, len(b))
		s.raw(c, b)
		say(c, pml.Command{Kind: pml.Completed, Segment: r.Segment, Request: r.Request})
	}},
	{name: "wrong size", answer: func(s *stranger, c swarm.Conn, r pml.Command, b []byte) {
		header(c, r, len(b)+1)
		s.raw(c, b)
	}},
	{name: "drip", answer: func(s *stranger, c swarm.Conn, r pml.Command, b []byte) {
		header(c, r, len(b))
		for i := range b {
			if c.Write(b[i:i+1]) != nil {
				return
			}
			if !s.c.rest(1900 * time.Millisecond) {
				return
			}
		}
	}},
	{name: "silence", answer: func(*stranger, swarm.Conn, pml.Command, []byte) {}},
	{name: "flood", answer: func(s *stranger, c swarm.Conn, _ pml.Command, b []byte) { s.raw(c, b) }, greet: func(s *stranger, c swarm.Conn) {
		for range 50 {
			s.raw(c, make([]byte, 16<<10))
			say(c, pml.Command{Kind: pml.Request, Segment: 1, Request: 1})
		}
	}},
	{name: "malformed", answer: func(s *stranger, c swarm.Conn, _ pml.Command, _ []byte) {
		for range 20 {
			_ = c.Write([]byte("cstr\x07\xffcend"))
		}
	}},
	{name: "false claims", answer: func(s *stranger, c swarm.Conn, r pml.Command, _ []byte) {
		say(c, pml.Command{Kind: pml.Absent, Segment: r.Segment, Request: r.Request})
	}},
	{name: "half of it", answer: func(s *stranger, c swarm.Conn, r pml.Command, b []byte) {
		header(c, r, len(b))
		s.raw(c, b[:len(b)/2])
	}},
}

// stranger joins one, who comes again under another name when sent away.
func (c *crowd) stranger(i int) {
	s := &stranger{c: c, line: c.line(c.Viewer, 0), harm: harms[i%len(harms)]}
	c.group.Go(func() {
		for n := 0; ; n++ {
			one := &stranger{c: c, id: fmt.Sprint("stranger-", i, "-", n), line: s.line, harm: s.harm}
			for _, other := range c.meeting.announce(one) {
				if _, ours := other.(*stranger); !ours {
					c.group.Go(func() { c.introduce(one, other) })
				}
			}
			if c.rest(time.Minute); c.ctx.Err() != nil {
				return
			}
			c.meeting.gone(one)
		}
	})
}

func (s *stranger) name() string        { return s.id }
func (s *stranger) wire() *p2ptest.Line { return s.line }

// meet does harm over a connection until it ends.
func (s *stranger) meet(_ string, c swarm.Conn) {
	s.c.group.Go(func() {
		defer c.Close()
		s.claim(c)
		if s.harm.greet != nil {
			s.harm.greet(s, c)
		}
		var j pml.Joiner
		buf := make([]byte, pml.MaxMessage)
		for s.c.ctx.Err() == nil {
			n, err := c.Read(buf)
			if err != nil {
				return
			}
			m, whole, _ := j.Add(buf[:n])
			if !whole {
				continue
			}
			switch {
			case m.Kind == pml.Request && m.Segment >= 0 && m.Segment < len(s.c.data):
				s.c.group.Go(func() { s.harm.answer(s, c, m, s.c.data[m.Segment]) })
			case m.Kind == pml.Announcement && s.c.Live:
				s.claim(c)
			}
		}
	})
}

// claim says that everything is held.
func (s *stranger) claim(c swarm.Conn) {
	var all []int
	for i := range min(s.c.edge()+2, s.c.Segments) {
		all = append(all, i)
	}
	say(c, pml.Command{Kind: pml.Announcement, Loaded: all})
}
