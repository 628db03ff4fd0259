// Package dbtest gives tests a database of their own, empty and migrated, on
// every database the instance runs on.
package dbtest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver that makes and drops schemas

	"vidiverse/instance/db"
)

// Env names the variable that holds the DSN of a PostgreSQL where tests may
// create schemas. Without it they run on SQLite alone.
const Env = "VIDIVERSE_TEST_POSTGRES"

// Run runs f once for each database, as sub-tests "sqlite" and "postgres".
func Run(t *testing.T, f func(t *testing.T, d *db.DB)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { f(t, SQLite(t)) })
	if os.Getenv(Env) != "" {
		t.Run("postgres", func(t *testing.T) { f(t, Postgres(t)) })
	}
}

// SQLite returns a migrated database in a folder that goes with the test.
func SQLite(t testing.TB) *db.DB {
	t.Helper()
	file := filepath.Join(t.TempDir(), "test.db")
	image, err := migrated()
	if err != nil {
		t.Fatalf("make a test database: %v", err)
	}
	if err := os.WriteFile(file, image, 0o600); err != nil {
		t.Fatal(err)
	}
	return open(t, "sqlite:"+file)
}

// migrated is the file of an empty database at the newest schema, made once:
// copying it is many times faster than migrating.
var migrated = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "dbtest")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "test.db")
	d, err := db.Open(context.Background(), db.Config{URL: "sqlite:" + file})
	if err != nil {
		return nil, err
	}
	if err := d.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(file)
})

// Postgres returns a database in a new schema, dropped with the test. It fails
// when Env is not set.
func Postgres(t testing.TB) *db.DB {
	t.Helper()
	return open(t, Schema(t))
}

// Schema makes an empty PostgreSQL schema, dropped with the test, and returns a
// URL whose search path it is.
func Schema(t testing.TB) string {
	t.Helper()
	dsn, err := url.Parse(os.Getenv(Env))
	if err != nil || dsn.Scheme == "" {
		t.Fatalf("%s: want postgres://…", Env)
	}
	admin, err := sql.Open("pgx", dsn.String())
	if err != nil {
		t.Fatal(err)
	}
	name := "test_" + strings.ToLower(rand.Text())
	if _, err := admin.ExecContext(t.Context(), "CREATE SCHEMA "+name); err != nil {
		t.Fatalf("create schema: %v", err)
	}
	t.Cleanup(func() {
		if err := drop(admin, name); err != nil {
			t.Errorf("drop schema: %v", err)
		}
		if err := admin.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	q := dsn.Query()
	q.Set("search_path", name)
	dsn.RawQuery = q.Encode()
	return dsn.String()
}

// drop removes a schema. Each locks dozens of tables, in an order of its own:
// PostgreSQL ends one of two that wait for each other, and that one tries again.
func drop(admin *sql.DB, name string) error {
	for try := 1; ; try++ {
		_, err := admin.Exec("DROP SCHEMA " + name + " CASCADE")
		var refused *pgconn.PgError
		if err == nil || try == 10 || !errors.As(err, &refused) || refused.Code != "40P01" {
			return err
		}
	}
}

func open(t testing.TB, dsn string) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), db.Config{URL: dsn})
	if err != nil {
		t.Fatalf("open test database: %v", err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Errorf("close test database: %v", err)
		}
	})
	return d
}
