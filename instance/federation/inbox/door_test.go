package inbox_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"vidiverse/instance/activitypub"
	"vidiverse/instance/db"
	"vidiverse/instance/db/dbtest"
	"vidiverse/instance/federation/fetch"
	"vidiverse/instance/federation/inbox"
	"vidiverse/instance/signature"
)

const twoBob = "http://two.test/accounts/bob"

// like is a Like of the video that all tests have.
func like(by, id string) []byte {
	b, err := json.Marshal(map[string]any{"type": "Like", "id": id, "actor": by, "object": "http://one.test/videos/watch/" + walk})
	if err != nil {
		panic(err)
	}
	return b
}

// Who cannot prove what they say gets PeerTube's answer, before anything of the
// body is looked at, and it has no effect.
func TestRefusedDeliveries(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, "one.test")
		w.publish(w.alicia, walk)
		w.learn(twoBob, "Person")
		body := like(twoBob, "http://two.test/likes/1")
		w.person("gone")
		w.must(d.Write(w.ctx(), func(tx db.Tx) error {
			_, err := tx.ExecContext(w.ctx(), "UPDATE actor SET deleted_at = 1 WHERE username = 'gone'")
			return err
		}))
		unsigned := func(r *http.Request) { r.Header.Del("Signature") }
		for _, tt := range []struct {
			name, path, signer string
			body               []byte
			change             func(*http.Request)
			status             int
			detail             string
		}{
			{"unsigned", "/inbox", twoBob, body, unsigned, 403, "Cannot parse HTTP signature"},
			{"unsigned nonsense", "/inbox", twoBob, []byte("{{{"), unsigned, 403, "Cannot parse HTTP signature"},
			{"another digest", "/inbox", twoBob, body, func(r *http.Request) { r.Header.Set("Digest", "SHA-256=AAAA") }, 403, "Invalid digest"},
			{"an old date", "/inbox", twoBob, body, func(r *http.Request) {
				w.must(signature.Sign(r, twoBob+"#main-key", w.others.keys[twoBob].private, body, w.now().Add(-31*time.Minute)))
			}, 403, "Invalid signature"},
			{"a future date", "/inbox", twoBob, body, func(r *http.Request) {
				w.must(signature.Sign(r, twoBob+"#main-key", w.others.keys[twoBob].private, body, w.now().Add(31*time.Minute)))
			}, 403, "Invalid signature"},
			{"another key", "/inbox", twoBob, body, func(r *http.Request) {
				w.must(signature.Sign(r, twoBob+"#main-key", w.others.keys[peertube2+"/accounts/bobby"].private, body, w.now()))
			}, 403, "Invalid signature"},
			{"a key of ours that is not", "/inbox", "", body, func(r *http.Request) {
				w.must(signature.Sign(r, "http://one.test/accounts/alicia#main-key", w.others.keys[twoBob].private, body, w.now()))
			}, 403, "Invalid signature"},
			{"a key of nobody here", "/inbox", "", body, func(r *http.Request) {
				w.must(signature.Sign(r, "http://one.test/accounts/nobody#main-key", w.others.keys[twoBob].private, body, w.now()))
			}, 403, "ActivityPub signature could not be checked"},
			{"another host", "/inbox", twoBob, body, func(r *http.Request) { r.Host = "three.test" }, 403, "Invalid signature"},
			{"somebody else's word", "/inbox", twoBob, like("http://two.test/accounts/eve", "http://two.test/likes/2"), nil, 403, "Object and creator signature do not match"},
			{"no JSON", "/inbox", twoBob, []byte("{"), nil, 400, "Incorrect activity"},
			{"nested", "/inbox", twoBob, []byte(strings.Repeat("[", 10000)), nil, 400, "Incorrect activity"},
			{"no id", "/inbox", twoBob, []byte(`{"type":"Like","actor":"` + twoBob + `","object":"http://one.test/x"}`), nil, 400, "Incorrect activity"},
			{"an id that is no address", "/inbox", twoBob, []byte(`{"type":"Like","id":"1","actor":"` + twoBob + `"}`), nil, 400, "Incorrect activity"},
			{"no actor", "/inbox", twoBob, []byte(`{"type":"Like","id":"http://two.test/1"}`), nil, 400, "Incorrect activity"},
			{"an unknown type without id", "/inbox", twoBob, []byte(`{"type":"Dance","actor":"` + twoBob + `"}`), nil, 400, "Incorrect activity"},
			{"an object alone", "/inbox", twoBob, []byte(`{"type":"Note","id":"http://two.test/1","content":"x"}`), nil, 400, "Incorrect activity"},
			{"plain text", "/inbox", twoBob, body, func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }, 400, "Incorrect activity"},
			{"no type of content", "/inbox", twoBob, body, func(r *http.Request) { r.Header.Del("Content-Type") }, 400, "Incorrect activity"},
			{"too many at once", "/inbox", twoBob, crowd(101), nil, 400, "Incorrect activity"},
			{"nobody's channel", "/video-channels/nobody/inbox", twoBob, body, nil, 404, "Video channel not found"},
			{"the inbox of somebody who is gone", "/accounts/gone/inbox", twoBob, body, nil, 404, "Account not found"},
			{"nobody's inbox, unsigned", "/accounts/nobody/inbox", twoBob, body, unsigned, 403, "Cannot parse HTTP signature"},
			{"too large", "/inbox", twoBob, []byte(`"` + strings.Repeat("x", activitypub.MaxObject) + `"`), nil, 413, "request entity too large"},
			{"nobody's inbox", "/accounts/nobody/inbox", twoBob, body, nil, 404, "Account not found"},
		} {
			change := tt.change
			if change == nil {
				change = func(*http.Request) {}
			}
			res, got := w.post(tt.path, tt.signer, tt.body, change)
			var p struct {
				Type, Title, Detail string
				Status              int
			}
			if err := json.Unmarshal([]byte(got), &p); err != nil || res.StatusCode != tt.status || p.Status != tt.status || p.Detail != tt.detail || p.Type != "about:blank" {
				t.Errorf("%s: got %d %s, want %d %s", tt.name, res.StatusCode, got, tt.status, tt.detail)
			}
		}
		w.nothingWaits()
		own, id, err := w.actors.PrivateKey(w.ctx(), w.number64("SELECT id FROM actor WHERE username = 'alicia'"))
		w.must(err)
		mine := like("http://one.test/accounts/alicia", "http://one.test/likes/1")
		res, got := w.post("/inbox", "", mine, func(r *http.Request) { w.must(signature.Sign(r, id, own, mine, w.now())) })
		if res.StatusCode != 409 || got != "" {
			t.Errorf("our own key: got %d %s, want 409", res.StatusCode, got)
		}
		w.nothingWaits()
		if res, _ := w.post("/inbox", twoBob, []byte(`{"type":"Dance","id":"http://two.test/1","actor":"`+twoBob+`"}`)); res.StatusCode != 204 {
			t.Errorf("an unknown type: got %d, want 204", res.StatusCode)
		}
	})
}

