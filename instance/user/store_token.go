package user

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/uptrace/bun"

	"vidiverse/instance/db"
	"vidiverse/instance/fault"
)

func (store) client(ctx context.Context, q bun.IDB) (Client, error) {
	var c Client
	err := q.NewRaw(`SELECT client_id, client_secret FROM oauth_client ORDER BY id LIMIT 1`).Scan(ctx, &c.ID, &c.Secret)
	if errors.Is(err, sql.ErrNoRows) {
		return Client{}, fault.New(fault.NotFound, "no OAuth client yet")
	}
	return c, err
}

func (store) insertClient(ctx context.Context, tx db.Tx, c Client, now int64) error {
	_, err := tx.NewRaw(`INSERT INTO oauth_client (client_id, client_secret, created_at) VALUES (?, ?, ?)`, c.ID, c.Secret, now).Exec(ctx)
	return err
}

func (store) insertSession(ctx context.Context, tx db.Tx, s session) error {
	_, err := tx.NewRaw(`INSERT INTO oauth_token (user_id, access_hash, access_expires, refresh_hash, refresh_expires, family,
		login_device, login_ip, login_at, active_device, active_ip, active_at, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		s.User, s.AccessHash, s.AccessEnds, s.RefreshHash, s.RefreshEnds, s.Family,
		s.Device, s.IP, s.LoginAt, s.Device, s.IP, s.CreatedAt, s.CreatedAt).Exec(ctx)
	if err != nil {
		return fmt.Errorf("insert token: %w", err)
	}
	return nil
}

// byAccess finds the caller of a live access token. It reads the account's
// number along, so that no request needs a second query to know who asks.
func (store) byAccess(ctx context.Context, q bun.IDB, hash string, now int64) (c Caller, ends int64, err error) {
	var role int
	err = q.NewRaw(`SELECT t.id, t.family, t.access_expires, u.id, u.role, u.username, a.id
		FROM oauth_token t JOIN local_user u ON u.id = t.user_id JOIN account a ON a.user_id = u.id
		WHERE t.access_hash = ? AND t.access_expires > ? AND t.rotated_at IS NULL AND u.blocked = 0`, hash, now).
		Scan(ctx, &c.TokenID, &c.Family, &ends, &c.UserID, &role, &c.Username, &c.AccountID)
	if errors.Is(err, sql.ErrNoRows) {
		return Caller{}, 0, fault.New(fault.NotFound, "token not found")
	}
	c.Role = Role(role)
	return c, ends, err
}

func (store) byRefresh(ctx context.Context, tx db.Tx, hash string) (s session, err error) {
	var rotated, login sql.NullInt64
	err = tx.NewRaw(`SELECT t.id, t.user_id, t.family, t.refresh_expires, t.rotated_at, t.login_at
		FROM oauth_token t JOIN local_user u ON u.id = t.user_id
		WHERE t.refresh_hash = ? AND u.blocked = 0`, hash).
		Scan(ctx, &s.ID, &s.User, &s.Family, &s.RefreshEnds, &rotated, &login)
	if errors.Is(err, sql.ErrNoRows) {
		return session{}, fault.New(fault.NotFound, "token not found")
	}
	s.RotatedAt, s.LoginAt = rotated.Int64, login.Int64
	return s, err
}

// rotate marks a pair as exchanged. It reports false if it already was.
func (store) rotate(ctx context.Context, tx db.Tx, id, now int64) (bool, error) {
	res, err := tx.NewRaw(`UPDATE oauth_token SET rotated_at = ? WHERE id = ? AND rotated_at IS NULL`, now, id).Exec(ctx)
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

func (store) deleteFamily(ctx context.Context, tx db.Tx, family string) error {
	_, err := tx.NewRaw(`DELETE FROM oauth_token WHERE family = ?`, family).Exec(ctx)
	return err
}

// deleteTokens ends all log-ins of a user but the family keep.
func (store) deleteTokens(ctx context.Context, tx db.Tx, id ID, keep string) error {
	_, err := tx.NewRaw(`DELETE FROM oauth_token WHERE user_id = ? AND family <> ?`, id, keep).Exec(ctx)
	return err
}

func (store) deleteExpired(ctx context.Context, tx db.Tx, id ID, now int64) error {
	_, err := tx.NewRaw(`DELETE FROM oauth_token WHERE user_id = ? AND refresh_expires <= ?`, id, now).Exec(ctx)
	return err
}
