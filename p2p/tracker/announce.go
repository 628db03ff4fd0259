package tracker

import (
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"time"

	"vidiverse/p2p/wsock"
)

// scratch is what handling one frame needs, kept between frames.
type scratch struct {
	msg    message
	out    []byte
	picked []*member
	socks  []*socket
	counts []count
	mirror bool // the sender is one
}

// admit counts one frame; it reports false when the socket is not heard. What an
// enrolled node does is not its address's.
func (t *Tracker) admit(s *socket) bool {
	now := t.cfg.Now()
	if s.node != nil {
		if s.rate.allow(now, mirrorRate) {
			return true
		}
	} else if s.rate.allow(now, socketRate) && t.clients.request(s.src.addr, now) {
		return true
	}
	t.refused(flood)
	s.conn.Close(wsock.StatusPolicy)
	return false
}

// message handles one frame of a client.
func (t *Tracker) message(s *socket, frame []byte) {
	if !t.admit(s) {
		return
	}
	sc := t.scratch.Get().(*scratch)
	defer t.scratch.Put(sc)
	m := &sc.msg
	if err := m.decode(frame); err != nil {
		t.refused(malformed)
		t.fail(s, sc, err.Error(), nil)
		return
	}
	if m.action == scrape {
		t.stats.scrapes.Add(1)
		sc.counts = t.swarms.scrape(sc.counts[:0], m.hashes)
		sc.out = appendScrape(wsock.Begin(sc.out), sc.counts, seconds(t.cfg.Interval))
		s.conn.Send(wsock.Text(sc.out))
		return
	}
	t.announce(s, sc)
}

func (t *Tracker) fail(s *socket, sc *scratch, reason string, hash *id) {
	sc.out = appendFailure(wsock.Begin(sc.out), reason, hash)
	s.conn.Send(wsock.Text(sc.out))
}

func (t *Tracker) announce(s *socket, sc *scratch) {
	m := &sc.msg
	if reason, ban := t.vet(m.hash, s.src.addr, s.node != nil); reason != nil {
		t.fail(s, sc, reason.Error(), &m.hash)
		if ban {
			t.ban(s)
		}
		return
	}
	if m.event == badEvent {
		t.refused(malformed)
		t.fail(s, sc, string(errEvent), &m.hash)
		return
	}
	s.greet()
	if len(m.answer) > 0 {
		t.answer(s, sc)
		return
	}
	t.stats.announces.Add(1)
	t.stats.offers.Add(int64(len(m.offers)))
	now := t.cfg.Now()
	sc.mirror = t.mirror(s, m, now)
	complete, incomplete, reason := t.swarms.announce(s, sc, t.cfg.Introductions, now)
	if reason != nil {
		t.refuse(s, sc, reason)
		return
	}
	sc.out = appendReply(wsock.Begin(sc.out), complete, incomplete, t.interval(now), &m.hash)
	s.conn.Send(wsock.Text(sc.out))
	t.stats.relayed.Add(int64(len(sc.socks)))
	for i, to := range sc.socks {
		o := &m.offers[i]
		sc.out = appendRelay(wsock.Begin(sc.out), "offer", o.sdp, &o.id, &m.peer, &m.hash)
		to.conn.Send(wsock.Text(sc.out))
	}
	clear(sc.socks)
}

// ban ends a socket that asked for what is not ours, and shuts its address out
// for a while, as PeerTube does: but not a proxy that does not name its clients.
func (t *Tracker) ban(s *socket) {
	if !s.src.proxy {
		self := 0
		if s.greeted {
			self = 1
		}
		t.clients.block(s.src.addr, t.cfg.Now().Add(blockTime), self)
	}
	s.conn.Close(wsock.StatusNone)
}

// answer passes an answer on to the peer whose offer it belongs to.
func (t *Tracker) answer(s *socket, sc *scratch) {
	m := &sc.msg
	t.stats.answers.Add(1)
	to, reason := t.swarms.answer(s, m, t.cfg.Now())
	if reason != nil {
		t.refuse(s, sc, reason)
		return
	}
	if to == nil {
		t.refused(stray)
		return
	}
	t.stats.relayed.Add(1)
	sc.out = appendRelay(wsock.Begin(sc.out), "answer", m.answer, &m.offerID, &m.peer, &m.hash)
	to.conn.Send(wsock.Text(sc.out))
}

