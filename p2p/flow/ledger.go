package flow

import "time"

// ledger knows what was sent, and what became of it.
//
//	waiting ──▶ flying ──▶ arrived
//	   ▲           │
//	   └── lost ◀──┘
type ledger struct {
	begun   bool
	skipped bool   // something was sent that is not in here
	beyond  uint32 // the last of that
	first   uint32 // TSN of pieces[0], the first that is not acknowledged
	pieces  []held
	air     []departure // in the order they were sent

	outstanding int // bytes that SCTP takes to be on their way
	flight      int // of these, those that are, or wait to be
	waits       int // of these, those that wait
	ahead       int // of these, those that arrived before something earlier

	delivered   int64 // bytes, ever
	deliveredAt time.Duration
	firstSentAt time.Duration // when what arrived last was sent
	newest      time.Duration // when the newest was sent of all that arrived
	clear       time.Duration // since then acknowledgements tell all
	horizon     uint32        // the last TSN that the latest one tells of
	hazy        bool          // there may be more behind the horizon
}

// mostGaps is how many blocks Chromium reports at most. Of what arrived behind
// them nothing is known.
const mostGaps = 20

// mixedUp is how many pieces later something may arrive before.
const mixedUp = 3

// held is a TSN that is not acknowledged, with all before it.
type held struct {
	in      *parcel
	size    int
	arrived bool
}

// departure is a parcel's being sent.
type departure struct {
	*parcel
	at time.Duration
}

// parcel is a packet with data. It is kept until all that is in it has arrived.
type parcel struct {
	data   *[parcelSize]byte
	size   int
	tsn    uint32 // of its first piece
	bytes  int    // of data, that have not arrived
	left   int    // pieces that have not arrived
	state  state
	again  bool // sent more than once
	at     time.Duration
	before snapshot
}

// snapshot is how things stood when something was sent.
type snapshot struct {
	delivered   int64
	deliveredAt time.Duration
	firstSentAt time.Duration
}

type state uint8

const (
	waiting state = iota
	flying
	lost
	arrived
)

// maxPieces bounds what is remembered. What is beyond is sent, and repeated, as
// SCTP wants it, until all that is remembered has arrived.
const maxPieces = 1 << 15

// find is a TSN that is not acknowledged, nil if it is not known.
func (l *ledger) find(tsn uint32) *held {
	if i := tsn - l.first; l.begun && i < uint32(len(l.pieces)) {
		return &l.pieces[i]
	}
	return nil
}

// known reports whether a packet's data was there before: then it is ours to
// repeat.
func (l *ledger) known(list []piece) bool {
	for _, p := range list {
		if l.find(p.tsn) == nil && (!l.begun || int32(p.tsn-l.first) >= 0) {
			return false
		}
	}
	return true
}

// add enters a packet with new data, and reports false if it cannot.
func (l *ledger) add(k *parcel, list []piece) bool {
	if !l.begun {
		l.begun, l.first = true, list[0].tsn
	}
	next := l.first + uint32(len(l.pieces))
	for i, p := range list {
		if l.skipped || p.tsn != next+uint32(i) || len(l.pieces)+len(list) > maxPieces {
			if last := list[len(list)-1].tsn; !l.skipped || int32(last-l.beyond) > 0 {
				l.skipped, l.beyond = true, last
			}
			return false
		}
	}
	for _, p := range list {
		l.pieces = append(l.pieces, held{in: k, size: p.size})
		k.bytes += p.size
	}
	k.tsn, k.left = list[0].tsn, len(list)
	l.outstanding += k.bytes
	l.flight += k.bytes
	l.waits += k.bytes
	return true
}

// sent notes that a parcel is on its way.
func (l *ledger) sent(k *parcel, now time.Duration) {
	if l.flight == k.bytes { // nothing else: time begins anew
		l.firstSentAt, l.deliveredAt = now, now
	}
	l.waits -= k.bytes
	k.again = k.again || k.at > 0
	k.state, k.at = flying, now
	k.before = snapshot{l.delivered, l.deliveredAt, l.firstSentAt}
	l.air = append(l.air, departure{k, now})
}

// news is what an acknowledgement tells.
type news struct {
	acked  int           // bytes
	lost   int           // bytes
	rtt    time.Duration // of the newest that was sent once, or 0
	before int64         // delivered when the newest of these was sent
	rate   float64       // bytes a second, or 0
	idle   bool          // there was too little to send: the rate is at least that
	late   bool          // something arrived that was given up
}

