// Package node is an edge node: it plays, keeps and shares the videos of the
// instances it follows, for a window or without one.
//
//	catalog ─ what there is          remote ─ asks instances
//	mirror  ─ keeps the newest       playback ─ plays
//	share   ─ gives on what is held, through limit's gate
//	copies  ─ gives it by HTTP, if asked to; ledger counts what each of them gave
//	control ─ what a window or a command line may ask of all that
//
// This package opens them over one folder, wires them and supervises them; the
// rules are theirs.
package node

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/thejerf/suture/v4"

	"vidiverse/node/catalog"
	"vidiverse/node/control"
	"vidiverse/node/copies"
	"vidiverse/node/mirror"
	"vidiverse/node/playback"
	"vidiverse/node/remote"
	"vidiverse/node/share"
	"vidiverse/node/store"
	opened "vidiverse/node/torrent"
	"vidiverse/p2p/blockstore"
	"vidiverse/p2p/guard"
	"vidiverse/p2p/ledger"
	"vidiverse/p2p/limit"
	"vidiverse/p2p/torrent"
)

// SocketName is the control socket inside Config.Data.
const SocketName = "node.sock"

// Config of a Node. Data is needed; other zero fields mean the default.
type Config struct {
	Data      string        // folder of what it knows, and of its media unless the user chose another
	Port      int           // UDP; default any
	Addresses []netip.Addr  // local ones to share from; default all usable
	LAN       bool          // connect to people by private addresses, too
	NoRouter  bool          // ask no router to pass a port on
	Loopback  bool          // and by loopback ones: tests
	HTTP      string        // HOST:PORT at which held files are given to whoever asks; default nowhere
	Metrics   string        // HOST:PORT that answers Prometheus; default nowhere
	Look      time.Duration // between two looks at an instance; default 10 minutes
	UserAgent string
	Log       *slog.Logger // nil discards
	Now       func() time.Time
}

// Bind adds a local address to share from, as people type it.
func (c *Config) Bind(text string) error {
	a, err := netip.ParseAddr(text)
	if err != nil {
		return fmt.Errorf("%q is not an address such as 192.0.2.7", text)
	}
	c.Addresses = append(c.Addresses, a)
	return nil
}

// DefaultFolder is where the node of this user keeps its data, by the given
// environment.
func DefaultFolder(getenv func(string) string) string {
	if dir := getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "vidiverse")
	}
	if home := getenv("HOME"); home != "" {
		return filepath.Join(home, ".local", "share", "vidiverse")
	}
	return "vidiverse-node"
}

// Node is an opened node. Serve runs it.
type Node struct {
	cfg      Config
	log      *slog.Logger
	store    *store.Store
	key      ed25519.PrivateKey // by which operators know this node
	blocks   *blockstore.Store
	gate     *limit.Gate
	ledger   *ledger.Ledger
	meter    *meter
	remote   *remote.Client
	catalog  *catalog.Catalog
	mirror   *mirror.Mirror
	playback *playback.Playback
	share    *share.Share
	shelf    *shelf
	started  time.Time
	book     *book
	copies   *copies.Server // nil if nothing is given by HTTP
	spool    *torrent.Spool
	engine   *torrent.Engine
	torrents *opened.Torrents
	listing  sync.Mutex
	listed   map[[20]byte]share.Stream // held, by the hash of its torrent
	guarding sync.Mutex
	guards   map[string]*guard.Client // by the origin that may be at home; see guardOf
	media    string                   // folder
	quota    *quota
	ready    chan struct{} // closed when the socket is open
	opened   sync.Once
	links    *links
}

// Open opens the node of a folder, and makes it. Close it, also when Serve was
// never called. It fails if another process has the folder.
func Open(cfg Config) (n *Node, err error) {
	n = &Node{cfg: cfg, log: cfg.Log, meter: newMeter(), guards: map[string]*guard.Client{}, ready: make(chan struct{}), links: newLinks()}
	if n.log == nil {
		n.log = slog.New(slog.DiscardHandler)
	}
	if n.cfg.Now == nil {
		n.cfg.Now = time.Now
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, n.Close())
		}
	}()
	if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
		return n, err
	}
	if n.store, err = store.Open(filepath.Join(cfg.Data, "node.db")); err != nil {
		return n, err
	}
	if n.key, err = n.store.Identity(); err != nil {
		return n, err
	}
	if n.gate, err = limit.Open(n.store.DB(), limit.Config{Now: n.cfg.Now, Metered: n.meter.metered, Log: n.log}); err != nil {
		return n, err
	}
	if err := n.openMedia(); err != nil {
		return n, err
	}
	n.build()
	return n, nil
}

