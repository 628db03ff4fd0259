package playlist

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"vidiverse/instance/account"
	"vidiverse/instance/actor"
	"vidiverse/instance/channel"
	"vidiverse/instance/db"
	"vidiverse/instance/fault"
)

// store holds the SQL of playlists.
type store struct{}

const (
	columns = `SELECT p.id, p.uuid, p.url, t.host_id IS NULL, p.account_id, p.channel_id, p.channel_position, p.name, p.description, p.privacy, p.type,
	p.fetched_at, p.created_at, p.updated_at, (SELECT COUNT(*) FROM playlist_element e WHERE e.playlist_id = p.id),
	(SELECT string_agg(i.width || ' ' || i.height || ' ' || i.file, ',') FROM playlist_thumbnail i WHERE i.playlist_id = p.id)`
	tables = ` FROM playlist p JOIN account a ON a.id = p.account_id JOIN actor t ON t.id = a.actor_id`
)

func scan(r interface{ Scan(...any) error }) (p Playlist, err error) {
	var ch, position, fetched sql.NullInt64
	var description, pictures sql.NullString
	var created, updated int64
	err = r.Scan(&p.ID, &p.UUID, &p.URL, &p.Local, &p.Owner, &ch, &position, &p.Name, &description, &p.Privacy, &p.Kind,
		&fetched, &created, &updated, &p.Length, &pictures)
	p.Channel, p.Position, p.Description = channel.ID(ch.Int64), int(position.Int64), description.String
	p.FetchedAt, p.CreatedAt, p.UpdatedAt = db.NullTime(fetched), db.Time(created), db.Time(updated)
	p.Thumbnails = readPictures(pictures.String)
	return p, err
}

// readPictures reads "width height file,…", narrowest first.
func readPictures(s string) (list []Thumbnail) {
	if s == "" {
		return nil
	}
	for part := range strings.SplitSeq(s, ",") {
		f := strings.SplitN(part, " ", 3)
		if len(f) != 3 {
			continue
		}
		width, _ := strconv.Atoi(f[0])  // the database wrote the number
		height, _ := strconv.Atoi(f[1]) // likewise
		list = append(list, Thumbnail{width, height, f[2]})
	}
	slices.SortFunc(list, func(a, b Thumbnail) int { return cmp.Compare(a.Width, b.Width) })
	return list
}

func (store) one(ctx context.Context, q bun.IDB, where string, arg any) (Playlist, error) {
	p, err := scan(q.QueryRowContext(ctx, columns+tables+" WHERE "+where, arg))
	if errors.Is(err, sql.ErrNoRows) {
		err = notFound()
	}
	return p, err
}

func (store) many(ctx context.Context, q bun.IDB, where string, args ...any) (list []Playlist, err error) {
	err = db.Each(ctx, q, func(r *sql.Rows) error {
		p, err := scan(r)
		list = append(list, p)
		return err
	}, columns+tables+where, args...)
	if err != nil {
		err = fmt.Errorf("list playlists: %w", err)
	}
	return list, err
}

func (store) insert(ctx context.Context, tx db.Tx, p *Playlist) error {
	err := tx.QueryRowContext(ctx, `INSERT INTO playlist (uuid, url, account_id, channel_id, channel_position, name, description, privacy, type, created_at, updated_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`, p.UUID, p.URL, int64(p.Owner), db.Number(int(p.Channel)), db.Number(p.Position), p.Name,
		db.Text(p.Description), int(p.Privacy), int(p.Kind), db.Millis(p.CreatedAt), db.Millis(p.UpdatedAt)).Scan(&p.ID)
	if err != nil {
		err = fmt.Errorf("insert playlist: %w", err)
	}
	return err
}

func (store) update(ctx context.Context, tx db.Tx, p Playlist) error {
	_, err := tx.ExecContext(ctx, `UPDATE playlist SET name = ?, description = ?, privacy = ?, channel_id = ?, channel_position = ?, updated_at = ? WHERE id = ?`,
		p.Name, db.Text(p.Description), int(p.Privacy), db.Number(int(p.Channel)), db.Number(p.Position), db.Millis(p.UpdatedAt), int64(p.ID))
	return err
}

func (store) touch(ctx context.Context, tx db.Tx, id ID, now time.Time) error {
	_, err := tx.ExecContext(ctx, "UPDATE playlist SET updated_at = ? WHERE id = ?", db.Millis(now), int64(id))
	return err
}

func (store) fetched(ctx context.Context, tx db.Tx, id ID, now time.Time) error {
	_, err := tx.ExecContext(ctx, "UPDATE playlist SET fetched_at = ? WHERE id = ?", db.Millis(now), int64(id))
	return err
}

func (store) delete(ctx context.Context, tx db.Tx, id ID) error {
	_, err := tx.ExecContext(ctx, "DELETE FROM playlist WHERE id = ?", int64(id))
	return err
}

