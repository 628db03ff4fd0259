package comment

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"testing"
	"time"

	"vidiverse/instance/account"
	"vidiverse/instance/actor"
	"vidiverse/instance/blob"
	"vidiverse/instance/channel"
	"vidiverse/instance/db"
	"vidiverse/instance/ffmpeg"
	"vidiverse/instance/job"
	"vidiverse/instance/news"
	"vidiverse/instance/stream"
	"vidiverse/instance/user"
	"vidiverse/instance/video"
)

// world is an instance with videos of alice, read by bob, mod who is a moderator,
// root, and carol of two.test.
type world struct {
	*testing.T
	db       *db.DB
	jobs     *job.Queue
	videos   *video.Service
	channels *channel.Service
	comments *Service
	told     []news.Change // what nobody has taken yet
	at       time.Time

	root, mod, alice, bob, stranger user.Caller
	carol                           account.ID // of another server
	far                             video.ID   // of carol
	farUUID                         string
}

func newWorld(t *testing.T, d *db.DB) *world {
	t.Helper()
	w := &world{T: t, db: d, at: time.Now().UTC().Truncate(time.Millisecond), farUUID: "0c0a5d5e-9d6b-4f8e-8d8e-3a3f4c1b2d11"}
	now := func() time.Time { w.at = w.at.Add(time.Second); return w.at }
	base := &url.URL{Scheme: "https", Host: "one.test"}
	actors := actor.New(d, base, now)
	accounts := account.New(d, actors, now)
	w.channels = channel.New(channel.Config{DB: d, Actors: actors, Accounts: accounts, Now: now, Videos: func() channel.Videos { return w.videos }})
	users, err := user.New(user.Config{DB: d, Now: now, Households: w.channels, BcryptCost: 4})
	w.must(err)
	w.must(accounts.EnsureInstance(t.Context()))
	_, _, err = users.EnsureRoot(t.Context(), "root-password")
	w.must(err)
	folder, err := blob.OpenFolder(t.TempDir())
	w.must(err)
	w.jobs = job.New(d, job.Config{Owner: "test", Poll: 10 * time.Millisecond})
	w.videos = video.New(video.Config{DB: d, Blob: folder, Jobs: w.jobs, PublicURL: base, Now: now})
	board := news.New(w.jobs)
	board.Hear("hear", job.Options{}, func(context.Context, *job.Job, news.Change) error { return nil },
		news.CommentMade, news.CommentHeld, news.CommentApproved, news.CommentGone)
	w.comments = New(Config{DB: d, Jobs: w.jobs, Videos: w.videos, PublicURL: base, News: board, Now: now})
	w.root = user.Caller{UserID: 1, Role: user.Administrator, AccountID: w.number("SELECT id FROM account WHERE user_id = 1")}
	for name, c := range map[string]*user.Caller{"mod": &w.mod, "alice": &w.alice, "bob": &w.bob} {
		role := user.User
		if name == "mod" {
			role = user.Moderator
		}
		u, err := users.Create(t.Context(), w.root, user.Draft{
			Username: name, Password: name + "-password", Email: name + "@one.test", Role: role, VideoQuota: -1, VideoQuotaDaily: -1,
		})
		w.must(err)
		*c = user.Caller{UserID: u.ID, Role: role, AccountID: u.AccountID, Username: name}
	}
	w.elsewhere()
	return w
}

// elsewhere is what two.test has: carol, her channel and a video.
func (w *world) elsewhere() {
	w.Helper()
	w.exec("INSERT INTO host (id, name, created_at) VALUES (7, 'two.test', 1)")
	for id, name := range map[int]string{70: "carol", 71: "carol_channel"} {
		w.exec(`INSERT INTO actor (id, kind, username, host_id, url, inbox_url, shared_inbox_url, created_at, updated_at)
			VALUES (?, ?, ?, 7, ?, 'x', 'x', 1, 1)`, id, id-68, name, "https://two.test/"+name)
		w.exec("INSERT INTO actor_counter (actor_id) VALUES (?)", id)
	}
	w.exec("INSERT INTO account (id, actor_id, display_name, created_at, updated_at) VALUES (70, 70, 'Carol', 1, 1)")
	w.exec("INSERT INTO channel (id, actor_id, account_id, display_name, created_at, updated_at) VALUES (71, 71, 70, 'Carol', 1, 1)")
	w.exec(`INSERT INTO video (id, uuid, url, host_id, channel_id, name, privacy, state, comments_policy, duration, created_at, updated_at, published_at)
		VALUES (900, ?, ?, 7, 71, 'Far', 1, 1, 1, 5, 1, 1, 1)`, w.farUUID, "https://two.test/videos/watch/"+w.farUUID)
	w.exec("INSERT INTO video_counter (video_id) VALUES (900)")
	w.carol, w.far = 70, 900
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) exec(query string, args ...any) {
	w.Helper()
	w.write(func(tx db.Tx) error {
		_, err := tx.ExecContext(w.Context(), query, args...)
		return err
	})
}

