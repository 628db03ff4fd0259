package block_test

import (
	"context"
	"net/url"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vidiverse/instance/account"
	"vidiverse/instance/actor"
	"vidiverse/instance/block"
	"vidiverse/instance/db"
	"vidiverse/instance/db/dbtest"
	"vidiverse/instance/user"
)

// house is the block service over a real database: alice (10) is of this
// instance, carol (70) and dave (71) are of two.test.
func house(t *testing.T, d *db.DB, c block.Config) *block.Service {
	t.Helper()
	actors := actor.New(d, &url.URL{Scheme: "https", Host: "one.test"}, time.Now)
	accounts := account.New(d, actors, time.Now)
	if err := accounts.EnsureInstance(t.Context()); err != nil {
		t.Fatal(err)
	}
	err := d.Write(t.Context(), func(tx db.Tx) error {
		for _, q := range []string{
			`INSERT INTO host (id, name, created_at) VALUES (7, 'two.test', 1)`,
			`INSERT INTO actor (id, kind, username, host_id, url, inbox_url, shared_inbox_url, created_at, updated_at) VALUES
			 (10, 2, 'alice', NULL, 'https://one.test/accounts/alice', 'x', 'x', 1, 1),
			 (70, 2, 'carol', 7, 'https://two.test/accounts/carol', 'x', 'x', 1, 1),
			 (71, 2, 'dave', 7, 'https://two.test/accounts/dave', 'x', 'x', 1, 1)`,
			`INSERT INTO actor_counter (actor_id) VALUES (10), (70), (71)`,
			`INSERT INTO account (id, actor_id, display_name, created_at, updated_at) VALUES
			 (10, 10, 'Alice', 1, 1), (70, 70, 'Carol', 1, 1), (71, 71, 'Dave', 1, 1)`,
		} {
			if _, err := tx.NewRaw(q).Exec(t.Context()); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	c.DB, c.Actors, c.Accounts = d, actors, accounts
	return block.New(c)
}

// A mute hides exactly the account or all of the server, from its owner alone,
// and from everybody when it is the instance's.
func TestHidden(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s, alice := house(t, d, block.Config{}), user.Caller{UserID: 1, AccountID: 10}
		ctx := t.Context()
		instance, err := s.Instance(ctx)
		if err != nil {
			t.Fatal(err)
		}
		hidden := func(reader, target account.ID, host string) bool {
			t.Helper()
			owners, err := s.Owners(ctx, reader)
			if err != nil {
				t.Fatal(err)
			}
			yes, err := s.Hidden(ctx, d.Read(), owners, target, host)
			if err != nil {
				t.Fatal(err)
			}
			return yes
		}
		want := func(what string, stranger, carolToAlice, daveToAlice, server bool) {
			t.Helper()
			got := []bool{hidden(0, 70, ""), hidden(10, 70, ""), hidden(10, 71, ""), hidden(10, 0, "TWO.test")}
			if diff := cmp.Diff([]bool{stranger, carolToAlice, daveToAlice, server}, got); diff != "" {
				t.Errorf("%s: %s", what, diff)
			}
		}
		do := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		want("nothing muted", false, false, false, false)
		do(s.MuteAccount(ctx, alice, 10, "carol@two.test"))
		want("alice muted carol", false, true, false, false)
		do(s.MuteServer(ctx, 10, "two.test"))
		want("alice muted two.test", false, true, true, true)
		do(s.UnmuteServer(ctx, 10, "two.test"))
		do(s.UnmuteAccount(ctx, 10, "carol@two.test"))
		do(s.MuteAccount(ctx, user.Caller{}, instance, "carol@two.test"))
		want("the instance muted carol", true, true, false, false)
		do(s.MuteServer(ctx, instance, "two.test"))
		want("the instance muted two.test", true, true, true, true)
		deaf, err := s.Deaf(ctx, d.Read(), []account.ID{instance, 10, 71}, 70)
		if diff := cmp.Diff(map[account.ID]bool{instance: true}, deaf); err != nil || diff != "" {
			t.Errorf("who is deaf: %s %v", diff, err)
		}
	})
}

// What stands above hears of each mute, in its transaction.
func TestMutedIsTold(t *testing.T) {
	var told []block.Muting
	d := dbtest.SQLite(t)
	changed := 0
	s := house(t, d, block.Config{
		Muted:   func(_ context.Context, _ db.Tx, m block.Muting) error { told = append(told, m); return nil },
		Changed: func() { changed++ },
	})
	instance, err := s.Instance(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{
		s.MuteAccount(t.Context(), user.Caller{AccountID: 10}, 10, "carol@two.test"),
		s.MuteServer(t.Context(), instance, "two.test"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	want := []block.Muting{{By: 10, Account: 70}, {ServerID: 7}}
	if diff := cmp.Diff(want, told); diff != "" || changed != 2 {
		t.Errorf("%d changes: %s", changed, diff)
	}
}

// A host from outside goes into queries and answers: names of servers alone.
func TestValidHost(t *testing.T) {
	for host, want := range map[string]bool{
		"two.test": true, "two.test:9002": true, "127.0.0.1:9001": true, "localhost:9000": true, "x-y.two.test": true, "a_b.test": true,
		"": false, "two": false, "1": false, ".": false, "a..b": false, "two.test:": false, "two.test:0": false, "two.test:70000": false,
		"two.test/x": false, "https://two.test": false, "two test": false, "two.test\x00": false, "é.test": false,
	} {
		if got := block.ValidHost(host); got != want {
			t.Errorf("%q: got %v, want %v", host, got, want)
		}
	}
}
