package torrent

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"vidiverse/p2p"
	"vidiverse/p2p/guard"
	"vidiverse/p2p/metainfo"
)

// Config of an Engine. HTTP and Spool are needed.
type Config struct {
	// HTTP is the client for an address that a torrent names: web seeds and
	// trackers.
	HTTP  func(address string) *guard.Client
	Spool *Spool
	// Find opens what is held for others, by a hash that Hold was given; nil:
	// nothing is.
	Find func(ctx context.Context, hash [20]byte) (*metainfo.Torrent, Store, error)
	Log  *slog.Logger
}

// Engine has the torrents. It may be used from several goroutines.
type Engine struct {
	cfg Config

	mu       sync.Mutex
	ctx      context.Context // nil while Serve does not run
	tasks    *sync.WaitGroup
	torrents map[[20]byte]*Torrent
	holding  map[[20]byte]Listing
	served   chan struct{} // closed once Serve runs

	net atomic.Pointer[network] // nil while Meet does not run

	banning sync.Mutex // no other lock is taken under it
	banned  map[netip.Addr]time.Time
}

// Spec names a torrent.
type Spec struct {
	Hash     [20]byte
	Info     *metainfo.Torrent // nil: peers are asked for it
	Name     string            // until the info is known
	Trackers []string          // http, https, ws, wss; others are not used
	WebSeeds []string
	File     p2p.FileID // for the ledger; zero of a stranger's torrent
}

// Listing is a torrent that is held for others.
type Listing struct {
	Hash     [20]byte
	Trackers []string
	File     p2p.FileID
}

// New makes an Engine. It opens nothing.
func New(cfg Config) *Engine {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Engine{cfg: cfg, torrents: map[[20]byte]*Torrent{}, holding: map[[20]byte]Listing{}, banned: map[netip.Addr]time.Time{}, served: make(chan struct{})}
}

// Serve keeps torrents going until ctx ends, and closes them all then.
func (e *Engine) Serve(ctx context.Context) error {
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	e.mu.Lock()
	if e.ctx != nil {
		e.mu.Unlock()
		return errors.New("torrent: already served")
	}
	e.ctx, e.tasks = inner, &sync.WaitGroup{}
	close(e.served)
	e.mu.Unlock()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case now := <-tick.C:
			e.tick(now)
		}
	}
	e.mu.Lock()
	all, tasks := e.torrents, e.tasks
	e.torrents, e.ctx, e.served = map[[20]byte]*Torrent{}, nil, make(chan struct{})
	e.mu.Unlock()
	var err error
	for _, t := range all {
		err = errors.Join(err, t.shut())
	}
	cancel()
	tasks.Wait()
	return err
}

// tick looks after every open torrent.
func (e *Engine) tick(now time.Time) {
	e.mu.Lock()
	all := make([]*Torrent, 0, len(e.torrents))
	for _, t := range e.torrents {
		all = append(all, t)
	}
	e.mu.Unlock()
	net := e.net.Load()
	for _, t := range all {
		list := t.tick(now)
		if net != nil {
			for _, a := range list {
				net.dial(t, a)
			}
		}
		e.retire(t, now)
	}
}

// retire closes a held torrent that nobody came for lately.
func (e *Engine) retire(t *Torrent, now time.Time) {
	e.mu.Lock()
	t.mu.Lock()
	over := t.held && t.guests == 0 && len(t.peers) == 0 && now.Sub(t.idle) > restTime
	t.mu.Unlock()
	if over {
		delete(e.torrents, t.hash)
	}
	e.mu.Unlock()
	if over {
		e.close(t)
	}
}

func (e *Engine) close(t *Torrent) {
	e.settle()
	if err := t.shut(); err != nil {
		e.cfg.Log.Debug("close a torrent", "err", err)
	}
}

// Open opens a torrent, or one more time what is open already. It waits a moment
// for Serve.
func (e *Engine) Open(ctx context.Context, s Spec) (*Torrent, error) {
	if s.Info != nil {
		s.Hash = s.Info.Hash
	}
	if err := e.running(ctx); err != nil {
		return nil, err
	}
	e.mu.Lock()
	t := e.torrents[s.Hash]
	if t != nil && !t.held {
		t.users++
		e.mu.Unlock()
		return t, nil
	}
	if t != nil { // who plays it fetches what is missing
		delete(e.torrents, s.Hash)
		defer e.close(t)
	}
	if s.Info == nil {
		s.Info, _ = e.cfg.Spool.Info(s.Hash)
	}
	t, err := e.make(s, nil)
	if err == nil {
		t.users++
	}
	e.mu.Unlock()
	e.settle()
	return t, err
}

// settle lets the network look at what is to be announced.
func (e *Engine) settle() {
	if n := e.net.Load(); n != nil {
		n.settle()
	}
}

func (e *Engine) running(ctx context.Context) error {
	e.mu.Lock()
	served := e.served
	e.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	select {
	case <-served:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%w: the engine does not run", ErrClosed)
	}
}

