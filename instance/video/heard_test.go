package video

import (
	"context"
	"slices"
	"testing"

	"vidiverse/instance/account"
	"vidiverse/instance/channel"
	"vidiverse/instance/db"
	"vidiverse/instance/db/dbtest"
	"vidiverse/instance/user"
)

// far makes a listed video of a channel on another server.
func (w *world) far(id ID, in channel.ID, name string) {
	w.Helper()
	w.run(`INSERT INTO video (id, uuid, url, host_id, channel_id, name, privacy, state, created_at, updated_at, published_at)
		VALUES (?, ?, ?, ?, ?, ?, 1, 1, 1, 1, 1)`, int64(id), name, "https://far.test/"+name, int64(in), int64(in), name)
	w.run(`INSERT INTO video_counter (video_id) VALUES (?)`, int64(id))
}

func (w *world) run(text string, args ...any) {
	w.Helper()
	w.must(w.db.Write(w.ctx(), func(tx db.Tx) error {
		_, err := tx.ExecContext(w.ctx(), text, args...)
		return err
	}))
}

func (w *world) names(c user.Caller, f Filter) (names []string) {
	w.Helper()
	p, err := w.videos.List(w.ctx(), c, f)
	w.must(err)
	for _, v := range p.Items {
		names = append(names, v.Name)
	}
	slices.Sort(names)
	if p.Total != len(names) {
		w.Errorf("%d of %d", len(names), p.Total)
	}
	return names
}

func (w *world) want(what string, got []string, want ...string) {
	w.Helper()
	if !slices.Equal(got, want) {
		w.Errorf("%s: got %q, want %q", what, got, want)
	}
}

func (w *world) actorOf(c user.Caller) (id int64) {
	w.must(w.db.Read().QueryRowContext(w.ctx(), "SELECT actor_id FROM account WHERE id = ?", c.AccountID).Scan(&id))
	return id
}

const follows = `INSERT INTO follow (follower_id, target_id, state, url, created_at, updated_at) VALUES (?, ?, ?, ?, 1, 1)`

// Lists show what is ours and what somebody whom the instance follows told of;
// what is known for another reason is found where it is looked for.
func TestHeard(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.videos.cfg.Transcodes = false
		w.create(w.alice, func(d *Draft) { d.Name = "ours" })
		sea, sky := w.farChannel("sea.test", 70), w.farChannel("sky.test", 71)
		w.far(1001, sea, "sea")
		w.far(1002, sky, "sky")
		instance := int64(1)
		w.must(d.Read().QueryRowContext(w.ctx(), "SELECT id FROM actor WHERE kind = 1").Scan(&instance))

		w.want("nobody is followed", w.names(user.Caller{}, Filter{}), "ours")
		w.want("its channel", w.names(user.Caller{}, Filter{Channel: sea}))
		w.want("its channel, for who may ask", w.names(user.Caller{}, Filter{Channel: sea, Far: true}), "sea")
		w.run(follows, instance, 70, "pending", "a")
		w.want("the follow is pending", w.names(user.Caller{}, Filter{}), "ours")
		w.run(`UPDATE follow SET state = 'accepted'`)
		w.videos.changed()
		w.want("the channel is followed", w.names(user.Caller{}, Filter{}), "ours", "sea")
		w.run(`INSERT INTO video_share (video_id, actor_id, url, created_at, updated_at) VALUES (1002, 70, 'b', 1, 1)`)
		w.videos.changed()
		w.want("it told of another's", w.names(user.Caller{}, Filter{}), "ours", "sea", "sky")
		third := w.farChannel("land.test", 72)
		w.far(1003, third, "land")
		w.run(`INSERT INTO actor (id, kind, username, host_id, url, inbox_url, shared_inbox_url, created_at, updated_at) VALUES (172, 1, 'peertube', 72, 'x', 'x', 'x', 1, 1)`)
		w.run(follows, instance, 172, "accepted", "d")
		w.videos.changed()
		w.want("a server is followed", w.names(user.Caller{}, Filter{}), "land", "ours", "sea", "sky")
		local := true
		w.want("ours alone", w.names(user.Caller{}, Filter{IsLocal: &local}), "ours")

		w.want("without subscriptions", w.names(w.bob, Filter{Subscriber: account.ID(w.bob.AccountID)}))
		w.run(follows, w.actorOf(w.bob), 71, "accepted", "c")
		w.videos.changed()
		w.want("subscriptions", w.names(w.bob, Filter{Subscriber: account.ID(w.bob.AccountID)}), "sky")
	})
}

