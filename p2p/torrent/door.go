package torrent

import (
	"context"
	"crypto/rand"
	"net/netip"
	"sync"

	"vidiverse/p2p/rtc"
	"vidiverse/p2p/signal"
)

// door is how WebSocket trackers reach a torrent: a signal.Peer. Its data
// channels carry the same wire as TCP.
type door struct {
	n      *network
	hash   [20]byte
	ready  sync.WaitGroup // until member is set
	member *signal.Member

	mu     sync.Mutex
	shut   bool
	offers map[string]*rtc.Attempt
}

// Offers implements signal.Peer.
func (d *door) Offers(ctx context.Context, n int) (list []signal.Offer) {
	for range min(n, d.room()) {
		a, err := d.n.cfg.Host.Offer(ctx)
		if err != nil {
			break
		}
		id := rand.Text()[:20]
		d.mu.Lock()
		if d.shut {
			d.mu.Unlock()
			a.Close()
			break
		}
		d.offers[id] = a
		d.mu.Unlock()
		list = append(list, signal.Offer{ID: id, SDP: a.SDP()})
	}
	return list
}

// room is for how many more offers there is room: who holds a torrent for others
// is found by them, and makes none.
func (d *door) room() int {
	d.n.e.mu.Lock()
	t := d.n.e.torrents[d.hash]
	d.n.e.mu.Unlock()
	if t == nil {
		return 2
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.peers) >= maxPerTorrent/2 {
		return 0
	}
	return 5
}

// Progress implements signal.Counter.
func (d *door) Progress() signal.Progress {
	d.n.e.mu.Lock()
	t := d.n.e.torrents[d.hash]
	d.n.e.mu.Unlock()
	if t == nil || t.held {
		return signal.Progress{}
	}
	p := t.Progress()
	down := int64(0)
	for _, n := range p.Bytes {
		down += n
	}
	return signal.Progress{Uploaded: p.Sent, Downloaded: down, Left: t.left()}
}

// Offered implements signal.Peer.
func (d *door) Offered(ctx context.Context, _, sdp string) (string, error) {
	a, err := d.n.cfg.Host.Accept(ctx, sdp)
	if err != nil {
		return "", err
	}
	if !d.wait(a) {
		a.Close()
		return "", errFull
	}
	return a.SDP(), nil
}

// Answered implements signal.Peer.
func (d *door) Answered(offerID, _, sdp string) {
	d.mu.Lock()
	a := d.offers[offerID]
	delete(d.offers, offerID)
	d.mu.Unlock()
	if a == nil {
		return
	}
	if !d.task(func() {
		if err := a.Answer(sdp); err != nil {
			a.Close()
			return
		}
		d.talk(a)
	}) {
		a.Close()
	}
}

// Expired implements signal.Peer.
func (d *door) Expired(offerID string) {
	d.mu.Lock()
	a := d.offers[offerID]
	delete(d.offers, offerID)
	d.mu.Unlock()
	if a != nil {
		a.Close()
	}
}

func (d *door) wait(a *rtc.Attempt) bool { return d.task(func() { d.talk(a) }) }

// task runs work that Meet waits for, unless it is over.
func (d *door) task(work func()) bool {
	d.n.mu.Lock()
	defer d.n.mu.Unlock()
	if d.n.over {
		return false
	}
	d.n.tasks.Go(work)
	return true
}

// talk waits for the channel and talks over it.
func (d *door) talk(a *rtc.Attempt) {
	c, err := a.Conn(d.n.ctx)
	if err != nil {
		a.Close()
		return
	}
	remote := c.Remote()
	address := remote.Addr().Unmap()
	if !d.n.admit(address) {
		_ = c.Close() // nothing was promised
		return
	}
	defer d.n.dismiss(address)
	d.ready.Wait()
	var self [20]byte
	copy(self[:], d.member.PeerID())
	d.n.done(d.n.talk(arrival{c: &channel{c: c}, via: ByWebRTC, remote: netip.AddrPortFrom(address, remote.Port()), self: self, hash: &d.hash}))
}

// close gives up the offers.
func (d *door) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.shut = true
	for id, a := range d.offers {
		a.Close()
		delete(d.offers, id)
	}
}
