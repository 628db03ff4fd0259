package playback

import (
	"bytes"
	"context"
	"errors"
	"path"
	"sync"
	"time"

	"vidiverse/instance/hls"
	"vidiverse/node/control"
	"vidiverse/p2p"
	"vidiverse/p2p/guard"
	"vidiverse/p2p/swarm/window"
)

// relay is one stream of a live, whose segments viewers give each other while
// they are in its playlist.
//
//	playlist, digests ─▶ window ◀─ people, or the server if they are late
//	                       └─▶ player, and people
//
// The server's list of digests follows its playlist by a moment. Nobody waits
// for it: a segment whose digest is not known comes from the server, and is given
// on once it is.
type relay struct {
	l      *live
	number int // in the film's streams
	window window.Window

	mu    sync.Mutex
	list  hls.Live
	ids   map[string]int // of what the playlist names
	sums  map[string][32]byte
	early map[int][]byte // came before their digests
	asks  bool           // for digests, now
	over  bool           // the server contradicts itself: nothing is shared any more
	seen  time.Time      // when the player last asked for the playlist
	peers Peers
	vain  int       // times in a row that people were asked in vain
	rest  time.Time // until then nobody is asked
}

const (
	maxEarly   = 4
	digestWait = 500 * time.Millisecond
	digestTry  = 4
	unseen     = 30 * time.Second // then the player has chosen another stream
	maxVain    = 2
	vainRest   = 30 * time.Second // what an attempt costs comes back slowly
)

// relays are those of a live, by the URL of their playlist.
func (l *live) relays() map[string]*relay {
	all := map[string]*relay{}
	if l.s.p.cfg.Live != nil {
		for i, s := range l.s.film.Streams {
			all[s.URL] = &relay{l: l, number: i}
		}
	}
	return all
}

// see reads the playlist that the player was given.
func (r *relay) see(playlist []byte) {
	list, err := hls.ReadLive(bytes.NewReader(playlist))
	if err != nil {
		r.end(err)
		return
	}
	r.mu.Lock()
	r.list, r.seen = list, time.Now()
	r.ids = map[string]int{}
	for k, s := range list.Segments {
		r.ids[s.Name] = list.First + k
	}
	r.mu.Unlock()
	if r.slide() {
		r.meet()
		r.ask()
	}
}

// slide moves the window to what is known now. It reports whether the stream can
// still be shared.
func (r *relay) slide() bool {
	err := r.move()
	if err != nil {
		r.end(err)
	}
	return err == nil
}

// errOver is what a stream that is not shared any more moves by.
var errOver = errors.New("playback: the live contradicted itself")

func (r *relay) move() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.over {
		return errOver
	}
	segments := make([]window.Segment, 0, len(r.list.Segments))
	for _, s := range r.list.Segments {
		sum, told := r.sums[s.Name]
		segments = append(segments, window.Segment{Name: s.Name, Sum: sum, Told: told})
	}
	if err := r.window.Slide(r.list.First, segments); err != nil {
		return err
	}
	for id, data := range r.early {
		if err := r.window.Put(id, data); err == nil || !errors.Is(err, p2p.ErrAbsent) || id < r.list.First {
			delete(r.early, id)
		}
	}
	return nil
}

// ask reads the server's list of digests while a segment has none.
func (r *relay) ask() {
	r.mu.Lock()
	ask := !r.asks && !r.over && r.untold()
	r.asks = r.asks || ask
	r.mu.Unlock()
	if !ask {
		return
	}
	r.l.s.group.Go(func() error {
		defer func() {
			r.mu.Lock()
			r.asks = false
			r.mu.Unlock()
		}()
		for try := range digestTry {
			if try > 0 {
				pause(r.l.s.ctx, digestWait)
			}
			if !r.read(r.l.s.ctx) {
				break
			}
		}
		return nil
	})
}

// read reports whether another reading may tell more.
func (r *relay) read(ctx context.Context) bool {
	film := r.l.s.film
	raw, err := r.l.s.p.cfg.Remote.Get(ctx, film.Origin, film.Digests, guard.Limits{Bytes: hls.MaxDigests, Total: 10 * time.Second})
	if err != nil {
		return ctx.Err() == nil
	}
	sums, err := hls.ReadLiveDigests(bytes.NewReader(raw))
	if err != nil {
		r.end(err)
		return false
	}
	r.mu.Lock()
	r.sums = sums
	more := r.untold()
	r.mu.Unlock()
	return r.slide() && more
}

