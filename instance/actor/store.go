package actor

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/uptrace/bun"

	"vidiverse/instance/db"
	"vidiverse/instance/fault"
)

type store struct{}

type row struct {
	kind                    Kind
	username                string
	url, inbox, sharedInbox string
}

func (store) insert(ctx context.Context, tx db.Tx, r row, now int64) (ID, error) {
	var id ID
	err := tx.NewRaw(`INSERT INTO actor (kind, username, url, inbox_url, shared_inbox_url, created_at, updated_at)
		VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING id`,
		r.kind, r.username, r.url, r.inbox, r.sharedInbox, now, now).Scan(ctx, &id)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, fault.New(fault.Conflict,
			"Another actor (account/channel) with name %s on this instance already exists or has already existed.", r.username)
	}
	if err != nil {
		return 0, fmt.Errorf("insert actor %s: %w", r.username, err)
	}
	_, err = tx.NewRaw(`INSERT INTO actor_counter (actor_id) VALUES (?)`, id).Exec(ctx)
	return id, err
}

func (store) touch(ctx context.Context, tx db.Tx, id ID, now int64) error {
	_, err := tx.NewRaw(`UPDATE actor SET updated_at = ? WHERE id = ?`, now, id).Exec(ctx)
	return err
}

func (store) retire(ctx context.Context, tx db.Tx, id ID, now int64) ([]string, error) {
	var files []string
	if err := tx.NewRaw(`DELETE FROM actor_image WHERE actor_id = ? RETURNING file`, id).Scan(ctx, &files); err != nil {
		return nil, fmt.Errorf("delete images of actor %d: %w", id, err)
	}
	_, err := tx.NewRaw(`INSERT INTO tombstone (url, type, actor_id, at)
		SELECT url, CASE kind WHEN 1 THEN 'Application' WHEN 2 THEN 'Person' ELSE 'Group' END, id, ? FROM actor WHERE id = ?
		ON CONFLICT DO NOTHING`, now, id).Exec(ctx)
	if err != nil {
		return nil, fmt.Errorf("bury actor %d: %w", id, err)
	}
	_, err = tx.NewRaw(`UPDATE actor SET deleted_at = ?, updated_at = ? WHERE id = ?`, now, now, id).Exec(ctx)
	return files, err
}

func (store) images(ctx context.Context, q bun.IDB, ids []ID) (map[ID]Images, error) {
	var rows []struct {
		ActorID, Kind, Width, Height, CreatedAt, UpdatedAt int64
		File                                               string
	}
	err := q.NewRaw(`SELECT actor_id, kind, width, height, file, created_at, updated_at
		FROM actor_image WHERE actor_id IN (?) ORDER BY actor_id, kind, width`, bun.List(ids)).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("images of actors: %w", err)
	}
	found := make(map[ID]Images, len(ids))
	for _, r := range rows {
		img := Image{Width: int(r.Width), Height: int(r.Height), File: r.File,
			CreatedAt: db.Time(r.CreatedAt), UpdatedAt: db.Time(r.UpdatedAt)}
		of := found[ID(r.ActorID)]
		if r.Kind == 1 {
			of.Avatars = append(of.Avatars, img)
		} else {
			of.Banners = append(of.Banners, img)
		}
		found[ID(r.ActorID)] = of
	}
	return found, nil
}
