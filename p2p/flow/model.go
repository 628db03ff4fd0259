package flow

import "time"

// model is what we think of the way to the peer, after BBR (Cardwell et al.,
// 2016): how much arrives a second at most, and how soon an answer can come.
// From both follows how much may be on its way, and how fast to send it. Loss
// alone says little: wireless links lose packets without being full.
//
//	startup ── the rate grows no more ──▶ drain ── the queue is empty ──▶ cruise
//	                                                   ▲                    │ ten seconds without
//	                                                   └──── look again ◀───┘ a shorter round trip
type model struct {
	phase  phase
	rate   peak          // bytes a second
	rtt    time.Duration // shortest, 0 while unknown
	rttAt  time.Duration // when it was that short
	again  time.Duration // shortest since we look again
	smooth time.Duration
	high   int           // round trips in a row that were longer
	lowAt  time.Duration // since then
	window int           // bytes that may be on their way

	round     int64 // its end: when as much is delivered
	full      float64
	stale     int // rounds without growth
	step      int // of the cruise's cycle
	stepAt    time.Duration
	stepRate  float64
	lookUntil time.Duration

	ceiling   int   // of the window, after losses that mean a full queue; 0 is none
	acked     int64 // in this round
	lost      int64
	ceilingAt time.Duration
}

type phase uint8

const (
	startup phase = iota
	drain
	cruise
	look
)

const (
	packet      = 1228
	firstWindow = 32 << 10 // bytes
	leastWindow = 4 * packet
	mostWindow  = 8 << 20

	startupGain = 2.77
	cruiseGain  = 2.0
	extraTime   = 8 * time.Millisecond // of sending that a busy computer answers late
	extraLeast  = 16 << 10
	extraMost   = 56 << 10 // a browser's socket holds little more

	queuedTime = 4 * time.Millisecond // beyond the shortest round trip
	queuedFor  = 25 * time.Millisecond

	lookEvery = 10 * time.Second
	lookTime  = 200 * time.Millisecond
	nearTime  = 5 * time.Millisecond // closer peers need no pacing

	tooLossy = 0.04 // of a round's bytes: the queue is full
)

var cycle = [...]float64{1.25, 0.75, 1, 1, 1, 1}

// newModel begins with the round trip that ICE measured, 0 if it did not.
func newModel(rtt time.Duration) model {
	m := model{window: firstWindow, rtt: rtt, smooth: rtt}
	if rtt > 0 {
		m.rate.put(firstWindow/rtt.Seconds(), 0, time.Second)
	}
	return m
}

// near reports whether the peer is so close that timers are too coarse.
func (m *model) near() bool { return m.rtt > 0 && m.rtt < nearTime }

// product is how much the way holds without a queue, 0 while unknown.
func (m *model) product() float64 { return m.rate.value() * m.rtt.Seconds() }

// heed takes the news of an acknowledgement; flight is what is left on its way.
func (m *model) heed(n news, flight int, delivered int64, now time.Duration) {
	if n.rtt > 0 {
		if m.rtt == 0 || n.rtt <= m.rtt {
			m.rtt, m.rttAt = n.rtt, now
		}
		if m.again == 0 || n.rtt < m.again {
			m.again = n.rtt
		}
		m.smooth += (n.rtt - m.smooth) / 8
		if m.high++; n.rtt <= m.rtt+max(m.rtt/4, queuedTime) {
			m.high, m.lowAt = 0, now
		}
		if m.phase == startup && m.queued(now) {
			m.phase = drain
		}
	}
	if n.rate > 0 && (!n.idle || n.rate > m.rate.value()) {
		m.rate.put(n.rate, now, max(10*m.rtt, time.Second))
	}
	m.acked += int64(n.acked)
	m.lost += int64(n.lost)
	if n.acked > 0 && n.before >= m.round {
		m.round = delivered
		m.nextRound(n.idle, flight, now)
	}
	m.advance(flight, now)
	if n.idle {
		n.acked = 0 // there is no need for more
	}
	m.resize(n.acked)
}

