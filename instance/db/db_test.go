package db_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"vidiverse/instance/db"
	"vidiverse/instance/db/dbtest"
	"vidiverse/instance/fault"
)

func put(ctx context.Context, d *db.DB, key string) error {
	return d.Write(ctx, func(tx db.Tx) error { return insert(ctx, tx, key) })
}

func insert(ctx context.Context, tx db.Tx, key string) error {
	_, err := tx.NewRaw("INSERT INTO setting (key, value, updated_at) VALUES (?, ?, ?)", key, "é'\\?", 1).Exec(ctx)
	return err
}

func count(t *testing.T, d *db.DB) (n int) {
	t.Helper()
	if err := d.Read().NewRaw("SELECT count(*) FROM setting WHERE value = ?", "é'\\?").Scan(t.Context(), &n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestWriteCommitsAndRollsBack(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		if err := put(t.Context(), d, "a"); err != nil {
			t.Fatal(err)
		}
		stop := errors.New("stop")
		err := d.Write(t.Context(), func(tx db.Tx) error {
			tx.AfterCommit(func() { t.Error("hook of a transaction that was rolled back ran") })
			return errors.Join(insert(t.Context(), tx, "b"), stop)
		})
		if !errors.Is(err, stop) {
			t.Errorf("got %v, want the error of the function", err)
		}
		if err := put(t.Context(), d, "a"); !db.IsDuplicate(err) {
			t.Errorf("a second row of the same key: got %v, want a duplicate", err)
		}
		if got := count(t, d); got != 1 {
			t.Errorf("got %d rows, want 1", got)
		}
	})
}

func TestWriteRollsBackOnPanic(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		func() {
			defer func() { _ = recover() }() // the panic is what is tested
			_ = d.Write(t.Context(), func(tx db.Tx) error {
				if err := insert(t.Context(), tx, "a"); err != nil {
					t.Error(err)
				}
				panic("bug")
			})
		}()
		if err := put(t.Context(), d, "b"); err != nil {
			t.Fatalf("write after a panic: %v", err)
		}
		if got := count(t, d); got != 1 {
			t.Errorf("got %d rows, want 1", got)
		}
	})
}

func TestNestedWriteIsRefused(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		err := d.Write(t.Context(), func(db.Tx) error { return put(t.Context(), d, "inner") })
		if !errors.Is(err, db.ErrNested) {
			t.Errorf("got %v, want ErrNested", err)
		}
		ran := false
		err = d.Write(t.Context(), func(tx db.Tx) error {
			tx.AfterCommit(func() { ran = put(t.Context(), d, "after") == nil })
			return nil
		})
		if err != nil || !ran {
			t.Errorf("a hook after the commit could not write: %v", err)
		}
	})
}

func TestReadersSeeCommittedRowsWhileAWriterIsActive(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		err := d.Write(t.Context(), func(tx db.Tx) error {
			if err := insert(t.Context(), tx, "a"); err != nil {
				return err
			}
			if got := count(t, d); got != 0 {
				t.Errorf("a reader saw %d rows of a running transaction", got)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := count(t, d); got != 1 {
			t.Errorf("got %d rows after the commit, want 1", got)
		}
	})
}

func TestReadPoolRefusesWrites(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		_, err := d.Read().NewRaw("DELETE FROM setting").Exec(t.Context())
		if err == nil {
			t.Error("a write through the read pool succeeded")
		}
	})
}

// Read-then-write rules hold under concurrency on both databases.
func TestConcurrentWritesAreSerial(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		if _, err := addOne(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		const writers, each = 6, 10
		var hooks sync.Map
		var wg sync.WaitGroup
		for range writers {
			wg.Go(func() {
				for range each {
					n, err := addOne(t.Context(), d)
					if err != nil {
						t.Error(err)
					}
					if _, twice := hooks.LoadOrStore(n, true); twice {
						t.Errorf("two transactions both made %d", n)
					}
				}
			})
		}
		wg.Wait()
		if n, err := addOne(t.Context(), d); n != writers*each+2 {
			t.Errorf("got %d (%v), want %d: updates were lost", n, err, writers*each+2)
		}
	})
}

func addOne(ctx context.Context, d *db.DB) (n int, err error) {
	err = d.Write(ctx, func(tx db.Tx) error {
		if err := tx.NewRaw("SELECT COALESCE(MAX(updated_at), 0) + 1 FROM setting").Scan(ctx, &n); err != nil {
			return err
		}
		_, err := tx.NewRaw("INSERT INTO setting (key, value, updated_at) VALUES ('n', '', ?) ON CONFLICT (key) DO UPDATE SET updated_at = ?", n, n).Exec(ctx)
		return err
	})
	return n, err
}

