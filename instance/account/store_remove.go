package account

import (
	"context"
	"fmt"

	"vidiverse/instance/db"
)

func (store) delete(ctx context.Context, tx db.Tx, id ID) error {
	if _, err := tx.NewRaw(`DELETE FROM account WHERE id = ?`, id).Exec(ctx); err != nil {
		return fmt.Errorf("delete account %d: %w", id, err)
	}
	return nil
}
