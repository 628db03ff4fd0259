package fetch_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"vidiverse/instance/db"
	"vidiverse/instance/db/dbtest"
	"vidiverse/instance/fault"
	"vidiverse/instance/federation/fetch"
)

func contextOf(t testing.TB) (context.Context, context.CancelFunc) {
	return context.WithCancel(t.Context())
}

// outbox has the outbox of two.test's instance crawled, as after a follow.
func (w *world) outbox() {
	w.Helper()
	doc := w.actor("http://two.test/accounts/peertube", "Application")
	doc["outbox"] = "http://two.test/outbox"
	w.put("http://two.test/accounts/peertube", doc)
	a, err := w.fetch.Actor(w.Context(), "http://two.test/accounts/peertube")
	w.must(err)
	w.must(w.db.Write(w.Context(), func(tx db.Tx) error { return w.fetch.CrawlOutbox(w.Context(), tx, a) }))
	w.settle()
}

func page(id, next string, items ...any) object {
	return object{"type": "OrderedCollectionPage", "id": id, "partOf": "http://two.test/outbox", "next": next, "orderedItems": items, "totalItems": 100}
}

func announce(number int, v string) object {
	return object{"type": "Announce", "id": fmt.Sprintf("http://two.test/announces/%d", number), "actor": "http://two.test/accounts/peertube", "object": v}
}

// After a follow all that was published before is there.
func TestOutbox(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.sea()
		const most = 7
		w.put("http://two.test/outbox", object{"type": "OrderedCollection", "id": "http://two.test/outbox", "first": "http://two.test/outbox?page=1", "totalItems": most})
		for k := range most {
			next := fmt.Sprintf("http://two.test/outbox?page=%d", k+2)
			if k == most-1 {
				next = ""
			}
			v := fmt.Sprintf("http://two.test/videos/watch/%d", k)
			w.put(v, w.film(v, k))
			var item any = announce(k, v)
			if k%2 == 0 {
				item = object{"type": "Create", "id": v + "/activity", "actor": "http://two.test/accounts/alice", "object": v}
			}
			address := fmt.Sprintf("http://two.test/outbox?page=%d", k+1)
			w.put(address, page(address, next, item))
		}
		w.outbox()
		if n := w.number("SELECT COUNT(*) FROM video"); n != most {
			t.Errorf("%d videos are there, want %d", n, most)
		}
		if n := w.number("SELECT COUNT(*) FROM video_share"); n != most/2 {
			t.Errorf("%d shares are there, want %d", n, most/2)
		}
		if n := w.heard.Load(); n != 0 {
			t.Errorf("people are told of %d videos of long ago", n)
		}
		const fresh = "http://two.test/videos/watch/fresh"
		w.put(fresh, w.film(fresh, 99))
		_, err := w.fetch.AnnouncedVideo(t.Context(), fresh)
		w.must(err)
		w.settle()
		if n := w.heard.Load(); n != 1 {
			t.Errorf("people are told of %d videos, want the one that was announced", n)
		}
	})
}