// acknowledge takes a SACK.
func (l *ledger) acknowledge(s sack, now time.Duration) (n news) {
	last := s.cumulative()
	if !l.begun || !l.skipped && int32(last-(l.first+uint32(len(l.pieces)))) >= 0 {
		return n // of something never sent
	}
	var newest *parcel
	for len(l.pieces) > 0 && int32(last-l.first) >= 0 {
		h := &l.pieces[0]
		if newest = l.arrive(h, now, &n, newest); h.size > 0 {
			l.outstanding -= h.size
			l.ahead -= h.size
		}
		l.pieces = l.pieces[1:]
		l.first++
	}
	if len(l.pieces) == 0 {
		l.pieces = nil
		if l.skipped && int32(last-l.beyond) >= 0 { // what comes next is the first again
			l.begun, l.skipped = false, false
		}
	}
	l.horizon = last
	gaps := 0
	s.gaps(func(from, to uint32) {
		gaps++
		l.horizon = to
		for tsn := from; int32(to-tsn) >= 0; tsn++ {
			h := l.find(tsn)
			if h == nil {
				return
			}
			newest = l.arrive(h, now, &n, newest)
		}
	})
	if l.hazy = gaps >= mostGaps; l.hazy {
		l.clear = now
	}
	if newest != nil {
		l.measure(&n, newest, now)
	}
	return n
}

// arrive notes that a piece has arrived, and returns the newest parcel so far.
func (l *ledger) arrive(h *held, now time.Duration, n *news, newest *parcel) *parcel {
	if h.arrived {
		return newest
	}
	h.arrived = true
	k := h.in
	switch k.state {
	case flying:
		l.flight -= h.size
	case waiting:
		l.flight -= h.size
		l.waits -= h.size
		n.late = true // else it was never sent
	}
	l.ahead += h.size
	l.delivered += int64(h.size)
	l.deliveredAt = now
	n.acked += h.size
	k.bytes -= h.size
	if k.state == flying && (newest == nil || k.at >= newest.at) {
		newest = k
	}
	if k.left--; k.left == 0 {
		if k.state != waiting { // else the queue has it
			k.release()
		}
		k.state = arrived
	}
	return newest
}

func (k *parcel) release() {
	if k.data != nil {
		parcels.Put(k.data)
		k.data = nil
	}
}

// measure draws from the newest of what has just arrived.
func (l *ledger) measure(n *news, newest *parcel, now time.Duration) {
	l.firstSentAt = newest.at
	l.newest = max(l.newest, newest.at)
	if !newest.again {
		n.rtt = now - newest.at
	}
	n.before = newest.before.delivered
	// The slower of sending and acknowledging: acknowledgements come in bursts.
	took := max(newest.at-newest.before.firstSentAt, now-newest.before.deliveredAt)
	if took > 0 && newest.before.deliveredAt > l.clear {
		n.rate = float64(l.delivered-newest.before.delivered) / took.Seconds()
	}
}

// lose finds what must be lost: something sent later has arrived, later by more
// than a network mixes up, or three pieces later.
func (l *ledger) lose(reorder time.Duration) (list []*parcel, bytes int) {
	kept := l.air[:0]
	for i, k := range l.air {
		if k.state != flying || k.parcel.at != k.at {
			continue // it was heard of, or sent again since
		}
		missing := k.at+reorder < l.newest || !k.again && k.at <= l.newest && int32(l.horizon-k.tsn) >= mixedUp
		if l.hazy && int32(k.tsn-l.horizon) > 0 {
			missing = false // it may have arrived
		}
		if missing {
			k.state = lost
			l.flight -= k.bytes
			bytes += k.bytes
			list = append(list, k.parcel)
			continue
		}
		if !k.again { // all that follow were sent later
			if len(kept) == 0 {
				kept = l.air[i:]
			} else {
				kept = append(kept, l.air[i:]...)
			}
			break
		}
		kept = append(kept, k)
	}
	if l.air = kept; len(l.air) == 0 {
		l.air = nil
	}
	return list, bytes
}

// loseAll gives up on everything that is on its way.
func (l *ledger) loseAll() (list []*parcel) {
	l.newest, l.hazy = 1<<62, false
	list, _ = l.lose(0)
	l.newest = 0
	return list
}

// probe gives up on what is to be asked for by sending it again: the latest that
// was sent, whose answer tells of all before. A peer that can report no more
// gaps would not tell: everything, then.
func (l *ledger) probe() []*parcel {
	if l.hazy {
		return l.loseAll()
	}
	k := l.latest()
	if k == nil {
		return nil
	}
	k.state = lost
	l.flight -= k.bytes
	return []*parcel{k}
}

// latest is what was sent last of all that is on its way, nil if nothing is.
func (l *ledger) latest() *parcel {
	for i := len(l.air) - 1; i >= 0; i-- {
		if k := l.air[i]; k.state == flying && k.parcel.at == k.at {
			return k.parcel
		}
	}
	return nil
}

// wait enters a lost parcel among those that are to be sent.
func (l *ledger) wait(k *parcel) {
	k.state = waiting
	l.flight += k.bytes
	l.waits += k.bytes
}
