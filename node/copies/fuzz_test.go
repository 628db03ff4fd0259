package copies

import (
	"net/http"
	"testing"
)

// FuzzRange: whatever a Range header says, an answer lies within the file.
func FuzzRange(f *testing.F) {
	for _, text := range []string{"bytes=0-499", "bytes=500-", "bytes=-500", "bytes=-0", "bytes=9-3", "bytes=0-1,4-5", "bytes=99999999999999999999-", "frames=1", "bytes=", "bytes=-", "bytes= 1 - 2 "} {
		f.Add(text, int64(1000))
	}
	f.Fuzz(func(t *testing.T, text string, size int64) {
		if size < 1 {
			return
		}
		p, status := want(&http.Request{Method: http.MethodGet, Header: http.Header{"Range": {text}}}, "tag", size)
		if status != http.StatusRequestedRangeNotSatisfiable && (p.from < 0 || p.length < 1 || p.from > size-p.length) {
			t.Fatalf("%q of %d: got %+v, %d", text, size, p, status)
		}
	})
}