func (t *Tracker) refuse(s *socket, sc *scratch, reason error) {
	if reason == errTooMany {
		t.refused(tooMany)
	} else {
		t.refused(taken)
	}
	t.fail(s, sc, reason.Error(), &sc.msg.hash)
}

// interval is what a browser is told: a fifth of the HTTP interval, spread
// while everybody comes back at once.
func (t *Tracker) interval(now time.Time) int {
	n := seconds(t.cfg.Interval) / 5
	if t.ramp.load(now) > 0.5 {
		n += rand.IntN(n/2 + 1)
	}
	return n
}

func seconds(d time.Duration) int { return int(d / time.Second) }

// vet applies PeerTube's checks to an announce from an address. ban tells that it
// asked for what is not ours and is not to come back for a while. An enrolled
// node is not counted, and not shut out for a video that was just withdrawn.
func (t *Tracker) vet(hash id, from netip.Addr, enrolled bool) (reason error, ban bool) {
	if t.cfg.Disabled {
		return errDisabled, false
	}
	now := t.cfg.Now()
	if t.cfg.RejectTooManyAnnounces && !enrolled {
		if n := t.strict.count(clientKey(from), hash, now); n > strictMost {
			t.refused(tooMany)
			return fmt.Errorf("Too many requests (%d of ip %s for torrent %x)", n, from, hash), false
		}
	}
	if t.cfg.Public {
		return nil, false
	}
	ok, known := t.allow.cached(hash, now)
	if !known {
		var err error
		if ok, err = t.ask(hash, from, now); err != nil {
			t.refused(failed)
			return errBusy, false
		}
	}
	if ok {
		return nil, false
	}
	t.refused(unknownHash)
	return failure("Unknown infoHash " + hex.EncodeToString(hash[:]) + " requested by ip " + from.String()), !enrolled
}

// announce makes or refreshes a membership and chooses who hears of its offers:
// sc.socks, in the order of the offers.
func (r *registry) announce(s *socket, sc *scratch, only Introductions, now time.Time) (complete, incomplete int, reason error) {
	m := &sc.msg
	sc.socks = sc.socks[:0]
	sh := r.shard(&m.hash)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	w := sh.swarm(&m.hash)
	defer sh.tidy(w)
	if m.event == stopped {
		if me := w.byID[m.peer]; me != nil && me.sock == s {
			w.remove(me)
			s.unlink(me)
		}
		complete, incomplete = w.counts()
		return complete, incomplete, nil
	}
	me, reason := w.enter(s, m, now)
	if reason != nil {
		return 0, 0, reason
	}
	if !me.rate.allow(now, memberRate) {
		return 0, 0, errTooMany
	}
	w.setMirror(me, sc.mirror)
	complete, incomplete = w.counts()
	sc.picked = w.pick(sc.picked[:0], picking{me, only, now}, len(m.offers))
	for i, to := range sc.picked {
		me.expect(printOf(&m.offers[i].id, &to.id))
		sc.socks = append(sc.socks, to.sock)
	}
	clear(sc.picked)
	return complete, incomplete, nil
}

// enter finds or makes the sender's membership. An id belongs to the socket
// that used it first; a client that lost its connection, and comes from the
// same address, may take it along.
func (w *swarm) enter(s *socket, m *message, now time.Time) (*member, error) {
	me := w.byID[m.peer]
	if me != nil && me.sock != s {
		if me.sock.src.addr != s.src.addr {
			me.sock.conn.Probe()
			return nil, errPeer
		}
		w.remove(me)
		me.sock.unlink(me)
		me = nil
	}
	if me == nil {
		me = &member{sock: s, swarm: w, id: m.peer}
		if !s.link(me) {
			return nil, errTooMany
		}
		w.insert(me)
	}
	me.seen = int32(now.Unix())
	w.setSeed(&me.seed, me.seed || m.seeder || m.event == completed)
	return me, nil
}

// answer finds whom an answer is for: nil when that peer is not in the swarm,
// or has no open offer that the sender was given. It refreshes the sender, as
// an announce does.
func (r *registry) answer(s *socket, m *message, now time.Time) (*socket, error) {
	sh := r.shard(&m.hash)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	w := sh.swarm(&m.hash)
	defer sh.tidy(w)
	if _, err := w.enter(s, m, now); err != nil {
		return nil, err
	}
	to := w.byID[m.to]
	if to == nil || !to.answered(printOf(&m.offerID, &m.peer)) {
		return nil, nil
	}
	return to.sock, nil
}
