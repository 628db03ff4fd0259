package playlist

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"vidiverse/instance/account"
	"vidiverse/instance/db"
	"vidiverse/instance/db/dbtest"
	"vidiverse/instance/fault"
	"vidiverse/instance/user"
	"vidiverse/instance/video"
)

// ctxt keeps a long line short.
type ctxt = context.Context

const someUUID = "0c0a5d5e-9d6b-4f8e-8d8e-3a3f4c1b2d11"

// save receives a playlist of carol's.
func (w *world) save(r Remote) (id ID, created bool, err error) {
	if r.Owner == 0 {
		r.Owner = w.carol
	}
	if r.UUID == "" {
		r.UUID = someUUID
	}
	if r.URL == "" {
		r.URL = "https://two.test/p/1"
	}
	err = w.db.Write(w.Context(), func(tx db.Tx) error {
		id, created, err = w.playlists.SaveRemote(w.Context(), tx, r)
		return err
	})
	return id, created, err
}

// A playlist from elsewhere is one row however often it is told, with the elements
// that were told last.
func TestSaveRemote(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		v, other := w.video(w.alice, video.Public), w.video(w.alice, video.Public)
		r := Remote{
			Name: "Hers", Description: "of walks", Channel: w.far, Position: 3, Thumbnail: "https://two.test/a.jpg", Published: time.UnixMilli(1000), Updated: time.UnixMilli(2000),
			Elements: []RemoteElement{{URL: "https://two.test/p/1/1", Video: other.ID, Position: 2}, {URL: "https://two.test/p/1/2", Video: v.ID, Position: 1, Start: at(4)}},
		}
		id, created, err := w.save(r)
		if err != nil || !created {
			t.Fatal(id, created, err)
		}
		p, err := w.playlists.ByURL(t.Context(), w.db.Read(), "https://two.test/p/1")
		if err != nil || p.ID != id || p.Local || p.Owner != w.carol || p.Channel != w.far || p.Position != 3 || p.Privacy != Public || p.Length != 2 || p.UUID != someUUID ||
			!p.CreatedAt.Equal(r.Published) || !p.UpdatedAt.Equal(r.Updated) || p.FetchedAt.IsZero() || len(p.Thumbnails) != 1 {
			t.Errorf("kept %+v %v", p, err)
		}
		if got := w.order(w.stranger, p); got[0] != v.ID || got[1] != other.ID {
			t.Errorf("order %v", got)
		}
		r.Name, r.Unlisted, r.Elements = "Hers again", true, r.Elements[1:]
		again, created, err := w.save(r)
		if err != nil || created || again != id {
			t.Fatalf("again: %d %v %v", again, created, err)
		}
		q := w.get(p)
		if q.Name != "Hers again" || q.Privacy != Unlisted || q.Length != 1 || q.Thumbnails[0] != p.Thumbnails[0] {
			t.Errorf("now %+v", q)
		}
		r.Thumbnail = "https://two.test/b.jpg"
		_, _, err = w.save(r)
		w.must(err)
		if q := w.get(p); q.Thumbnails[0] == p.Thumbnails[0] {
			t.Error("another picture has the name of the old one")
		}
		w.wantNews()
		looked := 0
		w.playlists.Looked = func(_ ctxt, at Playlist) {
			if looked++; at.URL != p.URL || at.FetchedAt.IsZero() {
				t.Errorf("looked at %+v", at)
			}
		}
		if w.order(w.stranger, p); looked == 0 {
			t.Error("nobody hears that it is looked at")
		}
		w.playlists.Looked = nil
		w.write(func(tx db.Tx) error {
			by, err := w.playlists.OwnerOf(t.Context(), tx, p.URL)
			if by != 70 {
				t.Errorf("owner %d", by)
			}
			return err
		})
		for _, want := range []bool{true, false} {
			if known, err := w.playlists.KnowsURL(t.Context(), p.URL); err != nil || known != want {
				t.Errorf("known: %v %v", known, err)
			}
			w.write(func(tx db.Tx) error { return w.playlists.RemoveRemote(t.Context(), tx, p.URL) })
		}
	})
}

