package pml

import (
	"bytes"
	"errors"
	"slices"
	"testing"
)

func upTo(n int) []int {
	ids := make([]int, n)
	for i := range ids {
		ids[i] = i
	}
	return ids
}

// TestFullGroups: a video of more than 17 minutes has 256 segments. Browsers
// ignore an announcement with 256 ids in a group, and write such ones.
func TestFullGroups(t *testing.T) {
	t.Parallel()
	for _, n := range []int{254, 255, 256, 257, 300, 511, 512, 1000, 4096} {
		c := Command{Kind: Announcement, Loaded: upTo(n)}
		got := join(t, c.Chunks(MaxMessage))
		slices.Sort(got.Loaded)
		if !slices.Equal(got.Loaded, c.Loaded) {
			t.Errorf("%d ids: got %d", n, len(got.Loaded))
		}
		for _, g := range groupsOf(c.Loaded) {
			if len(g) == 0 || len(g) > 255 {
				t.Errorf("%d ids: a group of %d", n, len(g))
			}
		}
	}
	low := slices.Collect(func(yield func(byte) bool) {
		for i := range 256 {
			if !yield(byte(i)) {
				return
			}
		}
	})
	body := append([]byte{0, 'l', 0x10, 1, 2, 0x03, 0x00}, low...)
	c, err := decodeBody(body)
	if err != nil || len(c.Loaded) != 256 || c.Loaded[0] != 768 || c.Loaded[255] != 1023 {
		t.Errorf("a browser's full group: got %v, %v", c.Loaded, err)
	}
}

// TestManyGroups: what the format cannot say is left out, and the rest arrives.
func TestManyGroups(t *testing.T) {
	t.Parallel()
	var ids []int
	for i := range 400 {
		ids = append(ids, i*1000)
	}
	got := join(t, Command{Loaded: ids}.Chunks(MaxMessage))
	if !slices.Equal(got.Loaded, ids[:255]) {
		t.Errorf("got %d ids", len(got.Loaded))
	}
}

// TestLongAnnouncement: the longest announcement goes through in parts.
func TestLongAnnouncement(t *testing.T) {
	t.Parallel()
	c := Command{Loaded: upTo(127 * 256), Loading: upTo(127 * 256)}
	chunks := c.Chunks(MaxMessage)
	for _, chunk := range chunks {
		if len(chunk) > MaxMessage {
			t.Errorf("a chunk of %d bytes", len(chunk))
		}
	}
	if got := join(t, chunks); len(chunks) < 2 || len(got.Loaded) != 127*256 || len(got.Loading) != 127*256 {
		t.Errorf("%d chunks: got %d, %d ids", len(chunks), len(got.Loaded), len(got.Loading))
	}
}

// TestSliceSpeaksNoCommands: the bytes of a video that are made to look like a
// command reach the other side as bytes.
func TestSliceSpeaksNoCommands(t *testing.T) {
	t.Parallel()
	evil := Command{Kind: Absent, Segment: 1, Request: 2}.Chunks(MaxMessage)[0]
	film := bytes.Repeat(evil, 20)
	for limit := 1; limit <= len(film); limit++ {
		var got []byte
		for message, rest := []byte(nil), film; len(rest) > 0; {
			message, rest = Slice(rest, limit)
			if IsCommand(message) || len(message) == 0 || len(message) > limit {
				t.Fatalf("limit %d: sent %q", limit, message)
			}
			got = append(got, message...)
		}
		if !bytes.Equal(got, film) {
			t.Fatalf("limit %d: other bytes", limit)
		}
	}
}

// TestJoinerIsBounded: a command that never ends costs no more than the longest.
func TestJoinerIsBounded(t *testing.T) {
	t.Parallel()
	var j Joiner
	part := make([]byte, MaxMessage-frame)
	_, _, err := j.Add(frameOf(wholeStart, part, partEnd))
	for range 100 {
		if err != nil {
			break
		}
		_, _, err = j.Add(frameOf(partStart, part, partEnd))
		if len(j.body) > maxBody {
			t.Fatalf("holds %d bytes", len(j.body))
		}
	}
	if !errors.Is(err, ErrTooLong) || j.body != nil {
		t.Errorf("got %v, and %d bytes kept", err, len(j.body))
	}
}

