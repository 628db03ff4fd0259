package transcode

import (
	"bufio"
	"context"
	"io"
	"math/rand/v2"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"vidiverse/instance/account"
	"vidiverse/instance/actor"
	"vidiverse/instance/blob"
	"vidiverse/instance/channel"
	"vidiverse/instance/db"
	"vidiverse/instance/ffmpeg"
	"vidiverse/instance/job"
	"vidiverse/instance/upload/uploadtest"
	"vidiverse/instance/user"
	"vidiverse/instance/video"
)

var crashSettings = Settings{Resolutions: []int{144}, AlwaysOriginal: true, SplitAudio: true, WebVideos: true}

// fragile is a folder that kills the process once it has taken some files in:
// the moments between two of them are the ones that leave something behind.
type fragile struct {
	*blob.Folder
	left, torrents atomic.Int64
}

// Put counts torrents, which are not entered yet when it returns.
func (f *fragile) Put(ctx context.Context, key string, r io.Reader) (int64, error) {
	n, err := f.Folder.Put(ctx, key, r)
	if strings.HasPrefix(key, "torrents/") && f.torrents.Add(-1) == 0 {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	}
	return n, err
}

func (f *fragile) Adopt(ctx context.Context, key, path string) (int64, error) {
	n, err := f.Folder.Adopt(ctx, key, path)
	if f.left.Add(-1) == 0 {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	}
	return n, err
}

