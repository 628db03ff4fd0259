package swarm

import (
	"encoding/binary"
	"testing"
	"testing/synctest"
	"time"

	"vidiverse/p2p/pml"
)

// messages cuts fuzzed bytes into messages: two bytes of length each.
func messages16(b []byte) (list [][]byte) {
	for len(b) >= 2 && len(list) < 64 {
		n := min(int(binary.BigEndian.Uint16(b)), len(b)-2)
		list = append(list, b[2:2+n])
		b = b[2+n:]
	}
	return list
}

func join16(list ...[]byte) (b []byte) {
	for _, m := range list {
		b = binary.BigEndian.AppendUint16(b, uint16(len(m)))
		b = append(b, m...)
	}
	return b
}

func chunk(c pml.Command) []byte { return c.Chunks(pml.MaxMessage)[0] }

// FuzzPeer: whatever a peer says, in whatever order, while it is asked and asks:
// nothing panics, nothing waits for ever, and no wrong segment is taken.
func FuzzPeer(f *testing.F) {
	f.Add(join16(chunk(pml.Command{Kind: pml.Announcement, Loaded: []int{0, 1}}), chunk(pml.Command{Kind: pml.Request, Segment: 3, Request: 7})))
	f.Add(join16(chunk(pml.Command{Kind: pml.Announcement, Loaded: []int{0, 1}}), chunk(pml.Command{Kind: pml.Data, Segment: 0, Request: 7, Size: 100}), make([]byte, 100), chunk(pml.Command{Kind: pml.Completed, Segment: 0, Request: 7})))
	f.Add(join16(chunk(pml.Command{Kind: pml.Request, Segment: 3, Request: 7, From: 50}), chunk(pml.Command{Kind: pml.Cancel, Segment: 3, Request: 7}), chunk(pml.Command{Kind: pml.Absent, Segment: 0, Request: 1})))
	f.Add(join16([]byte("dstr\x00cend"), []byte("cstr\x00dend"), []byte("cstr\xff\xffcend"), nil))
	f.Fuzz(func(t *testing.T, said []byte) {
		for _, live := range []bool{false, true} {
			in := inWorld
			if live {
				in = func(t *testing.T, n, size int, _ bool, do func(t *testing.T, w *world)) {
					inLive(t, n, size, 0, n, func(t *testing.T, w *world, b *band) { do(t, w) })
				}
			}
			in(t, 6, 100, false, func(t *testing.T, w *world) { fuzzPeer(t, w, said) })
		}
	})
}

func fuzzPeer(t *testing.T, w *world, said []byte) {
	if put, ok := w.swarm.stream.Segments.(interface{ Put(int, []byte) error }); ok {
		if err := put.Put(3, w.data[3]); err != nil {
			t.Fatal(err)
		}
	}
	p := w.stranger("fuzz")
	p.holds(0, 1, 2)
	done := make(chan error, 1)
	go func() {
		got, err := w.swarm.Fetch(t.Context(), 0)
		if err == nil && string(got) != string(w.data[0]) {
			t.Error("a wrong segment")
		}
		done <- err
	}()
	synctest.Wait()
	for _, m := range messages16(said) {
		if len(m) > 0 && p.conn.Write(m) != nil {
			break
		}
	}
	synctest.Wait()
	select {
	case <-done:
	case <-time.After(time.Minute):
		t.Error("it waits for ever")
	}
	p.conn.Close()
	synctest.Wait()
	if s := w.swarm; len(s.peers)+len(s.wishes)+s.loads+w.net.uploads != 0 {
		t.Errorf("%d peers, %d wishes, %d loads, %d uploads are left", len(s.peers), len(s.wishes), s.loads, w.net.uploads)
	}
}
