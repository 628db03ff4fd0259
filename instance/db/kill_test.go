package db_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"vidiverse/instance/db"
)

// What Write acknowledged is there after SIGKILL, and the file is sound.
func TestKilledWriterLosesNothingItAcknowledged(t *testing.T) {
	const env = "DB_TEST_WRITER"
	if file := os.Getenv(env); file != "" {
		writeForEver(t, file)
	}
	file := filepath.Join(t.TempDir(), "a.db")
	acknowledged := 0
	for round := range 5 {
		c := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKilledWriterLosesNothingItAcknowledged$", "-test.timeout=60s")
		c.Env = append(os.Environ(), env+"="+file)
		out, err := c.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for n := 0; lines.Scan(); n++ {
			acknowledged++
			if n == 5+10*round {
				_ = c.Process.Kill() // then the rest of the pipe is read
			}
		}
		_ = c.Wait() // killed
	}
	d, err := db.Open(t.Context(), db.Config{URL: "sqlite:" + file})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	// A write may be done and its acknowledgement lost, one a round.
	if got := count(t, d); got < acknowledged || got > acknowledged+5 {
		t.Errorf("got %d rows, want the %d that were acknowledged", got, acknowledged)
	}
	if found, err := d.Check(t.Context()); err != nil || len(found) > 0 {
		t.Errorf("after kills: %v %v", found, err)
	}
}

func writeForEver(t *testing.T, file string) {
	d, err := db.Open(t.Context(), db.Config{URL: "sqlite:" + file})
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; ; i++ {
		if err := put(t.Context(), d, fmt.Sprint(os.Getpid(), "-", i)); err != nil {
			t.Fatal(err)
		}
		fmt.Println(i)
	}
}