// crowd is a collection of so many likes.
func crowd(n int) []byte {
	var list []json.RawMessage
	for k := range n {
		list = append(list, like(twoBob, fmt.Sprintf("http://two.test/likes/%d", k)))
	}
	b, err := json.Marshal(map[string]any{"type": "Collection", "totalItems": n, "items": list})
	if err != nil {
		panic(err)
	}
	return b
}

// All that PeerTube takes for JSON is taken, and several activities in one
// delivery are worked on one by one.
func TestWaysOfDelivering(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t), "one.test")
	id := w.publish(w.alicia, walk)
	w.learn(twoBob, "Person")
	w.learn("http://two.test/accounts/eve", "Person")
	undo := func(k int) []byte {
		return []byte(fmt.Sprintf(`{"type":"Undo","id":"http://two.test/undo/%d","actor":"%s","object":%s}`, k, twoBob, like(twoBob, fmt.Sprint("http://two.test/likes/", k))))
	}
	for k, kind := range []string{
		"application/activity+json", "application/activity+json; charset=utf-8", "application/ld+json", "application/json",
		`application/ld+json; profile="https://www.w3.org/ns/activitystreams"`,
	} {
		for want, body := range [][]byte{undo(k), like(twoBob, fmt.Sprint("http://two.test/likes/", k))} {
			w.setNow(w.now().Add(time.Second))
			if res, got := w.post("/inbox", twoBob, body, func(r *http.Request) { r.Header.Set("Content-Type", kind) }); res.StatusCode != 204 {
				t.Errorf("%s: got %d %s", kind, res.StatusCode, got)
			}
			w.settle()
			w.rates(id, want, 0)
		}
	}
	other := w.publish(w.alicia, "e6b078bc-3feb-4c72-8f4f-aff5828507e2")
	body, err := json.Marshal(map[string]any{"type": "OrderedCollection", "totalItems": 4, "orderedItems": []any{
		json.RawMessage(undo(9)), json.RawMessage(`{"type":"Dance","id":"http://two.test/1","actor":"` + twoBob + `"}`), 7,
		map[string]any{"type": "Like", "id": "http://two.test/likes/8", "actor": "http://two.test/accounts/eve", "object": "http://one.test/videos/watch/" + walk},
		map[string]any{"type": "Dislike", "id": "http://two.test/dislikes/9", "actor": twoBob, "object": "http://one.test/videos/watch/e6b078bc-3feb-4c72-8f4f-aff5828507e2"},
	}})
	w.must(err)
	if res, got := w.post("/inbox", twoBob, body); res.StatusCode != 204 {
		t.Errorf("a collection: got %d %s", res.StatusCode, got)
	}
	w.settle()
	w.rates(id, 0, 0) // eve did not sign
	w.rates(other, 0, 1)
}

