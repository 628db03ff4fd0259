package torrent

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"time"

	pp "github.com/anacrolix/torrent/peer_protocol"

	"vidiverse/p2p"
	"vidiverse/p2p/metainfo"
)

// Torrent is one that is open. It may be used from several goroutines. Close it.
type Torrent struct {
	e      *Engine
	hash   [20]byte
	file   p2p.FileID // of the ledger
	spec   Spec
	ctx    context.Context
	cancel context.CancelFunc

	// Guarded by e.mu: who has it open, and who is connected or about to be.
	users, guests int

	mu      sync.Mutex
	info    *metainfo.Torrent // nil: not known yet
	store   Store
	held    bool      // it is given on alone: nothing is fetched
	idle    time.Time // since when nobody uses a held one
	gone    bool
	fault   error
	news    chan struct{} // closed at a piece, the info, a move, the end
	peers   map[*peer]struct{}
	readers map[*Reader]struct{}
	active  map[int]*assembly
	solo    map[int]bool // pieces that came wrong from several: one gives them now
	meta    *metaFetch
	meets   map[netip.AddrPort]time.Time // candidates, and when they may be dialled
	rechoke time.Time
	pexed   time.Time
	counts  map[string]int64 // bytes of right pieces, by origin
	refused int

	reading sync.Mutex // of cached pieces to be sent
	cached  []cachedPiece
}

type cachedPiece struct {
	i    int
	data []byte
}

// Origins of bytes, as Progress counts them.
const (
	ByWebRTC  = "webrtc"
	ByTCP     = "tcp"
	ByWebSeed = "webseed"
)

// Hash is the info-hash.
func (t *Torrent) Hash() [20]byte { return t.hash }

// Info waits until it is known what is in the torrent.
func (t *Torrent) Info(ctx context.Context) (*metainfo.Torrent, error) {
	for {
		t.mu.Lock()
		info, news, err := t.info, t.news, t.dead()
		t.mu.Unlock()
		if info != nil || err != nil {
			return info, err
		}
		select {
		case <-news:
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-t.ctx.Done():
			return nil, ErrClosed
		}
	}
}

// dead is why nothing will come any more. mu is held.
func (t *Torrent) dead() error {
	if t.gone {
		return ErrClosed
	}
	return t.fault
}

// Progress is what is known of a torrent now.
type Progress struct {
	Held, Length int64            // bytes; Length is 0 while the info is not known
	Bytes        map[string]int64 // that came and were right, by ByWebRTC, ByTCP, ByWebSeed
	Peers        map[string]int   // connected, by ByWebRTC and ByTCP
	WebSeeds     int
	Known        int // addresses of peers
	Sent         int64
	Refused      int // pieces that came wrong
	Err          error
}

// Progress reports it.
func (t *Torrent) Progress() Progress {
	t.mu.Lock()
	defer t.mu.Unlock()
	p := Progress{Bytes: map[string]int64{}, Peers: map[string]int{}, Known: len(t.meets), Refused: t.refused, Err: t.fault}
	for by, n := range t.counts {
		p.Bytes[by] = n
	}
	for one := range t.peers {
		p.Peers[one.via]++
		p.Sent += one.sent
	}
	p.WebSeeds = min(len(t.spec.WebSeeds), maxSeeds)
	if t.info != nil {
		p.Length = t.info.Length
		for i := range t.info.Pieces() {
			if t.store.Has(i) {
				_, _, n := t.info.Piece(i)
				p.Held += n
			}
		}
	}
	return p
}

// Has tells whether a range of a file is held whole.
func (t *Torrent) Has(offset, length int64) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.info == nil || length <= 0 {
		return false
	}
	for i := offset / t.info.PieceLength; i <= (offset+length-1)/t.info.PieceLength; i++ {
		if !t.store.Has(int(i)) {
			return false
		}
	}
	return true
}

// tell wakes all who wait. mu is held.
func (t *Torrent) tell() {
	close(t.news)
	t.news = make(chan struct{})
}

