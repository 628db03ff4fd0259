package activitypub

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"
)

// readers are all that parse what strangers send.
var readers = map[string]func([]byte) error{
	"Activity":        func(raw []byte) error { _, err := ReadActivity(raw); return err },
	"Video":           func(raw []byte) error { _, err := ParseVideo(raw); return err },
	"Note":            func(raw []byte) error { _, err := ReadNote(raw); return err },
	"Tombstone":       func(raw []byte) error { _, err := ReadTombstone(raw); return err },
	"Person":          func(raw []byte) error { _, err := ReadActor(raw); return err },
	"Playlist":        func(raw []byte) error { _, err := ReadPlaylist(raw); return err },
	"PlaylistElement": func(raw []byte) error { _, err := ReadPlaylistElement(raw); return err },
	"CacheFile":       func(raw []byte) error { _, err := ReadCacheFile(raw); return err },
	"WatchAction":     func(raw []byte) error { _, err := ReadWatchAction(raw); return err },
	"PlayerSettings":  func(raw []byte) error { _, err := ReadPlayerSettings(raw); return err },
	"Collection":      func(raw []byte) error { _, err := ReadCollection(raw); return err },
	"Chapters":        func(raw []byte) error { _, err := ReadChapters(raw); return err },
}

// object is one that the reader of a kind takes, with a member.
func object(kind, member string) []byte {
	if kind == "Activity" {
		kind = "Like"
	}
	return []byte(`{"type":"` + kind + `","id":"https://a.test/1","actor":"https://a.test/a","inbox":"https://a.test/in","preferredUsername":"a",` + member + `}`)
}

func names(n int) string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf(`"%x":1`, i)
	}
	return `"x":{` + strings.Join(all, ",") + `}`
}

// Each bound holds for each reader: at the bound it reads, one more it refuses,
// before anything is parsed.
func TestBounds(t *testing.T) {
	nested := func(n int) string { return `"x":` + strings.Repeat("[", n) + strings.Repeat("]", n) }
	objects := func(n int) string { return `"x":` + strings.Repeat(`{"y":`, n) + "1" + strings.Repeat("}", n) }
	for kind, read := range readers {
		empty := len(object(kind, `"x":""`))
		taken := strings.Count(string(object(kind, "")), `":`)
		long := func(n int) string { return `"x":"` + strings.Repeat("y", n-empty) + `"` }
		for name, test := range map[string]struct {
			within, beyond string
			want           error
		}{
			"bytes":     {long(MaxObject), long(MaxObject + 1), ErrTooLarge},
			"lists":     {nested(maxDepth - 1), nested(maxDepth), ErrTooLarge},
			"objects":   {objects(maxDepth - 1), objects(maxDepth), ErrTooLarge},
			"names":     {names(maxMembers - taken - 1), names(maxMembers - taken), ErrTooLarge},
			"twice":     {`"Actors":1`, `"Id":"https://b.test/"`, ErrMalformed},
			"escaped":   {`"x":"id"`, `"\u0069d":"https://b.test/"`, ErrMalformed},
			"folded":    {`"x":{"ſ":1}`, `"x":{"ſ":1,"S":2}`, ErrMalformed},
			"inside":    {`"x":[{"y":1},{"y":2}]`, `"x":[{"y":1,"Y":2}]`, ErrMalformed},
			"no text":   {`"x":"\\u0000"`, `"x":"\u0000"`, ErrMalformed},
			"half":      {`"x":{}`, `"x":{`, ErrMalformed},
			"something": {`"@context":{"Playlist":1,"playlist":2}`, `"@context":{"Playlist":1,"Playlist":2}`, ErrMalformed},
		} {
			if err := read(object(kind, test.within)); err != nil {
				t.Errorf("%s: %s: within: %v", kind, name, err)
			}
			if err := read(object(kind, test.beyond)); !errors.Is(err, test.want) {
				t.Errorf("%s: %s: beyond: got %v, want %v", kind, name, err, test.want)
			}
		}
	}
}

