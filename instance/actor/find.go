package actor

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"vidiverse/instance/fault"
)

// Actor is who can be addressed, here or elsewhere.
type Actor struct {
	ID          ID
	Kind        Kind
	Username    string
	Host        string // host[:port] of another server; empty: of this one
	URL         string
	Inbox       string
	SharedInbox string
	Outbox      string // these four are empty when its server did not tell
	Followers   string
	Following   string
	Playlists   string
	FetchedAt   time.Time // when its document was last read; zero: of this server
	Published   time.Time // when its own server made it
	CreatedAt   time.Time // when it came to be known here
	UpdatedAt   time.Time
	DeletedAt   time.Time // zero: it is there
}

// Local tells whether the actor is of this server.
func (a Actor) Local() bool { return a.Host == "" }

// Gone tells whether the actor was deleted. Its name and key stay.
func (a Actor) Gone() bool { return !a.DeletedAt.IsZero() }

// KeyID is what names the actor's key in signatures.
func (a Actor) KeyID() string { return a.URL + "#main-key" }

// ByURL finds an actor by its id, deleted ones too. A URL of nobody is
// fault.NotFound. Pass a transaction, or Read of the database, as q.
func (s *Service) ByURL(ctx context.Context, q bun.IDB, url string) (Actor, error) {
	url, err := s.Address(url)
	if err != nil {
		return Actor{}, notFound()
	}
	return s.one(s.store.actors(ctx, q, `WHERE t.url = ?`, url))
}

// ByID finds an actor by its number, deleted ones too.
func (s *Service) ByID(ctx context.Context, q bun.IDB, id ID) (Actor, error) {
	return s.one(s.store.actors(ctx, q, `WHERE t.id = ?`, id))
}

// ByIDs finds several actors at once. Unknown numbers are absent.
func (s *Service) ByIDs(ctx context.Context, q bun.IDB, ids []ID) (map[ID]Actor, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	rows, err := s.store.actors(ctx, q, `WHERE t.id IN (?)`, bun.List(ids))
	found := make(map[ID]Actor, len(rows))
	for _, r := range rows {
		found[r.ID] = s.actor(r)
	}
	return found, err
}

// ByHandle finds an actor that was not deleted by name and host; an empty host
// is this server. Where a person and a group share a name, kinds says which is
// meant; without it the person is found.
func (s *Service) ByHandle(ctx context.Context, q bun.IDB, name, host string, kinds ...Kind) (Actor, error) {
	if !Findable(name) || !Findable(host) {
		return Actor{}, notFound()
	}
	if host == s.Host() {
		host = ""
	}
	if len(kinds) == 0 {
		kinds = []Kind{Application, Person, Group}
	}
	return s.one(s.store.byHandle(ctx, q, name, host, kinds))
}

// Lookup finds an actor by "name" of this server, or "name@host", as addresses
// carry them. A name that one of ours had is fault.Gone.
func (s *Service) Lookup(ctx context.Context, handle string, kinds ...Kind) (Actor, error) {
	name, host := s.SplitHandle(handle)
	a, err := s.ByHandle(ctx, s.db.Read(), name, host, kinds...)
	if fault.KindOf(err) != fault.NotFound || host != "" || !Findable(name) {
		return a, err
	}
	gone, err := s.store.buriedName(ctx, s.db.Read(), name, kinds)
	if err == nil && gone {
		err = fault.New(fault.Gone, "Actor is gone")
	} else if err == nil {
		err = notFound()
	}
	return Actor{}, err
}

// Instance is the actor of this server itself. It is fault.NotFound until the
// first start made it.
func (s *Service) Instance(ctx context.Context) (Actor, error) {
	return s.ByHandle(ctx, s.db.Read(), InstanceName, "", Application)
}

func notFound() error { return fault.New(fault.NotFound, "Actor not found") }

func (s *Service) one(rows []actorRow, err error) (Actor, error) {
	if err != nil {
		return Actor{}, err
	}
	if len(rows) == 0 {
		return Actor{}, notFound()
	}
	return s.actor(rows[0]), nil
}

// actor completes a row: what a local actor's addresses are follows from its
// URL.
func (s *Service) actor(r actorRow) Actor {
	a := r.actor()
	if a.Local() {
		a.Outbox, a.Followers, a.Following, a.Playlists = a.URL+"/outbox", a.URL+"/followers", a.URL+"/following", a.URL+"/playlists"
		a.Published = a.CreatedAt
	}
	return a
}
