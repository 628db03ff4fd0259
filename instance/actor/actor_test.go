package actor_test

import (
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vidiverse/instance/actor"
	"vidiverse/instance/db"
	"vidiverse/instance/db/dbtest"
	"vidiverse/instance/fault"
)

func newService(d *db.DB) *actor.Service {
	return actor.New(d, &url.URL{Scheme: "http", Host: "one.test:9000", Path: "/ignored"}, time.Now)
}

// Of several takers of one name exactly one gets it, and the others learn why.
func TestCreateIsUnique(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s := newService(d)
		var mu sync.Mutex
		var wg sync.WaitGroup
		var won []actor.Created
		for _, name := range []string{"sea", "SEA", "Sea", "seA"} {
			wg.Go(func() {
				var c actor.Created
				err := d.Write(t.Context(), func(tx db.Tx) (err error) {
					c, err = s.Create(t.Context(), tx, actor.Group, name)
					return err
				})
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					won = append(won, c)
				} else if fault.KindOf(err) != fault.Conflict {
					t.Errorf("%s: got %v, want conflict", name, err)
				}
			})
		}
		wg.Wait()
		if len(won) != 1 {
			t.Errorf("%d actors have the name", len(won))
		}
	})
}

// Pictures of many actors come in one query, each with its own actor.
func TestImages(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s := newService(d)
		var a, b actor.Created
		err := d.Write(t.Context(), func(tx db.Tx) (err error) {
			if a, err = s.Create(t.Context(), tx, actor.Person, "a"); err != nil {
				return err
			}
			if b, err = s.Create(t.Context(), tx, actor.Group, "b"); err != nil {
				return err
			}
			_, err = tx.NewRaw(`INSERT INTO actor_image (actor_id, kind, width, height, file, created_at, updated_at) VALUES
				(?, 1, 120, 120, 'big.png', 5, 5), (?, 1, 48, 48, 'small.png', 5, 5), (?, 2, 1920, 317, 'wide.jpg', 5, 5)`,
				a.ID, a.ID, b.ID).Exec(t.Context())
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.Images(t.Context(), d.Read(), []actor.ID{a.ID, b.ID, 999})
		if err != nil {
			t.Fatal(err)
		}
		at := time.UnixMilli(5).UTC()
		want := map[actor.ID]actor.Images{
			a.ID: {Avatars: []actor.Image{{Width: 48, Height: 48, File: "small.png", CreatedAt: at, UpdatedAt: at}, {Width: 120, Height: 120, File: "big.png", CreatedAt: at, UpdatedAt: at}}},
			b.ID: {Banners: []actor.Image{{Width: 1920, Height: 317, File: "wide.jpg", CreatedAt: at, UpdatedAt: at}}},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if b.URL != "http://one.test:9000/video-channels/b" || a.URL != "http://one.test:9000/accounts/a" {
			t.Errorf("got %s and %s", a.URL, b.URL)
		}
	})
}

// What people type for one actor must lead to that actor.
func TestSplitHandle(t *testing.T) {
	s := newService(nil)
	for _, tt := range []struct{ handle, name, host string }{
		{"alice", "alice", ""},
		{"@alice", "alice", ""},
		{"alice@one.test:9000", "alice", ""},
		{"alice@ONE.test:9000", "alice", ""},
		{"alice@one.test", "alice", "one.test"}, // another port is another host
		{"@alice@Two.test", "alice", "two.test"},
		{"", "", ""},
		{"@", "", ""},
	} {
		if name, host := s.SplitHandle(tt.handle); name != tt.name || host != tt.host {
			t.Errorf("%q: got %q at %q, want %q at %q", tt.handle, name, host, tt.name, tt.host)
		}
	}
}

// Names go into URLs and files of other servers: nothing else may be in them.
func TestValidNames(t *testing.T) {
	for name, want := range map[string][2]bool{ // as user, as channel
		"alice": {true, true}, "a": {true, true}, "a_b.c-d": {true, true}, "0": {true, true}, "_": {true, true},
		"Alice": {false, true}, ".a": {false, true}, "a.": {false, true}, "-a": {false, true}, "a:b": {false, true},
		"": {false, false}, "a b": {false, false}, "a/b": {false, false}, "é": {false, false}, "a\x00": {false, false},
		"a@b": {false, false}, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa": {false, false},
	} {
		if got := [2]bool{actor.ValidUserName(name), actor.ValidChannelName(name)}; got != want {
			t.Errorf("%q: got %v, want %v", name, got, want)
		}
	}
}

// A handle comes from a URL: any bytes at all.
func FuzzSplitHandle(f *testing.F) {
	for _, s := range []string{"alice", "@alice@two.test", "@@@", "a@b@c", "\xff@\x00"} {
		f.Add(s)
	}
	s := newService(nil)
	f.Fuzz(func(t *testing.T, handle string) {
		name, host := s.SplitHandle(handle)
		if len(name)+len(host) > 2*len(handle)+2 || host == s.Host() {
			t.Fatalf("%q: got %q at %q", handle, name, host)
		}
		actor.ValidUserName(name)
		actor.ValidChannelName(name)
		actor.Findable(handle)
	})
}

// A name that no picture has, or that no database holds, is just not found.
func TestImageSource(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s := newService(d)
		var made actor.Created
		err := d.Write(t.Context(), func(tx db.Tx) (err error) {
			if made, err = s.Create(t.Context(), tx, actor.Group, "sea"); err != nil {
				return err
			}
			_, err = tx.NewRaw(`INSERT INTO actor_image (actor_id, kind, width, height, file, created_at, updated_at)
				VALUES (?, 1, 48, 48, 'a.png', 0, 0)`, made.ID).Exec(t.Context())
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if from, err := s.ImageSource(t.Context(), "a.png"); err != nil || from != "" {
			t.Errorf("got %q, %v, want one of ours", from, err)
		}
		for _, name := range []string{"", "b.png", "a.png\x00", "\xff.png", "../a.png"} {
			if _, err := s.ImageSource(t.Context(), name); fault.KindOf(err) != fault.NotFound {
				t.Errorf("%q: got %v, want not found", name, err)
			}
		}
	})
}
