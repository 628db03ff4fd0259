package rtc

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/binary"
	"hash/crc32"
	"net/netip"
	"time"

	"github.com/pion/ice/v4"
)

// Peers ask every two to five seconds whether we are there. pion wakes three
// goroutines for each question, which a thousand peers notice. So a question
// that repeats one that pion answered, to the letter and from the same address,
// is answered where it comes in; pion gets one now and then, which keeps its own
// clock, and whatever is new.
const (
	echoTime   = 8 * time.Second
	settleTime = 15 * time.Second // after they met
)

// question is a check of the peer's: all that it says beside its number and its
// signature.
type question struct {
	from netip.AddrPort
	said []byte
	id   transaction
	at   time.Time
}

const (
	attrIntegrity   = 0x0008
	attrFingerprint = 0x8028
	integritySize   = 4 + sha1.Size
	mostSaid        = 512
)

// trust lets the path answer for a link whose password is secret.
func (p *path) trust(secret string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.secret = []byte(secret)
}

// echo answers a packet if it repeats a question that pion answered.
func (p *path) echo(b []byte, from netip.AddrPort) bool {
	if stunType(b) != stunRequest {
		return false
	}
	end := integrityAt(b)
	if end < 0 {
		return false
	}
	said, id, now := b[stunHeader:end], transaction(b[8:stunHeader]), time.Now()
	p.mu.Lock()
	known := p.answered
	again := len(p.secret) > 0 && !p.closed && !p.since.IsZero() && now.Sub(p.since) > settleTime &&
		known.from == from && bytes.Equal(known.said, said) && now.Sub(known.at) < echoTime
	secret := p.secret
	if !again && len(said) <= mostSaid {
		p.pending = question{from: from, said: bytes.Clone(said), id: id}
	}
	p.mu.Unlock()
	if !again || !signed(b, end, secret) {
		return false
	}
	p.s.mu.Lock()
	p.seen = now
	p.s.mu.Unlock()
	_, _ = p.s.send(sign(appendBinding(nil, b, from), secret), from) // it is asked again
	return true
}

// heard notes that pion answered a question, and so believes who asked.
func (p *path) heard(answer []byte, to netip.AddrPort) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if q := p.pending; q.from == to && q.id == transaction(answer[8:stunHeader]) {
		q.at = time.Now()
		p.answered, p.pending = q, question{}
	}
}

// We ask, too, whether the peer is there. pion would do so every other second,
// with a message made anew; it is told not to, and what it said when the two met
// is said again now and then. It sees the answer, which keeps its clock.
const askTime = 10 * time.Second

// remember keeps what a check of pion's says.
func (p *path) remember(b []byte) {
	if end := integrityAt(b); end > 0 && end <= mostSaid {
		p.mu.Lock()
		p.check = append(p.check[:0], b[stunHeader:end]...)
		p.mu.Unlock()
	}
}

// ask asks the peer at an address, whose password is secret.
func (p *path) ask(to netip.AddrPort, secret string, now time.Time) {
	b, id := newQuestion()
	p.mu.Lock()
	said := len(p.check) > 0 && !p.closed
	b = append(b, p.check...)
	p.mu.Unlock()
	if said && p.mayAsk(id, to, now) {
		_, _ = p.s.send(sign(b, []byte(secret)), to) // asked again before long
	}
}

// askAll asks the peers whose turn it is.
func (s *session) askAll(now time.Time) {
	s.mu.Lock()
	var due []*link
	for l := range s.links {
		if l.mayAsk(now) {
			due = append(due, l)
		}
	}
	s.mu.Unlock()
	for _, l := range due {
		l.mu.Lock()
		ufrag, secret, local, remote := l.ufrag, l.secret, l.local, l.there
		l.mu.Unlock()
		s.mu.Lock()
		sock := s.sockets[place{l.lane, local}]
		s.mu.Unlock()
		if sock == nil {
			continue // rebind ends it, or ICE looks for a way
		}
		if p := sock.find(ufrag); p != nil {
			p.ask(remote, secret, now)
		}
	}
}

// goes notes which way ICE has chosen.
func (l *link) goes(local, remote ice.Candidate) {
	here, err1 := netip.ParseAddr(local.Address())
	there, err2 := netip.ParseAddr(remote.Address())
	if err1 != nil || err2 != nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.local, l.there = here.Unmap(), netip.AddrPortFrom(there.Unmap(), uint16(remote.Port()))
}

// mayAsk reports whether the peer is to be asked, and has been, then.
func (l *link) mayAsk(now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.remote.IsValid() || l.err != nil || now.Sub(l.asked) < askTime {
		return false
	}
	l.asked = now
	return true
}

// integrityAt is where a message's signature begins, -1 if it has none.
func integrityAt(b []byte) int {
	for at := stunHeader; at+4 <= len(b); {
		n := int(binary.BigEndian.Uint16(b[at+2:]))
		if binary.BigEndian.Uint16(b[at:]) == attrIntegrity {
			if n != sha1.Size || at+integritySize > len(b) {
				return -1
			}
			return at
		}
		at += 4 + (n+3)&^3
	}
	return -1
}

// signature is RFC 8489's: over all before it, with a length that ends with it.
func signature(b []byte, secret []byte) []byte {
	h := hmac.New(sha1.New, secret)
	var head [stunHeader]byte
	copy(head[:], b)
	binary.BigEndian.PutUint16(head[2:], uint16(len(b)-stunHeader+integritySize))
	h.Write(head[:])
	h.Write(b[stunHeader:])
	return h.Sum(nil)
}

func signed(b []byte, at int, secret []byte) bool {
	return hmac.Equal(b[at+4:at+integritySize], signature(b[:at], secret))
}

// sign completes a message with a signature and a fingerprint.
func sign(b, secret []byte) []byte {
	sum := signature(b, secret)
	b = binary.BigEndian.AppendUint16(b, attrIntegrity)
	b = binary.BigEndian.AppendUint16(b, sha1.Size)
	b = append(b, sum...)
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)-stunHeader+8))
	check := crc32.ChecksumIEEE(b) ^ 0x5354554e
	b = binary.BigEndian.AppendUint16(b, attrFingerprint)
	b = binary.BigEndian.AppendUint16(b, 4)
	return binary.BigEndian.AppendUint32(b, check)
}
