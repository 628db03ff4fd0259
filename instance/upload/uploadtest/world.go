// Package uploadtest gives tests a small instance that takes uploads: a real
// database, a real folder, real users and videos, real ffprobe.
package uploadtest

import (
	"context"
	"errors"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"vidiverse/instance/account"
	"vidiverse/instance/actor"
	"vidiverse/instance/blob"
	"vidiverse/instance/channel"
	"vidiverse/instance/db"
	"vidiverse/instance/db/dbtest"
	"vidiverse/instance/ffmpeg"
	"vidiverse/instance/job"
	"vidiverse/instance/upload"
	"vidiverse/instance/user"
	"vidiverse/instance/video"
)

// World is that instance. Alice has a channel, and so has bob.
type World struct {
	t testing.TB

	DB       *db.DB
	Folder   string // of the files
	Blob     *blob.Folder
	Jobs     *job.Queue
	Actors   *actor.Service
	Accounts *account.Service
	Users    *user.Service
	Channels *channel.Service
	Videos   *video.Service
	Config   upload.Config
	Uploads  *upload.Service

	Alice, Bob user.Caller
	Channel    channel.ID // alice's

	mu      sync.Mutex
	planned []video.ID
}

// Password is everybody's.
const Password = "correct horse"

// New makes a World in folder, or in one that goes with the test if it is "".
// change, if not nil, changes the configuration of the uploads first.
func New(t testing.TB, folder string, change func(*upload.Config)) *World {
	t.Helper()
	return On(t, dbtest.SQLite(t), folder, change)
}

// On is New over a given database.
func On(t testing.TB, d *db.DB, folder string, change func(*upload.Config)) *World {
	t.Helper()
	if folder == "" {
		folder = t.TempDir()
	}
	base := &url.URL{Scheme: "https", Host: "one.test"}
	w := &World{t: t, DB: d, Folder: folder}
	var err error
	if w.Blob, err = blob.OpenFolder(filepath.Join(folder, "files")); err != nil {
		t.Fatal(err)
	}
	w.Jobs = job.New(w.DB, job.Config{})
	w.Actors = actor.New(w.DB, base, time.Now)
	w.Accounts = account.New(w.DB, w.Actors, time.Now)
	w.Channels = channel.New(channel.Config{DB: w.DB, Actors: w.Actors, Accounts: w.Accounts,
		Videos: func() channel.Videos { return w.Videos }})
	w.Users, err = user.New(user.Config{DB: w.DB, Households: w.Channels, BcryptCost: 4})
	if err != nil {
		t.Fatal(err)
	}
	w.Videos = video.New(video.Config{DB: w.DB, Blob: w.Blob, Jobs: w.Jobs, PublicURL: base, Transcodes: true, Torrents: true})
	tools := &ffmpeg.Tools{}
	w.Config = upload.Config{
		DB: w.DB, Blob: w.Blob, Dir: filepath.Join(w.Blob.TempDir(), "..", "tmp-persistent"), Videos: w.Videos, Probe: tools.Probe,
		Quota: w.quota, Plan: w.plan, Stall: 300 * time.Millisecond,
	}
	if change != nil {
		change(&w.Config)
	}
	w.people()
	w.Restart()
	return w
}

func (w *World) people() {
	ctx := w.t.Context()
	if _, _, err := w.Users.EnsureRoot(ctx, Password); err != nil {
		w.t.Fatal(err)
	}
	w.Alice, w.Bob = w.person("alice"), w.person("bob")
	c, err := w.Channels.ByHandle(ctx, "alice_channel")
	if err != nil {
		w.t.Fatal(err)
	}
	w.Channel = c.ID
}

func (w *World) person(name string) user.Caller {
	a, err := w.Users.Create(w.t.Context(), user.Caller{UserID: 1, Role: user.Administrator}, user.Draft{
		Username: name, Password: Password, Email: name + "@one.test", Role: user.User, VideoQuota: -1, VideoQuotaDaily: -1})
	if err != nil {
		w.t.Fatal(err)
	}
	return user.Caller{UserID: a.ID, Role: a.Role, AccountID: a.AccountID, Username: name}
}

func (w *World) quota(ctx context.Context, id user.ID) (total, daily int64, err error) {
	a, err := w.Users.Me(ctx, id)
	return a.VideoQuota, a.VideoQuotaDaily, err
}

func (w *World) plan(_ context.Context, tx db.Tx, id video.ID) error {
	tx.AfterCommit(func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.planned = append(w.planned, id)
	})
	return nil
}

// Planned lists the videos whose transcoding was planned.
func (w *World) Planned() []video.ID {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]video.ID(nil), w.planned...)
}

// Restart makes a new service over the same rows and files, as a new process
// would, and returns it.
func (w *World) Restart() *upload.Service {
	w.t.Helper()
	w.Uploads = upload.New(w.Config)
	if err := w.Uploads.Recover(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	return w.Uploads
}

// SetQuota changes a user's quota in bytes.
func (w *World) SetQuota(c user.Caller, total, daily int64) {
	w.t.Helper()
	w.Config.Quota = func(ctx context.Context, id user.ID) (int64, int64, error) {
		if id == c.UserID {
			return total, daily, nil
		}
		return w.quota(ctx, id)
	}
	w.Restart()
}

// Files lists what lies in the folder, but for folders, by path.
func (w *World) Files() []string {
	w.t.Helper()
	var list []string
	err := filepath.WalkDir(filepath.Join(w.Folder, "files"), func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			list = append(list, path)
		}
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return list
}

// Rows counts the uploads that the database knows.
func (w *World) Rows() (n int) {
	w.t.Helper()
	if err := w.DB.Read().QueryRowContext(w.t.Context(), `SELECT COUNT(*) FROM upload`).Scan(&n); err != nil {
		w.t.Fatal(err)
	}
	return n
}

// Clip is a short MP4 with picture and sound, of about 50 kB.
func Clip(t testing.TB) []byte {
	t.Helper()
	b, err := clip()
	if err != nil {
		t.Fatalf("make a clip: %v", err)
	}
	return b
}

var clip = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "clip")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "clip.mp4")
	cmd := exec.Command("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=320x180:r=10:d=2", "-f", "lavfi", "-i", "sine=d=2",
		"-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac", "-movflags", "+faststart", file)
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, errors.Join(err, errors.New(string(out)))
	}
	return os.ReadFile(file)
})