// openWorld opens the instance in a folder as a process that starts there does.
// It dies when it has adopted so many files, or made so many torrents if that is
// negative; 0 is never.
func openWorld(t *testing.T, home string, s Settings, dies int) *world {
	t.Helper()
	d, err := db.Open(t.Context(), db.Config{URL: "sqlite:" + filepath.Join(home, "test.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() }) // nothing is lost: what counts is committed
	files, err := blob.OpenFolder(filepath.Join(home, "files"))
	if err != nil {
		t.Fatal(err)
	}
	base := &url.URL{Scheme: "https", Host: "one.test"}
	in := &uploadtest.World{DB: d, Blob: files, Jobs: job.New(d, job.Config{Owner: "one"})}
	in.Actors = actor.New(d, base, time.Now)
	in.Accounts = account.New(d, in.Actors, time.Now)
	in.Channels = channel.New(channel.Config{DB: d, Actors: in.Actors, Accounts: in.Accounts, Videos: func() channel.Videos { return in.Videos }})
	if in.Users, err = user.New(user.Config{DB: d, Households: in.Channels, BcryptCost: 4}); err != nil {
		t.Fatal(err)
	}
	store := &fragile{Folder: files}
	store.left.Store(int64(dies))
	store.torrents.Store(int64(-dies))
	in.Videos = video.New(video.Config{DB: d, Blob: store, Jobs: in.Jobs, PublicURL: base, Transcodes: true, Torrents: true})
	w := &world{World: in, t: t}
	w.engine = New(Config{DB: d, Blob: store, TempDir: files.TempDir(), Jobs: in.Jobs, Videos: in.Videos, Tools: &ffmpeg.Tools{}, Settings: s})
	return w
}

// populate makes alice and her channel.
func (w *world) populate() {
	w.t.Helper()
	ctx := w.t.Context()
	if _, _, err := w.Users.EnsureRoot(ctx, uploadtest.Password); err != nil {
		w.t.Fatal(err)
	}
	a, err := w.Users.Create(ctx, user.Caller{UserID: 1, Role: user.Administrator}, user.Draft{Username: "alice",
		Password: uploadtest.Password, Email: "alice@one.test", Role: user.User, VideoQuota: -1, VideoQuotaDaily: -1})
	if err != nil {
		w.t.Fatal(err)
	}
	w.Alice = user.Caller{UserID: a.ID, Role: a.Role, AccountID: a.AccountID, Username: "alice"}
	c, err := w.Channels.ByHandle(ctx, "alice_channel")
	if err != nil {
		w.t.Fatal(err)
	}
	w.Channel = c.ID
}

// TestKilledAtAnyMoment kills a transcoding server, again and again, without
// warning. In the end the video is published with all its renditions, and
// neither a file nor an ffmpeg is left over.
func TestKilledAtAnyMoment(t *testing.T) {
	if home := os.Getenv("TRANSCODE_TEST_HOME"); home != "" {
		dies, _ := strconv.Atoi(os.Getenv("TRANSCODE_TEST_DIES"))
		w := openWorld(t, home, crashSettings, dies)
		println("serving")
		t.Fatal(w.Jobs.Serve(context.Background()))
	}
	home := t.TempDir()
	path := clip(t, "film.mkv", with(with(lavfi(film, sound), "-c:v", "ffv1"), "-c:a", "flac")...)
	var v video.Video
	t.Run("upload", func(t *testing.T) {
		w := openWorld(t, home, crashSettings, 0)
		w.populate()
		v = w.take(path)
	})
	// The first job takes in a web video, six HLS files and five pictures, the
	// second a web video and four HLS files.
	for _, dies := range []int{0, 1, 2, 5, 0, 7, 12, 0, -1, -2, 1, 3, 0, 5} {
		after := time.Duration(20+rand.IntN(1000)) * time.Millisecond
		if dies != 0 {
			after = 15 * time.Second
		}
		kill(t, home, dies, after)
		if running := processesOf(t, home); len(running) > 0 {
			t.Fatalf("left running after a kill: %q", running)
		}
	}
	w := openWorld(t, home, crashSettings, 0)
	defer w.serve()()
	got := w.settle(v.ID)
	if got.State != video.Published || len(got.Renditions) != 3 || len(got.WebVideos) != 2 {
		t.Fatalf("got state %d with %d renditions and %d web videos, want published with 3 and 2", got.State, len(got.Renditions), len(got.WebVideos))
	}
	w.checkDigests(got)
	w.checkThumbnails()
	w.checkNothingLeft(got, 2)
}

// checkNothingLeft requires exactly the files that rows name: those of the
// renditions, and of as many masters as there were jobs.
func (w *world) checkNothingLeft(got video.Work, masters int) {
	w.t.Helper()
	count := map[string]int{}
	for _, k := range w.keys("") {
		var err error
		switch name := filepath.Base(k); {
		case strings.HasPrefix(k, "streaming-playlists/"):
			_, err = w.Videos.MediaFile(w.t.Context(), "hls", got.UUID, name)
		case strings.HasPrefix(k, "web-videos/"):
			_, err = w.Videos.MediaFile(w.t.Context(), "web-video", "", name)
		case strings.HasPrefix(k, "torrents/"):
			_, _, err = w.Videos.TorrentFile(w.t.Context(), name)
		}
		if err != nil {
			w.t.Errorf("%s belongs to nothing: %v", k, err)
		}
		for _, end := range []string{"-fragmented.mp4", ".mp4", "-hls.torrent", ".torrent", "-master.m3u8", ".m3u8", "-segments-sha256.json", ".jpg", ""} {
			if strings.HasSuffix(k, end) {
				count[end]++
				break
			}
		}
	}
	n, web := len(got.Renditions), len(got.WebVideos)
	want := map[string]int{"-fragmented.mp4": n, ".mp4": web, "-hls.torrent": n, ".torrent": web, ".m3u8": n, "-master.m3u8": masters, "-segments-sha256.json": masters, ".jpg": 5}
	for end, c := range count {
		if c != want[end] {
			w.t.Errorf("%d files end in %q, want %d: %q", c, end, want[end], w.keys(""))
		}
	}
	left, err := os.ReadDir(w.Blob.TempDir())
	if err != nil || len(left) > 0 {
		w.t.Errorf("temporary files are left: %v %v", left, err)
	}
}

// kill starts a server over home that dies by itself, or is killed after a while.
func kill(t *testing.T, home string, dies int, after time.Duration) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKilledAtAnyMoment$")
	cmd.Env = append(os.Environ(), "TRANSCODE_TEST_HOME="+home, "TRANSCODE_TEST_DIES="+strconv.Itoa(dies))
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(stderr).ReadString('\n'); !strings.Contains(line, "serving") {
		t.Fatalf("server said %q, %v", line, err)
	}
	timer := time.AfterFunc(after, func() { _ = cmd.Process.Kill() }) // it may be gone
	defer timer.Stop()
	if err := cmd.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Fatalf("server ended with %v, want killed", err)
	}
}

// processesOf lists the processes that work in a folder. One that the kernel is
// still ending does not count, so it is given a moment.
func processesOf(t *testing.T, home string) (running []string) {
	t.Helper()
	for deadline := time.Now().Add(3 * time.Second); ; {
		running = nil
		lines, err := filepath.Glob("/proc/[0-9]*/cmdline")
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range lines {
			if b, _ := os.ReadFile(l); strings.Contains(string(b), home) { // it may have ended meanwhile
				running = append(running, strings.ReplaceAll(string(b), "\x00", " "))
			}
		}
		if len(running) == 0 || time.Now().After(deadline) {
			return running
		}
		<-time.After(10 * time.Millisecond)
	}
}
