package mirror_test

import (
	"runtime"
	"testing"

	"vidiverse/node/catalog/catalogtest"
	"vidiverse/node/control"
)

// TestMemory: what is kept costs next to no memory after a restart, even when
// all of it is looked at, as sharing it does.
func TestMemory(t *testing.T) {
	grown := keep(t, 100)
	if limit := int64(1 << 20); grown > limit {
		t.Errorf("%d bytes of heap are used for 100 videos, more than %d", grown, limit)
	}
}

// BenchmarkThousand keeps a thousand videos and measures the same.
func BenchmarkThousand(b *testing.B) {
	for b.Loop() {
		b.ReportMetric(float64(keep(b, 1000)), "heap-bytes")
	}
}

// keep keeps videos of 225 segments each, opens all anew, and tells how much
// the heap grows by planning, looking for what is missing and listing.
func keep(t testing.TB, videos int) (grown int64) {
	s := catalogtest.New(t)
	s.Add(videos, func(v *catalogtest.Video) { v.Segments, v.Bytes = 75, 16 })
	n := newNode(t, s)
	n.limit(1 << 40)
	n.check(n.turn())
	n.close()
	n.open()
	before := heap()
	n.check(n.turn())
	all, err := n.mirror.Holdings(t.Context())
	n.check(err)
	catalogtest.Want(t, "videos", len(all), videos)
	for _, h := range all {
		catalogtest.Want(t, "part", h.Part, 1.0)
		_, err := n.catalog.Outline(control.Ref{Origin: h.Origin, Video: h.Video})
		n.check(err)
	}
	grown = heap() - before
	runtime.KeepAlive(n)
	return grown
}

// heap is what is in use after a collection.
func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
