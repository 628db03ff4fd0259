package account

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"vidiverse/instance/actor"
	"vidiverse/instance/db"
	"vidiverse/instance/fault"
	"vidiverse/instance/user"
)

// Service answers for accounts. It is safe for concurrent use.
type Service struct {
	db     *db.DB
	actors *actor.Service
	now    func() time.Time
	store  store
}

// New makes the service.
func New(d *db.DB, actors *actor.Service, now func() time.Time) *Service {
	return &Service{db: d, actors: actors, now: now}
}

// EnsureInstance makes the instance's own account if it is not there yet.
func (s *Service) EnsureInstance(ctx context.Context) error {
	_, err := s.ByName(ctx, actor.InstanceName)
	if fault.KindOf(err) != fault.NotFound {
		return err
	}
	return s.db.Write(ctx, func(tx db.Tx) error {
		a, err := s.actors.Create(ctx, tx, actor.Application, actor.InstanceName)
		if err != nil {
			return err
		}
		_, err = s.store.insert(ctx, tx, a.ID, 0, actor.InstanceName, db.Millis(s.now()))
		return err
	})
}

// Create makes the account of a new user within the caller's transaction.
func (s *Service) Create(ctx context.Context, tx db.Tx, id user.ID, username string) (ID, error) {
	a, err := s.actors.Create(ctx, tx, actor.Person, username)
	if err != nil {
		return 0, err
	}
	return s.store.insert(ctx, tx, a.ID, id, username, db.Millis(s.now()))
}

// Describe changes what a user's account says: nil leaves as is, a pointer to
// nil removes the description.
func (s *Service) Describe(ctx context.Context, tx db.Tx, id user.ID, displayName *string, description **string) error {
	a, err := s.store.one(ctx, tx, `WHERE a.user_id = ?`, id)
	if err != nil {
		return err
	}
	if displayName != nil {
		if err := actor.CheckDisplayName("displayName", *displayName); err != nil {
			return err
		}
		a.DisplayName = *displayName
	}
	if description != nil {
		if err := actor.CheckText("description", *description); err != nil {
			return err
		}
		a.Description = actor.Clean(*description)
	}
	if err := s.store.describe(ctx, tx, a, db.Millis(s.now())); err != nil {
		return err
	}
	return s.actors.Touch(ctx, tx, a.ActorID)
}

// ByName finds an account by its handle: "name" of this instance, or
// "name@host".
func (s *Service) ByName(ctx context.Context, handle string) (Account, error) {
	name, host := s.actors.SplitHandle(handle)
	return s.complete(ctx, func(q bun.IDB) (row, error) { return s.store.byHandle(ctx, q, name, host) })
}

// ByID finds an account by its number.
func (s *Service) ByID(ctx context.Context, id ID) (Account, error) {
	return s.complete(ctx, func(q bun.IDB) (row, error) { return s.store.one(ctx, q, `WHERE a.id = ?`, id) })
}

// ByIDs finds several accounts at once. Unknown numbers are absent.
func (s *Service) ByIDs(ctx context.Context, ids []ID) (map[ID]Account, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	rows, err := s.store.many(ctx, s.db.Read(), `WHERE a.id IN (?)`, bun.List(ids))
	if err != nil {
		return nil, err
	}
	list, err := s.withImages(ctx, rows)
	if err != nil {
		return nil, err
	}
	found := make(map[ID]Account, len(list))
	for _, a := range list {
		found[a.ID] = a
	}
	return found, nil
}

// List returns a part of all accounts and how many there are.
func (s *Service) List(ctx context.Context, q Query) ([]Account, int, error) {
	total, err := s.store.count(ctx, s.db.Read())
	if err != nil || q.Count == 0 {
		return nil, total, err
	}
	rows, err := s.store.list(ctx, s.db.Read(), q)
	if err != nil {
		return nil, 0, err
	}
	list, err := s.withImages(ctx, rows)
	return list, total, err
}

func (s *Service) complete(ctx context.Context, find func(bun.IDB) (row, error)) (Account, error) {
	r, err := find(s.db.Read())
	if err != nil {
		return Account{}, err
	}
	list, err := s.withImages(ctx, []row{r})
	if err != nil {
		return Account{}, err
	}
	return list[0], nil
}

func (s *Service) withImages(ctx context.Context, rows []row) ([]Account, error) {
	ids := make([]actor.ID, len(rows))
	for i, r := range rows {
		ids[i] = r.ActorID
	}
	images, err := s.actors.Images(ctx, s.db.Read(), ids)
	if err != nil {
		return nil, err
	}
	list := make([]Account, len(rows))
	for i, r := range rows {
		list[i] = r.account(s.actors.Host())
		list[i].Images = images[r.ActorID]
	}
	return list, nil
}
