package db

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

//go:embed migrations/*.sql
var files embed.FS

func embedded() fs.FS {
	sub, err := fs.Sub(files, "migrations")
	if err != nil {
		panic(err) // the name is a constant
	}
	return sub
}

// step is one version of the schema: the statements of NNNN_name.sql, then
// those of NNNN_name.sqlite.sql or NNNN_name.pg.sql, whichever exist.
type step struct {
	version int
	name    string
	sql     string
}

func loadSteps(dir fs.FS, e engine) ([]step, error) {
	names, err := fs.Glob(dir, "*.sql")
	if err != nil {
		return nil, err
	}
	// By stem, so that NNNN_name.sql comes before its variant.
	slices.SortFunc(names, func(a, b string) int {
		return strings.Compare(strings.TrimSuffix(a, ".sql"), strings.TrimSuffix(b, ".sql"))
	})
	others := ".pg"
	if e.postgres() {
		others = ".sqlite"
	}
	var steps []step
	for _, file := range names {
		stem := strings.TrimSuffix(file, ".sql")
		variant := path.Ext(stem)
		name := strings.TrimSuffix(stem, variant)
		version, err := strconv.Atoi(name[:min(4, len(name))])
		if err != nil || version < 1 {
			return nil, fmt.Errorf("migration %s: want a name like 0001_what.sql", file)
		}
		if len(steps) < version {
			steps = append(steps, step{version: version, name: name})
		}
		if len(steps) != version || steps[version-1].name != name {
			return nil, fmt.Errorf("migration %s: number %d is out of order or taken", file, version)
		}
		text, err := fs.ReadFile(dir, file)
		if err != nil {
			return nil, err
		}
		if variant != others {
			steps[version-1].sql += e.macros().Replace(string(text)) + "\n"
		}
	}
	return steps, nil
}

type migrator struct {
	engine engine
	log    *slog.Logger
	steps  []step
}

// run brings the schema to the last step. Each step is one transaction together
// with its row in schema_version: a process killed at any instruction leaves a
// whole version behind.
func (m migrator) run(ctx context.Context, pool *sql.DB) (err error) {
	c, err := pool.Conn(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	restore, err := m.engine.prepare(ctx, c)
	if err != nil {
		return fmt.Errorf("prepare migration: %w", err)
	}
	defer func() { err = errors.Join(err, restore(context.WithoutCancel(ctx))) }()
	have, err := m.version(ctx, c)
	if err != nil {
		return fmt.Errorf("read schema version: %w", err)
	}
	if have > len(m.steps) {
		return fmt.Errorf("the database has schema %d, but this program knows only %d: "+
			"start the newer program again, or restore the backup made before it first ran", have, len(m.steps))
	}
	if have > 0 && have < len(m.steps) {
		if err := m.backup(ctx, c, have); err != nil {
			return fmt.Errorf("back up before migrating from schema %d: %w", have, err)
		}
	}
	for _, s := range m.steps[have:] {
		if err := m.apply(ctx, c, s); err != nil {
			return fmt.Errorf("migration %s: %w", s.name, err)
		}
		m.log.Info("database migrated", "schema", s.version, "name", s.name)
	}
	return nil
}

func (m migrator) version(ctx context.Context, c *sql.Conn) (v int, err error) {
	found, err := m.engine.hasTable(ctx, c, "schema_version")
	if err != nil || !found {
		return 0, err
	}
	err = c.QueryRowContext(ctx, "SELECT COALESCE(MAX(version), 0) FROM schema_version").Scan(&v)
	return v, err
}

// backup copies a SQLite file beside itself, once for each version: a crash
// loop during an upgrade must not fill the disk.
func (m migrator) backup(ctx context.Context, c *sql.Conn, have int) error {
	s, ok := m.engine.(*sqlite)
	if !ok {
		m.log.Warn("migrating a PostgreSQL database without a backup of our own", "schema", have)
		return nil
	}
	file := fmt.Sprintf("%s.schema%d.backup", s.file, have)
	err := s.snapshot(ctx, c, file)
	if errors.Is(err, fs.ErrExist) {
		m.log.Info("backup of this schema exists already", "file", file)
		return nil
	}
	if err == nil {
		m.log.Info("database backed up before migrating", "file", file)
	}
	return err
}

func (m migrator) apply(ctx context.Context, c *sql.Conn, s step) error {
	tx, err := c.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := m.statements(ctx, tx, s); err != nil {
		return errors.Join(err, ignoreDone(tx.Rollback()))
	}
	return tx.Commit()
}

func (m migrator) statements(ctx context.Context, tx *sql.Tx, s step) error {
	if s.version == 1 {
		const table = "CREATE TABLE schema_version (version BIGINT PRIMARY KEY, name TEXT NOT NULL, applied_at BIGINT NOT NULL)"
		if _, err := tx.ExecContext(ctx, table); err != nil {
			return err
		}
	}
	if _, err := tx.ExecContext(ctx, s.sql); err != nil {
		return err
	}
	if err := m.engine.settle(ctx, tx); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, "INSERT INTO schema_version (version, name, applied_at) VALUES ($1, $2, $3)",
		s.version, s.name, time.Now().UnixMilli())
	return err
}
