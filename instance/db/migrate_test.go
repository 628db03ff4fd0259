package db

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// numbered makes n migrations; each adds one table that holds one row.
func numbered(n int) fstest.MapFS {
	m := fstest.MapFS{}
	for i := 1; i <= n; i++ {
		m[fmt.Sprintf("%04d_step.sql", i)] = &fstest.MapFile{Data: fmt.Appendf(nil,
			"CREATE TABLE t%d (id {{id}}, b {{blob}}); -- a comment; with a semicolon?\nINSERT INTO t%d (b) VALUES (NULL);", i, i)}
	}
	return m
}

func tables(t *testing.T, d *DB) (n int) {
	t.Helper()
	if err := d.Read().NewRaw("SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name GLOB 't[0-9]*'").Scan(t.Context(), &n); err != nil {
		t.Fatal(err)
	}
	return n
}

func version(t *testing.T, d *DB) (n int) {
	t.Helper()
	if err := d.Read().NewRaw("SELECT max(version) FROM schema_version").Scan(t.Context(), &n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestOlderSchemaIsBackedUpAndMigrated(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.db")
	for _, steps := range []int{1, 3, 3} {
		d, err := Open(t.Context(), Config{URL: "sqlite:" + file, migrations: numbered(steps)})
		if err != nil {
			t.Fatal(err)
		}
		if got := tables(t, d); got != steps {
			t.Errorf("got %d tables, want %d", got, steps)
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(file + ".schema1.backup"); err != nil {
		t.Fatal(err)
	}
	d, err := Open(t.Context(), Config{URL: "sqlite:" + file + ".schema1.backup", migrations: numbered(1)})
	if err != nil {
		t.Fatalf("open the backup: %v", err)
	}
	defer d.Close()
	if got := tables(t, d); got != 1 {
		t.Errorf("got %d tables in the backup, want 1", got)
	}
}

func TestNewerSchemaIsRefused(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.db")
	d, err := Open(t.Context(), Config{URL: "sqlite:" + file, migrations: numbered(2)})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	d, err = Open(t.Context(), Config{URL: "sqlite:" + file, migrations: numbered(1)})
	if err == nil {
		d.Close()
		t.Fatal("a newer schema was opened")
	}
	if !strings.Contains(err.Error(), "schema 2") || !strings.Contains(err.Error(), "backup") {
		t.Errorf("got %q, want a text that says what to do", err)
	}
}

func TestFailedMigrationLeavesTheOldSchema(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.db")
	broken := numbered(3)
	broken["0003_step.sql"] = &fstest.MapFile{Data: []byte("CREATE TABLE t3 (id {{id}}); INSERT INTO nowhere VALUES (1);")}
	d, err := Open(t.Context(), Config{URL: "sqlite:" + file, migrations: broken})
	if err == nil {
		d.Close()
		t.Fatal("a broken migration passed")
	}
	d, err = Open(t.Context(), Config{URL: "sqlite:" + file, migrations: numbered(2)})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if got := tables(t, d); got != 2 {
		t.Errorf("got %d tables, want the 2 of the last whole version", got)
	}
}

func TestMigrationMayNotOrphanRows(t *testing.T) {
	m := fstest.MapFS{"0001_a.sql": {Data: []byte(
		"CREATE TABLE a (id {{id}}); CREATE TABLE b (a BIGINT REFERENCES a(id)); INSERT INTO b VALUES (7);")}}
	d, err := Open(t.Context(), Config{URL: "sqlite:" + filepath.Join(t.TempDir(), "a.db"), migrations: m})
	if err == nil {
		d.Close()
		t.Fatal("a migration left a row without its parent")
	}
}

func TestVariants(t *testing.T) {
	m := fstest.MapFS{
		"0001_a.sql":        {Data: []byte("CREATE TABLE t1 (id {{id}});")},
		"0001_a.sqlite.sql": {Data: []byte("CREATE TABLE t2 (id {{id}});")},
		"0001_a.pg.sql":     {Data: []byte("not for SQLite")},
		"0002_b.pg.sql":     {Data: []byte("not for SQLite")},
		"0003_c.sqlite.sql": {Data: []byte("CREATE TABLE t3 (id {{id}});")},
	}
	d, err := Open(t.Context(), Config{URL: "sqlite:" + filepath.Join(t.TempDir(), "a.db"), migrations: m})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if got := tables(t, d); got != 3 || version(t, d) != 3 {
		t.Errorf("got %d tables at version %d, want 3 at 3", got, version(t, d))
	}
	for name, bad := range map[string]fstest.MapFS{
		"gap":      {"0002_a.sql": {}},
		"twice":    {"0001_a.sql": {}, "0001_b.sql": {}},
		"nameless": {"base.sql": {}},
	} {
		if _, err := loadSteps(bad, &sqlite{}); err == nil {
			t.Errorf("%s: a wrong set of migrations was accepted", name)
		}
	}
}

// A server killed at any moment of an upgrade starts again with a whole
// schema and finishes it.
func TestMigrationSurvivesKills(t *testing.T) {
	const steps, env = 60, "DB_TEST_MIGRATE"
	if file := os.Getenv(env); file != "" {
		d, err := Open(context.Background(), Config{URL: "sqlite:" + file, migrations: numbered(steps)})
		if err != nil {
			t.Fatal(err)
		}
		t.Log(d.Close())
		return
	}
	file := filepath.Join(t.TempDir(), "a.db")
	for range 12 {
		c := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestMigrationSurvivesKills$", "-test.timeout=60s")
		c.Env = append(os.Environ(), env+"="+file)
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		kill := time.AfterFunc(time.Duration(5+rand.IntN(60))*time.Millisecond, func() { _ = c.Process.Kill() }) // it may have ended
		_ = c.Wait()                                                                                             // killed or done, both are fine
		kill.Stop()
		whole(t, file)
	}
	d, err := Open(t.Context(), Config{URL: "sqlite:" + file, migrations: numbered(steps)})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if got := tables(t, d); got != steps {
		t.Errorf("got %d tables, want %d", got, steps)
	}
}

// whole opens the file without migrating and compares version and tables.
func whole(t *testing.T, file string) {
	t.Helper()
	d := &DB{engine: &sqlite{file: file}}
	if err := d.open(t.Context(), fstest.MapFS{}); err != nil && !strings.Contains(err.Error(), "has schema") {
		t.Fatal(err)
	}
	defer d.Close()
	have := 0
	c, err := d.write.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if found, err := d.engine.hasTable(t.Context(), c.Conn, "schema_version"); err != nil {
		t.Fatal(err)
	} else if found {
		have = version(t, d)
	}
	if got := tables(t, d); got != have {
		t.Errorf("version %d has %d tables after a kill", have, got)
	}
}
