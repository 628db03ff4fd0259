package pages_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"go.etcd.io/bbolt"

	"vidiverse/p2p/pages"
)

// TestRelease: after a walk the file's pages are given back, while others read
// and write, and every record is as it was.
func TestRelease(t *testing.T) {
	const records = 4000
	path := filepath.Join(t.TempDir(), "db")
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	bucket := []byte("records")
	put := func(from, to int) error {
		return db.Update(func(tx *bbolt.Tx) error {
			b, err := tx.CreateBucketIfNotExists(bucket)
			for i := from; i < to && err == nil; i++ {
				err = b.Put(binary.BigEndian.AppendUint32(nil, uint32(i)), bytes.Repeat([]byte{byte(i)}, 3000))
			}
			return err
		})
	}
	walk := func() error {
		return db.View(func(tx *bbolt.Tx) error {
			for i := range records {
				if v := tx.Bucket(bucket).Get(binary.BigEndian.AppendUint32(nil, uint32(i))); len(v) != 3000 || v[0] != byte(i) || v[2999] != byte(i) {
					return fmt.Errorf("record %d: %d bytes", i, len(v))
				}
			}
			return nil
		})
	}
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	check(put(0, records))
	check(walk())
	full := resident(t, path)
	check(pages.Release(db))
	left := resident(t, path)
	t.Logf("%d kB of the file were mapped, %d kB after", full, left)
	if full < 8000 || left > full/10 {
		t.Errorf("%d of %d kB are still mapped, want next to none", left, full)
	}
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for range 20 {
				if err := walk(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for i := range 20 {
		check(put(records*(i+1), records*(i+1)+500)) // the map grows
		check(pages.Release(db))
	}
	wg.Wait()
	check(walk())
	check(db.Close())
	if err := pages.Release(db); err == nil {
		t.Error("a closed database: got no error")
	}
}

// resident is how many kB of a file are mapped into this process.
func resident(t *testing.T, path string) (kB int) {
	t.Helper()
	maps, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		t.Fatal(err)
	}
	inside := false
	for line := range strings.Lines(string(maps)) {
		f := strings.Fields(line)
		if !strings.HasSuffix(f[0], ":") {
			inside = strings.HasSuffix(strings.TrimSpace(line), path)
		}
		if inside && f[0] == "Rss:" {
			var n int
			if _, err := fmt.Sscan(f[1], &n); err != nil {
				t.Fatal(err)
			}
			kB += n
		}
	}
	return kB
}
