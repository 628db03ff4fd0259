//go:build linux || darwin || freebsd

package player

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"time"
)

// property is one of mpv's that is watched, and where its value goes. The
// value is false, 0 or "" while mpv has none.
type property struct {
	name   string
	format int32
	live   bool // of lives only
	set    func(c *core, v value)
}

type value struct {
	known  bool
	flag   bool
	number float64
	text   string
}

// endReached is the number of eof-reached.
const endReached = 1

var properties = []property{
	endReached - 1: {"eof-reached", formatFlag, false, (*core).atEnd},
	{"time-pos", formatDouble, false, func(c *core, v value) {
		if v.known {
			c.seen.now = v.number
			c.settle()
		}
	}},
	{"duration", formatDouble, false, func(c *core, v value) {
		if v.known {
			c.seen.duration = v.number
		}
	}},
	{"paused-for-cache", formatFlag, false, func(c *core, v value) { c.seen.cache = v.flag }},
	{"core-idle", formatFlag, false, func(c *core, v value) { c.seen.idle = v.flag }},
	{"dwidth", formatInt, false, func(c *core, v value) { c.seen.width = int(v.number) }},
	{"dheight", formatInt, false, func(c *core, v value) { c.seen.height = int(v.number) }},
	{"demuxer-cache-state", formatString, true, (*core).kept},
}

// cutMargin is how much before its length a video may end: sound and pictures
// rarely end together, and lengths in playlists are rounded.
const cutMargin = 3.0

func (c *core) atEnd(v value) {
	c.seen.eof = v.flag
	if v.flag {
		c.owe()
		c.renew()
	}
	if v.flag && !c.src.Live && c.seen.now < c.seen.duration-cutMargin && c.seen.err == nil {
		c.seen.err = ErrCut
	}
}

// A picture that is not drawn within a fifth of a second is left out by mpv, and so
// is one of which it thinks that it would come too late. Where no other follows,
// the last one is owed until one was drawn that mpv gave out owedAfter or later:
// by then it has given up all that came before. It is asked for every renewPause,
// as mpv forgets that too while it is busy, and renewMax times.
const (
	owedAfter  = 550 * time.Millisecond
	renewPause = 300 * time.Millisecond
	renewMax   = 50
)

// owe says, with c.mu held, that no other picture may follow.
func (c *core) owe() { c.owed, c.renewals = time.Now(), 0 }

// renew lets mpv draw its picture again, with c.mu held. Any setting of mpv's own
// text does it.
func (c *core) renew() {
	c.renewed++
	c.asked = time.Now()
	c.queue("set", "osd-margin-x", strconv.Itoa(c.renewed%2))
}

// renewOwed asks again for the picture that is owed, and returns how many seconds
// until it wants to be called again; -1: not for that.
func (c *core) renewOwed() (wait float64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.owed.IsZero() || c.seen.width == 0 || c.renewals >= renewMax {
		return -1
	}
	since := c.owed
	if c.asked.After(since) {
		since = c.asked
	}
	if time.Since(since) >= renewPause {
		c.renewals++
		c.renew()
		since = c.asked
	}
	return max(renewPause-time.Since(since), time.Millisecond).Seconds()
}

// took hears that a picture was drawn that mpv still offered just before.
func (c *core) took(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.owed.IsZero() && at.Sub(c.owed) > owedAfter {
		c.owed = time.Time{}
	}
}

// settle takes mpv's position, but not while a Seek is under way: the seek bar
// would jump back for a moment.
func (c *core) settle() {
	if !c.seeks() {
		c.seen.position = c.seen.now
	}
}

// kept reads which part of a live can be seeked in.
func (c *core) kept(v value) {
	var s struct {
		Ranges []struct{ Start, End float64 } `json:"seekable-ranges"`
	}
	if json.Unmarshal([]byte(v.text), &s) != nil || len(s.Ranges) == 0 {
		return
	}
	last := s.Ranges[len(s.Ranges)-1]
	c.seen.from, c.seen.to = last.Start, last.End
}

