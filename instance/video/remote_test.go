package video

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"testing"
	"time"

	"vidiverse/instance/activitypub"
	"vidiverse/instance/actor"
	"vidiverse/instance/channel"
	"vidiverse/instance/db"
	"vidiverse/instance/db/dbtest"
	"vidiverse/instance/fault"
	"vidiverse/instance/user"
)

// captured is a video as PeerTube wrote it.
func captured(t testing.TB, name string) activitypub.Video {
	t.Helper()
	raw, err := os.ReadFile("../activitypub/testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	v, err := activitypub.ReadVideo(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// farChannel is a channel on another server.
func (w *world) farChannel(host string, number int64) (id channel.ID) {
	w.Helper()
	w.must(w.db.Write(w.ctx(), func(tx db.Tx) error {
		url := "http://" + host + "/video-channels/sea"
		for _, q := range []struct {
			text string
			args []any
		}{
			{`INSERT INTO host (id, name, created_at) VALUES (?, ?, 1)`, []any{number, host}},
			{`INSERT INTO actor (id, kind, username, host_id, url, inbox_url, shared_inbox_url, created_at, updated_at) VALUES (?, 3, 'sea', ?, ?, 'x', 'x', 1, 1)`,
				[]any{number, number, url}},
			{`INSERT INTO actor_counter (actor_id) VALUES (?)`, []any{number}},
			{`INSERT INTO account (id, actor_id, display_name, created_at, updated_at) VALUES (?, ?, 'Sea', 1, 1)`, []any{number, number}},
			{`INSERT INTO channel (id, actor_id, account_id, display_name, created_at, updated_at) VALUES (?, ?, ?, 'Sea', 1, 1)`, []any{number, number, number}},
		} {
			if _, err := tx.ExecContext(w.ctx(), q.text, q.args...); err != nil {
				return err
			}
		}
		return nil
	}))
	return channel.ID(number)
}

func (w *world) save(d RemoteDraft) (id ID, created bool, err error) {
	w.Helper()
	err = w.db.Write(w.ctx(), func(tx db.Tx) (err error) {
		id, created, err = w.videos.SaveRemote(w.ctx(), tx, d)
		return err
	})
	return id, created, err
}

func (w *world) heard(o activitypub.Video, host int64) RemoteDraft {
	w.Helper()
	d, err := ReadRemote(o, w.at)
	w.must(err)
	d.Host, d.Channel = host, channel.ID(host)
	return d
}

// A video of another server is shown with all that its server says of it, and
// what is said later replaces it.
func TestSaveRemote(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.farChannel("127.0.0.1:9001", 70)
		o := captured(t, "video-vod.json")
		id, created, err := w.save(w.heard(o, 70))
		if err != nil || !created {
			t.Fatalf("got created %v, %v", created, err)
		}
		v, err := w.videos.Get(w.ctx(), user.Caller{}, Ref(o.UUID), Credentials{})
		w.must(err)
		if v.ID != id || v.Local || v.Name != o.Name || v.Privacy != Public || v.Duration != 10 || len(v.Tags) != 2 || len(v.Thumbnails) != 5 {
			t.Errorf("got %+v", v.Video)
		}
		m := v.Remote
		if m == nil || len(m.Web) != 2 || len(m.HLS) != 2 || m.Web[0].Resolution != 360 || m.Web[0].Size != 926500 || m.Web[0].Magnet == "" ||
			m.HLS[1].MetadataURL == "" || m.HLS[1].TorrentURL == "" || len(m.Hashes) != 2 || m.DigestsURL == "" || m.Trackers[0][:3] != "ws:" {
			t.Errorf("got media %+v", m)
		}
		o.Name, o.Updated, o.Tag, o.Views = "Another name", stamp(w.at), nil, 100
		o.URL = o.URL[:6] // one web video
		again, created, err := w.save(w.heard(o, 70))
		if err != nil || created || again != id {
			t.Fatalf("got video %d created %v, %v; want %d again", again, created, err, id)
		}
		files, pictures := m.Web[0].ID, v.Thumbnails[0].File
		v, err = w.videos.Get(w.ctx(), user.Caller{}, Ref(o.UUID), Credentials{})
		w.must(err)
		if v.Name != "Another name" || len(v.Tags) != 0 || v.Counters.Views != 100 || v.Remote.PlaylistURL != "" || len(v.Remote.HLS) != 0 ||
			len(v.Remote.Web) != 1 || v.Remote.Web[0].ID != files || v.Thumbnails[0].File != pictures {
			t.Errorf("got %+v with %+v", v.Video, v.Remote)
		}
		o.Name, o.Updated = "A late word", "2026-01-01T00:00:00.000Z"
		if _, _, err := w.save(w.heard(o, 70)); err != nil {
			t.Error(err)
		}
		if r, err := w.videos.RemoteByURL(w.ctx(), d.Read(), o.ID); err != nil || r.Name != "Another name" || r.Local || r.Likes == "" {
			t.Errorf("got %+v, %v; want the newer name", r, err)
		}
		w.must(d.Write(w.ctx(), func(tx db.Tx) error { return w.videos.RemoveRemote(w.ctx(), tx, id) }))
		if _, err := w.videos.ByURL(w.ctx(), d.Read(), o.ID); fault.KindOf(err) != fault.NotFound {
			t.Errorf("after its deletion: got %v", err)
		}
	})
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// No server writes the videos of another, nor ours, whatever address, UUID or
// channel it names.
func TestRemoteVideosStayWithTheirServer(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		good, evil := w.farChannel("good.test", 70), w.farChannel("evil.test", 80)
		ours := w.published(w.alice)
		draft := func(url, uuid string, host int64, in channel.ID) RemoteDraft {
			return RemoteDraft{
				URL: url, UUID: uuid, Host: host, Channel: in, Name: "x", Privacy: Public, State: Published, Comments: CommentsEnabled,
				PublishedAt: w.at, UpdatedAt: w.at.Add(time.Hour),
			}
		}
		const uuid = "e6b078bc-3feb-4c72-8f4f-aff582850700"
		if _, _, err := w.save(draft("http://good.test/v", uuid, 70, good)); err != nil {
			t.Fatal(err)
		}
		for name, d := range map[string]RemoteDraft{
			"ours by address":     draft(ours.URL, uuid, 80, evil),
			"ours by UUID":        draft("http://evil.test/v", ours.UUID, 80, evil),
			"another's":           draft("http://good.test/v", uuid, 80, evil),
			"another's channel":   draft("http://evil.test/v", "e6b078bc-3feb-4c72-8f4f-aff582850701", 80, good),
			"moved to a stranger": draft("http://good.test/v", uuid, 70, evil),
			"into our channel":    draft("http://evil.test/w", "e6b078bc-3feb-4c72-8f4f-aff582850702", 80, w.channelOf(w.alice)),
			"another's UUID":      draft("http://evil.test/u", uuid, 80, evil),
		} {
			if _, _, err := w.save(d); fault.KindOf(err) != fault.Forbidden {
				t.Errorf("%s: got %v, want forbidden", name, err)
			}
		}
		err := d.Write(w.ctx(), func(tx db.Tx) error { return w.videos.RemoveRemote(w.ctx(), tx, ours.ID) })
		if fault.KindOf(err) != fault.Forbidden {
			t.Errorf("delete ours: got %v, want forbidden", err)
		}
	})
}

