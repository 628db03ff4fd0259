package limit

import (
	"encoding/json"
	"path/filepath"
	"testing"
	"time"

	"go.etcd.io/bbolt"
)

func FuzzCount(f *testing.F) {
	f.Add([]byte(`{"day":{"name":"2026-11-22","bytes":5},"month":{"name":"2026-11","bytes":9}}`), int64(1795000000))
	f.Add([]byte(`{"day":{"name":"2026-11-22","bytes":5},"month":{"name":"2062-11","bytes":9223372036854775807},"behind":"2026-11-20T00:00:00Z"}`), int64(0))
	f.Add([]byte(`{"day":{"name":"2026-11-22","bytes":5},"month":{"name":"2026-11","bytes":9},"other":{"name":"2026-10","bytes":7},"ahead":"2026-11-20T00:00:00Z","before":4}`), int64(1<<35))
	f.Add([]byte(`{"month":{"name":"2026-13","bytes":-1}}`), int64(-1))
	f.Add([]byte(`[]`), int64(1<<40))
	f.Fuzz(func(t *testing.T, b []byte, at int64) {
		c, err := decodeCount(b)
		if err != nil {
			return
		}
		again, err := json.Marshal(c)
		if err != nil {
			t.Fatalf("%+v: %v", c, err)
		}
		if d, err := decodeCount(again); err != nil || d.Day != c.Day || d.Month != c.Month || d.Other != c.Other || d.Before != c.Before || !d.Ahead.Equal(c.Ahead) || !d.Behind.Equal(c.Behind) {
			t.Fatalf("got %+v %v, want %+v", d, err, c)
		}
		before := c
		c.turn(time.Unix(at%(1<<37), 0).UTC())
		if c.add(1 << 62); c.Month.Bytes < 0 || c.Day.Bytes < 0 {
			t.Fatalf("%+v became %+v", before, c)
		}
	})
}

func FuzzLimits(f *testing.F) {
	f.Add([]byte(`{"asked":true,"on":true,"rate":5,"from":"23:00","to":"07:00"}`))
	f.Add([]byte(`{"rate":-1}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		l, err := decodeLimits(b)
		if err != nil && l != (Limits{}) {
			t.Fatalf("%+v with %v", l, err)
		}
		if h, err := l.hours(); err != nil || h.from < 0 || h.from >= 1440 || h.to < 0 || h.to >= 1440 {
			t.Fatalf("%+v: %+v %v", l, h, err)
		}
	})
}

// A damaged database neither stops the program nor gives bytes back.
func TestDamagedRecords(t *testing.T) {
	db, err := bbolt.Open(filepath.Join(t.TempDir(), "node.db"), 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	write := func(k []byte, v string) {
		t.Helper()
		if err := db.Update(func(tx *bbolt.Tx) error {
			b, err := tx.CreateBucketIfNotExists(bucket)
			if err != nil {
				return err
			}
			return b.Put(k, []byte(v))
		}); err != nil {
			t.Fatal(err)
		}
	}
	write(limitsKey, `{"asked":true,"on":true,"month":1000}`)
	write(countKey, `{"month":`)
	g, err := Open(db, Config{})
	if err != nil {
		t.Fatal(err)
	}
	if s := g.State(); s.Open || s.Reason != Cap {
		t.Errorf("the count is damaged, and the gate: %+v", s)
	}
	write(limitsKey, "\xff")
	if g, err = Open(db, Config{}); err != nil {
		t.Fatal(err)
	}
	if s := g.State(); s.Open || s.Reason != Unasked {
		t.Errorf("the limits are damaged, and the gate: %+v", s)
	}
}