// listen hears mpv until close.
func (c *core) listen() {
	for !c.closing.Load() {
		e := c.lib.waitEvent(c.h, c.renewOwed())
		if e == nil || e.id == eventShutdown {
			return
		}
		if c.hear(e) {
			c.news()
		}
	}
}

// hear reports whether State may have changed.
func (c *core) hear(e *mpvEvent) bool {
	var now, silent, eof = 0.0, false, false
	switch { // news may overtake each other: some is asked again
	case e.id == eventRestart, e.id == eventProperty && e.reply == endReached:
		now, eof = c.number("time-pos"), c.flag("eof-reached")
	case e.id == eventLoaded && c.src.Sound != "":
		silent = !c.flag("current-tracks/audio/external")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch e.id {
	case eventProperty:
		if e.reply == 0 || e.reply > uint64(len(properties)) || e.data == nil {
			return false
		}
		if e.reply == endReached && eof {
			c.seen.now = now
		}
		return c.change(properties[e.reply-1], read((*mpvProperty)(e.data)))
	case eventReply:
		c.answered(e.reply, e.err)
	case eventLoaded:
		c.open(silent)
	case eventSeek:
		c.seeking.begun = c.seeking.answered
	case eventRestart:
		c.restarted(now, eof)
	case eventEndFile:
		c.stop.Do(func() { close(c.stopped) })
		c.over((*mpvEndFile)(e.data))
	default:
		return false
	}
	return true
}

// restarted hears that the first picture, or that of a seek, is shown.
func (c *core) restarted(now float64, eof bool) {
	c.seen.started = true
	c.owe()
	if c.seeking.begun {
		c.seeking = seeking{}
	}
	c.seen.now, c.seen.eof = now, eof
	c.settle()
}

// change applies a value. Positions are news ten times a second at most.
func (c *core) change(p property, v value) bool {
	before := c.seen
	p.set(c, v)
	if p.name == "time-pos" && math.Trunc(before.position*10) == math.Trunc(c.seen.position*10) {
		return false
	}
	return true
}

// read copies what an event points to, which is gone with the next event.
func read(p *mpvProperty) (v value) {
	if p.data == nil {
		return v
	}
	switch p.format {
	case formatFlag:
		v.flag = *(*int32)(p.data) != 0
	case formatInt:
		v.number = float64(*(*int64)(p.data))
	case formatDouble:
		v.number = *(*float64)(p.data)
	case formatString:
		v.text = text(*(**byte)(p.data), 1<<16)
	default:
		return v
	}
	v.known = true
	return v
}

// answered hears that a command was taken, or refused.
func (c *core) answered(id uint64, code int32) {
	if id == c.seeking.id {
		c.seeking.answered = true
		if code < 0 { // there is nothing to wait for
			c.seeking = seeking{}
		}
	}
	if id == c.caption.busy {
		c.caption.busy = 0
		if code < 0 {
			c.caption.shown = -1
			c.caption.wanted = -1
		}
		c.nextCaption()
	}
}

// open hears that the source was opened.
func (c *core) open(silent bool) {
	if silent {
		c.seen.err = ErrSound
		c.queue("stop")
		return
	}
	c.loaded = true
	if c.later != nil {
		c.seeking = seeking{id: c.queue("seek", seconds(*c.later), "absolute+exact")}
		c.later = nil
	}
	c.nextCaption()
}

// over hears that the source was closed, which only an error does: the end
// keeps the last picture.
func (c *core) over(e *mpvEndFile) {
	c.later, c.seeking = nil, seeking{}
	if c.seen.err != nil || e == nil {
		return
	}
	if e.reason == endError {
		c.seen.err = fmt.Errorf("%w: %s", ErrLoad, c.reason(e.err))
	} else {
		c.seen.eof = true
	}
}