// setInfo begins to keep pieces. mu is held.
func (t *Torrent) setInfo(info *metainfo.Torrent, store Store) error {
	if t.gone {
		return ErrClosed
	}
	if info.Pieces() > maxPieces || info.PieceLength > maxPiece {
		return fmt.Errorf("%w: %d pieces of %d bytes", ErrInvalid, info.Pieces(), info.PieceLength)
	}
	if store == nil {
		var err error
		if store, err = t.e.cfg.Spool.Open(info); err != nil {
			return err
		}
	}
	t.info, t.store = info, store
	if t.spec.Name == "" {
		t.spec.Name = info.Name
	}
	for p := range t.peers {
		if !p.learn(info.Pieces()) {
			p.end(errMessage)
			continue
		}
		p.say(pp.Message{Type: pp.Bitfield, Bitfield: t.haves()})
	}
	t.tell()
	t.e.seedsOf(t)
	return nil
}

// haves is the bitfield of what is held. mu is held.
func (t *Torrent) haves() []bool {
	has := make([]bool, t.info.Pieces())
	for i := range has {
		has[i] = t.store.Has(i)
	}
	return has
}

// Close lets go of a torrent that Open returned.
func (t *Torrent) Close() { t.e.release(t) }

// shut ends everything. It is called once, without locks.
func (t *Torrent) shut() error {
	t.mu.Lock()
	t.gone = true
	for p := range t.peers {
		p.end(ErrClosed)
	}
	store := t.store
	t.tell()
	t.mu.Unlock()
	t.cancel()
	if store == nil {
		return nil
	}
	return store.Close()
}

// piece reads a piece to be sent, and keeps the last ones: a peer asks for each
// in many parts.
func (t *Torrent) piece(ctx context.Context, i int) ([]byte, error) {
	t.reading.Lock()
	defer t.reading.Unlock()
	for _, c := range t.cached {
		if c.i == i {
			return c.data, nil
		}
	}
	data, err := t.store.Piece(ctx, i)
	if err != nil {
		return nil, err
	}
	t.cached = append(t.cached, cachedPiece{i, data})
	if most := max(2, int((8<<20)/t.info.PieceLength)); len(t.cached) > min(most, 16) {
		t.cached = append(t.cached[:0:0], t.cached[1:]...)
	}
	return data, nil
}

// keep takes a piece that may be right, from those who gave it. It is called
// without locks.
func (t *Torrent) keep(i int, data []byte, by string, givers map[*peer]int64) bool {
	good := right(t.info, i, data)
	var err error
	if good {
		err = t.store.Put(i, data)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.active, i)
	switch {
	case !good:
		t.refused++
		t.blame(i, givers)
		t.fillAll()
	case err != nil && errors.Is(err, ErrFull):
		t.fault = err
	case err == nil:
		delete(t.solo, i)
		if by != "" {
			t.counts[by] += int64(len(data))
		}
		for p, n := range givers {
			t.counts[p.via] += n
			p.line.Received(int(n))
		}
		for p := range t.peers {
			p.say(pp.Message{Type: pp.Have, Index: pp.Integer(i)})
		}
	}
	t.tell()
	return good
}

// blame finds out who gave wrong bytes: one giver is shut out, of several none
// is known, and the next time one of them has to give it all. mu is held.
func (t *Torrent) blame(i int, givers map[*peer]int64) {
	for p := range givers {
		if p.strikes++; len(givers) == 1 || p.strikes >= maxStrikes {
			t.e.ban(p.remote.Addr())
			p.end(p2p.ErrDigest)
		}
	}
	t.solo[i] = true
}

// HeldOf is how many bytes of file i are held.
func (t *Torrent) HeldOf(i int) (sum int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.info == nil || i < 0 || i >= len(t.info.Files) || t.info.Files[i].Length == 0 {
		return 0
	}
	f := t.info.Files[i]
	for n := f.Offset / t.info.PieceLength; n*t.info.PieceLength < f.Offset+f.Length; n++ {
		if t.store.Has(int(n)) {
			from, to := max(f.Offset, n*t.info.PieceLength), min(f.Offset+f.Length, (n+1)*t.info.PieceLength)
			sum += to - from
		}
	}
	return sum
}
