package torrent

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"slices"
	"time"

	pp "github.com/anacrolix/torrent/peer_protocol"

	"vidiverse/p2p/metainfo"
)

// greet says who we are and what we have. mu is held.
func (t *Torrent) greet(p *peer) {
	h := hello{metadata: extMetadata, port: t.e.port()}
	if t.info == nil || !t.info.Private {
		h.pex = extPEX
	}
	if t.info != nil {
		h.size = int64(len(t.info.Info()))
	}
	if p.speaks {
		p.tell(h.message())
	}
	if t.info != nil {
		if b := t.haves(); slices.Contains(b, true) {
			p.say(pp.Message{Type: pp.Bitfield, Bitfield: b})
		}
	}
}

// extended takes a message of BEP 10. mu is held.
func (t *Torrent) extended(ctx context.Context, p *peer, m pp.Message) error {
	switch m.ExtendedID {
	case pp.HandshakeExtendedID:
		h, err := readHello(m.ExtendedPayload)
		if err != nil {
			return err
		}
		p.hello = h
		if p.port == 0 {
			p.port = h.port
		}
		t.askInfo(time.Now())
		return nil
	case extMetadata:
		return t.metadata(p, m.ExtendedPayload)
	case extPEX:
		return t.pex(p, m.ExtendedPayload)
	}
	return nil
}

// metaFetch is the info dictionary on its way from one peer.
type metaFetch struct {
	from  *peer
	since time.Time
	data  []byte
	have  bits
	left  int
}

// askInfo asks a peer for the info, where it is not known. mu is held.
func (t *Torrent) askInfo(now time.Time) {
	if t.meta != nil && now.Sub(t.meta.since) > snubTime {
		t.meta.from.meta = true
		t.meta = nil
	}
	if t.info != nil || t.meta != nil {
		return
	}
	for p := range t.peers {
		if p.hello.metadata == 0 || p.hello.size == 0 || p.meta {
			continue
		}
		parts := int((p.hello.size + blockSize - 1) / blockSize)
		t.meta = &metaFetch{from: p, since: now, data: make([]byte, p.hello.size), have: newBits(parts), left: parts}
		for i := range parts {
			p.say(pp.MetadataExtensionRequestMsg(p.hello.metadata, i))
		}
		return
	}
}

// metadata takes a message of BEP 9. mu is held.
func (t *Torrent) metadata(p *peer, b []byte) error {
	m, err := readPart(b)
	if err != nil {
		return err
	}
	switch m.Type {
	case pp.RequestMetadataExtensionMsgType:
		return t.giveInfo(p, m.Piece)
	case pp.RejectMetadataExtensionMsgType:
		if t.meta != nil && t.meta.from == p {
			p.meta, t.meta = true, nil
			t.askInfo(time.Now())
		}
		return nil
	case pp.DataMetadataExtensionMsgType:
	default:
		return nil
	}
	f := t.meta
	if f == nil || f.from != p || f.have.has(m.Piece) {
		if p.strange++; p.strange > maxStrange {
			return errStrange
		}
		return nil
	}
	at := m.Piece * blockSize
	if at >= len(f.data) || len(m.data) != min(blockSize, len(f.data)-at) {
		return fmt.Errorf("%w: %d bytes of metadata", errMessage, len(m.data))
	}
	copy(f.data[at:], m.data)
	f.have.set(m.Piece)
	if f.left--; f.left > 0 {
		return nil
	}
	t.meta = nil
	p.meta = true
	info, err := metainfo.ReadInfo(f.data, t.hash)
	if err != nil {
		t.e.ban(p.remote.Addr())
		return err
	}
	if err := t.setInfo(&info, nil); err != nil {
		t.fault = err
		t.tell()
	}
	t.fillAll()
	return nil
}