// The same delivery again is answered as the first and changes nothing: a
// recorded Like does not come back after it was withdrawn.
func TestReplay(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, "one.test")
		id := w.publish(w.alicia, walk)
		w.learn(twoBob, "Person")
		body := like(twoBob, "http://two.test/likes/1")
		var header http.Header
		w.post("/inbox", twoBob, body, func(r *http.Request) { header = r.Header.Clone() })
		again := func(waiting int) {
			if res, got := w.post("/inbox", "", body, func(r *http.Request) { r.Header = header.Clone() }); res.StatusCode != 204 {
				t.Errorf("got %d %s, want 204", res.StatusCode, got)
			}
			if n, err := w.inbox.Waiting(w.ctx()); err != nil || n != waiting {
				t.Errorf("%d wait, %v; want %d", n, err, waiting)
			}
			w.settle()
		}
		again(1)
		w.rates(id, 1, 0)
		if n := w.number("SELECT COUNT(*) FROM inbox_seen"); n != 1 {
			t.Errorf("%d deliveries were worked on, want 1", n)
		}
		w.setNow(w.now().Add(time.Minute))
		w.send(twoBob, map[string]any{"type": "Undo", "id": "http://two.test/likes/1/undo", "actor": twoBob, "object": json.RawMessage(body)})
		w.settle()
		w.rates(id, 0, 0)
		again(0)
		w.rates(id, 0, 0)
		w.setNow(w.now().Add(time.Minute)) // liked once more, with the same id
		if res, _ := w.post("/inbox", twoBob, body); res.StatusCode != 204 {
			t.Errorf("got %d", res.StatusCode)
		}
		w.settle()
		w.rates(id, 1, 0)
	})
}

// A stranger cannot have us ask one address after another: keys that are read
// have a budget for each client, failures are remembered, and the deletion of
// somebody who was never known is asked about nowhere.
func TestKeysThatAreRead(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t), "one.test", func(c *inbox.Config, _ *fetch.Config) { c.Keys = 5 })
	claim := func(by string, body []byte) int {
		res, _ := w.post("/inbox", "", body, func(r *http.Request) {
			w.must(signature.Sign(r, by+"#main-key", w.others.keys[peertube2+"/accounts/bobby"].private, body, w.now()))
		})
		return res.StatusCode
	}
	ghost := "http://three.test/accounts/ghost"
	for range 3 {
		if got := claim(ghost, like(ghost, "http://three.test/likes/1")); got != 403 {
			t.Errorf("got %d, want 403", got)
		}
	}
	if n := w.others.count(ghost); n != 1 {
		t.Errorf("an address that failed was asked %d times", n)
	}
	for i := range 5 {
		by := fmt.Sprintf("http://four.test/accounts/%d", i)
		want := 403
		if i >= 2 { // three were taken by the ghost
			want = 429
		}
		if got := claim(by, like(by, "http://four.test/likes/1")); got != want {
			t.Errorf("key %d: got %d, want %d", i, got, want)
		}
		if n := w.others.count(by); n > 0 != (want == 403) {
			t.Errorf("key %d: asked %d times", i, n)
		}
	}
	gone := "http://five.test/accounts/gone"
	body := []byte(`{"type":"Delete","id":"` + gone + `/delete","actor":"` + gone + `","object":"` + gone + `"}`)
	if got := claim(gone, body); got != 204 || w.others.count(gone) != 0 {
		t.Errorf("a stranger's own deletion: got %d after %d questions, want 204 after none", got, w.others.count(gone))
	}
	w.nothingWaits()
}

// A key changes where its actor's own document says so, and nowhere else.
func TestChangedKey(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t), "one.test")
	id := w.publish(w.alicia, walk)
	w.learn(twoBob, "Person")
	private, public, err := signature.NewKey()
	w.must(err)
	fresh, err := signature.ParsePrivate(private)
	w.must(err)
	old := w.others.keys[twoBob]
	// An Update that he signed brings a key along: it is not taken.
	w.send(twoBob, map[string]any{"type": "Update", "id": twoBob + "/updates/1", "actor": twoBob, "object": map[string]any{
		"type": "Person", "id": twoBob, "preferredUsername": "bob", "name": "Bob B.", "inbox": twoBob + "/inbox",
		"publicKey": map[string]string{"id": twoBob + "#main-key", "owner": twoBob, "publicKeyPem": public},
	}})
	w.settle()
	w.called(twoBob, "Bob B.")
	body := like(twoBob, "http://two.test/likes/1")
	w.others.keys[twoBob] = &key{PublicKeyPem: public, private: fresh}
	if res, _ := w.post("/inbox", twoBob, body); res.StatusCode != 403 {
		t.Errorf("a key of an Update: got %d, want 403", res.StatusCode)
	}
	w.setNow(w.now().Add(11 * time.Minute)) // or it is not read again so soon
	w.others.actor(t, twoBob, "Person")     // his document has the new key now
	if res, got := w.post("/inbox", twoBob, body); res.StatusCode != 204 {
		t.Errorf("the key of his document: got %d %s, want 204", res.StatusCode, got)
	}
	w.settle()
	w.rates(id, 1, 0)
	w.others.keys[twoBob] = old
	if res, _ := w.post("/inbox", twoBob, like(twoBob, "http://two.test/likes/2")); res.StatusCode != 403 {
		t.Errorf("the key before: got %d, want 403", res.StatusCode)
	}
}
