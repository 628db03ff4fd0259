package actor_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"vidiverse/instance/actor"
	"vidiverse/instance/db"
	"vidiverse/instance/db/dbtest"
	"vidiverse/instance/fault"
)

// someKey is a key that another server has.
const someKey = "-----BEGIN PUBLIC KEY-----\nMIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQC8a4Ka8yHmfjp8W9YMucuGeMg9\n90hOHEdgJAC7yGa/l2gPe9yRG2dRFrU8yClfSeG2lMnqQcrng+fflk1FF+IVbU9l\n+9k6fABFBxo/tzvC6wK1RJml0N8lC9fzV0uvZytnugxGh11PptxLXKPodLrqs0Xx\nWLkK92/wHf9O0eR8KwIDAQAB\n-----END PUBLIC KEY-----\n"

// otherKey is what an attacker would have instead.
const otherKey = "-----BEGIN PUBLIC KEY-----\nMIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDApuO5DXQ+GiT/S06axf0TzhZ2\nQshEzHwsZxtEEg43PZLgTSqHTRby4AQgDe1bnrbfeSyz8vTbRrM+ht37KJujJBMP\nSOgEg5lECHlroT/bC1VtB7KHEXhtCbENfVimk+4JxYuLKUhLisGxJp371HE1BQ7h\nfPrREos14ahMlQNDBQIDAQAB\n-----END PUBLIC KEY-----\n"

// secure is a service of an instance on https.
func secure(d *db.DB) *actor.Service {
	return actor.New(d, &url.URL{Scheme: "https", Host: "one.test"}, time.Now)
}

func bob() actor.Remote {
	const u = "https://two.test/accounts/bob"
	return actor.Remote{
		URL: u, Kind: actor.Person, Username: "bob", Inbox: u + "/inbox", SharedInbox: "https://two.test/inbox",
		Outbox: u + "/outbox", Followers: u + "/followers", Following: u + "/following", Playlists: u + "/playlists", PublicKey: someKey,
		Avatars: []actor.RemoteImage{{URL: "https://two.test/a.png", MediaType: "image/png", Width: 120, Height: 120}},
	}
}

func save(t *testing.T, d *db.DB, s *actor.Service, r actor.Remote) (id actor.ID, created bool, err error) {
	t.Helper()
	err = d.Write(t.Context(), func(tx db.Tx) (err error) {
		id, created, err = s.SaveRemote(t.Context(), tx, r)
		return err
	})
	return id, created, err
}

// What another server says of its actor is found again, and its pictures keep
// their names for as long as they are there.
func TestSaveRemote(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s, r := secure(d), bob()
		id, created, err := save(t, d, s, r)
		if err != nil || !created {
			t.Fatalf("got %v %v, want a new actor", created, err)
		}
		before, err := s.Images(t.Context(), d.Read(), []actor.ID{id})
		if err != nil || len(before[id].Avatars) != 1 {
			t.Fatalf("pictures: %v %v", before, err)
		}
		r.Inbox, r.Totals = r.URL+"/in", &actor.Totals{Followers: 7, Following: 3}
		r.Avatars = append(r.Avatars, actor.RemoteImage{URL: "https://two.test/b.jpg", MediaType: "image/jpeg"})
		again, created, err := save(t, d, s, r)
		if err != nil || created || again != id {
			t.Fatalf("got %d %v %v, want the same actor", again, created, err)
		}
		a, err := s.ByURL(t.Context(), d.Read(), "https://TWO.test:443/accounts/bob")
		if err != nil || a.ID != id || a.Host != "two.test" || a.Inbox != r.Inbox || a.SharedInbox != r.SharedInbox || a.Outbox != r.Outbox || a.FetchedAt.IsZero() {
			t.Errorf("got %+v %v", a, err)
		}
		after, err := s.Images(t.Context(), d.Read(), []actor.ID{id})
		if err != nil || len(after[id].Avatars) != 2 {
			t.Fatalf("pictures: %v %v", after, err)
		}
		file := before[id].Avatars[0].File
		if from, err := s.ImageSource(t.Context(), file); err != nil || from != "https://two.test/a.png" {
			t.Errorf("picture is read from %q %v", from, err)
		}
		if found, err := s.ByHandle(t.Context(), d.Read(), "BOB", "Two.test"); err != nil || found.ID != id {
			t.Errorf("in capitals: got %+v, %v", found, err)
		}
		if found, err := s.ByHandle(t.Context(), d.Read(), "bob", "two.test"); err != nil || found.ID != id {
			t.Errorf("by handle: %v %v", found, err)
		}
		if key, err := s.PublicKey(t.Context(), id); err != nil || key.N.BitLen() != 1024 {
			t.Errorf("key: %v", err)
		}
	})
}