// giveInfo answers a request for a part of the info. mu is held.
func (t *Torrent) giveInfo(p *peer, i int) error {
	if p.hello.metadata == 0 {
		return nil
	}
	var answer part
	answer.Type, answer.Piece = pp.RejectMetadataExtensionMsgType, i
	if t.info != nil {
		info := t.info.Info()
		if at := i * blockSize; at < len(info) {
			answer.Type, answer.TotalSize, answer.data = pp.DataMetadataExtensionMsgType, len(info), info[at:min(at+blockSize, len(info))]
		}
		if p.told += blockSize; p.told > maxCopies*int64(len(info))+leastGiven/16 {
			return errFlood
		}
	}
	p.tell(answer.message(p.hello.metadata))
	return nil
}

// pex takes addresses of peers from a peer. mu is held.
func (t *Torrent) pex(p *peer, b []byte) error {
	if t.info == nil || t.info.Private || time.Since(p.pexed) < pexTime/2 {
		return nil // we asked for none, or it is too often
	}
	p.pexed = time.Now()
	list, err := readPEX(b)
	if err != nil {
		return err
	}
	t.meetAll(list)
	return nil
}

// meetAll remembers addresses to be dialled, those that may be. mu is held.
func (t *Torrent) meetAll(list []netip.AddrPort) {
	for _, a := range list {
		if _, known := t.meets[a]; known || len(t.meets) >= maxCandidates || !t.e.mayMeet(a.Addr()) {
			continue
		}
		t.meets[a] = time.Time{}
	}
}

// tellPEX tells peers of each other, each minute. mu is held.
func (t *Torrent) tellPEX(now time.Time) {
	if t.info == nil || t.info.Private || now.Sub(t.pexed) < pexTime {
		return
	}
	t.pexed = now
	var all []netip.AddrPort
	for p := range t.peers {
		if p.via == ByTCP && p.port > 0 && t.e.mayMeet(p.remote.Addr()) {
			all = append(all, netip.AddrPortFrom(p.remote.Addr(), uint16(p.port)))
		}
	}
	for p := range t.peers {
		if p.hello.pex != 0 && len(all) > 1 {
			p.say(tellsPEX(p.hello.pex, all))
		}
	}
}

// serve chooses whom to serve: those who wait longest take turns. mu is held.
func (t *Torrent) serve(now time.Time) {
	var waiting, served []*peer
	for p := range t.peers {
		switch {
		case !p.choking && !p.wants:
			p.shut()
		case !p.choking:
			served = append(served, p)
		case p.wants:
			waiting = append(waiting, p)
		}
	}
	older := func(a, b *peer) int { return cmp.Or(a.free.Compare(b.free), a.since.Compare(b.since)) }
	slices.SortFunc(waiting, older)
	slices.SortFunc(served, older)
	if len(served) >= slots && len(waiting) > 0 && now.Sub(t.rechoke) >= rechokeTime {
		t.rechoke = now
		served[0].shut()
		served[0].free = now
		served = served[1:]
	}
	for _, p := range waiting[:min(len(waiting), max(0, slots-len(served)))] {
		p.choking, p.free = false, now
		p.say(pp.Message{Type: pp.Unchoke})
	}
}

// shut chokes a peer. t.mu is held.
func (p *peer) shut() {
	p.choking, p.queue = true, nil
	p.say(pp.Message{Type: pp.Choke})
}

// tick looks after a torrent, each second. It reports addresses to dial.
func (t *Torrent) tick(now time.Time) (dial []netip.AddrPort) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.gone {
		return nil
	}
	t.askInfo(now)
	t.serve(now)
	t.tellPEX(now)
	for p := range t.peers {
		if len(p.asked) > 0 && now.Sub(p.last) > snubTime {
			t.unask(p)
			p.depth, p.last = 1, now
		}
	}
	t.fillAll()
	if t.held || len(t.peers) >= maxPerTorrent/2 {
		return nil // who is held for others is found, and finds nobody
	}
	for a, at := range t.meets {
		if now.After(at) && len(dial) < maxDials {
			t.meets[a] = now.Add(redialTime)
			dial = append(dial, a)
		}
	}
	return dial
}
