package video

import (
	"context"

	"vidiverse/instance/db"
)

// Rehear finishes what follows from a follow, or the end of one, of somebody with
// very many videos: the database itself shows or hides a batch of them at once,
// this all others, a batch a transaction.
func (s *Service) Rehear(ctx context.Context) error {
	actors, err := s.store.heardChanges(ctx)
	if err != nil {
		return err
	}
	for _, a := range actors {
		for more := true; more; {
			err := s.db.Write(ctx, func(tx db.Tx) (err error) {
				tx.AfterCommit(s.changed)
				if more, err = s.store.misheard(ctx, tx, a); err != nil {
					return err
				}
				return s.store.rehear(ctx, tx, a, more)
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}