// make makes a torrent. mu is held.
func (e *Engine) make(s Spec, store Store) (*Torrent, error) {
	if e.ctx == nil {
		return nil, ErrClosed
	}
	t := &Torrent{e: e, hash: s.Hash, file: s.File, spec: s, held: store != nil, idle: time.Now(), news: make(chan struct{}),
		peers: map[*peer]struct{}{}, readers: map[*Reader]struct{}{}, active: map[int]*assembly{}, solo: map[int]bool{},
		meets: map[netip.AddrPort]time.Time{}, counts: map[string]int64{}}
	t.ctx, t.cancel = context.WithCancel(e.ctx)
	if s.Info != nil {
		t.mu.Lock()
		err := t.setInfo(s.Info, store)
		t.mu.Unlock()
		if err != nil {
			t.cancel()
			return nil, err
		}
	}
	e.torrents[s.Hash] = t
	return t, nil
}

// seedsOf starts the web seeds of a torrent whose info became known.
func (e *Engine) seedsOf(t *Torrent) {
	if t.held {
		return
	}
	for _, address := range t.spec.WebSeeds[:min(len(t.spec.WebSeeds), maxSeeds)] {
		e.tasks.Go(func() { t.seed(t.ctx, address) })
	}
}

// release is Torrent.Close.
func (e *Engine) release(t *Torrent) {
	e.mu.Lock()
	t.users--
	over := t.users == 0 && !t.held && e.torrents[t.hash] == t
	if over {
		delete(e.torrents, t.hash)
	}
	e.mu.Unlock()
	if over {
		e.close(t)
	}
}

// Hold says what is held for others: it is announced while Meet runs, and opened
// by Find when somebody comes for it.
func (e *Engine) Hold(list []Listing) {
	e.mu.Lock()
	e.holding = make(map[[20]byte]Listing, len(list))
	for _, l := range list {
		e.holding[l.Hash] = l
	}
	e.mu.Unlock()
	e.settle()
}

// summon returns the torrent that a peer came for, with one more guest.
func (e *Engine) summon(ctx context.Context, hash [20]byte) (*Torrent, error) {
	e.mu.Lock()
	t, l := e.torrents[hash], e.holding[hash]
	if t != nil {
		t.guests++
	}
	e.mu.Unlock()
	if t != nil {
		return t, nil
	}
	if l.Hash != hash || e.cfg.Find == nil {
		return nil, p2p.ErrAbsent
	}
	info, store, err := e.cfg.Find(ctx, hash)
	if err != nil {
		return nil, err
	}
	if info.Hash != hash {
		return nil, errors.Join(ErrInvalid, store.Close())
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if t := e.torrents[hash]; t != nil { // somebody was faster
		t.guests++
		return t, store.Close()
	}
	t, err = e.make(Spec{Hash: hash, Info: info, Trackers: l.Trackers, File: l.File}, store)
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	t.guests++
	return t, nil
}

// leave undoes a summon.
func (e *Engine) leave(t *Torrent) {
	e.mu.Lock()
	defer e.mu.Unlock()
	t.guests--
}

// Stats are counts of now.
type Stats struct {
	Open, Held, Peers int
}

// Stats reports them.
func (e *Engine) Stats() Stats {
	e.mu.Lock()
	all := make([]*Torrent, 0, len(e.torrents))
	for _, t := range e.torrents {
		all = append(all, t)
	}
	s := Stats{Open: len(all), Held: len(e.holding)}
	e.mu.Unlock()
	for _, t := range all {
		t.mu.Lock()
		s.Peers += len(t.peers)
		t.mu.Unlock()
	}
	return s
}

// ban shuts an address out for a while.
func (e *Engine) ban(a netip.Addr) {
	e.banning.Lock()
	defer e.banning.Unlock()
	for old := range e.banned {
		if len(e.banned) < maxBanned {
			break
		}
		delete(e.banned, old)
	}
	e.banned[a] = time.Now()
}

func (e *Engine) isBanned(a netip.Addr) bool {
	e.banning.Lock()
	defer e.banning.Unlock()
	at, banned := e.banned[a]
	return banned && time.Since(at) < banTime
}

// mayMeet tells whether an address that somebody named may be dialled.
func (e *Engine) mayMeet(a netip.Addr) bool {
	n := e.net.Load()
	return n != nil && n.cfg.May(a) && !e.isBanned(a)
}

// port is where others reach us over TCP, 0 if nowhere.
func (e *Engine) port() int {
	if n := e.net.Load(); n != nil {
		return int(n.port.Load())
	}
	return 0
}

// listings are the trackers of all that is open or held, by hash.
func (e *Engine) listings() map[[20]byte]Listing {
	e.mu.Lock()
	defer e.mu.Unlock()
	all := make(map[[20]byte]Listing, len(e.holding)+len(e.torrents))
	for hash, l := range e.holding {
		all[hash] = l
	}
	for hash, t := range e.torrents {
		l := Listing{Hash: hash, Trackers: t.spec.Trackers, File: t.file}
		if old, twice := all[hash]; twice {
			l.Trackers = append(slices.Clone(old.Trackers), l.Trackers...)
		}
		all[hash] = l
	}
	return all
}