// Copies and shares are their server's own, and a copy ends with its time.
func TestMirrorsAndShares(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.farChannel("good.test", 70)
		w.farChannel("evil.test", 80)
		v := w.published(w.alice)
		m := Mirror{URL: "http://good.test/redundancy/1", Video: v.ID, Actor: 70, Base: "http://good.test/static/hls/x/master.m3u8", Expires: w.at.Add(time.Hour)}
		write := func(fn func(tx db.Tx) error) error { return d.Write(w.ctx(), fn) }
		w.must(write(func(tx db.Tx) error { return w.videos.SaveMirror(w.ctx(), tx, m) }))
		stolen := m
		stolen.Actor, stolen.Base = 80, "http://evil.test/x"
		if err := write(func(tx db.Tx) error { return w.videos.SaveMirror(w.ctx(), tx, stolen) }); fault.KindOf(err) != fault.Forbidden {
			t.Errorf("got %v, want forbidden", err)
		}
		w.must(write(func(tx db.Tx) error { return w.videos.RemoveMirror(w.ctx(), tx, m.URL, 80) }))
		shown := func() []string {
			got, err := w.videos.Get(w.ctx(), user.Caller{}, ref(v), Credentials{})
			w.must(err)
			return got.Mirrors
		}
		if got := shown(); len(got) != 1 || got[0] != "http://good.test/static/hls/x" {
			t.Errorf("got %v", got)
		}
		w.at = w.at.Add(2 * time.Hour)
		if got := shown(); len(got) != 0 {
			t.Errorf("after its time: got %v", got)
		}
		share := Share{Video: v.ID, Actor: 70, URL: "http://good.test/a/1", At: w.at}
		for i, fresh := range []bool{true, false} {
			w.must(write(func(tx db.Tx) error {
				got, err := w.videos.PutShare(w.ctx(), tx, share)
				if got != fresh {
					t.Errorf("share %d: got fresh %v", i, got)
				}
				return errors.Join(err, w.videos.DropShare(w.ctx(), tx, share.URL, 80, w.at), w.videos.DropShare(w.ctx(), tx, share.URL, 70, w.at.Add(-time.Second)))
			}))
		}
		if got, err := w.videos.Sharers(w.ctx(), d.Read(), v.ID); err != nil || len(got) != 1 || got[0] != actor.ID(70) {
			t.Errorf("got %v, %v", got, err)
		}
	})
}

// Whatever a video's object says, it is refused or can be stored and shown.
func FuzzReadRemote(f *testing.F) {
	for _, name := range []string{"video-vod.json", "video-live.json", "video-update.json"} {
		raw, err := os.ReadFile("../activitypub/testdata/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Add([]byte(`{"type":"Video","id":"https://a.test/v","name":"x","duration":"PT99999999999H","published":"9999-99-99","aspectRatio":1e300,"url":"https://a.test/x"}`))
	at := time.UnixMilli(1_800_000_000_000)
	f.Fuzz(func(t *testing.T, raw []byte) {
		o, err := activitypub.ReadVideo(bytes.NewReader(raw))
		if err != nil {
			return
		}
		d, err := ReadRemote(o, at)
		if err != nil {
			return
		}
		if !db.Sized(d.Name, 1, 120) || !db.Sized(d.Description, 0, 10000) || len(d.Tags) > 5 || len(d.Media.HLS) > maxFiles || len(d.Media.Web) > maxFiles ||
			d.Duration < 0 || d.Views < 0 || d.UpdatedAt.After(at) || d.PublishedAt.After(at) || !d.State.valid() || !d.Comments.valid() {
			t.Fatalf("got %+v", d)
		}
		if _, err := json.Marshal(d.OriginallyAt); err != nil {
			t.Fatal(err)
		}
	})
}
