package channel_test

import (
	"testing"

	"vidiverse/instance/account"
	"vidiverse/instance/actor"
	"vidiverse/instance/channel"
	"vidiverse/instance/db"
	"vidiverse/instance/db/dbtest"
	"vidiverse/instance/fault"
)

const farKey = "-----BEGIN PUBLIC KEY-----\nMIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQC8a4Ka8yHmfjp8W9YMucuGeMg9\n90hOHEdgJAC7yGa/l2gPe9yRG2dRFrU8yClfSeG2lMnqQcrng+fflk1FF+IVbU9l\n+9k6fABFBxo/tzvC6wK1RJml0N8lC9fzV0uvZytnugxGh11PptxLXKPodLrqs0Xx\nWLkK92/wHf9O0eR8KwIDAQAB\n-----END PUBLIC KEY-----\n"

// far makes an actor of another server.
func (h *house) far(u, name string, kind actor.Kind) (id actor.ID) {
	h.t.Helper()
	h.must(h.db.Write(h.t.Context(), func(tx db.Tx) (err error) {
		id, _, err = h.actors.SaveRemote(h.t.Context(), tx, actor.Remote{URL: u, Kind: kind, Username: name, Inbox: u + "/inbox", PublicKey: farKey})
		return err
	}))
	return id
}

// A channel of another server belongs to an account of the same server, and no
// message gives it, or one of ours, to anybody else.
func TestRemoteChannelsStayAtHome(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		ctx := t.Context()
		own := func(id actor.ID) (n account.ID) {
			h.must(d.Write(ctx, func(tx db.Tx) (err error) { n, err = h.accounts.SaveRemote(ctx, tx, id, account.Facts{}); return err }))
			return n
		}
		carol := own(h.far("https://two.test/accounts/carol", "carol", actor.Person))
		dave := own(h.far("https://two.test/accounts/dave", "dave", actor.Person))
		evil := own(h.far("https://evil.test/accounts/carol", "carol", actor.Person))
		group := h.far("https://two.test/video-channels/sky", "sky", actor.Group)
		save := func(id actor.ID, owner account.ID) (n channel.ID, err error) {
			err = d.Write(ctx, func(tx db.Tx) (err error) {
				n, err = h.channels.SaveRemote(ctx, tx, id, owner, channel.Facts{DisplayName: "Sky"})
				return err
			})
			return n, err
		}
		id, err := save(group, carol)
		h.must(err)
		mine, err := h.channels.ByHandle(ctx, "alice_channel")
		h.must(err)
		for name, tt := range map[string]struct {
			of    actor.ID
			owner account.ID
		}{
			"an owner elsewhere": {group, evil}, "an owner of ours": {group, account.ID(h.alice.AccountID)},
			"a channel of ours": {mine.ActorID, carol}, "a person": {h.far("https://two.test/accounts/erin", "erin", actor.Person), carol},
		} {
			if _, err := save(tt.of, tt.owner); fault.KindOf(err) != fault.Invalid {
				t.Errorf("%s: got %v, want a refusal", name, err)
			}
		}
		if again, err := save(group, dave); err != nil || again != id {
			t.Errorf("to another at home: got %d %v", again, err)
		}
		c, err := h.channels.ByHandle(ctx, "sky@two.test")
		if err != nil || c.ID != id || c.AccountID != dave || c.Local || c.DisplayName != "Sky" {
			t.Errorf("got %+v %v", c, err)
		}
		if n, err := h.channels.ByActor(ctx, d.Read(), group); err != nil || n != id {
			t.Errorf("by actor: %d %v", n, err)
		}
		near := func() int {
			list, total, err := h.channels.List(ctx, channel.Query{Near: true, Search: "sky", Count: 5})
			h.must(err)
			if len(list) != total {
				t.Errorf("%d of %d are listed", len(list), total)
			}
			return total
		}
		if n := near(); n != 0 {
			t.Errorf("of a server that is not followed: %d are listed", n)
		}
		h.must(d.Write(ctx, func(tx db.Tx) error {
			me, err := h.actors.ByHandle(ctx, tx, actor.InstanceName, "")
			if err != nil {
				return err
			}
			carol, err := h.actors.ByHandle(ctx, tx, "carol", "two.test")
			if err != nil {
				return err
			}
			_, _, err = h.actors.Follow(ctx, tx, me.ID, carol.ID, "x", actor.Accepted)
			return err
		}))
		if n := near(); n != 1 {
			t.Errorf("of a server that is followed: %d are listed", n)
		}
		h.must(d.Write(ctx, func(tx db.Tx) error {
			if err := h.channels.Forget(ctx, tx, group); err != nil {
				return err
			}
			return h.actors.RetireRemote(ctx, tx, group)
		}))
		if _, err := h.channels.ByHandle(ctx, "sky@two.test"); fault.KindOf(err) != fault.NotFound {
			t.Errorf("a deleted one: got %v", err)
		}
		if list, _, err := h.channels.List(ctx, channel.Query{Account: dave, Count: 5}); err != nil || len(list) != 0 {
			t.Errorf("a deleted one is listed: %v %v", list, err)
		}
	})
}