// A collection that leads to itself, in a circle, to ever new pages, to another
// server, or to an ocean of items is left after its bounds; what was read is kept.
func TestCrawlBounds(t *testing.T) {
	const root = "http://two.test/outbox"
	for name, tt := range map[string]struct {
		set   func(w *world)
		asked func(w *world) int
		most  int
	}{
		"itself": {func(w *world) { w.put(root, page(root, root, announce(1, "http://two.test/videos/watch/1"))) },
			func(w *world) int { return w.count(root) }, 1},
		"a circle": {func(w *world) {
			for k := range 3 {
				address := fmt.Sprint(root, "?page=", k)
				w.put(address, page(address, fmt.Sprint(root, "?page=", (k+1)%3), announce(k, fmt.Sprint("http://two.test/videos/watch/", k))))
			}
			w.put(root, object{"type": "OrderedCollection", "id": root, "first": root + "?page=0"})
		}, func(w *world) int { return w.count(root+"?page=0") + w.count(root+"?page=1") + w.count(root+"?page=2") }, 3},
		"ever new": {func(w *world) {
			w.put(root, object{"type": "OrderedCollection", "id": root, "first": root + "?page=0"})
			w.every(func(r *http.Request) any {
				return page("http://two.test"+r.URL.RequestURI(), "http://two.test"+r.URL.RequestURI()+"0", announce(len(r.URL.RawQuery), "http://two.test/videos/watch/1"))
			})
		}, func(w *world) int { return w.total("/outbox") }, 41},
		"ever new and empty": {func(w *world) {
			w.put(root, object{"type": "OrderedCollection", "id": root, "first": root + "?page=0"})
			w.every(func(r *http.Request) any {
				return page("http://two.test"+r.URL.RequestURI(), "http://two.test"+r.URL.RequestURI()+"0")
			})
		}, func(w *world) int { return w.total("/outbox") }, 3},
		"another server": {func(w *world) {
			w.put(root, page(root, "http://three.test/outbox?page=2", announce(1, "http://two.test/videos/watch/1")))
		},
			func(w *world) int { return w.count("http://three.test/outbox?page=2") }, 0},
		"an ocean": {func(w *world) {
			var items []any
			for k := range 400 {
				items = append(items, announce(k, fmt.Sprint("http://two.test/videos/watch/", 100+k)))
			}
			w.put(root, page(root, "", items...))
		}, func(w *world) int { return w.total("/videos/") }, 121},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, dbtest.SQLite(t), func(c *fetch.Config) { c.Crawl = fetch.Bounds{Pages: 1, Items: 3} })
			w.sea()
			w.put("http://two.test/videos/watch/1", w.film("http://two.test/videos/watch/1", 1))
			tt.set(w)
			w.outbox()
			if n := tt.asked(w); n > tt.most {
				t.Errorf("asked %d times, want at most %d", n, tt.most)
			}
		})
	}
}

// every answers what has no document of its own.
func (w *world) every(with func(r *http.Request) any) {
	for k := range 60 {
		address := "http://two.test/outbox?page=" + strings.Repeat("0", k+1)
		r, err := http.NewRequest(http.MethodGet, address, nil)
		w.must(err)
		w.put(address, with(r))
	}
}

func (w *world) total(path string) (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for address, k := range w.asked {
		if strings.Contains(address, path) {
			n += k
		}
	}
	return n
}

// A thread that replies to itself, or goes up for ever, ends; one that leads to a
// video is kept whole.
func TestThreads(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t), func(c *fetch.Config) { c.Crawl = fetch.Bounds{Thread: 10} })
	w.sea()
	const v = "http://two.test/videos/watch/1"
	w.put(v, w.film(v, 1))
	note := func(number, above string) string {
		address := "http://two.test/notes/" + number
		w.put(address, object{"type": "Note", "id": address, "content": "x", "inReplyTo": above, "attributedTo": "http://two.test/accounts/alice", "to": "as:Public"})
		return address
	}
	self := note("self", "http://two.test/notes/self")
	long := v
	for k := range 12 {
		long = note(fmt.Sprint("long", k), long)
	}
	for name, address := range map[string]string{"itself": self, "too long": long, "nothing": note("none", "http://two.test/nothing")} {
		if _, err := w.fetch.Comment(t.Context(), address); err == nil || fault.KindOf(err) == fault.Internal {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if n := w.number("SELECT COUNT(*) FROM comment"); n != 0 {
		t.Errorf("%d comments are kept", n)
	}
	last := note("c", note("b", note("a", v)))
	id, err := w.fetch.Comment(t.Context(), last)
	w.must(err)
	if n := w.number("SELECT COUNT(*) FROM comment"); n != 3 || id == 0 {
		t.Errorf("%d comments are kept, want 3", n)
	}
	stolen := "http://evil.test/notes/1"
	w.put(stolen, object{"type": "Note", "id": stolen, "content": "x", "inReplyTo": v, "attributedTo": "http://two.test/accounts/alice", "to": "as:Public"})
	if _, err := w.fetch.Comment(t.Context(), stolen); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("in alice's name: got %v, want forbidden", err)
	}
}