// What an actor's document must not do: leave its host, take the place of one
// of ours, change its kind, or carry what is no address.
func TestSaveRemoteRefuses(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s := secure(d)
		err := d.Write(t.Context(), func(tx db.Tx) error {
			_, err := s.Create(t.Context(), tx, actor.Person, "alice")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := save(t, d, s, bob()); err != nil {
			t.Fatal(err)
		}
		for name, change := range map[string]func(*actor.Remote){
			"of this server":        func(r *actor.Remote) { r.URL = "https://one.test/accounts/alice" },
			"of this server, loud":  func(r *actor.Remote) { r.URL = "https://ONE.test:443/accounts/alice" },
			"not https":             func(r *actor.Remote) { r.URL, r.Inbox = "http://three.test/bob", "http://three.test/bob/inbox" },
			"file":                  func(r *actor.Remote) { r.URL = "file:///etc/passwd" },
			"data":                  func(r *actor.Remote) { r.URL = "data:text/plain,x" },
			"user":                  func(r *actor.Remote) { r.URL = "https://me@two.test/accounts/bob" },
			"fragment":              func(r *actor.Remote) { r.URL += "#main-key" },
			"too long":              func(r *actor.Remote) { r.URL += strings.Repeat("x", 2000) },
			"kind":                  func(r *actor.Remote) { r.Kind = actor.Group },
			"unknown kind":          func(r *actor.Remote) { r.Kind = 9 },
			"name":                  func(r *actor.Remote) { r.Username = "bob smith" },
			"name of another":       func(r *actor.Remote) { r.URL += "2" },
			"inbox elsewhere":       func(r *actor.Remote) { r.Inbox = "https://three.test/inbox" },
			"inbox on another port": func(r *actor.Remote) { r.Inbox = "https://two.test:8443/inbox" },
			"no inbox":              func(r *actor.Remote) { r.Inbox = "" },
			"no key":                func(r *actor.Remote) { r.PublicKey = "" },
			"a key of words":        func(r *actor.Remote) { r.PublicKey = "-----BEGIN PUBLIC KEY-----\naGVsbG8=\n-----END PUBLIC KEY-----" },
		} {
			r := bob()
			change(&r)
			_, _, err := save(t, d, s, r)
			if k := fault.KindOf(err); k != fault.Invalid && k != fault.Conflict {
				t.Errorf("%s: got %v, want a refusal", name, err)
			}
		}
		r := bob()
		r.SharedInbox = "https://victim.test/inbox"
		if _, _, err := save(t, d, s, r); err != nil {
			t.Fatal(err)
		}
		if a, err := s.ByURL(t.Context(), d.Read(), r.URL); err != nil || a.SharedInbox != r.Inbox {
			t.Errorf("a shared inbox elsewhere: got %q %v, want the actor's own", a.SharedInbox, err)
		}
	})
}

// Addresses with SQL in them are stored and found as they are, and change
// nothing else.
func TestAddressesAreNoSQL(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s, evil := secure(d), bob()
		const attack = "https://two.test/inbox');UPDATE/**/local_user/**/SET/**/role=0;--?"
		evil.Inbox, evil.SharedInbox = attack, attack
		id, _, err := save(t, d, s, evil)
		if err != nil {
			t.Fatal(err)
		}
		var alice actor.Created
		err = d.Write(t.Context(), func(tx db.Tx) error {
			if _, err := tx.NewRaw(`INSERT INTO local_user (username, email, password_hash, role, video_quota, video_quota_daily, preferences, created_at, updated_at)
				VALUES ('alice', 'a@one.test', '-', 2, -1, -1, '{}', 1, 1)`).Exec(t.Context()); err != nil {
				return err
			}
			if alice, err = s.Create(t.Context(), tx, actor.Person, "alice"); err != nil {
				return err
			}
			if _, _, err := s.Follow(t.Context(), tx, id, alice.ID, attack, actor.Accepted); err != nil {
				return err
			}
			return s.ScoreHost(t.Context(), tx, attack, false)
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.UpdateScores(t.Context()); err != nil {
			t.Fatal(err)
		}
		boxes, err := s.FollowerInboxes(t.Context(), d.Read(), []actor.ID{alice.ID}, attack)
		if err != nil || len(boxes) != 1 {
			t.Fatalf("got %v %v, want one inbox", boxes, err)
		}
		if u, err := url.Parse(boxes[0].URL); err != nil || u.String() != boxes[0].URL || u.Host != "two.test" {
			t.Errorf("the inbox %q is not as it would be written: %v", boxes[0].URL, err)
		}
		if f, err := s.FollowByURL(t.Context(), d.Read(), attack); err != nil || f.Follower != id {
			t.Errorf("follow: %+v %v", f, err)
		}
		var role int
		if err := d.Read().NewRaw(`SELECT role FROM local_user`).Scan(t.Context(), &role); err != nil || role != 2 {
			t.Errorf("role is %d %v, want 2", role, err)
		}
	})
}

