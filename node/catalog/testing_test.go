package catalog_test

import (
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"vidiverse/node/catalog"
	"vidiverse/node/catalog/catalogtest"
	"vidiverse/node/control"
	"vidiverse/node/remote"
	"vidiverse/node/store"
)

// node is a catalog over a real store, with a clock of its own.
type node struct {
	t       *testing.T
	path    string
	store   *store.Store
	remote  *remote.Client
	catalog *catalog.Catalog

	clock *catalogtest.Clock

	mu      sync.Mutex
	changes []catalog.Change
}

func newNode(t *testing.T) *node {
	n := &node{t: t, path: filepath.Join(t.TempDir(), "node.db"), clock: catalogtest.From(catalogtest.Day.Add(24 * time.Hour))}
	n.open()
	t.Cleanup(func() { n.check(n.store.Close()) })
	return n
}

func (n *node) open() {
	var err error
	n.store, err = store.Open(n.path)
	n.check(err)
	n.remote = remote.New(remote.Config{Now: n.clock.Hurry, Lists: 10_000})
	n.catalog = catalog.New(catalog.Config{
		Store: n.store, Remote: n.remote, Now: n.clock.Now,
		Page: time.Nanosecond, Check: time.Nanosecond,
	})
	n.catalog.Watch(func(c catalog.Change) {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.changes = append(n.changes, c)
	})
}

func (n *node) check(err error) { n.t.Helper(); catalogtest.Check(n.t, err) }

// heard is what watchers were told since it was asked last.
func (n *node) heard() []catalog.Change {
	n.mu.Lock()
	defer n.mu.Unlock()
	all := n.changes
	n.changes = nil
	return all
}

func (n *node) follow(s *catalogtest.Server) {
	n.t.Helper()
	_, err := n.catalog.Follow(n.t.Context(), s.URL)
	n.check(err)
}

func (n *node) poll(s *catalogtest.Server) {
	n.t.Helper()
	n.check(n.catalog.Poll(n.t.Context(), s.URL))
}

func (n *node) film(s *catalogtest.Server, id string) *remote.Film {
	n.t.Helper()
	f, err := n.catalog.Film(n.t.Context(), control.Ref{Origin: s.URL, Video: id})
	n.check(err)
	return f
}

func (n *node) list(q control.Query) control.Page {
	n.t.Helper()
	p, err := n.catalog.List(n.t.Context(), q)
	n.check(err)
	return p
}

func titles(p control.Page) string {
	var all []string
	for _, c := range p.Cards {
		all = append(all, strings.TrimPrefix(c.Title, "Film "))
	}
	return strings.Join(all, " ")
}

func said(p control.Page) (all []string) {
	for _, w := range p.Problems {
		all = append(all, w.String())
	}
	return all
}
