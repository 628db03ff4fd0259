// Package torrent plays torrents of strangers: it reads magnet links and .torrent
// files that people open, chooses what can be played, and hands playback a file
// that comes from peers and web seeds while it is watched.
//
//	Link, File ─▶ Ref ─▶ Play ── engine ─▶ info ─▶ the film in it ─▶ Opener
//
// Opening one joins nothing that sharing does not allow: without consent a
// torrent comes from its web seeds alone. What came is kept in the engine's
// spool, and shared while it is open.
package torrent

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"

	"vidiverse/node/control"
	"vidiverse/node/playback"
	"vidiverse/p2p/guard"
	"vidiverse/p2p/metainfo"
	"vidiverse/p2p/torrent"
)

// Opener starts sessions: *playback.Playback.
type Opener interface {
	OpenFile(ctx context.Context, f playback.File) (control.Session, error)
}

// Config of Torrents. All but Log is needed.
type Config struct {
	Engine  *torrent.Engine
	Player  Opener
	HTTP    func(address string) *guard.Client
	Sharing func() bool // peers may be met now
	Log     *slog.Logger
}

// Torrents are those that were opened since the start. They are a
// control.Torrents, safe for several goroutines.
type Torrents struct {
	cfg Config

	mu    sync.Mutex
	known map[string]*entry // by hash in hex
	order []string          // oldest first
}

type entry struct {
	spec  torrent.Spec
	from  []string // where the .torrent may be fetched
	since time.Time
}

const (
	maxKnown  = 100
	infoTime  = 90 * time.Second // for somebody to tell what is in a torrent
	fetchTime = 20 * time.Second // for its .torrent
)

// New returns Torrents without any.
func New(cfg Config) *Torrents {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Torrents{cfg: cfg, known: map[string]*entry{}}
}

// Link implements control.Torrents.
func (t *Torrents) Link(_ context.Context, link string) (control.Ref, error) {
	m, err := metainfo.ParseMagnet(strings.TrimSpace(link))
	if err != nil {
		return control.Ref{}, fmt.Errorf("%w: %w", control.ErrInvalid, err)
	}
	return t.add(torrent.Spec{Hash: m.Hash, Name: m.Name, Trackers: m.Trackers, WebSeeds: m.WebSeeds}, m.Torrents), nil
}

// File implements control.Torrents.
func (t *Torrents) File(_ context.Context, file []byte) (control.Ref, error) {
	info, err := metainfo.Read(file)
	if err != nil {
		return control.Ref{}, fmt.Errorf("%w: %w", control.ErrInvalid, err)
	}
	if _, err := choose(&info); err != nil {
		return control.Ref{}, err
	}
	return t.add(torrent.Spec{Hash: info.Hash, Info: &info, Name: info.Name, Trackers: flat(info.Announce), WebSeeds: info.WebSeeds}, nil), nil
}

func flat(tiers [][]string) (all []string) {
	for _, tier := range tiers {
		all = append(all, tier...)
	}
	return all
}

// add remembers a torrent; what is known of it already is added to.
func (t *Torrents) add(s torrent.Spec, from []string) control.Ref {
	key := hex.EncodeToString(s.Hash[:])
	t.mu.Lock()
	defer t.mu.Unlock()
	if old := t.known[key]; old == nil {
		t.order = append(t.order, key)
	} else {
		if s.Info == nil {
			s.Info = old.spec.Info
		}
		s.Trackers, s.WebSeeds = join(s.Trackers, old.spec.Trackers), join(s.WebSeeds, old.spec.WebSeeds)
		from = join(from, old.from)
	}
	if len(t.order) > maxKnown {
		delete(t.known, t.order[0])
		t.order = t.order[1:]
	}
	t.known[key] = &entry{spec: s, from: from}
	return control.Ref{Origin: control.TorrentOrigin, Video: key}
}

// join is both lists without what comes twice, bounded.
func join(a, b []string) (all []string) {
	twice := map[string]bool{}
	for _, s := range append(append([]string(nil), a...), b...) {
		if !twice[s] && len(all) < 50 {
			twice[s] = true
			all = append(all, s)
		}
	}
	return all
}

func (t *Torrents) find(ref control.Ref) (entry, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	e := t.known[ref.Video]
	if e == nil || ref.Origin != control.TorrentOrigin {
		return entry{}, fmt.Errorf("%w: this torrent was not opened", control.ErrNotFound)
	}
	return *e, nil
}

