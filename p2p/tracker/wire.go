package tracker

import (
	"unicode/utf8"

	"vidiverse/p2p/consent"
)

// id is an info-hash, a peer id or an offer id.
type id = [20]byte

// failure is a refusal as the protocol spells it.
type failure string

func (f failure) Error() string { return string(f) }

// The texts that bittorrent-tracker and PeerTube use; clients show them.
const (
	errHash     = failure("invalid info_hash")
	errPeer     = failure("invalid peer_id")
	errTo       = failure("invalid `to_peer_id` (required with `answer`)")
	errEvent    = failure("invalid event")
	errPort     = failure("invalid port")
	errDisabled = failure("Tracker is disabled on this instance.")
	errJSON     = failure("invalid JSON")
	errAnswer   = failure("invalid answer")
	errTooMany  = failure("Too many requests")
	errBusy     = failure("tracker is busy, try again later")
)

// What one frame may hold. A browser sends five offers of 0.5 to 3 KB, a native
// seeder up to twenty.
const (
	maxFrame  = 64 << 10
	maxOffers = 20
	maxSDP    = 8 << 10
	maxScrape = 64
)

type action uint8

const (
	announce action = iota + 1
	scrape
)

type event uint8

const (
	update event = iota // also paused, empty, absent
	started
	completed
	stopped
	badEvent
)

// offer is one WebRTC offer of an announce. sdp is the JSON string as it came,
// quotes included: it aliases the frame.
type offer struct {
	id  id
	sdp []byte
}

// message is one decoded frame of a client. It aliases the frame and may be
// decoded into again.
type message struct {
	action action
	event  event
	seeder bool // nothing left to download
	hash   id
	peer   id
	// An answer, when answer is not empty: the SDP as a JSON string.
	to      id
	answer  []byte
	offerID id
	offers  []offer
	hashes  []id   // of a scrape
	proof   []byte // of consent, as it came
}

// fields are the members of a frame as written.
type fields struct {
	action, event, hash, peer, to, offerID, answer, offers, left, proof []byte
}

// decode reads a frame. Its errors are failures for the client.
func (m *message) decode(frame []byte) error {
	*m = message{offers: m.offers[:0], hashes: m.hashes[:0]}
	var f fields
	if !utf8.Valid(frame) || !f.split(frame) {
		return errJSON
	}
	switch string(f.action) {
	case `"announce"`:
		m.action = announce
		return m.announce(&f)
	case `"scrape"`:
		m.action = scrape
		return m.scrape(f.hash)
	}
	return failure("invalid action in WS request: " + verb(f.action))
}

// split finds the members of the frame's object; a repeated one counts as last
// written, an unknown one is passed over.
func (f *fields) split(frame []byte) bool {
	s := scanner{text: frame}
	if !s.take('{') {
		return false
	}
	for first := true; ; first = false {
		key, more, ok := s.key(first)
		if !ok {
			return false
		}
		if !more {
			return s.peek() == 0 && s.pos == len(frame)
		}
		raw, ok := s.value()
		if !ok {
			return false
		}
		if slot := f.slot(key); slot != nil {
			*slot = raw
		}
	}
}

func (f *fields) slot(key []byte) *[]byte {
	switch string(key) {
	case "action":
		return &f.action
	case "event":
		return &f.event
	case "info_hash":
		return &f.hash
	case "peer_id":
		return &f.peer
	case "to_peer_id":
		return &f.to
	case "offer_id":
		return &f.offerID
	case "answer":
		return &f.answer
	case "offers":
		return &f.offers
	case "left":
		return &f.left
	case consent.Field:
		return &f.proof
	}
	return nil
}

func (m *message) announce(f *fields) error {
	if !readID(f.hash, &m.hash) {
		return errHash
	}
	if !readID(f.peer, &m.peer) {
		return errPeer
	}
	if truthy(f.answer) {
		if !readID(f.to, &m.to) {
			return errTo
		}
		var ok bool
		if m.answer, ok = description(f.answer, `"answer"`); !ok || !readID(f.offerID, &m.offerID) {
			return errAnswer
		}
	}
	m.event = eventOf(f.event)
	m.seeder = zero(f.left)
	m.proof = f.proof
	m.readOffers(f.offers)
	return nil
}

// readOffers keeps the first maxOffers good offers. The others are dropped
// silently, as those are for which no peer is found.
func (m *message) readOffers(raw []byte) {
	s := scanner{text: raw}
	if !s.take('[') {
		return
	}
	for first := true; len(m.offers) < maxOffers; first = false {
		if more, ok := s.next(']', first); !more || !ok {
			return
		}
		element, ok := s.value()
		if !ok {
			return
		}
		if o, ok := offerOf(element); ok {
			m.offers = append(m.offers, o)
		}
	}
}

func offerOf(raw []byte) (o offer, ok bool) {
	s := scanner{text: raw}
	if !s.take('{') {
		return o, false
	}
	var desc, name []byte
	for first := true; ; first = false {
		key, more, ok := s.key(first)
		if !more || !ok {
			break
		}
		value, _ := s.value()
		switch string(key) {
		case "offer":
			desc = value
		case "offer_id":
			name = value
		}
	}
	if o.sdp, ok = description(desc, `"offer"`); !ok {
		return o, false
	}
	return o, readID(name, &o.id)
}

// description reports the sdp of {"type":kind,"sdp":…}.
func description(raw []byte, kind string) (sdp []byte, ok bool) {
	s := scanner{text: raw}
	if !s.take('{') {
		return nil, false
	}
	var typ []byte
	for first := true; ; first = false {
		key, more, ok := s.key(first)
		if !more || !ok {
			break
		}
		value, _ := s.value()
		switch string(key) {
		case "type":
			typ = value
		case "sdp":
			sdp = value
		}
	}
	return sdp, string(typ) == kind && len(sdp) >= 2 && len(sdp) <= maxSDP && sdp[0] == '"'
}

func (m *message) scrape(raw []byte) error {
	if len(raw) > 0 && raw[0] == '"' {
		var h id
		if !readID(raw, &h) {
			return errHash
		}
		m.hashes = append(m.hashes, h)
		return nil
	}
	s := scanner{text: raw}
	if !s.take('[') {
		return nil
	}
	for first := true; len(m.hashes) < maxScrape; first = false {
		if more, ok := s.next(']', first); !more || !ok {
			break
		}
		var h id
		if value, _ := s.value(); !readID(value, &h) {
			return errHash
		}
		m.hashes = append(m.hashes, h)
	}
	return nil
}