// openMedia opens the folder that the user chose, or the one beside the data.
func (n *Node) openMedia() error {
	p, err := n.store.Preferences()
	if err != nil {
		return err
	}
	n.media = filepath.Join(n.cfg.Data, "media")
	if p.Folder != "" {
		n.media = p.Folder
	}
	if n.blocks, err = blockstore.Open(n.media, blockstore.Config{Quota: p.Disk, Now: n.cfg.Now, Log: n.log}); err != nil {
		return err
	}
	if n.spool, err = torrent.OpenSpool(filepath.Join(n.media, "torrents"), n.spoolRoom, n.blocks.Free); err != nil {
		return err
	}
	n.quota = &quota{blocks: n.blocks, besides: n.spool.Used}
	return n.quota.set(p.Disk)
}

func (n *Node) build() {
	n.remote = remote.New(remote.Config{UserAgent: n.cfg.UserAgent, Now: n.cfg.Now, Log: n.log})
	n.catalog = catalog.New(catalog.Config{Store: n.store, Remote: n.remote, Every: n.cfg.Look, Now: n.cfg.Now, Log: n.log})
	n.ledger = ledger.New(n.gate, ledger.Config{Now: n.cfg.Now})
	n.started = n.cfg.Now()
	n.shelf = newShelf(n.store, n.catalog, n.blocks, n.log)
	n.book = &book{n.ledger, n.store, n.blocks, n.shelf}
	if n.cfg.HTTP != "" {
		n.copies = copies.New(copies.Config{Listen: n.cfg.HTTP, Gate: n.gate, Ledger: n.ledger, Find: n.shelf.find, Log: n.log})
	}
	n.share = share.New(share.Config{
		Key: n.key, Gate: n.gate, Blocks: n.blocks, Network: n.network, Dial: n.dialTracker, Held: n.held, Ledger: n.ledger, Meet: n.meetTorrents, Log: n.log,
	})
	n.mirror = mirror.New(mirror.Config{
		Store: n.store, Catalog: n.catalog, Blocks: n.blocks, Remote: n.remote, Swarm: n.met, Free: mirror.Disk(n.media),
		Now: n.cfg.Now, Log: n.log,
	})
	n.engine = torrent.New(torrent.Config{HTTP: n.guardOf, Spool: n.spool, Find: n.findTorrent, Log: n.log})
	n.playback = playback.New(playback.Config{
		Film: n.catalog.Film, Remote: n.remote, Blocks: n.blocks, Swarm: n.playing, Live: n.watching, Log: n.log, Now: n.cfg.Now,
	})
	n.torrents = opened.New(opened.Config{
		Engine: n.engine, Player: n.playback, HTTP: n.guardOf, Sharing: func() bool { return n.gate.State().Open }, Log: n.log,
	})
}

// stopLimit is how long a service may take to end before it is left behind.
const stopLimit = 15 * time.Second

// Serve runs the node until ctx ends, and returns nil then. It answers at the
// control socket, which only this user can open.
func (n *Node) Serve(ctx context.Context) error {
	socket, err := control.Listen(filepath.Join(n.cfg.Data, SocketName))
	if err != nil {
		return err
	}
	n.opened.Do(func() { close(n.ready) })
	stop := n.catalog.Watch(n.follows)
	defer stop()
	tree := suture.New("node", suture.Spec{EventHook: n.supervised, Timeout: stopLimit})
	for _, s := range []suture.Service{n.gate, n.meter, n.catalog, n.mirror, n.playback, n.share, n.engine, n.quota, n.book} {
		tree.Add(s)
	}
	if n.copies != nil {
		tree.Add(n.copies)
	}
	if n.cfg.Metrics != "" {
		tree.Add(service{"metrics", n.showMetrics})
	}
	tree.Add(service{"control socket", func(ctx context.Context) error { return control.Serve(ctx, socket, n.Services()) }})
	tree.Add(service{"way for the household", n.yields})
	tree.Add(service{"look for damage", func(ctx context.Context) error { return n.blocks.Scrub(ctx, blockstore.Scrub{After: 10 * time.Minute}) }})
	err = tree.Serve(ctx)
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// Ready is closed when the control socket of Serve can be dialled.
func (n *Node) Ready() <-chan struct{} { return n.ready }

// service is one of a function.
type service struct {
	name string
	run  func(ctx context.Context) error
}

func (s service) Serve(ctx context.Context) error { return s.run(ctx) }
func (s service) String() string                  { return s.name }

// supervised tells the log when something stopped that should run.
func (n *Node) supervised(e suture.Event) {
	if e.Type() != suture.EventTypeResume {
		n.log.Error("service stopped", "event", e.String())
	}
}

// Close gives everything back that Open opened. Serve must have returned.
func (n *Node) Close() error {
	var errs []error
	if n.remote != nil {
		n.remote.Close()
	}
	for _, c := range n.guards {
		c.Close()
	}
	if n.book != nil {
		errs = append(errs, n.book.write()) // what was given after its last look
	}
	if n.blocks != nil {
		errs = append(errs, n.blocks.Close())
	}
	if n.store != nil {
		errs = append(errs, n.store.Close())
	}
	return errors.Join(errs...)
}
