package inbox_test

import (
	"net/http"
	"testing"

	"vidiverse/instance/db/dbtest"
)

// Whatever a known actor signs, it is answered with a status of a protocol, and
// what is stored is worked on without harm.
func FuzzInbox(f *testing.F) {
	for _, host := range []string{"127.0.0.1:9001", "127.0.0.1:9002", "127.0.0.1:9010"} {
		for _, c := range captures(f, host) {
			f.Add([]byte(c.body))
		}
	}
	f.Add([]byte(`{"type":"Undo","id":"http://two.test/1","actor":"` + twoBob + `","object":{"type":"Create","id":"http://two.test/2","actor":"` + twoBob + `","object":[[]]}}`))
	w := newWorld(f, dbtest.SQLite(f), "one.test")
	w.publish(w.alicia, walk)
	w.learn(twoBob, "Person")
	f.Fuzz(func(t *testing.T, body []byte) {
		w.TB = t
		res, _ := w.post("/inbox", twoBob, body)
		switch res.StatusCode {
		case http.StatusNoContent, http.StatusBadRequest, http.StatusForbidden, http.StatusRequestEntityTooLarge, http.StatusTooManyRequests, http.StatusConflict:
		default:
			t.Fatalf("got %d for %q", res.StatusCode, body)
		}
		if by, err := w.actors.ByURL(w.ctx(), w.db.Read(), twoBob); err == nil { // past the door
			w.must(w.inbox.Put(w.ctx(), by, body))
		}
		w.settle()
	})
}
