package video

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/uptrace/bun"

	"vidiverse/instance/account"
	"vidiverse/instance/db"
)

// muted finds which owners of the videos, and which of their servers, some
// accounts mute.
func (s *store) muted(ctx context.Context, by []account.ID, items []Item) (accounts map[int64]bool, hosts map[string]bool, err error) {
	accounts, hosts = map[int64]bool{}, map[string]bool{}
	if len(by) == 0 || len(items) == 0 {
		return accounts, hosts, nil
	}
	owners, servers := make([]int64, len(items)), make([]string, len(items))
	for i, it := range items {
		owners[i], servers[i] = it.Account.ID, it.Account.Host
	}
	err = db.Each(ctx, s.db.Read(), func(r *sql.Rows) error {
		var id int64
		if err := r.Scan(&id); err != nil {
			return err
		}
		accounts[id] = true
		return nil
	}, "SELECT target_id FROM account_block WHERE account_id IN (?) AND target_id IN (?)", bun.In(by), bun.In(owners))
	if err == nil {
		err = db.Each(ctx, s.db.Read(), func(r *sql.Rows) error {
			var name string
			if err := r.Scan(&name); err != nil {
				return err
			}
			hosts[name] = true
			return nil
		}, "SELECT h.name FROM host_block b JOIN host h ON h.id = b.host_id WHERE b.account_id IN (?) AND h.name IN (?)", bun.In(by), bun.In(servers))
	}
	if err != nil {
		err = fmt.Errorf("list mutes: %w", err)
	}
	return accounts, hosts, err
}
