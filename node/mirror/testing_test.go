package mirror_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"vidiverse/node/catalog"
	"vidiverse/node/catalog/catalogtest"
	"vidiverse/node/mirror"
	"vidiverse/node/remote"
	"vidiverse/node/store"
	"vidiverse/p2p/blockstore"
)

// node is a mirror with all that it really needs, and a clock of its own.
type node struct {
	t       testing.TB
	dir     string
	origin  string
	store   *store.Store
	blocks  *blockstore.Store
	catalog *catalog.Catalog
	mirror  *mirror.Mirror
	peers   func(*remote.Film, int) mirror.Peers

	clock *catalogtest.Clock

	mu   sync.Mutex
	free int64
}

const gib = 1 << 30

func newNode(t testing.TB, s *catalogtest.Server) *node {
	n := &node{t: t, dir: t.TempDir(), origin: s.URL, clock: catalogtest.From(catalogtest.Day.Add(1000 * time.Hour)), free: 100 * gib}
	n.open()
	t.Cleanup(n.close)
	_, err := n.catalog.Follow(t.Context(), s.URL)
	n.check(err)
	return n
}

func (n *node) open() {
	var err error
	n.store, err = store.Open(filepath.Join(n.dir, "node.db"))
	n.check(err)
	n.blocks, err = blockstore.Open(filepath.Join(n.dir, "media"), blockstore.Config{Now: n.clock.Now})
	n.check(err)
	r := remote.New(remote.Config{Now: n.clock.Hurry, Lists: 100_000})
	n.catalog = catalog.New(catalog.Config{Store: n.store, Remote: r, Now: n.clock.Now, Page: time.Nanosecond, Check: time.Nanosecond})
	n.mirror = mirror.New(mirror.Config{
		Store: n.store, Catalog: n.catalog, Blocks: n.blocks, Remote: r, Now: n.clock.Now, Free: n.disk,
		Swarm: func(f *remote.Film, i int) mirror.Peers {
			if n.peers == nil {
				return nil
			}
			return n.peers(f, i)
		},
	})
}

func (n *node) close() {
	n.t.Helper()
	n.check(errors.Join(n.blocks.Close(), n.store.Close()))
}

func (n *node) check(err error) { n.t.Helper(); catalogtest.Check(n.t, err) }

func (n *node) disk() (free, size int64, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.free, 1000 * gib, nil
}

func (n *node) set(change func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	change()
}

func (n *node) limit(bytes int64) {
	n.t.Helper()
	n.check(n.mirror.Set(n.t.Context(), n.origin, bytes))
}

// turn looks at the origin, plans and fetches, as the services do.
func (n *node) turn() error {
	return errors.Join(
		n.catalog.Poll(n.t.Context(), n.origin), n.mirror.Plan(n.t.Context(), n.origin), n.mirror.Fetch(n.t.Context(), n.origin))
}

// holds says what is kept, the newest first, with its part in percent.
func (n *node) holds() string {
	n.t.Helper()
	all, err := n.mirror.Holdings(n.t.Context())
	n.check(err)
	var words []string
	for _, h := range all {
		words = append(words, fmt.Sprintf("%s:%.0f", strings.TrimPrefix(h.Title, "Film "), 100*h.Part))
	}
	return strings.Join(words, " ")
}

func (n *node) doing() string {
	n.t.Helper()
	all, err := n.mirror.List(n.t.Context())
	n.check(err)
	if len(all) != 1 {
		n.t.Fatalf("mirrors: %+v", all)
	}
	return all[0].Doing.String()
}

// film is what one video of the server takes.
const film = 6000

func (n *node) bytes() (sum int64) {
	for _, f := range n.blocks.Files() {
		sum += f.Bytes
	}
	return sum
}

func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	end := time.After(30 * time.Second)
	for !ok() {
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("%s: not in 30 s", what)
		}
	}
}
