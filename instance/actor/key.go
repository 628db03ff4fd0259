package actor

import (
	"context"
	"crypto/rsa"
	"database/sql"
	"errors"
	"sync"

	"vidiverse/instance/db"
	"vidiverse/instance/fault"
	"vidiverse/instance/job"
	"vidiverse/instance/signature"
)

// keptKeys is how many keys of each sort stay in memory.
const keptKeys = 1000

// ring keeps keys that were read, so that signing costs no query.
type ring struct {
	mu      sync.Mutex // guards the next two
	private map[ID]*rsa.PrivateKey
	public  map[ID]*rsa.PublicKey
	making  sync.Mutex // one key is made at a time: it takes a core
}

func (r *ring) forget(id ID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.private, id)
	delete(r.public, id)
}

func keep[K any](r *ring, m *map[ID]K, id ID, key K) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if *m == nil || len(*m) >= keptKeys {
		*m = map[ID]K{}
	}
	(*m)[id] = key
}

func kept[K any](r *ring, m *map[ID]K, id ID) (K, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	key, ok := (*m)[id]
	return key, ok
}

// PrivateKey is the key that a local actor signs with, deleted ones too, and
// the name by which others find its public half. A missing key is made, once.
// Do not call it inside a transaction.
func (s *Service) PrivateKey(ctx context.Context, id ID) (key *rsa.PrivateKey, keyID string, err error) {
	a, err := s.ByID(ctx, s.db.Read(), id)
	if err != nil {
		return nil, "", err
	}
	if !a.Local() {
		return nil, "", fault.New(fault.Invalid, "Actors of other servers sign for themselves")
	}
	if key, ok := kept(&s.keys, &s.keys.private, id); ok {
		return key, a.KeyID(), nil
	}
	_, private, err := s.pair(ctx, a)
	if err != nil {
		return nil, "", err
	}
	if key, err = signature.ParsePrivate(private); err != nil {
		return nil, "", err
	}
	keep(&s.keys, &s.keys.private, id, key)
	return key, a.KeyID(), nil
}

// PublicKey is the key that an actor's signatures are verified with.
func (s *Service) PublicKey(ctx context.Context, id ID) (*rsa.PublicKey, error) {
	if key, ok := kept(&s.keys, &s.keys.public, id); ok {
		return key, nil
	}
	text, err := s.PublicPEM(ctx, id)
	if err != nil {
		return nil, err
	}
	key, err := signature.ParsePublic(text)
	if err != nil {
		return nil, err
	}
	keep(&s.keys, &s.keys.public, id, key)
	return key, nil
}

// PublicPEM is an actor's public key as documents carry it. A local actor's is
// made if it is missing; then it must not be called inside a transaction.
func (s *Service) PublicPEM(ctx context.Context, id ID) (string, error) {
	a, err := s.ByID(ctx, s.db.Read(), id)
	if err != nil {
		return "", err
	}
	public, _, err := s.pair(ctx, a)
	return public, err
}

// pair reads an actor's keys; the private one is empty for remote actors.
func (s *Service) pair(ctx context.Context, a Actor) (public, private string, err error) {
	public, private, err = s.readPair(ctx, a.ID)
	if !errors.Is(err, sql.ErrNoRows) {
		return public, private, err
	}
	if !a.Local() {
		return "", "", fault.New(fault.NotFound, "The key of the actor is not known")
	}
	s.keys.making.Lock()
	defer s.keys.making.Unlock()
	if public, private, err = s.readPair(ctx, a.ID); !errors.Is(err, sql.ErrNoRows) {
		return public, private, err
	}
	if private, public, err = signature.NewKey(); err != nil {
		return "", "", err
	}
	if err := s.db.Write(ctx, func(tx db.Tx) error { return s.store.makeKey(ctx, tx, a.ID, public, private) }); err != nil {
		return "", "", err
	}
	return s.readPair(ctx, a.ID) // another process may have been first
}

func (s *Service) readPair(ctx context.Context, id ID) (public, private string, err error) {
	public, secret, err := s.store.publicKey(ctx, s.db.Read(), id)
	if secret != nil {
		private = *secret
	}
	return public, private, err
}

// keyJob makes the key of a new actor before anybody asks for it.
const keyJob = "actor-keys"

func (s *Service) enqueueKey(ctx context.Context, tx db.Tx, id ID) error {
	if s.fed.Jobs == nil {
		return nil
	}
	_, err := s.fed.Jobs.Enqueue(ctx, tx, job.Spec{Type: keyJob, Payload: id})
	return err
}

func (s *Service) makeKey(ctx context.Context, j *job.Job) error {
	var id ID
	if err := j.Decode(&id); err != nil {
		return err
	}
	_, err := s.PublicPEM(ctx, id)
	return err
}
