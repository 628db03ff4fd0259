package actor

import (
	"context"
	"strings"

	"github.com/uptrace/bun"

	"vidiverse/instance/db"
	"vidiverse/instance/fault"
)

// HostID numbers a host[:port], which it notes if it is new.
func (s *Service) HostID(ctx context.Context, tx db.Tx, host string) (int64, error) {
	host = strings.ToLower(host)
	if host == "" || !db.Sized(host, 1, 300) || host == s.Host() {
		return 0, fault.New(fault.Invalid, "Should have a valid host")
	}
	return s.store.hostID(ctx, tx, host, db.Millis(s.now()))
}

// Tombstone tells whether what had that URL was deleted.
func (s *Service) Tombstone(ctx context.Context, q bun.IDB, url string) (bool, error) {
	if !Findable(url) {
		return false, nil
	}
	at, err := s.store.tombstone(ctx, q, url)
	return at.Valid, err
}

// Bury notes that what had that URL is deleted, also when it was never known
// here: a Create that comes late finds the grave. by is 0 for nobody known.
func (s *Service) Bury(ctx context.Context, tx db.Tx, url, kind string, by ID) error {
	if !Findable(url) {
		return fault.New(fault.Invalid, "The address is too long")
	}
	return s.store.bury(ctx, tx, url, kind, by, db.Millis(s.now()))
}
