//go:build unix

package api

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"vidiverse/instance/account"
	"vidiverse/instance/actor"
	"vidiverse/instance/blob"
	"vidiverse/instance/channel"
	"vidiverse/instance/db"
	"vidiverse/instance/db/dbtest"
	"vidiverse/instance/job"
	"vidiverse/instance/rest"
	"vidiverse/instance/stats"
	"vidiverse/instance/stream"
	"vidiverse/instance/user"
	"vidiverse/instance/video"
)

const benchVideos = 10_000

// benchDoor is a door over 10,000 videos of ten channels, without a network.
func benchDoor(b *testing.B) (*API, []string) {
	b.Helper()
	must := func(err error) {
		b.Helper()
		if err != nil {
			b.Fatal(err)
		}
	}
	d := dbtest.SQLite(b)
	base := &url.URL{Scheme: "https", Host: "one.test"}
	actors := actor.New(d, base, time.Now)
	accounts := account.New(d, actors, time.Now)
	var videos *video.Service
	channels := channel.New(channel.Config{DB: d, Actors: actors, Accounts: accounts, Videos: func() channel.Videos { return videos }})
	users, err := user.New(user.Config{DB: d, Households: channels, BcryptCost: 4})
	must(err)
	must(accounts.EnsureInstance(b.Context()))
	_, _, err = users.EnsureRoot(b.Context(), rootPassword)
	must(err)
	folder, err := blob.OpenFolder(b.TempDir())
	must(err)
	jobs := job.New(d, job.Config{Owner: "bench"})
	videos = video.New(video.Config{DB: d, Blob: folder, Jobs: jobs, PublicURL: base})
	root := user.Caller{UserID: 1, Role: user.Administrator, AccountID: 2}
	root.AccountID = firstOf(b, d, "SELECT account_id FROM channel LIMIT 1")
	id := channel.ID(firstOf(b, d, "SELECT id FROM channel LIMIT 1"))
	must(d.Write(b.Context(), func(tx db.Tx) error {
		for _, w := range []int{48, 120, 600, 1500} {
			_, err := tx.ExecContext(b.Context(), `INSERT INTO actor_image (actor_id, kind, width, height, file, created_at, updated_at)
				SELECT actor_id, 1, ?, ?, ? || actor_id || '.png', 1, 1 FROM channel UNION ALL SELECT actor_id, 1, ?, ?, ? || actor_id || '.png', 1, 1 FROM account WHERE user_id IS NOT NULL`,
				w, w, fmt.Sprint("c", w, "-"), w, w, fmt.Sprint("a", w, "-"))
			if err != nil {
				return err
			}
		}
		return nil
	}))
	var uuids []string
	for len(uuids) < benchVideos {
		must(d.Write(b.Context(), func(tx db.Tx) error {
			for range 100 {
				n := len(uuids)
				v, err := videos.Create(b.Context(), tx, root, video.Draft{
					Name: fmt.Sprint("Video number ", n), ChannelID: id, Privacy: video.Public, Comments: video.CommentsEnabled, Category: 1 + n%18,
					Description: "A description of the length that people write who have something to say.", Tags: []string{"one", "two"},
				}, stream.Source{Filename: "f.mp4"})
				if err != nil {
					return err
				}
				uuids = append(uuids, v.UUID)
				var pictures []stream.Thumbnail
				for _, w := range []int{280, 850, 1280, 1400, 1920} {
					pictures = append(pictures, stream.Thumbnail{Width: w, Height: w * 9 / 16, File: fmt.Sprintf("%s-%d.jpg", v.UUID, w)})
				}
				if err := videos.PutThumbnails(b.Context(), tx, v.ID, pictures); err != nil {
					return err
				}
				var add []stream.Rendition
				for _, h := range []int{240, 360, 720, 1080} {
					add = append(add, stream.Rendition{Resolution: h, FPS: 25, File: fmt.Sprintf("%s-%d.mp4", v.UUID, h), Playlist: fmt.Sprintf("%s-%d.m3u8", v.UUID, h)})
				}
				m := stream.Master{Name: v.UUID + "-master.m3u8", Sha256Name: v.UUID + ".json"}
				if err := videos.PutRenditions(b.Context(), tx, v.ID, add, m); err != nil {
					return err
				}
			}
			return nil
		}))
	}
	a := New(Config{
		Log: slog.New(slog.DiscardHandler), PublicURL: base, Actors: actors, Users: users, Accounts: accounts, Channels: channels, Jobs: jobs,
		Server: rest.NewServerConfig(), About: rest.NewAbout(), Limits: Limits{API: Rate{Max: 1 << 30}, Login: Rate{Max: 1 << 30}},
		Video: VideoConfig{Service: videos, Stats: stats.New(stats.Config{DB: d, Jobs: jobs, Videos: videos})},
	})
	return a, uuids
}

func firstOf(b *testing.B, d *db.DB, query string) (n int64) {
	b.Helper()
	if err := d.Read().QueryRowContext(b.Context(), query).Scan(&n); err != nil {
		b.Fatal(err)
	}
	return n
}

// cpuTime is what this process used of the processors.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func get(b *testing.B, a *API, path string) {
	r := httptest.NewRequestWithContext(b.Context(), http.MethodGet, path, nil)
	w := httptest.NewRecorder()
	a.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		b.Fatalf("%s: got %d %s", path, w.Code, w.Body)
	}
}

// BenchmarkVideos reports requests a second with 10,000 videos; PeerTube's
// figures on two cores are 194 lists and 365 videos.
func BenchmarkVideos(b *testing.B) {
	a, uuids := benchDoor(b)
	for _, bm := range []struct {
		name string
		path func() string
	}{
		{"list15", func() string { return "/api/v1/videos" }},
		{"list15-unshared", func() string { return fmt.Sprint("/api/v1/videos?nobody=", rand.N(1<<40)) }},
		{"hot-unshared", func() string { return fmt.Sprint("/api/v1/videos?sort=-hot&nobody=", rand.N(1<<40)) }},
		{"trending-unshared", func() string { return fmt.Sprint("/api/v1/videos?sort=-trending&nobody=", rand.N(1<<40)) }},
		{"filtered", func() string { return fmt.Sprint("/api/v1/videos?categoryOneOf=", 1+rand.N(18), "&nsfw=both") }},
		{"page", func() string { return fmt.Sprint("/api/v1/videos?start=", rand.N(benchVideos)) }},
		{"hot", func() string { return "/api/v1/videos?sort=-hot" }},
		{"trending", func() string { return "/api/v1/videos?sort=-trending" }},
		{"same", func() string { return "/api/v1/videos/" + uuids[0] }},
		{"one", func() string { return "/api/v1/videos/" + uuids[rand.N(len(uuids))] }},
	} {
		b.Run(bm.name, func(b *testing.B) {
			b.ReportAllocs()
			before := cpuTime(b)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					get(b, a, bm.path())
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "req/s")
			b.ReportMetric(float64(b.N)/(cpuTime(b)-before).Seconds(), "req/cpu-s") // what other programs on the machine do not change
		})
	}
}
