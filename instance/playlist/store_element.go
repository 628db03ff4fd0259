package playlist

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"vidiverse/instance/access"
	"vidiverse/instance/db"
	"vidiverse/instance/fault"
	"vidiverse/instance/video"
)

// element is the row of one.
type element struct {
	id          ElementID
	video       video.ID // 0 once it is deleted
	position    int
	start, stop *int
}

const elementColumns = "SELECT e.id, e.video_id, e.position, e.start_at, e.stop_at FROM playlist_element e WHERE e.playlist_id = ?"

func scanElement(r interface{ Scan(...any) error }) (e element, err error) {
	var v, start, stop sql.NullInt64
	err = r.Scan(&e.id, &v, &e.position, &start, &stop)
	e.video, e.start, e.stop = video.ID(v.Int64), second(start), second(stop)
	return e, err
}

func second(n sql.NullInt64) *int {
	if !n.Valid {
		return nil
	}
	v := int(n.Int64)
	return &v
}

func nullable(n *int) any {
	if n == nil {
		return nil
	}
	return *n
}

func (store) elements(ctx context.Context, q bun.IDB, id ID, start, count int) (list []element, err error) {
	err = db.Each(ctx, q, func(r *sql.Rows) error {
		e, err := scanElement(r)
		list = append(list, e)
		return err
	}, elementColumns+" ORDER BY e.position, e.id LIMIT ? OFFSET ?", int64(id), count, start)
	return list, err
}

// element finds one of a playlist.
func (store) element(ctx context.Context, q bun.IDB, of ID, id ElementID) (element, error) {
	e, err := scanElement(q.QueryRowContext(ctx, elementColumns+" AND e.id = ?", int64(of), int64(id)))
	if errors.Is(err, sql.ErrNoRows) {
		err = fault.New(fault.NotFound, "Video playlist element not found")
	}
	return e, err
}

// append writes a new last element; address makes its URL of its number.
func (store) append(ctx context.Context, tx db.Tx, to ID, v video.ID, start, stop *int, now time.Time, address func(ElementID) string) (id ElementID, err error) {
	err = tx.QueryRowContext(ctx, `INSERT INTO playlist_element (url, playlist_id, video_id, position, start_at, stop_at, created_at, updated_at)
		VALUES (?, ?, ?, (SELECT COALESCE(MAX(position), 0) + 1 FROM playlist_element WHERE playlist_id = ?), ?, ?, ?, ?) RETURNING id`,
		access.NewUUID(), int64(to), int64(v), int64(to), nullable(start), nullable(stop), db.Millis(now), db.Millis(now)).Scan(&id)
	if err != nil {
		return 0, err
	}
	_, err = tx.ExecContext(ctx, "UPDATE playlist_element SET url = ? WHERE id = ?", address(id), int64(id))
	return id, err
}

func (store) setTimes(ctx context.Context, tx db.Tx, e element, now time.Time) error {
	_, err := tx.ExecContext(ctx, "UPDATE playlist_element SET start_at = ?, stop_at = ?, updated_at = ? WHERE id = ?",
		nullable(e.start), nullable(e.stop), db.Millis(now), int64(e.id))
	return err
}

// take removes an element and closes the gap.
func (store) take(ctx context.Context, tx db.Tx, of ID, e element) error {
	if _, err := tx.ExecContext(ctx, "DELETE FROM playlist_element WHERE id = ?", int64(e.id)); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, "UPDATE playlist_element SET position = position - 1 WHERE playlist_id = ? AND position > ?", int64(of), e.position)
	return err
}

// order are the numbers of all elements, as they stand.
func (store) order(ctx context.Context, q bun.IDB, of ID) (ids []int64, err error) {
	err = q.NewRaw("SELECT id FROM playlist_element WHERE playlist_id = ? ORDER BY position, id", int64(of)).Scan(ctx, &ids)
	return ids, err
}

// setOrder gives positions from 1 on to elements that stood elsewhere.
func (store) setOrder(ctx context.Context, tx db.Tx, was, ids []int64) error {
	for i, id := range ids {
		if was[i] == id {
			continue
		}
		if _, err := tx.ExecContext(ctx, "UPDATE playlist_element SET position = ? WHERE id = ?", i+1, id); err != nil {
			return err
		}
	}
	return nil
}

// replaceElements writes the elements of a remote playlist anew. An address that
// an element of another playlist has is not taken over.
func (store) replaceElements(ctx context.Context, tx db.Tx, of ID, list []RemoteElement, now time.Time) error {
	if _, err := tx.ExecContext(ctx, "DELETE FROM playlist_element WHERE playlist_id = ?", int64(of)); err != nil {
		return err
	}
	for i, e := range list {
		if e.Position == 0 {
			e.Position = i + 1
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO playlist_element (url, playlist_id, video_id, position, start_at, stop_at, created_at, updated_at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (url) DO NOTHING`,
			e.URL, int64(of), db.Number(int(e.Video)), e.Position, nullable(e.Start), nullable(e.Stop), db.Millis(now), db.Millis(now))
		if err != nil {
			return err
		}
	}
	return nil
}

// muted are those of some videos whose owner the viewer or the instance muted.
func (store) muted(ctx context.Context, q bun.IDB, viewer int64, ids []video.ID) (map[video.ID]bool, error) {
	found := map[video.ID]bool{}
	if len(ids) == 0 {
		return found, nil
	}
	const who = `(SELECT z.id FROM account z JOIN actor y ON y.id = z.actor_id WHERE y.host_id IS NULL AND lower(y.username) = 'peertube'
		UNION ALL SELECT z.id FROM account z WHERE z.id = ?)`
	err := db.Each(ctx, q, func(r *sql.Rows) error {
		var id video.ID
		err := r.Scan(&id)
		found[id] = true
		return err
	}, `SELECT v.id FROM video v JOIN channel c ON c.id = v.channel_id JOIN account a ON a.id = c.account_id JOIN actor t ON t.id = a.actor_id WHERE v.id IN (?)
		AND (EXISTS (SELECT 1 FROM account_block b WHERE b.target_id = a.id AND b.account_id IN `+who+`)
		OR EXISTS (SELECT 1 FROM host_block b WHERE b.host_id = t.host_id AND b.account_id IN `+who+`))`, bun.In(ids), viewer, viewer)
	return found, err
}

// exist says in which playlists of an account some videos stand.
func (store) exist(ctx context.Context, q bun.IDB, of int64, ids []video.ID) (map[video.ID][]Existing, error) {
	found := map[video.ID][]Existing{}
	err := db.Each(ctx, q, func(r *sql.Rows) error {
		var v video.ID
		var e Existing
		var start, stop sql.NullInt64
		if err := r.Scan(&v, &e.Playlist.ID, &e.Playlist.UUID, &e.Playlist.Name, &e.Element, &start, &stop); err != nil {
			return err
		}
		e.Start, e.Stop = second(start), second(stop)
		found[v] = append(found[v], e)
		return nil
	}, `SELECT e.video_id, p.id, p.uuid, p.name, e.id, e.start_at, e.stop_at FROM playlist_element e JOIN playlist p ON p.id = e.playlist_id
		WHERE p.account_id = ? AND e.video_id IN (?) ORDER BY p.id, e.position LIMIT 10000`, of, bun.In(ids))
	return found, err
}