// untold tells whether a segment has no digest. mu is held.
func (r *relay) untold() bool {
	for _, s := range r.list.Segments {
		if _, told := r.sums[s.Name]; !told {
			return true
		}
	}
	return false
}

// meet finds the people who watch it, who are others once sharing was off.
func (r *relay) meet() {
	now := r.l.s.p.cfg.Live(r.l.s.film, r.number, &r.window)
	r.mu.Lock()
	before := r.peers
	r.peers = now
	r.mu.Unlock()
	if before != nil && before != now {
		before.Want(false)
	}
	if now != nil && before != now {
		now.Want(true)
	}
	if r.l.s.ctx.Err() != nil { // the session ended meanwhile, and saw nobody to leave
		r.leave()
	}
}

// leave stops the sharing until the playlist is asked for again.
func (r *relay) leave() {
	r.mu.Lock()
	before := r.peers
	r.peers = nil
	r.mu.Unlock()
	if before != nil {
		before.Want(false)
	}
}

// end stops it for good.
func (r *relay) end(err error) {
	r.mu.Lock()
	first := !r.over
	r.over = true
	r.mu.Unlock()
	r.leave()
	if first {
		r.l.s.p.cfg.Log.Info("a live is played from its server alone", "err", err)
	}
}

// id is the number of a segment that the playlist names.
func (r *relay) id(file string) (int, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	id, ok := r.ids[file]
	return id, ok && !r.over
}

// give returns a segment from the window, or from people who can send it in
// time; nil: neither.
func (r *relay) give(ctx context.Context, id int) (data []byte, from string) {
	if data, err := r.window.Fetch(ctx, id); err == nil {
		return data, control.FromDevice
	}
	r.mu.Lock()
	peers, length, rests := r.peers, r.list.Target, time.Now().Before(r.rest)
	r.mu.Unlock()
	if _, err := r.window.Extent(id); err != nil || rests || peers == nil || !peers.Has(id) {
		return nil, ""
	}
	due := time.Now().Add(min(max(length/2, time.Second), 2*time.Second))
	ctx, cancel := context.WithDeadline(ctx, due)
	defer cancel()
	data, err := peers.FetchBy(ctx, id, due)
	good := err == nil && r.window.Put(id, data) == nil
	r.judge(good)
	if !good {
		return nil, ""
	}
	return data, control.FromPeople
}

// judge remembers whether people delivered: nobody waits for them at each segment.
func (r *relay) judge(good bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.vain++; good {
		r.vain = 0
	}
	if r.vain >= maxVain {
		r.vain, r.rest = 0, time.Now().Add(vainRest)
	}
}

// telling tells people, until it is called, that a segment comes from the server
// and will be given to them.
func (r *relay) telling(id int) (end func()) {
	r.mu.Lock()
	peers := r.peers
	r.mu.Unlock()
	if _, err := r.window.Extent(id); err != nil || peers == nil {
		return func() {}
	}
	peers.Fetching(id, true)
	return func() { peers.Fetching(id, false) }
}

// keep takes what the server gave. p2p.ErrDigest: it is not what it published.
func (r *relay) keep(id int, data []byte) error {
	err := r.window.Put(id, data)
	if errors.Is(err, p2p.ErrDigest) {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if errors.Is(err, p2p.ErrAbsent) && len(r.early) < maxEarly && !r.over {
		if r.early == nil {
			r.early = map[int][]byte{}
		}
		r.early[id] = data
	}
	return nil
}

// relayOf finds the stream that a segment is of.
func (l *live) relayOf(u string) (r *relay, id int) {
	for list, r := range l.streams {
		if path.Dir(list) != path.Dir(u) {
			continue
		}
		if id, ok := r.id(path.Base(u)); ok {
			return r, id
		}
	}
	return nil, 0
}

// tidy leaves the streams that the player does not play any more.
func (l *live) tidy() {
	for _, r := range l.streams {
		r.mu.Lock()
		idle := r.peers != nil && time.Since(r.seen) > unseen
		r.mu.Unlock()
		if idle {
			r.leave()
		}
	}
}

// leave is for the session's end.
func (l *live) leave() {
	for _, r := range l.streams {
		r.leave()
	}
}
