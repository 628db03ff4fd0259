package block

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/uptrace/bun"

	"vidiverse/instance/account"
	"vidiverse/instance/actor"
	"vidiverse/instance/db"
)

type store struct{}

func (store) instance(ctx context.Context, q bun.IDB) (id account.ID, err error) {
	err = q.NewRaw(`SELECT a.id FROM account a JOIN actor t ON t.id = a.actor_id
		WHERE t.host_id IS NULL AND t.username = ? AND t.kind = 1`, actor.InstanceName).Scan(ctx, &id)
	return id, err
}

func (store) deaf(ctx context.Context, q bun.IDB, owners []account.ID, target account.ID) (map[account.ID]bool, error) {
	var ids []account.ID
	err := q.NewRaw(`SELECT account_id FROM account_block WHERE target_id = ? AND account_id IN (?)
		UNION SELECT b.account_id FROM host_block b JOIN actor t ON t.host_id = b.host_id JOIN account a ON a.actor_id = t.id
		WHERE a.id = ? AND b.account_id IN (?)`, target, bun.List(owners), target, bun.List(owners)).Scan(ctx, &ids)
	if err != nil {
		return nil, fmt.Errorf("who mutes account %d: %w", target, err)
	}
	found := make(map[account.ID]bool, len(ids))
	for _, id := range ids {
		found[id] = true
	}
	return found, nil
}

func (store) hostMuted(ctx context.Context, q bun.IDB, owners []account.ID, host string) (bool, error) {
	var n int
	err := q.NewRaw(`SELECT count(*) FROM host_block b JOIN host h ON h.id = b.host_id
		WHERE h.name = ? AND b.account_id IN (?)`, host, bun.List(owners)).Scan(ctx, &n)
	return n > 0, err
}

func (store) hostID(ctx context.Context, tx db.Tx, host string, now int64) (id int64, err error) {
	_, err = tx.NewRaw(`INSERT INTO host (name, created_at) VALUES (?, ?) ON CONFLICT DO NOTHING`, host, now).Exec(ctx)
	if err != nil {
		return 0, err
	}
	err = tx.NewRaw(`SELECT id FROM host WHERE name = ?`, host).Scan(ctx, &id)
	return id, err
}

func (store) muteAccount(ctx context.Context, tx db.Tx, by, target account.ID, now int64) error {
	_, err := tx.NewRaw(`INSERT INTO account_block (account_id, target_id, created_at) VALUES (?, ?, ?)
		ON CONFLICT DO NOTHING`, by, target, now).Exec(ctx)
	return err
}

func (store) unmuteAccount(ctx context.Context, tx db.Tx, by, target account.ID) (int64, error) {
	return affected(tx.NewRaw(`DELETE FROM account_block WHERE account_id = ? AND target_id = ?`, by, target).Exec(ctx))
}

func (store) muteServer(ctx context.Context, tx db.Tx, by account.ID, host, now int64) error {
	_, err := tx.NewRaw(`INSERT INTO host_block (account_id, host_id, created_at) VALUES (?, ?, ?)
		ON CONFLICT DO NOTHING`, by, host, now).Exec(ctx)
	return err
}

func (store) unmuteServer(ctx context.Context, tx db.Tx, by account.ID, host string) (int64, error) {
	return affected(tx.NewRaw(`DELETE FROM host_block WHERE account_id = ?
		AND host_id IN (SELECT id FROM host WHERE name = ?)`, by, host).Exec(ctx))
}