// Video says what is known of a torrent.
func (t *Torrents) Video(_ context.Context, ref control.Ref) (control.Video, error) {
	e, err := t.find(ref)
	if err != nil {
		return control.Video{}, err
	}
	name := e.spec.Name
	if i := e.spec.Info; i != nil {
		if n, err := choose(i); err == nil {
			name = path.Base(i.Files[n].Path)
		}
	}
	if name == "" {
		name = ref.Video
	}
	link := metainfo.Magnet{Hash: e.spec.Hash, Name: e.spec.Name, Torrents: e.from, Trackers: e.spec.Trackers, WebSeeds: e.spec.WebSeeds}
	return control.Video{Card: control.Card{Ref: ref, Title: name}, Page: link.String()}, nil
}

// Play starts to fetch a torrent's film, and a session that plays it.
func (t *Torrents) Play(ctx context.Context, ref control.Ref) (control.Session, error) {
	e, err := t.find(ref)
	if err != nil {
		return control.Session{}, err
	}
	if e.spec.Info == nil {
		e.spec.Info = t.fetch(ctx, e)
	}
	if e.spec.Info != nil {
		e.spec.Trackers = join(e.spec.Trackers, flat(e.spec.Info.Announce))
		e.spec.WebSeeds = join(e.spec.WebSeeds, e.spec.Info.WebSeeds)
	}
	one, err := t.cfg.Engine.Open(ctx, e.spec)
	if err != nil {
		return control.Session{}, inWords(err)
	}
	f, err := t.film(ctx, one, e)
	if err != nil {
		one.Close()
		return control.Session{}, err
	}
	t.learn(ref, f.info)
	return t.cfg.Player.OpenFile(ctx, f)
}

// film waits until it is known what is in a torrent.
func (t *Torrents) film(ctx context.Context, one *torrent.Torrent, e entry) (*file, error) {
	if !t.cfg.Sharing() && !reachable(one.Progress(), e.spec) {
		return nil, fmt.Errorf("%w: this torrent comes from other people alone, and sharing is off", control.ErrForbidden)
	}
	wait, cancel := context.WithTimeout(ctx, infoTime)
	defer cancel()
	info, err := one.Info(wait)
	if err != nil && ctx.Err() == nil && wait.Err() != nil {
		return nil, fmt.Errorf("%w: nobody who has this torrent was found", control.ErrUnavailable)
	}
	if err != nil {
		return nil, inWords(err)
	}
	n, err := choose(info)
	if err != nil {
		return nil, err
	}
	return newFile(t, one, info, n), nil
}

// reachable tells whether a torrent can be played without other people: it is
// here, or servers have it.
func reachable(p torrent.Progress, s torrent.Spec) bool {
	return p.Length > 0 && (p.Held == p.Length || len(s.WebSeeds) > 0)
}

// learn keeps what a torrent turned out to be.
func (t *Torrents) learn(ref control.Ref, info *metainfo.Torrent) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if e := t.known[ref.Video]; e != nil {
		e.spec.Info = info
	}
}

// fetch asks the addresses of a link for the .torrent. One of another hash is
// another torrent.
func (t *Torrents) fetch(ctx context.Context, e entry) *metainfo.Torrent {
	for _, address := range e.from {
		ctx, cancel := context.WithTimeout(ctx, fetchTime)
		info, err := t.Fetch(ctx, address, e.spec.Hash)
		cancel()
		if err == nil {
			return info
		}
		t.cfg.Log.Debug("a .torrent could not be fetched", "err", err)
	}
	return nil
}

// Fetch fetches a .torrent from an address, which must be the one of a hash.
func (t *Torrents) Fetch(ctx context.Context, address string, hash [20]byte) (*metainfo.Torrent, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	res, body, err := t.cfg.HTTP(address).With(guard.Limits{Bytes: metainfo.MaxTorrent, Total: fetchTime}).Fetch(req)
	if err != nil {
		return nil, err
	}
	if res.StatusCode != http.StatusOK {
		return nil, errors.New(res.Status)
	}
	info, err := metainfo.Read(body)
	if err == nil && info.Hash != hash {
		err = errors.New("it is another torrent")
	}
	return &info, err
}

// inWords gives what the engine says its name in control.
func inWords(err error) error {
	switch {
	case errors.Is(err, torrent.ErrFull):
		return fmt.Errorf("%w: %w", control.ErrUnavailable, err)
	case errors.Is(err, torrent.ErrInvalid):
		return fmt.Errorf("%w: %w", control.ErrInvalid, err)
	case errors.Is(err, torrent.ErrClosed):
		return fmt.Errorf("%w: %w", control.ErrUnavailable, err)
	}
	return err
}
