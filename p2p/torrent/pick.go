package torrent

import (
	"time"

	pp "github.com/anacrolix/torrent/peer_protocol"
)

// block is a part of a piece, as it is asked for.
type block struct {
	piece         int
	begin, length int64
}

// assembly is a piece on its way.
type assembly struct {
	data  []byte
	slots []slot
	left  int   // blocks
	solo  *peer // who alone gives it; nil: anybody
	seed  bool  // a web seed fetches it whole
}

// slot is one block of it.
type slot struct {
	done bool
	by   *peer // whom it was asked of, or who gave it
	at   time.Time
}

// ahead is how much is fetched before it is read.
const ahead = 24 << 20

// wanted calls f for the pieces that readers need, the most urgent first, until
// it returns false. mu is held.
func (t *Torrent) wanted(f func(i int, soon bool) bool) {
	if t.info == nil || t.held || t.fault != nil {
		return
	}
	for _, soon := range []bool{true, false} {
		for r := range t.readers {
			from, to := r.pos, min(r.pos+urgent, r.end)
			if !soon {
				from, to = to, min(r.pos+ahead, r.end)
			}
			if from >= to {
				continue
			}
			for i := from / t.info.PieceLength; i <= (to-1)/t.info.PieceLength; i++ {
				if !f(int(i), soon) {
					return
				}
			}
		}
	}
}

// fillAll asks every peer for what is wanted. mu is held.
func (t *Torrent) fillAll() {
	for p := range t.peers {
		t.fill(p)
	}
}

// fill asks a peer for blocks, as many as it should have under way. mu is held.
func (t *Torrent) fill(p *peer) {
	if t.info == nil || t.gone {
		return
	}
	useful := false
	now := time.Now()
	t.wanted(func(i int, soon bool) bool {
		if t.store.Has(i) || !p.theirs.has(i) {
			return true
		}
		useful = true
		if p.choked || len(p.asked) >= p.depth {
			return false
		}
		a := t.assemble(i, soon)
		if a == nil || a.seed || a.solo != nil && a.solo != p {
			return true
		}
		if t.solo[i] {
			a.solo = p
		}
		for n := range a.slots {
			s := &a.slots[n]
			late := soon && s.by != p && now.Sub(s.at) > slowTime && a.solo == nil
			if s.done || s.by != nil && !late {
				continue
			}
			b := t.block(i, n)
			if _, asked := p.asked[b]; asked {
				continue
			}
			s.by, s.at = p, now
			p.asked[b] = now
			p.say(asks(pp.Request, b))
			if len(p.asked) >= p.depth {
				return false
			}
		}
		return true
	})
	if useful != p.interesting {
		p.interesting = useful
		if useful {
			p.say(pp.Message{Type: pp.Interested})
		} else {
			p.say(pp.Message{Type: pp.NotInterested})
		}
	}
}

// assemble returns the piece's assembly, nil if there are too many. mu is held.
func (t *Torrent) assemble(i int, soon bool) *assembly {
	if a := t.active[i]; a != nil {
		return a
	}
	if most := max(2, maxActive/t.info.PieceLength); int64(len(t.active)) >= most && !soon || int64(len(t.active)) >= 2*most {
		return nil
	}
	_, _, length := t.info.Piece(i)
	n := int((length + blockSize - 1) / blockSize)
	a := &assembly{data: make([]byte, length), slots: make([]slot, n), left: n}
	t.active[i] = a
	return a
}

func (t *Torrent) block(i, n int) block {
	_, _, length := t.info.Piece(i)
	begin := int64(n) * blockSize
	return block{i, begin, min(blockSize, length-begin)}
}

// got takes a block that a peer sent. It reports whether it was asked for, and
// the piece if that is whole now. mu is held.
func (t *Torrent) got(p *peer, b block, data []byte) (asked bool, whole *assembly) {
	if _, asked = p.asked[b]; !asked {
		return false, nil
	}
	delete(p.asked, b)
	a := t.active[b.piece]
	if a == nil || a.seed {
		return true, nil // it came from elsewhere
	}
	s := &a.slots[b.begin/blockSize]
	if s.done {
		return true, nil
	}
	copy(a.data[b.begin:], data)
	s.done, s.by = true, p
	for o := range t.peers {
		if _, twice := o.asked[b]; twice && o != p {
			delete(o.asked, b)
			o.say(asks(pp.Cancel, b))
		}
	}
	if a.left--; a.left == 0 {
		return true, a
	}
	return true, nil
}

// givers are those who gave an assembly's bytes.
func (a *assembly) givers() map[*peer]int64 {
	all := map[*peer]int64{}
	for n, s := range a.slots {
		all[s.by] += min(blockSize, int64(len(a.data))-int64(n)*blockSize)
	}
	return all
}

// unask gives back what was asked of a peer: it left, or choked us. mu is held.
func (t *Torrent) unask(p *peer) {
	for b := range p.asked {
		if a := t.active[b.piece]; a != nil && !a.seed {
			if s := &a.slots[b.begin/blockSize]; !s.done && s.by == p {
				s.by = nil
			}
		}
	}
	clear(p.asked)
	for _, a := range t.active {
		if a.solo == p {
			a.solo = nil
			for n := range a.slots { // the next one gives it all
				if a.slots[n].done {
					a.slots[n].done = false
					a.left++
				}
				a.slots[n].by = nil
			}
		}
	}
}

// claim chooses a piece for a web seed: what is needed soon, or what nobody
// connected has. mu is held.
func (t *Torrent) claim() (piece int, ok bool) {
	t.wanted(func(i int, soon bool) bool {
		if a := t.active[i]; t.store.Has(i) || a != nil && (a.seed || !stale(a)) {
			return true
		}
		if !soon {
			for p := range t.peers {
				if p.theirs.has(i) && !p.choked {
					return true
				}
			}
		}
		piece, ok = i, true
		return false
	})
	if ok {
		t.active[piece] = &assembly{seed: true}
	}
	return piece, ok
}

// stale tells whether peers are slow with a piece.
func stale(a *assembly) bool {
	for _, s := range a.slots {
		if !s.done && s.by != nil && time.Since(s.at) > slowTime {
			return true
		}
	}
	return false
}