func affected(r sql.Result, err error) (int64, error) {
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

const (
	accountBlocks = `FROM account_block b JOIN account a ON a.id = b.target_id JOIN actor t ON t.id = a.actor_id
		LEFT JOIN host h ON h.id = t.host_id
		WHERE b.account_id = ? AND (? = '' OR lower(a.display_name) LIKE ? ESCAPE '!'
			OR lower(t.username) || '@' || COALESCE(h.name, '') LIKE ? ESCAPE '!') `
	hostBlocks = `FROM host_block b JOIN host h ON h.id = b.host_id
		WHERE b.account_id = ? AND (? = '' OR h.name LIKE ? ESCAPE '!') `
)

func like(search string) string {
	return "%" + strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(strings.ToLower(search)) + "%"
}

func (q Query) order() string {
	if q.Ascending {
		return `ORDER BY b.created_at, b.id LIMIT ? OFFSET ?`
	}
	return `ORDER BY b.created_at DESC, b.id DESC LIMIT ? OFFSET ?`
}

func (store) countAccounts(ctx context.Context, q bun.IDB, by account.ID, in Query) (n int, err error) {
	err = q.NewRaw(`SELECT count(*) `+accountBlocks, by, in.Search, like(in.Search), like(in.Search)).Scan(ctx, &n)
	return n, err
}

func (store) accounts(ctx context.Context, q bun.IDB, by account.ID, in Query) (list []Account, err error) {
	err = db.Each(ctx, q, func(r *sql.Rows) error {
		a, at := Account{By: by}, int64(0)
		if err := r.Scan(&a.Target, &at); err != nil {
			return err
		}
		a.At = db.Time(at)
		list = append(list, a)
		return nil
	}, `SELECT b.target_id, b.created_at `+accountBlocks+in.order(), by, in.Search, like(in.Search), like(in.Search), in.Count, in.Start)
	return list, err
}

func (store) countServers(ctx context.Context, q bun.IDB, by account.ID, in Query) (n int, err error) {
	err = q.NewRaw(`SELECT count(*) `+hostBlocks, by, in.Search, like(in.Search)).Scan(ctx, &n)
	return n, err
}

func (store) servers(ctx context.Context, q bun.IDB, by account.ID, in Query) (list []Server, err error) {
	err = db.Each(ctx, q, func(r *sql.Rows) error {
		s, at := Server{By: by}, int64(0)
		if err := r.Scan(&s.Host, &at); err != nil {
			return err
		}
		s.At = db.Time(at)
		list = append(list, s)
		return nil
	}, `SELECT h.name, b.created_at `+hostBlocks+in.order(), by, in.Search, like(in.Search), in.Count, in.Start)
	return list, err
}

// accountStatus fills in who of the asked is muted.
func (store) accountStatus(ctx context.Context, q bun.IDB, instance, reader account.ID, asked []handle, into map[string]Status) error {
	if len(asked) == 0 {
		return nil
	}
	names := make([]string, len(asked))
	for i, h := range asked {
		names[i] = strings.ToLower(h.name)
	}
	return db.Each(ctx, q, func(r *sql.Rows) error {
		var by account.ID
		var name, host string
		if err := r.Scan(&by, &name, &host); err != nil {
			return err
		}
		for _, h := range asked {
			if h.host == host && strings.EqualFold(h.name, name) {
				into[h.asked] = into[h.asked].with(by == instance)
			}
		}
		return nil
	}, `SELECT b.account_id, t.username, COALESCE(h.name, '') FROM account_block b JOIN account a ON a.id = b.target_id
		JOIN actor t ON t.id = a.actor_id LEFT JOIN host h ON h.id = t.host_id
		WHERE b.account_id IN (?, ?) AND lower(t.username) IN (?)`, instance, reader, bun.List(names))
}

// hostStatus fills in which of the asked are muted.
func (store) hostStatus(ctx context.Context, q bun.IDB, instance, reader account.ID, asked []string, into map[string]Status) error {
	if len(asked) == 0 {
		return nil
	}
	names := make([]string, len(asked))
	for i, h := range asked {
		names[i] = strings.ToLower(h)
	}
	return db.Each(ctx, q, func(r *sql.Rows) error {
		var by account.ID
		var host string
		if err := r.Scan(&by, &host); err != nil {
			return err
		}
		for _, h := range asked {
			if strings.EqualFold(h, host) {
				into[h] = into[h].with(by == instance)
			}
		}
		return nil
	}, `SELECT b.account_id, h.name FROM host_block b JOIN host h ON h.id = b.host_id
		WHERE b.account_id IN (?, ?) AND h.name IN (?)`, instance, reader, bun.List(names))
}

func (s Status) with(byInstance bool) Status {
	if byInstance {
		s.ByInstance = true
	} else {
		s.ByUser = true
	}
	return s
}
