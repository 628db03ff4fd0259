// Package db opens the instance's database, SQLite or PostgreSQL, and keeps
// its schema current. It knows no table but its own; domain packages write
// their SQL in their store files and run it through here.
//
//	read  ── Read() ──────▶ pool of read-only connections
//	write ── Write(ctx, fn) ▶ one serialisable transaction at a time (SQLite),
//	                          or a few (PostgreSQL), retried when they collide
//
// One SQL text runs on both databases. Times are BIGINT Unix milliseconds.
package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"strings"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"vidiverse/instance/fault"
)

// Config says which database to open. Zero fields but URL mean the default.
type Config struct {
	URL        string        // "sqlite:path/to/file" or "postgres://…"
	Log        *slog.Logger  // nil discards
	WriteLimit time.Duration // longest transaction; default 5 s
	WriteWait  time.Duration // longest wait for a turn to write; default 30 s

	migrations fs.FS // tests only; default is the embedded folder
}

// DB is an open database. It is safe for use by several goroutines.
type DB struct {
	engine engine
	read   *bun.DB
	write  *bun.DB
	turn   chan struct{} // one token a concurrent writer
	limit  time.Duration
	wait   time.Duration
	lock   *Lock
	log    *slog.Logger
}

// engine is what differs between the two databases.
type engine interface {
	postgres() bool
	dialect() schema.Dialect
	// pools opens the write and the read pool; writers is the size of the first.
	pools(ctx context.Context) (write, read *sql.DB, writers int, err error)
	txOptions() *sql.TxOptions
	// macros are replaced in migrations.
	macros() *strings.Replacer
	// prepare readies a connection for migrating and returns how to undo that.
	prepare(ctx context.Context, c *sql.Conn) (restore func(context.Context) error, err error)
	// settle checks what a migration left, before it is committed.
	settle(ctx context.Context, tx *sql.Tx) error
	hasTable(ctx context.Context, c *sql.Conn, name string) (bool, error)
	// snapshot copies the database to a new file.
	snapshot(ctx context.Context, c *sql.Conn, file string) error
	check(ctx context.Context, c *sql.DB) ([]string, error)
	collided(err error) bool // another transaction won: try again
	full(err error) bool     // no space or not writable
	duplicate(err error) bool
	now() string // SQL of the present, in milliseconds
}

// Open opens the database, locks its folder (SQLite) and migrates it to the
// newest schema, with a backup beside the file first when an older schema
// stands in it. It refuses a schema newer than this program knows.
func Open(ctx context.Context, cfg Config) (*DB, error) {
	d := &DB{log: cfg.Log, limit: orElse(cfg.WriteLimit, 5*time.Second), wait: orElse(cfg.WriteWait, 30*time.Second)}
	if d.log == nil {
		d.log = slog.New(slog.DiscardHandler)
	}
	if cfg.migrations == nil {
		cfg.migrations = embedded()
	}
	scheme, rest, _ := strings.Cut(cfg.URL, ":")
	switch scheme {
	case "sqlite":
		lock, err := lockFor(rest)
		if err != nil {
			return nil, err
		}
		d.lock, d.engine = lock, &sqlite{file: rest}
	case "postgres", "postgresql":
		d.engine = &postgres{dsn: cfg.URL}
	default:
		return nil, fmt.Errorf("database URL %q: want sqlite:FILE or postgres://…", scheme+":…")
	}
	if err := d.open(ctx, cfg.migrations); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

func (d *DB) open(ctx context.Context, migrations fs.FS) error {
	write, read, writers, err := d.engine.pools(ctx)
	if err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	d.write = bun.NewDB(write, d.engine.dialect())
	d.read = bun.NewDB(read, d.engine.dialect())
	d.turn = make(chan struct{}, writers)
	steps, err := loadSteps(migrations, d.engine)
	if err != nil {
		return err
	}
	m := migrator{engine: d.engine, log: d.log, steps: steps}
	return m.run(ctx, write)
}

// Close waits for running queries, closes the database and unlocks its folder.
func (d *DB) Close() error {
	var errs []error
	if d.read != nil {
		// Readers go first: the last SQLite connection folds the log into the file.
		errs = append(errs, d.read.Close(), d.write.Close())
	}
	if d.lock != nil {
		errs = append(errs, d.lock.Release())
	}
	return errors.Join(errs...)
}

// Read returns the pool of read-only connections. Writing through it fails.
// Reading works while a transaction writes, and sees what was committed.
func (d *DB) Read() bun.IDB { return d.read }

// Postgres reports whether the database is PostgreSQL, for the few queries
// that have two texts.
func (d *DB) Postgres() bool { return d.engine.postgres() }

// Now is an SQL expression: the database's present as Unix milliseconds.
func (d *DB) Now() string { return d.engine.now() }

// IsDuplicate reports whether err says that a row with the same unique key exists.
func IsDuplicate(err error) bool {
	return err != nil && ((*sqlite)(nil).duplicate(err) || (*postgres)(nil).duplicate(err))
}

// Check looks for damage and returns one line for each finding.
func (d *DB) Check(ctx context.Context) ([]string, error) {
	return d.engine.check(ctx, d.read.DB)
}

// Backup writes a consistent copy of the database to a new file, while others
// read and write. PostgreSQL has its own tool for that and answers an error.
func (d *DB) Backup(ctx context.Context, file string) error {
	c, err := d.read.DB.Conn(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := d.engine.snapshot(ctx, c, file); err != nil {
		return d.explain("back up the database", err)
	}
	return nil
}

// explain turns a failure of the medium into words for a user.
func (d *DB) explain(what string, err error) error {
	if d.engine.full(err) {
		return fault.New(fault.Unavailable, "%s: storage is full or read-only: %w", what, err)
	}
	return err
}

func orElse[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}
