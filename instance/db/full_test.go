package db_test

import (
	"context"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"vidiverse/instance/db"
	"vidiverse/instance/fault"
)

// A full disk is an answer to the one who wrote; what is stored stays
// readable, and writing goes on once there is space.
func TestFullDisk(t *testing.T) {
	const env = "DB_TEST_FULL"
	if file := os.Getenv(env); file != "" {
		fillUp(t, file)
		return
	}
	// A limit on file size fails a write as a full disk does, and unlike one
	// needs no rights. It holds for a whole process.
	c := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestFullDisk$", "-test.timeout=60s")
	c.Env = append(os.Environ(), env+"="+filepath.Join(t.TempDir(), "a.db"))
	if out, err := c.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func fillUp(t *testing.T, file string) {
	d, err := db.Open(t.Context(), db.Config{URL: "sqlite:" + file})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := put(t.Context(), d, "before"); err != nil {
		t.Fatal(err)
	}
	var old syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
		t.Fatal(err)
	}
	signal.Ignore(syscall.SIGXFSZ)
	limit(t, syscall.Rlimit{Cur: 1 << 20, Max: old.Max})
	for range 3 {
		if err := big(t.Context(), d); fault.KindOf(err) != fault.Unavailable {
			t.Errorf("got %v, want Unavailable", err)
		}
	}
	if got := count(t, d); got != 1 {
		t.Errorf("got %d rows, want the one from before", got)
	}
	limit(t, old)
	if err := big(t.Context(), d); err != nil {
		t.Errorf("write once there is space again: %v", err)
	}
	if found, err := d.Check(t.Context()); err != nil || len(found) > 0 {
		t.Errorf("after a full disk: %v %v", found, err)
	}
}

func limit(t *testing.T, l syscall.Rlimit) {
	t.Helper()
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &l); err != nil {
		t.Fatal(err)
	}
}

func big(ctx context.Context, d *db.DB) error {
	return d.Write(ctx, func(tx db.Tx) error {
		_, err := tx.NewRaw("INSERT INTO setting (key, value, updated_at) VALUES ('big', ?, 0)", strings.Repeat("x", 4<<20)).Exec(ctx)
		return err
	})
}
