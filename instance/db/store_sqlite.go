package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/uptrace/bun/dialect/sqlitedialect"
	"github.com/uptrace/bun/schema"
	driver "modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"
)

type sqlite struct{ file string }

func lockFor(file string) (*Lock, error) {
	if file == "" || strings.HasPrefix(file, ":") {
		return nil, errors.New("database URL: sqlite: needs a file name")
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
		return nil, err
	}
	return LockFolder(filepath.Dir(file))
}

func (s *sqlite) postgres() bool            { return false }
func (s *sqlite) dialect() schema.Dialect   { return sqlitedialect.New() }
func (s *sqlite) txOptions() *sql.TxOptions { return nil }
func (s *sqlite) now() string               { return "CAST(ROUND(unixepoch('subsec') * 1000) AS INTEGER)" }

func (s *sqlite) macros() *strings.Replacer {
	return strings.NewReplacer("{{id}}", "INTEGER PRIMARY KEY AUTOINCREMENT", "{{blob}}", "BLOB")
}

func (s *sqlite) pools(ctx context.Context) (write, read *sql.DB, writers int, err error) {
	if err := private(s.file); err != nil {
		return nil, nil, 0, err
	}
	// FULL: an acknowledged write survives a power cut, also under WAL.
	if write, err = s.pool(ctx, 1, "immediate", "journal_mode(WAL)", "synchronous(FULL)", "journal_size_limit(67108864)"); err != nil {
		return nil, nil, 0, err
	}
	if read, err = s.pool(ctx, max(4, 2*runtime.NumCPU()), "deferred", "query_only(1)"); err != nil {
		return nil, nil, 0, errors.Join(err, write.Close())
	}
	return write, read, 1, nil
}

func (s *sqlite) pool(ctx context.Context, size int, lock string, pragmas ...string) (*sql.DB, error) {
	q := url.Values{"_txlock": {lock}}
	for _, p := range append([]string{"busy_timeout(5000)", "foreign_keys(1)", "temp_store(MEMORY)", "cache_size(-8000)"}, pragmas...) {
		q.Add("_pragma", p)
	}
	p, err := sql.Open("sqlite", "file:"+(&url.URL{Path: s.file}).EscapedPath()+"?"+q.Encode())
	if err != nil {
		return nil, err
	}
	p.SetMaxOpenConns(size)
	p.SetMaxIdleConns(size)
	if err := p.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", s.file, err), p.Close())
	}
	return p, nil
}

// prepare turns foreign keys off, as SQLite asks of whoever rebuilds a table;
// settle checks them before the commit. The pragma works only outside a transaction.
func (s *sqlite) prepare(ctx context.Context, c *sql.Conn) (func(context.Context) error, error) {
	_, err := c.ExecContext(ctx, "PRAGMA foreign_keys = OFF")
	return func(ctx context.Context) error {
		_, err := c.ExecContext(ctx, "PRAGMA foreign_keys = ON")
		return err
	}, err
}

func (s *sqlite) settle(ctx context.Context, tx *sql.Tx) error {
	rows, err := tx.QueryContext(ctx, "PRAGMA foreign_key_check")
	if err != nil {
		return err
	}
	found, err := orphans(rows)
	if err == nil && len(found) > 0 {
		err = errors.New(found[0])
	}
	return err
}

func orphans(rows *sql.Rows) (found []string, err error) {
	defer rows.Close()
	for rows.Next() {
		var table, parent string
		var row sql.NullInt64
		var key int
		if err := rows.Scan(&table, &row, &parent, &key); err != nil {
			return nil, err
		}
		found = append(found, fmt.Sprintf("row %d of %s points to a row that %s does not have", row.Int64, table, parent))
	}
	return found, rows.Err()
}

func (s *sqlite) hasTable(ctx context.Context, c *sql.Conn, name string) (found bool, err error) {
	err = c.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?)", name).Scan(&found)
	return found, err
}

// snapshot writes beside the target and renames, so that a half copy never
// bears the name of a whole one.
func (s *sqlite) snapshot(ctx context.Context, c *sql.Conn, file string) error {
	if _, err := os.Stat(file); err == nil {
		return fmt.Errorf("%s: %w", file, os.ErrExist)
	}
	part := file + ".part"
	if err := os.Remove(part); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := private(part); err != nil {
		return err
	}
	if err := vacuum(ctx, c, part); err != nil {
		return errors.Join(err, ignoreAbsent(os.Remove(part)))
	}
	if err := syncPath(part); err != nil {
		return err
	}
	if err := os.Rename(part, file); err != nil {
		return err
	}
	return syncPath(filepath.Dir(file))
}

// vacuum lifts query_only for the while: it forbids writing any file.
func vacuum(ctx context.Context, c *sql.Conn, file string) (err error) {
	var was int
	if err := c.QueryRowContext(ctx, "PRAGMA query_only").Scan(&was); err != nil {
		return err
	}
	if _, err := c.ExecContext(ctx, "PRAGMA query_only = 0"); err != nil {
		return err
	}
	defer func() {
		_, back := c.ExecContext(context.WithoutCancel(ctx), fmt.Sprintf("PRAGMA query_only = %d", was))
		err = errors.Join(err, back)
	}()
	_, err = c.ExecContext(ctx, "VACUUM INTO ?", file)
	return err
}

func (s *sqlite) check(ctx context.Context, d *sql.DB) (found []string, err error) {
	rows, err := d.QueryContext(ctx, "PRAGMA integrity_check(100)")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			return nil, err
		}
		if line != "ok" {
			found = append(found, line)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	keys, err := d.QueryContext(ctx, "PRAGMA foreign_key_check")
	if err != nil {
		return nil, err
	}
	lost, err := orphans(keys)
	return append(found, lost...), err
}

func (s *sqlite) collided(err error) bool {
	code := sqliteCode(err)
	return code == lib.SQLITE_BUSY || code == lib.SQLITE_LOCKED
}

func (s *sqlite) duplicate(err error) bool {
	var e *driver.Error
	return errors.As(err, &e) && (e.Code() == lib.SQLITE_CONSTRAINT_UNIQUE || e.Code() == lib.SQLITE_CONSTRAINT_PRIMARYKEY)
}

func (s *sqlite) full(err error) bool {
	switch sqliteCode(err) {
	case lib.SQLITE_FULL, lib.SQLITE_IOERR, lib.SQLITE_READONLY, lib.SQLITE_CANTOPEN:
		return true
	}
	return false
}

// sqliteCode is the primary result code, without the extension in the high bits.
func sqliteCode(err error) int {
	var e *driver.Error
	if !errors.As(err, &e) {
		return 0
	}
	return e.Code() & 0xff
}

// private makes an empty file that only we may read: it will hold keys and
// hashes. SQLite takes an empty file for a new database and gives its log the
// same rights.
func private(name string) error {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

func syncPath(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

func ignoreAbsent(err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}
