package account_test

import (
	"net/url"
	"testing"
	"time"

	"vidiverse/instance/account"
	"vidiverse/instance/actor"
	"vidiverse/instance/db"
	"vidiverse/instance/db/dbtest"
	"vidiverse/instance/fault"
	"vidiverse/instance/user"
)

// newHouse is the account service over a real database, with alice in it, whose
// number it returns, and another alice on another instance.
func newHouse(t *testing.T, d *db.DB) (*account.Service, account.ID) {
	t.Helper()
	at := time.UnixMilli(1_800_000_000_000)
	now := func() time.Time { at = at.Add(time.Second); return at }
	actors := actor.New(d, &url.URL{Scheme: "https", Host: "one.test"}, now)
	s := account.New(d, actors, now)
	var id account.ID
	err := d.Write(t.Context(), func(tx db.Tx) (err error) {
		for _, q := range []string{
			`INSERT INTO local_user (id, username, email, password_hash, role, video_quota, video_quota_daily, preferences, created_at, updated_at)
			 VALUES (5, 'alice', 'a@one.test', '-', 2, -1, -1, '{}', 1, 1)`,
			`INSERT INTO host (id, name, created_at) VALUES (7, 'two.test', 1)`,
			`INSERT INTO actor (id, kind, username, host_id, url, inbox_url, shared_inbox_url, created_at, updated_at)
			 VALUES (70, 2, 'alice', 7, 'https://two.test/accounts/alice', 'x', 'x', 1, 1)`,
			`INSERT INTO actor_counter (actor_id, followers, following) VALUES (70, 11, 12)`,
			`INSERT INTO account (id, actor_id, display_name, created_at, updated_at) VALUES (70, 70, 'Far Alice', 1, 1)`,
		} {
			if _, err := tx.NewRaw(q).Exec(t.Context()); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		err = d.Write(t.Context(), func(tx db.Tx) error {
			id, err = s.Create(t.Context(), tx, 5, "alice")
			return err
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	return s, id
}

// Two people of one name on two instances must never be mixed up.
func TestByName(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s, id := newHouse(t, d)
		for handle, want := range map[string]account.ID{
			"alice": id, "Alice": id, "alice@one.test": id, "alice@two.test": 70, "@alice@TWO.test": 70,
		} {
			a, err := s.ByName(t.Context(), handle)
			if err != nil || a.ID != want {
				t.Errorf("%s: got %d %v, want %d", handle, a.ID, err, want)
			}
		}
		far, err := s.ByID(t.Context(), 70)
		if err != nil || far.Host != "two.test" || far.UserID != 0 || far.Followers != 11 || far.Following != 12 {
			t.Errorf("got %+v %v", far, err)
		}
		found, err := s.ByIDs(t.Context(), []account.ID{id, 70, 999})
		if err != nil || len(found) != 2 || found[id].Host != "one.test" || found[id].UserID != user.ID(5) {
			t.Errorf("got %+v %v", found, err)
		}
	})
}

// What a person says of themselves is kept, within PeerTube's limits.
func TestDescribe(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s, id := newHouse(t, d)
		describe := func(name *string, text **string) error {
			return d.Write(t.Context(), func(tx db.Tx) error { return s.Describe(t.Context(), tx, 5, name, text) })
		}
		name, text, short := "Alice A.", "about me", "ab"
		ptr, none, bad := &text, (*string)(nil), &short
		if err := describe(&name, &ptr); err != nil {
			t.Fatal(err)
		}
		a, err := s.ByID(t.Context(), id)
		if err != nil || a.DisplayName != name || a.Description == nil || *a.Description != text || !a.UpdatedAt.After(a.CreatedAt) {
			t.Errorf("got %+v %v", a, err)
		}
		if err := describe(nil, &bad); fault.KindOf(err) != fault.Invalid {
			t.Errorf("two letters: got %v, want invalid", err)
		}
		if err := describe(nil, &none); err != nil {
			t.Fatal(err)
		}
		if a, err = s.ByID(t.Context(), id); err != nil || a.DisplayName != name || a.Description != nil {
			t.Errorf("removed: got %+v %v", a, err)
		}
	})
}