// An old copy is read again when somebody looks at it; one whose server has
// deleted it goes, one whose server does not answer stays.
func TestRefresh(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.sea()
		const v = "http://two.test/videos/watch/1"
		w.put(v, w.film(v, 1))
		_, err := w.fetch.Video(t.Context(), v)
		w.must(err)
		look := func() {
			w.at = w.at.Add(49 * time.Hour)
			_, err := w.fetch.Video(t.Context(), v)
			w.must(err)
			w.settle()
		}
		changed := w.film(v, 1)
		changed["name"], changed["updated"], changed["comments"] = "Another", "2026-11-23T08:00:00Z", v+"/comments"
		const c = v + "/comments/1" // nobody told us of it
		w.put(v+"/comments", object{"type": "OrderedCollection", "id": v + "/comments", "totalItems": 1, "orderedItems": []string{c}})
		w.put(c, object{"type": "Note", "id": c, "content": "x", "inReplyTo": v, "attributedTo": "http://two.test/accounts/alice", "to": "as:Public"})
		w.put(v, changed)
		look()
		if n := w.number("SELECT COUNT(*) FROM video WHERE name = 'Another'"); n != 1 {
			t.Error("the new name is not shown")
		}
		if n := w.number("SELECT COUNT(*) FROM comment"); n != 1 {
			t.Errorf("got %d comments that were made meanwhile, want 1", n)
		}
		w.answer(v, func(rw http.ResponseWriter, _ *http.Request) { http.Error(rw, "no", 503) })
		look()
		if n := w.number("SELECT failures FROM video_remote"); n != 1 {
			t.Errorf("got %d failures, want 1", n)
		}
		w.answer(v, func(rw http.ResponseWriter, _ *http.Request) { http.Error(rw, "gone", 410) })
		look()
		if n := w.number("SELECT COUNT(*) FROM video"); n != 0 {
			t.Error("a deleted video is there still")
		}
		alice := w.actor("http://two.test/accounts/alice", "Person")
		alice["followers"] = "http://two.test/accounts/alice/followers"
		w.put("http://two.test/accounts/alice", alice)
		w.put("http://two.test/accounts/alice/followers", object{"type": "OrderedCollection", "id": "http://two.test/accounts/alice/followers", "totalItems": 7})
		w.fetch.Forget("actor http://two.test/accounts/alice")
		w.must(w.fetch.RefreshActor(t.Context(), "http://two.test/accounts/alice"))
		w.settle()
		if n := w.number("SELECT followers FROM actor_counter c JOIN actor a ON a.id = c.actor_id WHERE a.url = 'http://two.test/accounts/alice'"); n != 7 {
			t.Errorf("got %d followers, want 7", n)
		}
		w.answer("http://two.test/accounts/alice", func(rw http.ResponseWriter, _ *http.Request) { http.Error(rw, "gone", 410) })
		w.must(w.fetch.RefreshActor(t.Context(), "http://two.test/accounts/alice"))
		w.settle()
		if n := w.number("SELECT COUNT(*) FROM actor WHERE deleted_at IS NULL AND host_id IS NOT NULL"); n != 0 {
			t.Errorf("%d actors of somebody who is gone are there still", n)
		}
	})
}

// Comments are neither read where the operator takes none, nor kept under a video
// that has none.
func TestUnwantedComments(t *testing.T) {
	for name, tt := range map[string]struct {
		closed bool
		policy int
		asked  int
		want   int
	}{
		"open": {false, 1, 1, 1}, "closed instance": {true, 1, 0, 0}, "closed video": {false, 2, 1, 0}, "held elsewhere, and shown": {false, 3, 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, dbtest.SQLite(t), func(c *fetch.Config) { c.NoComments = tt.closed })
			w.sea()
			const v, n = "http://two.test/videos/watch/1", "http://two.test/videos/watch/1/comments/1"
			film := w.film(v, 1)
			film["commentsPolicy"], film["comments"] = tt.policy, v+"/comments"
			w.put(v, film)
			w.put(v+"/comments", object{"type": "OrderedCollection", "id": v + "/comments", "totalItems": 1, "orderedItems": []string{n}})
			w.put(n, object{"type": "Note", "id": n, "content": "x", "inReplyTo": v, "attributedTo": "http://two.test/accounts/alice", "to": "as:Public"})
			_, err := w.fetch.Video(t.Context(), v)
			w.must(err)
			w.settle()
			if got := w.number("SELECT COUNT(*) FROM comment"); got != tt.want || w.count(n) != tt.asked {
				t.Errorf("got %d comments, asked %d times, want %d and %d", got, w.count(n), tt.want, tt.asked)
			}
		})
	}
}