// Neither a playlist, a channel nor an element changes hands because another
// server says so.
func TestRemoteTakesNothingOver(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		v := w.video(w.alice, video.Public)
		p := w.public("walks", v)
		w.exec(`INSERT INTO actor (id, kind, username, host_id, url, inbox_url, shared_inbox_url, created_at, updated_at) VALUES (80, 2, 'dave', 7, 'https://two.test/dave', 'x', 'x', 1, 1)`)
		w.exec(`INSERT INTO account (id, actor_id, display_name, created_at, updated_at) VALUES (80, 80, 'Dave', 1, 1)`)
		_, _, err := w.save(Remote{Name: "Hers", Channel: w.far, Elements: []RemoteElement{{URL: "https://two.test/e", Video: v.ID}}})
		w.must(err)
		for name, tt := range map[string]struct {
			r    Remote
			want fault.Kind
		}{
			"one of ours":          {Remote{URL: p.URL, Name: "stolen"}, fault.Forbidden},
			"for alice":            {Remote{URL: "https://two.test/p/2", Name: "x", Owner: account.ID(w.alice.AccountID)}, fault.Forbidden},
			"in alice's channel":   {Remote{URL: "https://two.test/p/2", Name: "x", Channel: w.main}, fault.Forbidden},
			"in carol's, by dave":  {Remote{URL: "https://two.test/p/2", Name: "x", Owner: 80, Channel: w.far}, fault.Forbidden},
			"carol's, by dave":     {Remote{Name: "stolen", Owner: 80}, fault.Forbidden},
			"in no channel at all": {Remote{URL: "https://two.test/p/2", Name: "x", Channel: 12345}, fault.NotFound},
			"of nobody":            {Remote{URL: "https://two.test/p/2", Name: "x", Owner: 12345}, fault.NotFound},
			"no name":              {Remote{URL: "https://two.test/p/2"}, fault.Invalid},
			"an endless name":      {Remote{URL: "https://two.test/p/2", Name: strings.Repeat("x", 1001)}, fault.Invalid},
			"no UUID":              {Remote{URL: "https://two.test/p/2", Name: "x", UUID: "x"}, fault.Invalid},
			"endless":              {Remote{URL: "https://two.test/p/2", Name: "x", Elements: slices.Repeat([]RemoteElement{{URL: "x"}}, maxRemoteElements+1)}, fault.Invalid},
			"times":                {Remote{URL: "https://two.test/p/2", Name: "x", Elements: []RemoteElement{{URL: "x", Start: at(-1)}}}, fault.Invalid},
		} {
			if _, _, err := w.save(tt.r); err == nil || fault.KindOf(err) != tt.want {
				t.Errorf("%s: got %v, want %v", name, err, tt.want)
			}
		}
		err = d.Write(t.Context(), func(tx db.Tx) error { return w.playlists.RemoveRemote(t.Context(), tx, p.URL) })
		if fault.KindOf(err) != fault.Forbidden {
			t.Errorf("removal of ours: %v", err)
		}
		id, _, err := w.save(Remote{URL: "https://two.test/p/3", UUID: p.UUID, Name: "x", Elements: []RemoteElement{
			{URL: p.URL + "/videos/1", Video: v.ID}, {URL: "https://two.test/e", Video: v.ID}, {URL: "https://two.test/own", Video: v.ID},
		}})
		w.must(err)
		got, err := w.playlists.ByID(t.Context(), w.db.Read(), id)
		if err != nil || got.UUID == p.UUID || got.Length != 1 {
			t.Errorf("with names of others: %+v %v", got, err)
		}
		if ours := w.get(p); ours.Name != "walks" || ours.Length != 1 || ours.Owner != account.ID(w.alice.AccountID) {
			t.Errorf("ours: %+v", ours)
		}
		for _, c := range []user.Caller{w.alice, w.root} {
			if err := w.playlists.Delete(t.Context(), c, got.ref()); fault.KindOf(err) != fault.Forbidden {
				t.Errorf("we delete hers: %v", err)
			}
		}
	})
}

// The list of all playlists has those of servers that this one follows.
func TestKnownServers(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		_, _, err := w.save(Remote{Name: "Hers"})
		w.must(err)
		count := func(q Query) int {
			_, n, err := w.playlists.List(t.Context(), w.stranger, q)
			w.must(err)
			return n
		}
		if known, all := count(Query{Known: true}), count(Query{}); known != 0 || all != 1 {
			t.Errorf("%d known of %d", known, all)
		}
		w.exec(`INSERT INTO follow (follower_id, target_id, state, url, created_at, updated_at)
			SELECT id, 70, 'accepted', 'https://one.test/f', 1, 1 FROM actor WHERE username = 'peertube'`)
		if known := count(Query{Known: true}); known != 1 {
			t.Errorf("%d known after following", known)
		}
	})
}