// bury remembers the address of a playlist that others heard of.
func (store) bury(ctx context.Context, tx db.Tx, p Playlist, now time.Time) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO tombstone (url, type, actor_id, at) SELECT ?, 'Playlist', actor_id, ? FROM account WHERE id = ?
		ON CONFLICT (url) DO NOTHING`, p.URL, db.Millis(now), int64(p.Owner))
	return err
}

func (store) deleteOf(ctx context.Context, tx db.Tx, of account.ID, now time.Time) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO tombstone (url, type, actor_id, at) SELECT p.url, 'Playlist', a.actor_id, ? FROM playlist p
		JOIN account a ON a.id = p.account_id JOIN actor t ON t.id = a.actor_id
		WHERE p.account_id = ? AND p.privacy < 3 AND t.host_id IS NULL ON CONFLICT (url) DO NOTHING`, db.Millis(now), int64(of))
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "DELETE FROM playlist WHERE account_id = ?", int64(of))
	return err
}

// The places in a channel.

func (store) nextInChannel(ctx context.Context, q bun.IDB, id channel.ID) (n int, err error) {
	err = q.QueryRowContext(ctx, "SELECT COALESCE(MAX(channel_position), 0) + 1 FROM playlist WHERE channel_id = ?", int64(id)).Scan(&n)
	return n, err
}

func (store) closeInChannel(ctx context.Context, tx db.Tx, ch channel.ID, id ID, position int) error {
	_, err := tx.ExecContext(ctx, "UPDATE playlist SET channel_position = channel_position - 1 WHERE channel_id = ? AND channel_position > ? AND id <> ?",
		int64(ch), position, int64(id))
	return err
}

func (store) setPosition(ctx context.Context, tx db.Tx, id ID, position int, now time.Time) error {
	_, err := tx.ExecContext(ctx, "UPDATE playlist SET channel_position = ?, updated_at = ? WHERE id = ?", position, db.Millis(now), int64(id))
	return err
}

func (s store) ofChannel(ctx context.Context, q bun.IDB, id channel.ID) ([]Playlist, error) {
	return s.many(ctx, q, " WHERE p.channel_id = ? ORDER BY p.channel_position, p.id", int64(id))
}

func (store) leaveChannel(ctx context.Context, tx db.Tx, id channel.ID, now time.Time) error {
	_, err := tx.ExecContext(ctx, "UPDATE playlist SET privacy = 3, channel_id = NULL, channel_position = NULL, updated_at = ? WHERE channel_id = ?",
		db.Millis(now), int64(id))
	return err
}

// channelOwner is whose account a channel is.
func (store) channelOwner(ctx context.Context, q bun.IDB, id channel.ID) (of account.ID, err error) {
	err = q.QueryRowContext(ctx, "SELECT c.account_id FROM channel c JOIN actor t ON t.id = c.actor_id WHERE c.id = ? AND t.deleted_at IS NULL", int64(id)).Scan(&of)
	if errors.Is(err, sql.ErrNoRows) {
		err = fault.New(fault.NotFound, "Video channel not found")
	}
	return of, err
}

func (store) ownerActor(ctx context.Context, q bun.IDB, id account.ID) (by actor.ID, err error) {
	err = q.QueryRowContext(ctx, "SELECT actor_id FROM account WHERE id = ?", int64(id)).Scan(&by)
	return by, err
}

// remoteOwner refuses an account of ours.
func (store) remoteOwner(ctx context.Context, q bun.IDB, id account.ID) error {
	var local bool
	err := q.QueryRowContext(ctx, "SELECT t.host_id IS NULL FROM account a JOIN actor t ON t.id = a.actor_id WHERE a.id = ?", int64(id)).Scan(&local)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return fault.New(fault.NotFound, "Account not found")
	case err == nil && local:
		return fault.New(fault.Forbidden, "Playlists of our accounts are made here")
	}
	return err
}

// actors are whose followers hear of a playlist: first that of its account, which
// signs, then that of its channel and of the instance.
func (store) actors(ctx context.Context, q bun.IDB, p Playlist) (list []int64, err error) {
	err = db.Each(ctx, q, func(r *sql.Rows) error {
		var id int64
		err := r.Scan(&id)
		list = append(list, id)
		return err
	}, `SELECT actor_id FROM (SELECT a.actor_id, 1 AS place FROM account a WHERE a.id = ?
		UNION ALL SELECT c.actor_id, 2 FROM channel c WHERE c.id = ?
		UNION ALL SELECT t.id, 3 FROM actor t WHERE t.host_id IS NULL AND lower(t.username) = 'peertube') w ORDER BY place`,
		int64(p.Owner), int64(p.Channel))
	if err == nil && len(list) == 0 {
		err = fault.New(fault.NotFound, "Account not found")
	}
	return list, err
}

// "Watch later".

func (store) hasWatchLater(ctx context.Context, q bun.IDB, of account.ID) (bool, error) {
	var n int
	err := q.QueryRowContext(ctx, "SELECT COUNT(*) FROM playlist WHERE account_id = ? AND type = 2", int64(of)).Scan(&n)
	return n > 0, err
}

func (store) withoutWatchLater(ctx context.Context, q bun.IDB, most int) (ids []account.ID, err error) {
	err = db.Each(ctx, q, func(r *sql.Rows) error {
		var id account.ID
		err := r.Scan(&id)
		ids = append(ids, id)
		return err
	}, `SELECT a.id FROM account a WHERE a.user_id IS NOT NULL
		AND NOT EXISTS (SELECT 1 FROM playlist p WHERE p.account_id = a.id AND p.type = 2) ORDER BY a.id LIMIT ?`, most)
	return ids, err
}
