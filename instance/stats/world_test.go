package stats

import (
	"context"
	"net/url"
	"testing"
	"time"

	"vidiverse/instance/account"
	"vidiverse/instance/actor"
	"vidiverse/instance/blob"
	"vidiverse/instance/channel"
	"vidiverse/instance/db"
	"vidiverse/instance/fault"
	"vidiverse/instance/job"
	"vidiverse/instance/stream"
	"vidiverse/instance/user"
	"vidiverse/instance/video"
)

// world is root's videos and who watches them, over a real database.
type world struct {
	*testing.T
	db     *db.DB
	videos *video.Service
	stats  *Service
	at     time.Time
	root   user.Caller
	home   channel.ID
}

func newWorld(t *testing.T, d *db.DB) *world {
	t.Helper()
	w := &world{T: t, db: d, at: time.Now().UTC().Truncate(time.Millisecond)}
	now := func() time.Time { return w.at }
	base := &url.URL{Scheme: "https", Host: "one.test"}
	actors := actor.New(d, base, now)
	accounts := account.New(d, actors, now)
	channels := channel.New(channel.Config{DB: d, Actors: actors, Accounts: accounts, Now: now, Videos: func() channel.Videos { return w.videos }})
	users, err := user.New(user.Config{DB: d, Now: now, Households: channels, BcryptCost: 4})
	w.must(err)
	w.must(accounts.EnsureInstance(t.Context()))
	_, _, err = users.EnsureRoot(t.Context(), "root-password")
	w.must(err)
	files, err := blob.OpenFolder(t.TempDir())
	w.must(err)
	jobs := job.New(d, job.Config{Owner: "test"})
	w.videos = video.New(video.Config{
		DB: d, Blob: files, Jobs: jobs, PublicURL: base, Now: now, Viewers: func(id video.ID) int { return w.stats.Watching(id) },
	})
	w.stats = New(Config{DB: d, Jobs: jobs, Videos: w.videos, Now: now})
	w.root = user.Caller{UserID: 1, Role: user.Administrator}
	w.must(d.Read().QueryRowContext(t.Context(), "SELECT c.id, c.account_id FROM channel c JOIN account a ON a.id = c.account_id WHERE a.user_id = 1").
		Scan(&w.home, &w.root.AccountID))
	return w
}

func (w *world) ctx() context.Context { return w.Context() }

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) kind(err error, want fault.Kind, what string) {
	w.Helper()
	if got := fault.KindOf(err); err == nil || got != want {
		w.Errorf("%s: got %v (%v), want %v", what, got, err, want)
	}
}

// create makes a published video of twelve seconds.
func (w *world) create(change func(*video.Draft)) (v video.Video) {
	w.Helper()
	d := video.Draft{Name: "A walk", ChannelID: w.home, Privacy: video.Public, Comments: video.CommentsEnabled}
	if change != nil {
		change(&d)
	}
	w.must(w.db.Write(w.ctx(), func(tx db.Tx) (err error) {
		v, err = w.videos.Create(w.ctx(), tx, w.root, d, stream.Source{Filename: "walk.mp4", Probe: stream.Probe{Duration: 12400 * time.Millisecond}})
		return err
	}))
	return v
}