func (w *world) write(fn func(db.Tx) error) {
	w.Helper()
	w.must(w.db.Write(w.Context(), fn))
}

func (w *world) number(query string, args ...any) (n int64) {
	w.Helper()
	w.must(w.db.Read().QueryRowContext(w.Context(), query, args...).Scan(&n))
	return n
}

// video publishes one of alice's.
func (w *world) video(policy video.CommentsPolicy, privacy video.Privacy) video.Ref {
	w.Helper()
	ch, err := w.channels.ByHandle(w.Context(), "alice_channel")
	w.must(err)
	var v video.Video
	w.write(func(tx db.Tx) (err error) {
		v, err = w.videos.Create(w.Context(), tx, w.alice, video.Draft{
			Name: "A walk", ChannelID: ch.ID, Privacy: privacy, Comments: policy,
		}, stream.Source{Filename: "walk.mp4", Probe: ffmpeg.Probe{Duration: time.Second}})
		return err
	})
	return video.Ref(v.UUID)
}

func (w *world) add(c user.Caller, v video.Ref, parent ID, text string) Comment {
	w.Helper()
	made, err := w.comments.Add(w.Context(), c, v, video.Credentials{}, parent, text)
	w.must(err)
	return made
}

func (w *world) threads(c user.Caller, v video.Ref, sort string) Page {
	w.Helper()
	p, err := w.comments.Threads(w.Context(), c, v, video.Credentials{}, Query{Count: 15, Sort: sort})
	w.must(err)
	return p
}

func (w *world) thread(c user.Caller, v video.Ref, id ID) *Tree {
	w.Helper()
	t, err := w.comments.Thread(w.Context(), c, v, video.Credentials{}, id)
	w.must(err)
	return t
}

// save receives a comment of carol's.
func (w *world) save(r Remote) (id ID, created bool, err error) {
	if r.Account == 0 && r.DeletedAt.IsZero() {
		r.Account = w.carol
	}
	err = w.db.Write(w.Context(), func(tx db.Tx) error {
		id, created, err = w.comments.SaveRemote(w.Context(), tx, r)
		return err
	})
	return id, created, err
}

func (w *world) counted(v video.Ref) int64 {
	w.Helper()
	return w.number("SELECT comments FROM video_counter n JOIN video v ON v.id = n.video_id WHERE v.uuid = ?", string(v))
}

func (w *world) id(v video.Ref) video.ID {
	w.Helper()
	id, err := w.videos.Resolve(w.Context(), v)
	w.must(err)
	return id
}

// news takes what was told since it was last asked.
func (w *world) news() (list []news.Change) {
	w.Helper()
	w.must(db.Each(w.Context(), w.db.Read(), func(r *sql.Rows) error {
		var text string
		if err := r.Scan(&text); err != nil {
			return err
		}
		var c news.Change
		w.must(json.Unmarshal([]byte(text), &c))
		list = append(list, c)
		return nil
	}, "SELECT payload FROM job WHERE type = 'hear' ORDER BY id"))
	w.exec("DELETE FROM job WHERE type = 'hear'")
	return list
}

func (w *world) wantNews(want ...string) {
	w.Helper()
	var got []string
	for _, c := range w.news() {
		got = append(got, fmt.Sprintf("%s %d", c.What, c.ID))
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		w.Errorf("told %v, want %v", got, want)
	}
}

func line(what news.What, id ID) string { return fmt.Sprintf("%s %d", what, id) }

// ref names a video by its number.
func (w *world) ref(id video.ID) video.Ref { return video.Ref(strconv.FormatInt(int64(id), 10)) }

// finish works until no job of this package is left.
func (w *world) finish() {
	w.Helper()
	ctx, stop := context.WithCancel(w.Context())
	done := make(chan error, 1)
	go func() { done <- w.jobs.Serve(ctx) }()
	for w.number("SELECT COUNT(*) FROM job WHERE type = ? AND state IN ('waiting', 'active')", jobRemove) > 0 {
		select {
		case <-time.After(5 * time.Millisecond):
		case err := <-done:
			w.Fatal(err)
		}
	}
	stop()
	w.must(<-done)
}