func TestWriteLimit(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.db")
	d, err := db.Open(t.Context(), db.Config{URL: "sqlite:" + file, WriteLimit: 50 * time.Millisecond, WriteWait: 500 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	err = d.Write(t.Context(), func(tx db.Tx) error {
		if err := insert(t.Context(), tx, "a"); err != nil {
			return err
		}
		other := make(chan error)
		go func() { other <- put(t.Context(), d, "b") }()
		if err := <-other; fault.KindOf(err) != fault.Unavailable {
			t.Errorf("a writer that waited too long got %v, want Unavailable", err)
		}
		return insert(t.Context(), tx, "c")
	})
	if fault.KindOf(err) != fault.Unavailable {
		t.Errorf("a transaction over the limit got %v, want Unavailable", err)
	}
	if got := count(t, d); got != 0 {
		t.Errorf("got %d rows of a transaction over the limit", got)
	}
	if err := put(t.Context(), d, "d"); err != nil {
		t.Errorf("write after one over the limit: %v", err)
	}
}

func TestFolderIsLocked(t *testing.T) {
	dir := t.TempDir()
	cfg := db.Config{URL: "sqlite:" + filepath.Join(dir, "a.db")}
	d, err := db.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if second, err := db.Open(t.Context(), cfg); err == nil {
		second.Close()
		t.Error("two processes may open one data folder")
	} else if !strings.Contains(err.Error(), "in use by process") {
		t.Errorf("got %q, want a text that names the process", err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	d, err = db.Open(t.Context(), cfg)
	if err != nil {
		t.Fatalf("open after close: %v", err)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
}

func TestBackupAndCheck(t *testing.T) {
	d := dbtest.SQLite(t)
	if err := put(t.Context(), d, "a"); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "copy.db")
	if err := d.Backup(t.Context(), file); err != nil {
		t.Fatal(err)
	}
	if err := d.Backup(t.Context(), file); !errors.Is(err, os.ErrExist) {
		t.Errorf("got %v, want ErrExist: a backup must not overwrite another", err)
	}
	back, err := db.Open(t.Context(), db.Config{URL: "sqlite:" + file})
	if err != nil {
		t.Fatal(err)
	}
	defer back.Close()
	if got := count(t, back); got != 1 {
		t.Errorf("got %d rows in the backup, want 1", got)
	}
	if found, err := back.Check(t.Context()); err != nil || len(found) > 0 {
		t.Errorf("check of a sound database: %v %v", found, err)
	}
}

// Keys and hashes lie in these files: nobody else on the machine may read them.
func TestFilesArePrivate(t *testing.T) {
	dir := t.TempDir()
	d, err := db.Open(t.Context(), db.Config{URL: "sqlite:" + filepath.Join(dir, "a b?#%.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := errors.Join(put(t.Context(), d, "a"), d.Backup(t.Context(), filepath.Join(dir, "copy"))); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		info, err := f.Info()
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm()&0o007 != 0 || info.Mode().Perm()&0o077 != 0 && f.Name() != "vidiverse.lock" {
			t.Errorf("%s has the rights %v", f.Name(), info.Mode())
		}
	}
	if len(files) != 5 {
		t.Errorf("got %v, want database, log, index, lock and backup", files)
	}
}

func TestBackupOfPostgresNamesItsTool(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		if !d.Postgres() {
			return
		}
		err := d.Backup(t.Context(), filepath.Join(t.TempDir(), "x"))
		if err == nil || !strings.Contains(err.Error(), "pg_dump") {
			t.Errorf("got %v, want a hint at pg_dump", err)
		}
		if found, err := d.Check(t.Context()); err != nil || len(found) > 0 {
			t.Errorf("check of a sound database: %v %v", found, err)
		}
	})
}

func TestCheckFindsDamage(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.db")
	cfg := db.Config{URL: "sqlite:" + file}
	d, err := db.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range strings.Fields("a b c d e f g h i j k l m") {
		if err := put(t.Context(), d, strings.Repeat(key, 1500)); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	damage(t, file)
	d, err = db.Open(t.Context(), cfg)
	if err != nil {
		t.Logf("opening already failed, which is as good: %v", err)
		return
	}
	defer d.Close()
	if found, err := d.Check(t.Context()); err == nil && len(found) == 0 {
		t.Error("check did not see overwritten pages")
	}
}

// damage overwrites the last pages, where the rows of this test lie.
func damage(t *testing.T, file string) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for i := len(b) - 4*4096; i < len(b); i++ {
		b[i] ^= 0x5a
	}
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestDatabaseClock(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		var ms int64
		if err := d.Read().NewRaw("SELECT "+d.Now()).Scan(t.Context(), &ms); err != nil {
			t.Fatal(err)
		}
		if off := time.Since(db.Time(ms)).Abs(); off > time.Minute {
			t.Errorf("the database's clock is off by %v", off)
		}
	})
}

func TestBadURLsAreRefused(t *testing.T) {
	for _, u := range []string{"", "mysql://x", "sqlite:", "sqlite::memory:", "postgres://%zz"} {
		if d, err := db.Open(t.Context(), db.Config{URL: u}); err == nil {
			d.Close()
			t.Errorf("%q was accepted", u)
		}
	}
}

func BenchmarkWrite(b *testing.B) {
	d := dbtest.SQLite(b)
	for b.Loop() {
		if _, err := addOne(b.Context(), d); err != nil {
			b.Fatal(err)
		}
	}
}