// Whom the instance mutes nobody sees in lists; whom one person mutes, that
// person does not.
func TestMutes(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.videos.cfg.Transcodes = false
		w.create(w.alice, func(d *Draft) { d.Name = "ours" })
		sea := w.farChannel("sea.test", 70)
		w.far(1001, sea, "sea")
		var instance account.ID
		w.must(d.Read().QueryRowContext(w.ctx(), "SELECT c.id FROM account c JOIN actor a ON a.id = c.actor_id WHERE a.kind = 1").Scan(&instance))
		w.videos.cfg.Mutes = func(_ context.Context, reader account.ID) ([]account.ID, error) {
			if reader == 0 {
				return []account.ID{instance}, nil
			}
			return []account.ID{instance, reader}, nil
		}
		f := Filter{Far: true}
		w.want("before", w.names(w.bob, f), "ours", "sea")
		w.run(`INSERT INTO account_block (account_id, target_id, created_at) VALUES (?, ?, 1)`, w.bob.AccountID, w.alice.AccountID)
		w.run(`INSERT INTO host_block (account_id, host_id, created_at) VALUES (?, 70, 1)`, w.bob.AccountID)
		w.videos.changed()
		w.want("bob muted both", w.names(w.bob, f))
		w.want("others see them", w.names(user.Caller{}, f), "ours", "sea")
		w.run(`INSERT INTO host_block (account_id, host_id, created_at) VALUES (?, 70, 1)`, int64(instance))
		w.videos.changed()
		w.want("the instance muted a server", w.names(user.Caller{}, f), "ours")
		w.want("the moderator looks", w.names(w.root, Filter{Far: true, Include: IncludeBlockedOwner}), "ours", "sea")
		w.run(`INSERT INTO account_block (account_id, target_id, created_at) VALUES (?, ?, 1)`, int64(instance), w.alice.AccountID)
		w.videos.changed()
		w.want("the instance muted alice", w.names(user.Caller{}, f))
		w.want("her own list", w.names(w.alice, Filter{Own: true}), "ours")
		p, err := w.videos.List(w.ctx(), w.root, Filter{Far: true, Include: IncludeBlockedOwner, Sort: "name"})
		w.must(err)
		if a, b := p.Items[0], p.Items[1]; !a.OwnerMuted || a.ServerMuted || b.OwnerMuted || !b.ServerMuted {
			t.Errorf("the moderator is told: %v %v, %v %v", a.OwnerMuted, a.ServerMuted, b.OwnerMuted, b.ServerMuted)
		}
	})
}

// What resembles the text is found, the most alike first, or what has it as a tag,
// or as its UUID; accents and capitals do not matter.
func TestWords(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.videos.cfg.Transcodes = false
		for _, name := range []string{"3333 4444 5555", "3333 4444 5555 duplicate", "6666 7777 8888", "Été à Brest", `100% "of" _it_`} {
			w.create(w.alice, func(d *Draft) { d.Name = name })
		}
		w.create(w.alice, func(d *Draft) { d.Name, d.Tags = "9999", []string{"aaaa", "Zwölf Affen"} })
		v := w.create(w.alice, func(d *Draft) { d.Name = "aaaa 2" })
		search := func(text string) (names []string) {
			p, err := w.videos.List(w.ctx(), user.Caller{}, Filter{Search: text, Sort: "-match"})
			w.must(err)
			for _, v := range p.Items {
				names = append(names, v.Name)
			}
			if p.Total != len(names) {
				t.Errorf("%s: %d of %d", text, len(names), p.Total)
			}
			return names
		}
		for text, want := range map[string][]string{
			"4444 5555 duplicate": {"3333 4444 5555 duplicate", "3333 4444 5555"},
			"4444 5555":           {"3333 4444 5555", "3333 4444 5555 duplicate"},
			"aaaa":                {"aaaa 2", "9999"},
			"abc":                 nil,
			"ete a":               {"Été à Brest"},
			"BRÊST":               {"Été à Brest"},
			"rest":                {"Été à Brest"},
			"zwölf affen":         {"9999"},
			"0% \"of":             {`100% "of" _it_`},
			"__":                  nil,
			v.UUID:                {"aaaa 2"},
			`" OR ""`:             nil,
			"*":                   nil,
		} {
			w.want(text, search(text), want...)
		}
		w.run(`UPDATE video SET name = 'Owls' WHERE id = ?`, int64(v.ID))
		w.videos.changed()
		w.want("the new name", search("owls"), "Owls")
		w.want("the old name", search("aaaa"), "9999")
		w.must(w.videos.Delete(w.ctx(), w.alice, Ref(v.UUID)))
		w.want("deleted", search("owls"))
	})
}
