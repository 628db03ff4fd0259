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
	highAt time.Duration // since then
	window int           // bytes that may be on their way

	rounds    int   // round trips so far
	round     int64 // the end of this one: when as much is delivered
	full      float64
	stale     int // rounds without growth
	step      int // of the cruise's cycle
	stepAt    time.Duration
	stepRate  float64
	lookUntil time.Duration

	ceiling   int   // of the window, after losses that mean a full queue; 0 is none
	ceilingAt int   // the round
	acked     int64 // in this round
	lost      int64

	heardAt time.Duration
	pausing int // the last round before which nothing was heard for a while
	pardons int // losses lately that were taken for somebody's being busy
	silent  int // the window before a silence
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
	patient  = 8    // rounds that a ceiling stands

	pauseTime   = 20 * time.Millisecond // nothing heard for longer: somebody is busy
	pausePieces = 8                     // or for longer than these take
	mostPardons = 3                     // in patient rounds
)

var cycle = [...]float64{1.25, 0.75, 1, 1, 1, 1}

// newModel begins with the round trip that ICE measured, 0 if it did not.
func newModel(rtt time.Duration) model {
	m := model{window: firstWindow, rtt: rtt, smooth: rtt}
	if rtt > 0 {
		m.rate.before = firstWindow / rtt.Seconds() // until it is measured
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
		if m.high++; m.high == 1 {
			m.highAt = now
		}
		if n.rtt <= m.rtt+max(m.rtt/4, queuedTime) {
			m.high = 0
		}
		if m.phase == startup && m.queued(now) && !m.disturbed() {
			m.phase = drain
		}
	}
	if n.rate > 0 && (!n.idle || n.rate > m.rate.value()) {
		m.rate.put(n.rate, now, m.rounds)
	}
	m.listen(n, now)
	m.acked += int64(n.acked)
	m.lost += int64(n.lost)
	if n.acked > 0 && n.before >= m.round {
		m.round = delivered
		m.rounds++
		m.nextRound(n.idle, flight)
	}
	m.advance(flight, now)
	if n.idle {
		n.acked = 0 // there is no need for more
	}
	m.resize(n.acked)
}

// listen notes when nothing was heard for a while. A full queue goes on
// delivering: it is a computer on the way, or at its end, that was busy.
func (m *model) listen(n news, now time.Duration) {
	if n.acked == 0 {
		return
	}
	usual := max(pauseTime, m.rtt/8)
	if rate := m.rate.value(); rate > 0 {
		usual = max(usual, time.Duration(pausePieces*packet/rate*float64(time.Second)))
	}
	if m.heardAt > 0 && now-m.heardAt > usual {
		m.pausing = m.rounds + 1
	}
	m.heardAt = now
	if m.silent > 0 {
		if n.late { // it was not lost after all
			m.window = max(m.window, min(m.silent, m.target()))
		}
		m.silent = 0
	}
}

// disturbed reports whether somebody was busy in this round or the last one.
func (m *model) disturbed() bool { return m.pausing > 0 && m.rounds-m.pausing < 2 }

// nextRound is called once a round trip.
func (m *model) nextRound(idle bool, flight int) {
	lossy := m.lost > 3*packet && float64(m.lost) > tooLossy*float64(m.acked+m.lost)
	since := m.rounds - m.ceilingAt - patient
	switch {
	case lossy && m.disturbed() && m.pardons < mostPardons:
		m.pardons++ // what piled up was too much for some socket: no queue of the network
	case lossy:
		m.ceiling, m.ceilingAt = max(int(0.85*float64(flight)), int(m.product())+m.extra(), leastWindow), m.rounds
		if m.phase == startup {
			m.phase = drain
		}
	case m.ceiling > 0 && since > 0:
		// Carefully at first, then as fast as the way turns out to be wide.
		m.ceiling += m.ceiling >> max(5-since, 1)
		if m.ceiling > 2*m.target() {
			m.ceiling = 0
		}
	}
	if !lossy && m.rounds%patient == 0 {
		m.pardons = 0
	}
	m.acked, m.lost = 0, 0
	if m.phase != startup || idle || m.disturbed() {
		return
	}
	if best := m.rate.value(); best >= 1.25*m.full {
		m.full, m.stale = best, 0
	} else if m.stale++; m.stale == 3 {
		m.phase = drain
	}
}

// queued reports whether a queue has built up: for a while no round trip was
// short. Some that were long at once tell only that somebody was busy.
func (m *model) queued(now time.Duration) bool {
	return m.high >= 8 && now-m.highAt > max(m.rtt/2, queuedFor)
}

// advance goes on to the next phase when it is time.
func (m *model) advance(flight int, now time.Duration) {
	switch m.phase {
	case drain:
		if float64(flight) <= m.product()+extraLeast {
			m.phase, m.step, m.stepAt = cruise, 2, now
		}
	case cruise:
		if m.stepDone(flight, now) {
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

// stepDone reports whether a step of the cycle has lasted long enough.
func (m *model) stepDone(flight int, now time.Duration) bool {
	d, past := max(m.rtt, time.Millisecond), now-m.stepAt
	switch m.step {
	case 0: // what it brings is seen in the second round trip
		return past > 2*d || past > d && float64(flight) > cycle[0]*m.product()+extraLeast
	case 1:
		return past > 3*d || past > d && float64(flight) <= m.product()+extraLeast
	}
	return past > d
}

// nextStep goes round the cycle: faster for a while, and if that brought more
// without a queue, as fast as at the start; else slower, so that the queue it
// made goes away.
func (m *model) nextStep(now time.Duration) {
	rate := m.rate.value()
	if m.step == 0 && rate > 1.1*m.stepRate && !m.queued(now) && (m.ceiling == 0 || m.rounds-m.ceilingAt > patient) {
		m.phase, m.full, m.stale, m.ceiling = startup, rate, 0, 0
	}
	m.step = (m.step + 1) % len(cycle)
	m.stepAt, m.stepRate = now, rate
}

// target is how large the window is to become.
func (m *model) target() int {
	return int(cruiseGain*m.product()) + m.extra()
}

// extra is what may be on its way beside, because answers come in bursts.
func (m *model) extra() int {
	return min(max(extraLeast, int(m.rate.value()*extraTime.Seconds())), extraMost)
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
func (m *model) silence() {
	m.silent = max(m.silent, m.window)
	m.window = leastWindow
}

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

// peak is the highest of what was put lately: in this and the last while, each
// of half a second and five rounds. A round in which somebody was busy is long,
// and no reason to forget.
type peak struct {
	now, before float64
	since       time.Duration
	round       int
}

const (
	peakTime   = time.Second / 2
	peakRounds = 5

	guessRounds = 3 // after which what was guessed is measured
)

func (p *peak) put(v float64, now time.Duration, round int) {
	switch {
	case p.since == 0 && round >= guessRounds: // what was before was a guess
		p.before, p.since, p.round = 0, now, round
	case p.since > 0 && now-p.since > peakTime && round-p.round >= peakRounds:
		p.before, p.now, p.since, p.round = p.now, 0, now, round
	}
	p.now = max(p.now, v)
}

func (p *peak) value() float64 { return max(p.now, p.before) }