// A server that is known not to answer is not read by what runs by itself until it
// may be back; who asks for something by its address has it asked.
func TestDeadServersAreLeftAlone(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.sea()
		const v, other = "http://two.test/videos/watch/1", "http://two.test/videos/watch/2"
		w.put(v, w.film(v, 1))
		w.put(other, w.film(other, 2))
		_, err := w.fetch.Video(t.Context(), v)
		w.must(err)
		w.settle()
		look := func() {
			w.at = w.at.Add(49 * time.Hour)
			_, err := w.fetch.Video(t.Context(), v)
			w.must(err)
			w.settle()
		}
		until := w.at.Add(50 * time.Hour).UnixMilli()
		w.must(d.Write(t.Context(), func(tx db.Tx) error {
			_, err := tx.ExecContext(t.Context(), "UPDATE host SET closed_until = ?, failures = 9 WHERE name = 'two.test'", until)
			return err
		}))
		asked := w.count(v)
		if look(); w.count(v) != asked {
			t.Error("it was asked although it does not answer")
		}
		if n := w.number("SELECT COUNT(*) FROM video"); n != 1 {
			t.Error("its video is gone")
		}
		if _, err := w.fetch.Video(t.Context(), other); err != nil || w.count(other) != 1 {
			t.Errorf("it was not asked for what somebody looks for: %v", err)
		}
		if look(); w.count(v) != asked+1 {
			t.Error("it was not asked once it may be back")
		}
	})
}

// WebFinger and NodeInfo lead to an actor of that very host, or nowhere.
func TestDiscovery(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	w.sea()
	finger := func(host, to string) {
		w.answer("http://"+host+"/.well-known/webfinger?resource=acct%3Aalice%40"+host,
			serve("application/jrd+json", []byte(`{"subject":"acct:alice@`+host+`","links":[{"rel":"self","type":"application/activity+json","href":"`+to+`"}]}`)))
	}
	finger("two.test", "http://two.test/accounts/alice")
	finger("evil.test", "http://two.test/accounts/alice")
	finger("file.test", "file:///etc/passwd")
	finger("data.test", "data:application/activity+json,{}")
	finger("ours.test", "http://one.test/accounts/root")
	if a, err := w.fetch.ActorByHandle(t.Context(), "alice", "two.test"); err != nil || a.URL != "http://two.test/accounts/alice" {
		t.Errorf("got %+v, %v", a, err)
	}
	for _, host := range []string{"evil.test", "file.test", "data.test", "ours.test", "nobody.test", "a b", "two.test/x?", "127.0.0.1:1@evil.test"} {
		if a, err := w.fetch.ActorByHandle(t.Context(), "alice", host); err == nil {
			t.Errorf("%s: got %+v", host, a)
		}
	}
	w.put("http://two.test/accounts/app", w.actor("http://two.test/accounts/app", "Application"))
	w.answer("http://two.test/.well-known/nodeinfo", serve("application/json", []byte(`{"links":[{"rel":"https://www.w3.org/ns/activitystreams#Application","href":"http://two.test/accounts/app"}]}`)))
	if a, err := w.fetch.InstanceActor(t.Context(), "two.test"); err != nil || a.Username != "app" {
		t.Errorf("got %+v, %v", a, err)
	}
}

// A video that came back has its ratings, though those of the one before were
// still to be read.
func TestVideoThatCameBack(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.sea()
		const v = "http://two.test/videos/watch/1"
		doc := w.film(v, 1)
		doc["likes"], doc["dislikes"] = v+"/likes", v+"/dislikes"
		w.put(v, doc)
		w.put(v+"/likes", object{"type": "OrderedCollection", "id": v + "/likes", "totalItems": 2})
		w.put(v+"/dislikes", object{"type": "OrderedCollection", "id": v + "/dislikes", "totalItems": 1})
		before, err := w.fetch.Video(t.Context(), v)
		w.must(err)
		w.must(d.Write(t.Context(), func(tx db.Tx) error { return w.videos.RemoveRemote(t.Context(), tx, before) }))
		w.at = w.at.Add(time.Second)
		after, err := w.fetch.Video(t.Context(), v)
		w.must(err)
		if after == before {
			t.Fatal("the video is the one before")
		}
		w.settle()
		if n := w.number("SELECT likes FROM video_counter WHERE video_id = ?", after); n != 2 {
			t.Errorf("got %d likes, want 2", n)
		}
	})
}
