package user

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/uptrace/bun"

	"vidiverse/instance/db"
	"vidiverse/instance/fault"
)

type store struct{}

// row is a user as the database has it.
type row struct {
	ID, AccountID               int64
	Username, Email             string
	EmailVerified               int64
	PasswordHash                string
	Role, AdminFlags            int64
	VideoQuota, VideoQuotaDaily int64
	Preferences                 string
	Blocked                     int64
	BlockedReason               sql.NullString
	LastLogin                   sql.NullInt64
	CreatedAt, UpdatedAt        int64
}

const columns = `SELECT u.id, a.id AS account_id, u.username, u.email, u.email_verified, u.password_hash, u.role, u.admin_flags,
	u.video_quota, u.video_quota_daily, u.preferences, u.blocked, u.blocked_reason, u.last_login, u.created_at, u.updated_at
	FROM local_user u JOIN account a ON a.user_id = u.id `

func (r row) account() (Account, error) {
	a := Account{
		ID: ID(r.ID), AccountID: r.AccountID, Username: r.Username, Email: r.Email, EmailVerified: r.EmailVerified != 0,
		Role: Role(r.Role), AdminFlags: int(r.AdminFlags), VideoQuota: r.VideoQuota, VideoQuotaDaily: r.VideoQuotaDaily,
		Blocked: r.Blocked != 0, BlockedReason: r.BlockedReason.String,
		LastLogin: db.Time(r.LastLogin.Int64), CreatedAt: db.Time(r.CreatedAt), UpdatedAt: db.Time(r.UpdatedAt),
	}
	if err := json.Unmarshal([]byte(r.Preferences), &a.Preferences); err != nil {
		return Account{}, fmt.Errorf("preferences of user %d: %w", r.ID, err)
	}
	return a, nil
}

func (store) one(ctx context.Context, q bun.IDB, where string, args ...any) (Account, string, error) {
	var r row
	err := q.NewRaw(columns+where, args...).Scan(ctx, &r)
	if errors.Is(err, sql.ErrNoRows) {
		return Account{}, "", fault.New(fault.NotFound, "User not found")
	}
	if err != nil {
		return Account{}, "", fmt.Errorf("find user: %w", err)
	}
	a, err := r.account()
	return a, r.PasswordHash, err
}

func (s store) byID(ctx context.Context, q bun.IDB, id ID) (Account, error) {
	a, _, err := s.one(ctx, q, `WHERE u.id = ?`, id)
	return a, err
}

// byLogin finds a user by name or address, with the hash of the password.
func (s store) byLogin(ctx context.Context, q bun.IDB, login string) (Account, string, error) {
	if strings.IndexByte(login, 0) >= 0 { // PostgreSQL has no such text
		return Account{}, "", fault.New(fault.NotFound, "User not found")
	}
	login = strings.ToLower(strings.ToValidUTF8(login, "?"))
	return s.one(ctx, q, `WHERE lower(u.username) = ? OR lower(u.email) = ? LIMIT 1`, login, login)
}

func (store) count(ctx context.Context, q bun.IDB) (n int, err error) {
	err = q.NewRaw(`SELECT count(*) FROM local_user`).Scan(ctx, &n)
	return n, err
}

func (store) insert(ctx context.Context, tx db.Tx, a Account, hash string) (ID, error) {
	prefs, err := json.Marshal(a.Preferences)
	if err != nil {
		return 0, err
	}
	var id ID
	err = tx.NewRaw(`INSERT INTO local_user (username, email, email_verified, password_hash, role, admin_flags,
		video_quota, video_quota_daily, preferences, created_at, updated_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING id`,
		a.Username, a.Email, flag(a.EmailVerified), hash, int(a.Role), a.AdminFlags,
		a.VideoQuota, a.VideoQuotaDaily, string(prefs), db.Millis(a.CreatedAt), db.Millis(a.UpdatedAt)).Scan(ctx, &id)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, errTaken
	}
	if err != nil {
		return 0, fmt.Errorf("insert user: %w", err)
	}
	return id, nil
}

// free tells whether a new user may have name and address: no user has one of
// them in whatever case, and nobody here ever had the name.
func (s store) free(ctx context.Context, q bun.IDB, username, email string) error {
	var users int
	err := q.NewRaw(`SELECT count(*) FROM local_user WHERE lower(username) IN (?) OR lower(email) IN (?)`,
		bun.List([]string{strings.ToLower(username), strings.ToLower(email)}), bun.List([]string{strings.ToLower(username), strings.ToLower(email)})).
		Scan(ctx, &users)
	if err != nil {
		return fmt.Errorf("find users: %w", err)
	}
	if users > 0 {
		return errTaken
	}
	taken, err := s.nameTaken(ctx, q, username)
	if err == nil && taken {
		err = fault.New(fault.Conflict, "Another actor (account/channel) with this name on this instance already exists or has already existed.")
	}
	return err
}

// nameTaken tells whether an account or channel here has the name, or had it.
func (store) nameTaken(ctx context.Context, q bun.IDB, name string) (bool, error) {
	var n int
	err := q.NewRaw(`SELECT count(*) FROM actor WHERE host_id IS NULL AND lower(username) = ?`, strings.ToLower(name)).Scan(ctx, &n)
	return n > 0, err
}

// emailFree tells whether nobody but one user has an address.
func (store) emailFree(ctx context.Context, q bun.IDB, email string, but ID) error {
	var n int
	err := q.NewRaw(`SELECT count(*) FROM local_user WHERE lower(email) = ? AND id <> ?`, strings.ToLower(email), but).Scan(ctx, &n)
	if err == nil && n > 0 {
		err = fault.New(fault.Conflict, "User with this email already exists.")
	}
	return err
}

var errTaken = fault.New(fault.Conflict, "User with this username or email already exists.")

// update writes what a user may change about themselves.
func (s store) update(ctx context.Context, tx db.Tx, a Account) error {
	prefs, err := json.Marshal(a.Preferences)
	if err != nil {
		return err
	}
	if err := s.emailFree(ctx, tx, a.Email, a.ID); err != nil {
		return err
	}
	_, err = tx.NewRaw(`UPDATE local_user SET email = ?, email_verified = ?, preferences = ?, updated_at = ? WHERE id = ?`,
		a.Email, flag(a.EmailVerified), string(prefs), db.Millis(a.UpdatedAt), a.ID).Exec(ctx)
	return err
}

func (store) setPassword(ctx context.Context, tx db.Tx, id ID, hash string, now int64) error {
	_, err := tx.NewRaw(`UPDATE local_user SET password_hash = ?, updated_at = ? WHERE id = ?`, hash, now, id).Exec(ctx)
	return err
}

func (store) setLastLogin(ctx context.Context, tx db.Tx, id ID, now int64) error {
	_, err := tx.NewRaw(`UPDATE local_user SET last_login = ? WHERE id = ?`, now, id).Exec(ctx)
	return err
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}
