package video

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"vidiverse/instance/access"
	"vidiverse/instance/account"
	"vidiverse/instance/actor"
	"vidiverse/instance/blob"
	"vidiverse/instance/channel"
	"vidiverse/instance/db"
	"vidiverse/instance/ffmpeg"
	"vidiverse/instance/hls"
	"vidiverse/instance/job"
	"vidiverse/instance/stream"
	"vidiverse/instance/user"
)

// world is an instance's videos with alice, bob, and root who is an
// administrator, over a real database and a real folder.
type world struct {
	testing.TB
	db       *db.DB
	blob     *blob.Folder
	jobs     *job.Queue
	channels *channel.Service
	told     map[[20]byte]bool // hashes that Config.Swarms was told of
	videos   *Service
	at       time.Time
	alice    user.Caller
	bob      user.Caller
	root     user.Caller
	stranger user.Caller
}

func newWorld(t testing.TB, d *db.DB) *world {
	t.Helper()
	w := &world{TB: t, db: d, told: map[[20]byte]bool{}, at: time.Now().UTC().Truncate(time.Millisecond)}
	now := func() time.Time { return w.at }
	base := &url.URL{Scheme: "https", Host: "one.test"}
	actors := actor.New(d, base, now)
	accounts := account.New(d, actors, now)
	w.channels = channel.New(channel.Config{
		DB: d, Actors: actors, Accounts: accounts, Now: now, Videos: func() channel.Videos { return w.videos },
	})
	users, err := user.New(user.Config{DB: d, Now: now, Households: w.channels, BcryptCost: 4})
	w.must(err)
	w.must(accounts.EnsureInstance(w.ctx()))
	_, _, err = users.EnsureRoot(w.ctx(), "root-password")
	w.must(err)
	w.blob, err = blob.OpenFolder(t.TempDir())
	w.must(err)
	w.jobs = job.New(d, job.Config{Owner: "test", Poll: 10 * time.Millisecond})
	w.videos = New(Config{DB: d, Blob: w.blob, Jobs: w.jobs, PublicURL: base, Now: now, Transcodes: true, Torrents: true, Swarms: func(list [][20]byte) {
		for _, h := range list {
			w.told[h] = true
		}
	}})
	w.root = user.Caller{UserID: 1, Role: user.Administrator, AccountID: w.accountOf(1)}
	for name, c := range map[string]*user.Caller{"alice": &w.alice, "bob": &w.bob} {
		u, err := users.Create(w.ctx(), w.root, user.Draft{
			Username: name, Password: name + "-password", Email: name + "@one.test", Role: user.User, VideoQuota: -1, VideoQuotaDaily: -1,
		})
		w.must(err)
		*c = user.Caller{UserID: u.ID, Role: user.User, AccountID: u.AccountID, Username: name}
	}
	return w
}

func (w *world) ctx() context.Context {
	if t, ok := w.TB.(interface{ Context() context.Context }); ok {
		return t.Context()
	}
	return context.Background()
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) accountOf(id int64) (n int64) {
	w.must(w.db.Read().QueryRowContext(w.ctx(), "SELECT id FROM account WHERE user_id = ?", id).Scan(&n))
	return n
}

func (w *world) channelOf(c user.Caller) (id channel.ID) {
	w.must(w.db.Read().QueryRowContext(w.ctx(), "SELECT id FROM channel WHERE account_id = ? ORDER BY id LIMIT 1", c.AccountID).Scan(&id))
	return id
}

func (w *world) draft(of user.Caller) Draft {
	return Draft{Name: "A walk", ChannelID: w.channelOf(of), Privacy: Public, Comments: CommentsEnabled, Downloadable: true}
}

func probe() stream.Probe {
	return stream.Probe{
		Format: "mov", Duration: 12400 * time.Millisecond, Size: 1000,
		Video: &ffmpeg.Video{Codec: "h264", Width: 640, Height: 360, FPS: 25}, Metadata: []byte(`{"format":{},"streams":[],"chapters":[]}`),
	}
}

// create makes a video to transcode, of the given owner.
func (w *world) create(of user.Caller, change ...func(*Draft)) Video {
	w.Helper()
	d := w.draft(of)
	for _, fn := range change {
		fn(&d)
	}
	w.must(w.videos.CheckDraft(w.ctx(), of, &d))
	key := "original-video-files/" + access.NewUUID() + ".mp4"
	w.put(key, "original")
	var v Video
	w.must(w.db.Write(w.ctx(), func(tx db.Tx) (err error) {
		v, err = w.videos.Create(w.ctx(), tx, of, d, stream.Source{Filename: "walk.mp4", Key: key, Size: 1000, Probe: probe()})
		return err
	}))
	return v
}