// Hostile bodies are refused before they cost anything.
func TestHostileBodiesAreCheap(t *testing.T) {
	for name, raw := range map[string][]byte{
		"3 MB of brackets":    []byte(strings.Repeat("[", 3<<20)),
		"1 MiB of brackets":   []byte(strings.Repeat("[", MaxObject)),
		"10,000 levels":       []byte(strings.Repeat(`{"a":`, 10_000) + "1" + strings.Repeat("}", 10_000)),
		"100,000 names":       []byte(`{` + strings.TrimSuffix(strings.Repeat(`"":1,`, 100_000), ",") + `}`),
		"a megabyte of names": object("Activity", names(90_000)),
		"brackets, unopened":  []byte(strings.Repeat("]", MaxObject)),
		"a text without end":  []byte(`{"` + strings.Repeat(`\"`, MaxObject/2-2)),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		began := time.Now()
		_, err := ReadActivity(raw)
		took := time.Since(began)
		runtime.ReadMemStats(&after)
		if err == nil {
			t.Errorf("%s: read", name)
		}
		if heap := after.TotalAlloc - before.TotalAlloc; heap > 4<<20 {
			t.Errorf("%s: took %d bytes", name, heap)
		}
		if took > 2*time.Second { // milliseconds where nothing else runs
			t.Errorf("%s: took %v", name, took)
		}
	}
}

// Types that are not what they should be are left out, and do not spoil the rest.
func TestOddMembers(t *testing.T) {
	for kind, read := range readers {
		for _, odd := range []string{"null", "7", "true", `"x"`, "[]", "{}", `[[]]`, `[null,7,{}]`, `{"id":7}`, "1e999", `-0`} {
			for _, name := range []string{
				"to", "cc", "object", "url", "icon", "image", "tag", "attributedTo", "audience", "publicKey", "endpoints", "first",
				"next", "orderedItems", "items", "content", "contentMap", "result", "expires", "totalItems", "hasPart", "watchSections",
				"location", "signature", "summary", "inReplyTo", "replyApproval", "licence", "subtitleLanguage", "preview", "views",
			} {
				raw := object(kind, fmt.Sprintf(`%q:%s`, name, odd))
				if err := read(raw); err != nil {
					t.Errorf("%s: %v", raw, err)
				}
			}
		}
		for _, raw := range []string{"", "null", "[]", `"x"`, "7", "{}", `{"type":"Other","id":"https://a.test/"}`, `{"id":7}`} {
			if err := read([]byte(raw)); err == nil && !(kind == "Chapters" && strings.Contains(raw, "a.test")) {
				t.Errorf("%s: read %s", kind, raw)
			}
		}
	}
}

// No bytes make a reader fail otherwise than by an error; what is read can be
// written, and says the same when it is read again.
func FuzzRead(f *testing.F) {
	for _, raw := range bodies(f) {
		if len(raw) < 6000 {
			f.Add(raw)
		}
	}
	for kind := range readers {
		f.Add(object(kind, `"to":"as:Public","object":["https://b.test/",{"id":"https://b.test/2"}],"url":{"href":"x"},"icon":[[]]`))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		for kind, read := range readers {
			if err := read(raw); err != nil && !errors.Is(err, ErrMalformed) && !errors.Is(err, ErrTooLarge) {
				t.Errorf("%s: %v", kind, err)
			}
		}
		a, err := ReadActivity(raw)
		if err != nil {
			return
		}
		_, _ = a.Inner()
		b, err := a.JSON()
		if err != nil {
			t.Fatal(err)
		}
		again, err := ReadActivity(b)
		if errors.Is(err, ErrTooLarge) {
			return // a context was added
		}
		if err != nil || again.ID != a.ID || again.Actor != a.Actor || again.ObjectID != a.ObjectID || again.ObjectType != a.ObjectType {
			t.Errorf("read %s, wrote %s: %v", raw, b, err)
		}
	})
}
