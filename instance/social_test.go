package instance

import (
	"testing"

	"vidiverse/instance/account"
	"vidiverse/instance/channel"
	"vidiverse/instance/db"
	"vidiverse/instance/playlist"
	"vidiverse/instance/user"
	"vidiverse/instance/video"
)

// Everybody who comes here has a "Watch later", who was here before too; playlists
// leave a channel that is deleted, and what an account said and kept goes with it.
func TestWhatPeopleKeep(t *testing.T) {
	i := open(t, testConfig(t))
	defer closed(t, i)
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(i.begin(ctx))
	root := user.Caller{UserID: 1, Role: user.Administrator}
	u, err := i.users.Create(ctx, root, user.Draft{Username: "alice", Password: "alice-password", Email: "a@one.test", Role: user.User, VideoQuota: -1, VideoQuotaDaily: -1})
	must(err)
	alice := user.Caller{UserID: u.ID, AccountID: u.AccountID, Username: "alice", Role: user.User}
	special, err := i.playlists.Special(ctx, account.ID(alice.AccountID))
	if err != nil || len(special) != 1 {
		t.Fatalf("a new user has %v %v", special, err)
	}
	must(i.db.Write(ctx, func(tx db.Tx) error {
		_, err := tx.ExecContext(ctx, "DELETE FROM playlist")
		return err
	}))
	must(i.begin(ctx))
	if special, err = i.playlists.Special(ctx, account.ID(alice.AccountID)); err != nil || len(special) != 1 {
		t.Fatalf("after the next start: %v %v", special, err)
	}
	second, err := i.channels.Create(ctx, alice, channel.Draft{Name: "second", DisplayName: "Second"})
	must(err)
	p, err := i.playlists.Create(ctx, alice, playlist.Draft{Name: "walks", Privacy: playlist.Public, Channel: second}, nil)
	must(err)
	must(i.channels.Delete(ctx, alice, "second"))
	if p, err = i.playlists.Get(ctx, alice, video.Ref(p.UUID)); err != nil || p.Privacy != playlist.Private || p.Channel != 0 {
		t.Errorf("of a deleted channel: %+v %v", p, err)
	}
	must(i.db.Write(ctx, func(tx db.Tx) error { _, err := i.leaving(ctx, tx, account.ID(alice.AccountID)); return err }))
	if special, err = i.playlists.Special(ctx, account.ID(alice.AccountID)); err != nil || len(special) != 0 {
		t.Errorf("of who left: %v %v", special, err)
	}
}