// A stored actor keeps its address and its number whatever a later document
// says, and one of ours keeps its key.
func TestActorIsNotReboundToAnotherKey(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s := secure(d)
		id, _, err := save(t, d, s, bob())
		if err != nil {
			t.Fatal(err)
		}
		var alice actor.Created
		err = d.Write(t.Context(), func(tx db.Tx) (err error) {
			alice, err = s.Create(t.Context(), tx, actor.Person, "alice")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		ours, err := s.PublicPEM(t.Context(), alice.ID)
		if err != nil {
			t.Fatal(err)
		}
		evil := bob() // of a host of the attacker's, with bob's name
		evil.URL, evil.PublicKey = "https://evil.test/accounts/bob", otherKey
		evil.Inbox, evil.SharedInbox = evil.URL+"/inbox", ""
		other, created, err := save(t, d, s, evil)
		if err != nil || !created || other == id {
			t.Fatalf("got %d %v %v, want another actor", other, created, err)
		}
		for _, u := range []string{alice.URL, "https://One.Test/accounts/alice", "https://one.test:443/accounts/alice"} {
			evil.URL, evil.Inbox = u, u+"/inbox"
			if _, _, err := save(t, d, s, evil); fault.KindOf(err) != fault.Invalid {
				t.Errorf("%s: got %v, want a refusal", u, err)
			}
		}
		if now, err := s.PublicPEM(t.Context(), alice.ID); err != nil || now != ours {
			t.Errorf("the key of one of ours changed: %v", err)
		}
		if key, err := s.PublicPEM(t.Context(), id); err != nil || key != someKey {
			t.Errorf("bob's key changed: %v", err)
		}
		r := bob()
		r.PublicKey = otherKey // read at his own address
		if _, _, err := save(t, d, s, r); err != nil {
			t.Fatal(err)
		}
		if key, err := s.PublicPEM(t.Context(), id); err != nil || key != otherKey {
			t.Errorf("his own new key is not taken: %v", err)
		}
	})
}

// The key of an actor is made once, by whoever asks first, and outlives its
// account: the Delete must be signed.
func TestPrivateKeyIsMadeOnce(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s := secure(d)
		var a actor.Created
		err := d.Write(t.Context(), func(tx db.Tx) (err error) {
			a, err = s.Create(t.Context(), tx, actor.Person, "alice")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		keys := make(chan string, 4)
		for range cap(keys) {
			s := secure(d) // as if it were another process
			go func() {
				key, id, err := s.PrivateKey(t.Context(), a.ID)
				if err != nil || id != a.URL+"#main-key" {
					t.Errorf("got %q %v", id, err)
					keys <- ""
					return
				}
				keys <- key.N.String()
			}()
		}
		first := <-keys
		for range cap(keys) - 1 {
			if k := <-keys; k != first {
				t.Error("two keys were made")
			}
		}
		err = d.Write(t.Context(), func(tx db.Tx) error {
			return s.Retire(t.Context(), tx, a.ID)
		})
		if err != nil {
			t.Fatal(err)
		}
		key, _, err := secure(d).PrivateKey(t.Context(), a.ID)
		if err != nil || key.N.String() != first {
			t.Errorf("after deletion: %v", err)
		}
		if gone, err := s.Tombstone(t.Context(), d.Read(), a.URL); err != nil || !gone {
			t.Errorf("no tombstone: %v", err)
		}
	})
}

// An actor that was deleted while its document was on the way stays deleted;
// one that is there again later comes back.
func TestDeleteBeforeSave(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s, r := secure(d), bob()
		r.ReadAt = time.Now().Add(-time.Minute)
		err := d.Write(t.Context(), func(tx db.Tx) error { return s.Bury(t.Context(), tx, r.URL, "Person", 0) })
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := save(t, d, s, r); fault.KindOf(err) != fault.Gone {
			t.Errorf("got %v, want gone", err)
		}
		r.ReadAt = time.Now().Add(time.Minute)
		id, _, err := save(t, d, s, r)
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Write(t.Context(), func(tx db.Tx) error { return s.RetireRemote(t.Context(), tx, id) }); err != nil {
			t.Fatal(err)
		}
		if a, err := s.ByID(t.Context(), d.Read(), id); err != nil || !a.Gone() {
			t.Errorf("got %+v %v, want it gone", a, err)
		}
		r2 := bob() // the name is free for another of that server
		r2.URL, r2.Inbox = "https://two.test/users/1", "https://two.test/users/1/inbox"
		if _, created, err := save(t, d, s, r2); err != nil || !created {
			t.Errorf("got %v %v, want a new actor", created, err)
		}
	})
}