func TestDecodeBody(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		body []byte
		want Command
		ok   bool
	}{
		{name: "fields in another order", body: []byte{1, 'b', 1, 5, 'r', 1, 7, 'i', 1, 9}, want: Command{Kind: Request, Segment: 9, Request: 7, From: 5}, ok: true},
		{name: "fields of a later version", body: []byte{3, 'x', 0x20, 1, 'a', 'i', 1, 9, 'y', 0x10, 1, 1, 1, 5, 'z', 2, 0, 0x80, 'r', 1, 7}, want: Command{Kind: Completed, Segment: 9, Request: 7}, ok: true},
		{name: "a long number of little", body: []byte{4, 'i', 15, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9}, want: Command{Kind: Absent, Segment: 9}, ok: true},
		{name: "empty"},
		{name: "no such kind", body: []byte{6}},
		{name: "a name without value", body: []byte{1, 'i'}},
		{name: "an unknown name without value", body: []byte{1, 'x'}},
		{name: "a number of no bytes", body: []byte{1, 'i', 0}},
		{name: "a number cut short", body: []byte{1, 'i', 4, 1}},
		{name: "a number beyond JavaScript", body: []byte{1, 'i', 7, 0x20, 0, 0, 0, 0, 0, 0}},
		{name: "a number of fifteen bytes", body: append([]byte{1, 'i', 15}, bytes.Repeat([]byte{0x7f}, 15)...)},
		{name: "a negative id", body: []byte{1, 'i', 1, 0x81}},
		{name: "a negative size", body: []byte{2, 's', 1, 0x81}},
		{name: "ids where a number belongs", body: []byte{1, 'i', 0x10, 0}},
		{name: "a number where ids belong", body: []byte{0, 'l', 1, 0}},
		{name: "a group cut short", body: []byte{0, 'l', 0x10, 1, 1, 5, 1, 2}},
		{name: "groups that are not there", body: []byte{0, 'l', 0x10, 255}},
		{name: "a negative group", body: []byte{0, 'l', 0x10, 1, 2, 0x81, 1, 0}},
		{name: "a type of none", body: []byte{1, 'x', 0x30}},
		{name: "a string cut short", body: []byte{1, 'x', 0x2f, 0xff, 'a'}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := decodeBody(tt.body)
			if (err == nil) != tt.ok || !equal(got, tt.want) {
				t.Errorf("got %+v, %v", got, err)
			}
			if err != nil && !errors.Is(err, ErrBody) {
				t.Errorf("%v is not ErrBody", err)
			}
		})
	}
}

// FuzzBody: no body may panic or cost more than its length, and what was read
// is read again from what we write.
func FuzzBody(f *testing.F) {
	var file commandFile
	load(f, "commands.json", &file)
	for _, v := range file.Commands {
		f.Add([]byte(v.Chunks[0][4 : len(v.Chunks[0])-4]))
	}
	f.Add([]byte{3, 'x', 0x20, 1, 'a', 'i', 1, 9, 'y', 0x10, 1, 1, 1, 5, 'z', 2, 0, 0x80, 'r', 1, 7})
	f.Fuzz(func(t *testing.T, body []byte) {
		c, err := decodeBody(body)
		if err != nil {
			return
		}
		if len(c.Loaded)+len(c.Loading) > len(body) {
			t.Fatalf("%d ids of %d bytes", len(c.Loaded)+len(c.Loading), len(body))
		}
		// One list may hold more groups than we write: only the first count.
		if len(groupsOf(c.Loaded)) == maxGroups || len(groupsOf(c.Loading)) == maxGroups {
			return
		}
		once := c.appendBody(nil)
		back, err := decodeBody(once)
		if err != nil || !bytes.Equal(back.appendBody(nil), once) {
			t.Fatalf("%x: read %+v, wrote %x, then read %+v, %v", body, c, once, back, err)
		}
	})
}

// FuzzJoiner: no sequence of chunks may panic or be kept without bound, and
// after each a whole command is understood at the second try.
func FuzzJoiner(f *testing.F) {
	f.Add([]byte("cstr\x00dend"), []byte("dstr\x00cend"), []byte("dstr\x00dend"))
	f.Add([]byte("cstr\x00cend"), []byte("cstrcend"), []byte("dstr\x01i\x01dend"))
	f.Fuzz(func(t *testing.T, a, b, c []byte) {
		var j Joiner
		for _, chunk := range [][]byte{a, b, c, a, b} {
			if _, whole, err := j.Add(chunk); whole && err != nil {
				t.Fatalf("whole, and %v", err)
			}
			if len(j.body) > maxBody {
				t.Fatalf("keeps %d bytes", len(j.body))
			}
		}
		end := Command{Kind: Cancel, Segment: 8, Request: 1}.Chunks(MaxMessage)[0]
		_, whole, _ := j.Add(end)
		if _, again, err := j.Add(end); !whole && !again {
			t.Fatalf("deaf after %q %q %q: %v", a, b, c, err)
		}
	})
}
