package playlist

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"net/url"
	"path/filepath"
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
	draw "vidiverse/instance/picture"
	"vidiverse/instance/stream"
	"vidiverse/instance/user"
	"vidiverse/instance/video"
)

// world is an instance with videos and playlists of alice, bob, mod who is a
// moderator, root, and carol of two.test.
type world struct {
	*testing.T
	db        *db.DB
	blob      *blob.Folder
	jobs      *job.Queue
	videos    *video.Service
	channels  *channel.Service
	playlists *Service
	at        time.Time
	pictures  int // made so far

	root, mod, alice, bob, stranger user.Caller
	main                            channel.ID // alice's
	carol                           account.ID // of another server
	far                             channel.ID // carol's
}

func newWorld(t *testing.T, d *db.DB) *world {
	t.Helper()
	w := &world{T: t, db: d, at: time.Now().UTC().Truncate(time.Millisecond), carol: 70, far: 71}
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
	w.blob, err = blob.OpenFolder(t.TempDir())
	w.must(err)
	w.jobs = job.New(d, job.Config{Owner: "test", Poll: 10 * time.Millisecond})
	w.videos = video.New(video.Config{DB: d, Blob: w.blob, Jobs: w.jobs, PublicURL: base, Now: now})
	board := news.New(w.jobs)
	board.Hear("hear", job.Options{}, func(context.Context, *job.Job, news.Change) error { return nil },
		news.PlaylistMade, news.PlaylistChanged, news.PlaylistGone)
	w.playlists = New(Config{
		DB: d, Blob: w.blob, Jobs: w.jobs, Videos: w.videos, PublicURL: base, News: board, Now: now, TempDir: t.TempDir(),
		Still:    func(_ context.Context, file string) (string, error) { return "thumbnails/" + file, nil },
		Pictures: w.shrink,
	})
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
	w.main = w.channelOf("alice_channel")
	w.exec("INSERT INTO host (id, name, created_at) VALUES (7, 'two.test', 1)")
	for id, name := range map[int]string{70: "carol", 71: "carol_channel"} {
		w.exec(`INSERT INTO actor (id, kind, username, host_id, url, inbox_url, shared_inbox_url, created_at, updated_at)
			VALUES (?, ?, ?, 7, ?, 'x', 'x', 1, 1)`, id, id-68, name, "https://two.test/"+name)
		w.exec("INSERT INTO actor_counter (actor_id) VALUES (?)", id)
	}
	w.exec("INSERT INTO account (id, actor_id, display_name, created_at, updated_at) VALUES (70, 70, 'Carol', 1, 1)")
	w.exec("INSERT INTO channel (id, actor_id, account_id, display_name, created_at, updated_at) VALUES (71, 71, 70, 'Carol', 1, 1)")
	return w
}

// shrink makes two sizes of a picture and stores them.
func (w *world) shrink(ctx context.Context, path string) (list []stream.Thumbnail, err error) {
	img, err := draw.Read(path)
	if err != nil {
		return nil, err
	}
	w.pictures++
	for _, width := range []int{280, 850} {
		file := fmt.Sprintf("made-%d-%d.jpg", w.pictures, width)
		at := filepath.Join(w.TempDir(), file)
		if err := draw.WriteJPEG(at, draw.Fill(draw.RGBA(img), width, width*9/16)); err != nil {
			return nil, err
		}
		if _, err := w.blob.Adopt(ctx, "thumbnails/"+file, at); err != nil {
			return nil, err
		}
		list = append(list, stream.Thumbnail{Width: width, Height: width * 9 / 16, File: file})
	}
	return list, nil
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

func (w *world) channelOf(name string) channel.ID {
	w.Helper()
	c, err := w.channels.ByHandle(w.Context(), name)
	w.must(err)
	return c.ID
}

// video publishes one, with a picture of a colour of its own.
func (w *world) video(of user.Caller, privacy video.Privacy) video.Video {
	w.Helper()
	ch := w.channelOf(of.Username + "_channel")
	var v video.Video
	w.write(func(tx db.Tx) (err error) {
		v, err = w.videos.Create(w.Context(), tx, of, video.Draft{Name: "A walk", ChannelID: ch, Privacy: privacy, Comments: video.CommentsEnabled},
			stream.Source{Filename: "walk.mp4", Probe: ffmpeg.Probe{Duration: time.Second}})
		if err != nil {
			return err
		}
		return w.videos.PutThumbnails(w.Context(), tx, v.ID, []stream.Thumbnail{{Width: 640, Height: 360, File: v.UUID + ".jpg"}})
	})
	img := image.NewRGBA(image.Rect(0, 0, 64, 36))
	for i := range img.Pix {
		img.Pix[i] = uint8(v.ID) * 40
	}
	img.Set(0, 0, color.White)
	var b bytes.Buffer
	w.must(jpeg.Encode(&b, img, nil))
	_, err := w.blob.Put(w.Context(), "thumbnails/"+v.UUID+".jpg", &b)
	w.must(err)
	return v
}

func ref(id video.ID) video.Ref { return video.Ref(strconv.FormatInt(int64(id), 10)) }

func (p Playlist) ref() video.Ref { return video.Ref(p.UUID) }

// public makes a public playlist of alice's with these videos.
func (w *world) public(name string, videos ...video.Video) Playlist {
	w.Helper()
	p, err := w.playlists.Create(w.Context(), w.alice, Draft{Name: name, Privacy: Public, Channel: w.main}, nil)
	w.must(err)
	for _, v := range videos {
		_, err := w.playlists.AddVideo(w.Context(), w.alice, p.ref(), ref(v.ID), nil, nil)
		w.must(err)
	}
	return p
}

func (w *world) get(p Playlist) Playlist {
	w.Helper()
	got, err := w.playlists.Get(w.Context(), w.root, p.ref())
	w.must(err)
	return got
}

// order are the videos of a playlist as somebody gets them; 0 is what they do not.
func (w *world) order(c user.Caller, p Playlist) (ids []video.ID) {
	w.Helper()
	list, _, err := w.playlists.Elements(w.Context(), c, p.ref(), 0, 100)
	w.must(err)
	for i, e := range list {
		if e.Position != i+1 {
			w.Errorf("element %d has position %d", i+1, e.Position)
		}
		var id video.ID
		if e.Video != nil {
			id = e.Video.ID
		}
		ids = append(ids, id)
	}
	return ids
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

func line(what news.What, p Playlist) string { return fmt.Sprintf("%s %d", what, p.ID) }

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

// stored tells whether the file of a picture is there.
func (w *world) stored(file string) bool {
	_, err := w.blob.Stat(w.Context(), "thumbnails/"+file)
	return err == nil
}
