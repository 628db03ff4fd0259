package upload

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"vidiverse/instance/db"
	"vidiverse/instance/user"
	"vidiverse/instance/video"
)

type store struct{ db *db.DB }

const columns = `id, user_id, draft, filename, mime, size, received, state, source_key, COALESCE(video_id, 0), video_uuid, touched_at`

func scan(row interface{ Scan(...any) error }) (record, error) {
	var r record
	var touched int64
	err := row.Scan(&r.ID, &r.User, &r.Draft, &r.Filename, &r.Mime, &r.Size, &r.Received, &r.State, &r.Key, &r.VideoID, &r.UUID, &touched)
	r.Touched = db.Time(touched)
	if errors.Is(err, sql.ErrNoRows) {
		return record{}, errUnknown
	}
	return r, err
}

func (s *store) byID(ctx context.Context, id ID) (record, error) {
	return scan(s.db.Read().QueryRowContext(ctx, `SELECT `+columns+` FROM upload WHERE id = ?`, string(id)))
}

// same finds an open upload of the same file with the same description.
func (s *store) same(ctx context.Context, tx db.Tx, r record) (record, error) {
	return scan(tx.QueryRowContext(ctx, `SELECT `+columns+` FROM upload
		WHERE user_id = ? AND state = 'open' AND filename = ? AND mime = ? AND size = ? AND draft = ? ORDER BY created_at LIMIT 1`,
		int64(r.User), r.Filename, r.Mime, r.Size, r.Draft))
}

// reserved counts what a user's unfinished uploads will take, but for one.
func (s *store) reserved(ctx context.Context, tx db.Tx, id user.ID, but ID) (n int, bytes int64, err error) {
	err = tx.QueryRowContext(ctx, `SELECT COUNT(*), COALESCE(SUM(size), 0) FROM upload WHERE user_id = ? AND state <> 'done' AND id <> ?`,
		int64(id), string(but)).Scan(&n, &bytes)
	return n, bytes, err
}

// unfinished is the bytes that all open uploads still expect.
func (s *store) unfinished(ctx context.Context) (n int64, err error) {
	err = s.db.Read().QueryRowContext(ctx, `SELECT COALESCE(SUM(size - received), 0) FROM upload WHERE state = 'open'`).Scan(&n)
	return n, err
}

func (s *store) insert(ctx context.Context, tx db.Tx, r record) error {
	at := db.Millis(r.Touched)
	_, err := tx.ExecContext(ctx, `INSERT INTO upload (id, user_id, draft, filename, mime, size, state, created_at, touched_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`, string(r.ID), int64(r.User), r.Draft, r.Filename, r.Mime, r.Size, r.State, at, at)
	return err
}

func (s *store) setReceived(ctx context.Context, tx db.Tx, id ID, n int64, at time.Time) error {
	_, err := tx.ExecContext(ctx, `UPDATE upload SET received = ?, touched_at = ? WHERE id = ?`, n, db.Millis(at), string(id))
	return err
}

// setSize corrects a reservation once the true size is known.
func (s *store) setSize(ctx context.Context, tx db.Tx, id ID, size int64) error {
	_, err := tx.ExecContext(ctx, `UPDATE upload SET size = ?, received = ? WHERE id = ?`, size, size, string(id))
	return err
}

func (s *store) setState(ctx context.Context, tx db.Tx, id ID, state, key string, at time.Time) error {
	_, err := tx.ExecContext(ctx, `UPDATE upload SET state = ?, source_key = ?, touched_at = ? WHERE id = ?`, state, key, db.Millis(at), string(id))
	return err
}

func (s *store) setDone(ctx context.Context, tx db.Tx, id ID, v video.ID, uuid string, at time.Time) error {
	_, err := tx.ExecContext(ctx, `UPDATE upload SET state = 'done', video_id = ?, video_uuid = ?, touched_at = ? WHERE id = ?`,
		int64(v), uuid, db.Millis(at), string(id))
	return err
}

func (s *store) delete(ctx context.Context, tx db.Tx, id ID) error {
	_, err := tx.ExecContext(ctx, `DELETE FROM upload WHERE id = ?`, string(id))
	return err
}

// all lists every upload, or those that nobody touched since the given time.
func (s *store) all(ctx context.Context, since time.Time) ([]record, error) {
	rows, err := s.db.Read().QueryContext(ctx, `SELECT `+columns+` FROM upload WHERE touched_at <= ? ORDER BY id`, db.Millis(since))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []record
	for rows.Next() {
		r, err := scan(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, r)
	}
	return list, rows.Err()
}
