package signal

import (
	"context"
	"time"

	"github.com/coder/websocket"

	"vidiverse/p2p/consent"
)

// announceAll announces what is due, as fast as the origin may be asked, until
// ctx ends or there is nothing to announce.
func (s *socket) announceAll(ctx context.Context) error {
	for {
		e, stop, wait, err := s.next(time.Now())
		switch {
		case err != nil:
			return err
		case stop != nil:
			err = s.goodbye(ctx, stop)
		case e != nil:
			err = s.announce(ctx, e)
		default:
			s.expire()
			if !s.t.rest(ctx, wait) {
				return ctx.Err()
			}
		}
		if err != nil {
			return err
		}
	}
}

// next chooses what to say now: an entry to announce, a member that left, or
// how long to wait.
func (s *socket) next(now time.Time) (e *entry, stop *Member, wait time.Duration, err error) {
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	alive := 0
	var fresh, due *entry // the newest that was never announced; the longest due
	soonest := now.Add(time.Second)
	for _, o := range s.t.entries {
		switch {
		case o.dead:
			continue
		case o.next.After(now):
			if o.next.Before(soonest) {
				soonest = o.next
			}
		case o.last.IsZero():
			if fresh == nil || o.hurry && !fresh.hurry || o.hurry == fresh.hurry && o.seq > fresh.seq {
				fresh = o
			}
		case due == nil || o.hurry && !due.hurry || o.hurry == due.hurry && o.next.Before(due.next):
			due = o
		}
		alive++
	}
	if alive == 0 && len(s.t.stops) == 0 {
		return nil, nil, 0, errNobody
	}
	if fresh == nil && due == nil && len(s.t.stops) == 0 {
		return nil, nil, soonest.Sub(now), nil
	}
	if o := s.t.origin; now.Before(o.next) {
		return nil, nil, min(o.next.Sub(now), time.Second), nil
	} else {
		o.next = now.Add(announceEvery)
	}
	s.t.turn++
	if len(s.t.stops) > 0 && (s.t.turn%2 == 0 || fresh == nil && due == nil) {
		stop, s.t.stops = s.t.stops[0], s.t.stops[1:]
		return nil, stop, 0, nil
	}
	if fresh == nil || due != nil && (due.hurry && !fresh.hurry || s.t.turn%4 >= neverAnnounced) {
		return due, nil, 0, nil
	}
	return fresh, nil, 0, nil
}

// announce tells the tracker that we are there, with offers if others are.
func (s *socket) announce(ctx context.Context, e *entry) error {
	now := time.Now()
	m := e.m
	message := announce{Action: "announce", InfoHash: m.hash, PeerID: m.self}
	message.count(m.peer)
	s.c.mu.Lock()
	n := max(0, min(e.others, maxOffers, maxPending-s.c.pending))
	switch {
	case !e.started:
		message.Event = "started"
	case e.told > 0 && *message.Left == 0:
		message.Event = "completed"
		n = 0 // trackers expect none with it; they follow
	}
	if message.Left != nil {
		e.told = *message.Left
	}
	s.c.pending += n // held while they are made
	e.started, e.last, e.bare = true, now, e.others == 0 || message.Event == "completed"
	e.hurry = e.hurry && e.bare
	// Until the reply says better; a lost one must not stop us.
	e.next = now.Add(intervalUsual)
	s.c.stats.Announces++
	s.gone[m.hash] = struct{}{}
	s.c.mu.Unlock()
	if n > 0 {
		message.Offers = s.make(ctx, e, n)
	}
	message.NumWant = len(message.Offers)
	if s.t.key != nil {
		message.Consent = consent.Sign(s.t.key, consent.Claim{Tracker: s.t.host, Hash: m.hash, Peer: m.self, At: time.Now().UnixMilli()})
	}
	return s.write(ctx, message)
}

// make has the member make n offers, for which there is room among the pending,
// and remembers them.
func (s *socket) make(ctx context.Context, e *entry, n int) (list []offer) {
	patience, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	made := e.m.peer.Offers(patience, n)
	var unwanted []string
	s.c.mu.Lock()
	s.c.pending -= n
	_, joined := s.t.entries[e.m]
	expires, size := time.Now().Add(offerTime), 0
	for _, o := range made {
		var name id
		size += len(o.SDP) + 128
		if !joined || len(o.ID) != len(name) || len(list) == n || size > maxOfferBytes {
			unwanted = append(unwanted, o.ID)
			continue
		}
		copy(name[:], o.ID)
		e.pending[name] = expires
		s.c.pending++
		s.c.stats.Offers++
		list = append(list, offer{description{"offer", o.SDP}, name})
	}
	s.c.mu.Unlock()
	for _, o := range unwanted {
		e.m.peer.Expired(o)
	}
	return list
}

// expire tells members which of their offers nobody answered.
func (s *socket) expire() {
	type gone struct {
		m      *Member
		offers []id
	}
	var list []gone
	now := time.Now()
	s.c.mu.Lock()
	for _, e := range s.t.entries {
		if len(e.pending) == 0 {
			continue
		}
		if due := s.c.expire(e, now); len(due) > 0 {
			list = append(list, gone{e.m, due})
			for _, o := range due {
				s.remember(o)
			}
		}
	}
	s.c.mu.Unlock()
	for _, g := range list {
		g.m.expired(g.offers)
	}
}

// remember keeps an offer's id for a while: an answer that comes too late is no
// fault of the tracker's. mu is held.
func (s *socket) remember(o id) {
	if len(s.late) >= maxKeyed {
		clear(s.late)
	}
	s.late[o] = struct{}{}
}

// part says that we leave: trackers cannot tell a closed socket's hashes, all
// but the first.
func (s *socket) part(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, partTime)
	defer cancel()
	s.c.mu.Lock()
	list := s.t.stops
	for _, e := range s.t.entries {
		if e.started && e.others > 0 {
			list = append(list, e.m)
		}
	}
	s.c.mu.Unlock()
	for _, m := range list[:min(len(list), maxPartings)] {
		if s.goodbye(ctx, m) != nil {
			return
		}
	}
}

func (s *socket) goodbye(ctx context.Context, m *Member) error {
	message := announce{Action: "announce", Event: "stopped", InfoHash: m.hash, PeerID: m.self}
	message.count(m.peer)
	return s.write(ctx, message)
}

func (s *socket) write(ctx context.Context, message any) error {
	ctx, cancel := context.WithTimeout(ctx, writeTime)
	defer cancel()
	return s.ws.Write(ctx, websocket.MessageText, encode(message))
}

// ping keeps proxies from closing the socket, and finds out when it is dead.
func (s *socket) ping(ctx context.Context) error {
	tick := time.NewTicker(pingEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
		patience, cancel := context.WithTimeout(ctx, dialTime)
		err := s.ws.Ping(patience)
		cancel()
		if err != nil {
			return err
		}
	}
}