// nextRound is called once a round trip.
func (m *model) nextRound(idle bool, flight int, now time.Duration) {
	if m.lost > 3*packet && float64(m.lost) > tooLossy*float64(m.acked+m.lost) {
		m.ceiling, m.ceilingAt = max(int(0.85*float64(flight)), int(m.product()), leastWindow), now
		if m.phase == startup {
			m.phase = drain
		}
	} else if m.ceiling > 0 && now-m.ceilingAt > 10*m.rtt {
		m.ceiling += m.ceiling / 16
		if m.ceiling > 2*m.target() {
			m.ceiling = 0
		}
	}
	m.acked, m.lost = 0, 0
	if m.phase != startup || idle {
		return
	}
	if best := m.rate.value(); best >= 1.25*m.full {
		m.full, m.stale = best, 0
	} else if m.stale++; m.stale == 3 {
		m.phase = drain
	}
}

// queued reports whether a queue has built up: for a while no round trip was
// short. One that was long tells only that somebody was busy.
func (m *model) queued(now time.Duration) bool {
	return m.high >= 8 && now-m.lowAt > max(m.rtt/2, queuedFor)
}

// advance goes on to the next phase when it is time.
func (m *model) advance(flight int, now time.Duration) {
	switch m.phase {
	case drain:
		if float64(flight) <= m.product()+extraLeast {
			m.phase, m.step, m.stepAt = cruise, 2, now
		}
	case cruise:
		d := max(m.rtt, time.Millisecond)
		if m.step == 0 {
			d *= 2 // what it brings is seen in the second
		}
		if now-m.stepAt > d {
			m.nextStep(now)
		}
		if now-m.rttAt > lookEvery {
			m.phase, m.lookUntil, m.again = look, now+lookTime+m.rtt, 0
		}
	case look:
		if now > m.lookUntil && m.again > 0 {
			m.phase, m.step, m.stepAt = cruise, 2, now
			m.rtt, m.rttAt = m.again, now
		}
	}
}

// nextStep goes round the cycle: faster for a while, and if that brought more
// without a queue, as fast as at the start; else slower, so that the queue it
// made goes away.
func (m *model) nextStep(now time.Duration) {
	rate := m.rate.value()
	if m.step == 0 && rate > 1.1*m.stepRate && !m.queued(now) && m.ceiling == 0 {
		m.phase, m.full, m.stale = startup, rate, 0
	}
	m.step = (m.step + 1) % len(cycle)
	m.stepAt, m.stepRate = now, rate
}

// target is how large the window is to become.
func (m *model) target() int {
	rate := m.rate.value()
	return int(cruiseGain*m.product()) + min(max(extraLeast, int(rate*extraTime.Seconds())), extraMost)
}

func (m *model) resize(acked int) {
	switch {
	case m.phase == startup:
		m.window += acked
	case m.phase == look:
		m.window = max(leastWindow, int(m.product()/2))
	default:
		m.window = min(m.window+acked, m.target())
	}
	if m.ceiling > 0 {
		m.window = min(m.window, m.ceiling)
	}
	m.window = min(max(m.window, leastWindow), mostWindow)
}

// silence follows a time in which nothing was heard: begin again, small.
func (m *model) silence() { m.window = leastWindow }

// pace is how many bytes a second to send, 0 without a limit.
func (m *model) pace() float64 {
	gain := 1.0
	switch m.phase {
	case startup:
		gain = startupGain
	case drain:
		gain = 1 / startupGain
	case cruise:
		gain = cycle[m.step]
	}
	if m.rtt == 0 || m.near() {
		return 0
	}
	return max(gain*m.rate.value(), float64(leastWindow))
}

// peak is the highest of what was put lately.
type peak struct {
	now, before float64 // of this window and of the one before
	since       time.Duration
}

func (p *peak) put(v float64, now, window time.Duration) {
	if now-p.since > window/2 {
		p.before, p.now, p.since = p.now, 0, now
	}
	p.now = max(p.now, v)
}

func (p *peak) value() float64 { return max(p.now, p.before) }
