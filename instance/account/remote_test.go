package account_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"vidiverse/instance/account"
	"vidiverse/instance/actor"
	"vidiverse/instance/db"
	"vidiverse/instance/db/dbtest"
	"vidiverse/instance/fault"
)

// An account of another server is kept within bounds, found, and emptied once it
// is gone; one of ours is not touched from there.
func TestSaveRemote(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s, alice := newHouse(t, d)
		actors := actor.New(d, &url.URL{Scheme: "https", Host: "one.test"}, time.Now)
		ctx := t.Context()
		long, short := strings.Repeat("ü", 5000), "hi"
		save := func(id actor.ID, f account.Facts) (n account.ID, err error) {
			err = d.Write(ctx, func(tx db.Tx) (err error) { n, err = s.SaveRemote(ctx, tx, id, f); return err })
			return n, err
		}
		id, err := save(70, account.Facts{DisplayName: "  New\x00 name\xff ", Description: &long})
		if err != nil || id != 70 {
			t.Fatalf("got %d %v", id, err)
		}
		a, err := s.ByName(ctx, "alice@two.test")
		if err != nil || a.DisplayName != "New name\uFFFD" || a.Description == nil || len([]rune(*a.Description)) != 1000 {
			t.Errorf("got %+v %v", a, err)
		}
		if _, err := save(70, account.Facts{Description: &short}); err != nil {
			t.Fatal(err)
		}
		if a, err = s.ByID(ctx, 70); err != nil || a.DisplayName != "alice" || *a.Description != short {
			t.Errorf("without a name: got %+v %v", a, err)
		}
		mine, err := s.ByID(ctx, alice)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := save(mine.ActorID, account.Facts{DisplayName: "Evil"}); fault.KindOf(err) != fault.Invalid {
			t.Errorf("one of ours: got %v", err)
		}
		if _, err := save(999, account.Facts{}); fault.KindOf(err) != fault.NotFound {
			t.Errorf("nobody: got %v", err)
		}
		for of, want := range map[actor.ID]account.ID{70: 70, mine.ActorID: alice} {
			if got, err := s.ByActor(ctx, d.Read(), of); err != nil || got != want {
				t.Errorf("by actor %d: %d %v, want %d", of, got, err, want)
			}
		}
		if _, err := s.ByActor(ctx, d.Read(), 999); fault.KindOf(err) != fault.NotFound {
			t.Errorf("by no actor: %v", err)
		}
		err = d.Write(ctx, func(tx db.Tx) error {
			if err := s.Forget(ctx, tx, 70); err != nil {
				return err
			}
			return actors.RetireRemote(ctx, tx, 70)
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.ByName(ctx, "alice@two.test"); fault.KindOf(err) != fault.NotFound {
			t.Errorf("a deleted one by name: got %v", err)
		}
		if a, err = s.ByID(ctx, 70); err != nil || a.DisplayName != "alice" || a.Description != nil {
			t.Errorf("a deleted one: got %+v %v", a, err)
		}
		if list, total, err := s.List(ctx, account.Query{Count: 10}); err != nil || total != 1 || len(list) != 1 || list[0].ID != alice {
			t.Errorf("list: %v %d %v", list, total, err)
		}
	})
}