// published makes a video with two renditions that everybody may find.
func (w *world) published(of user.Caller, change ...func(*Draft)) Video {
	w.Helper()
	v := w.create(of, change...)
	w.transcode(v.ID, 360, 240)
	w.must(w.db.Write(w.ctx(), func(tx db.Tx) error { return w.videos.Publish(w.ctx(), tx, v.ID) }))
	return v
}

func (w *world) put(key, body string) {
	w.Helper()
	_, err := w.blob.Put(w.ctx(), key, strings.NewReader(body))
	w.must(err)
}

// transcode stores renditions as a transcoder does: files first, then rows.
func (w *world) transcode(id ID, heights ...int) stream.Master {
	w.Helper()
	work, err := w.videos.Work(w.ctx(), id)
	w.must(err)
	folder := stream.FolderOf(work.UUID, work.Private)
	list := hls.Master{}
	var add []stream.Rendition
	for _, h := range heights {
		r := stream.Rendition{
			Resolution: h, FPS: 25, Width: h * 16 / 9, Height: h, HasVideo: true, HasAudio: true, Bandwidth: int64(h) * 1000, Codecs: "avc1.640015",
			File: fmt.Sprintf("%s-%d-fragmented.mp4", access.NewUUID(), h), Playlist: fmt.Sprintf("%s-%d.m3u8", access.NewUUID(), h), Size: 4,
			Extents: []stream.Extent{{Offset: 0, Length: 4}}, Probe: []byte(`{"format":{},"streams":[],"chapters":[]}`),
		}
		w.put(folder+"/"+r.File, "film")
		w.put(folder+"/"+r.Playlist, "#EXTM3U")
		add = append(add, r)
	}
	for _, r := range append(work.Renditions, add...) {
		list.Variants = append(list.Variants, hls.Variant{
			URI: r.Playlist, Resolution: r.Resolution, Bandwidth: r.Bandwidth, Width: r.Width, Height: r.Height, FrameRate: 25, Codecs: r.Codecs,
		})
	}
	list.Sort()
	m := stream.Master{Name: access.NewUUID() + "-master.m3u8", Sha256Name: access.NewUUID() + "-segments-sha256.json", Private: work.Private}
	m.Swarms = list.Swarms(w.videos.MasterURL(work.UUID, m.Name, work.Private))
	w.put(folder+"/"+m.Name, string(list.Bytes()))
	w.put(folder+"/"+m.Sha256Name, "{}")
	w.must(w.db.Write(w.ctx(), func(tx db.Tx) error { return w.videos.PutRenditions(w.ctx(), tx, id, add, m) }))
	return m
}

// web stores web videos as a transcoder does.
func (w *world) web(id ID, heights ...int) {
	w.Helper()
	work, err := w.videos.Work(w.ctx(), id)
	w.must(err)
	var add []stream.Rendition
	for _, h := range heights {
		r := stream.Rendition{
			Resolution: h, FPS: 25, Width: h * 16 / 9, Height: h, HasVideo: true, HasAudio: true,
			File: fmt.Sprintf("%s-%d.mp4", access.NewUUID(), h), Size: 5, Probe: []byte(`{"format":{},"streams":[],"chapters":[]}`),
		}
		w.put(stream.WebVideoKey(r.File, work.Private), "whole")
		add = append(add, r)
	}
	w.must(w.db.Write(w.ctx(), func(tx db.Tx) error { return w.videos.PutWebVideos(w.ctx(), tx, id, add, work.Private) }))
}

// settle runs jobs until none is left that could run.
func (w *world) settle() {
	w.Helper()
	ctx, stop := context.WithCancel(w.ctx())
	done := make(chan error, 1)
	go func() { done <- w.jobs.Serve(ctx) }()
	deadline := time.After(20 * time.Second)
	for tick := time.NewTicker(5 * time.Millisecond); ; {
		jobs, n, err := w.jobs.List(w.ctx(), job.Filter{States: []job.State{job.Waiting, job.Active}})
		w.must(err)
		if n == 0 {
			tick.Stop()
			break
		}
		select {
		case <-tick.C:
		case <-deadline:
			stop()
			w.Fatalf("jobs do not end: %+v", jobs)
		}
	}
	stop()
	w.must(<-done)
}

func (w *world) files() map[string]bool {
	out := map[string]bool{}
	for info, err := range w.blob.List(w.ctx(), "") {
		w.must(err)
		out[info.Key] = true
	}
	return out
}

func ref(v Video) Ref { return Ref(v.UUID) }
