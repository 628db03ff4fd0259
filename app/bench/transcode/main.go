// Command transcode measures how much longer an uploaded film takes through the
// jobs of an instance than through ffmpeg alone, in the same run: until it is
// published, and until its last rendition is there. The film is 1280×720 at 30
// frames a second and fits, so the first rendition is a copy.
package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"vidiverse/instance/account"
	"vidiverse/instance/actor"
	"vidiverse/instance/blob"
	"vidiverse/instance/channel"
	"vidiverse/instance/db"
	"vidiverse/instance/ffmpeg"
	"vidiverse/instance/job"
	"vidiverse/instance/transcode"
	"vidiverse/instance/user"
	"vidiverse/instance/video"
)

const seconds = 30

var lower = []int{480, 360, 240}

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "bench-transcode")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	film := filepath.Join(dir, "film.mp4")
	if err := makeFilm(ctx, film); err != nil {
		return err
	}
	first, rest, err := alone(ctx, dir, film)
	if err != nil {
		return err
	}
	published, all, err := ours(ctx, dir, film)
	if err != nil {
		return err
	}
	row := func(what string, mine, theirs time.Duration, budget string) {
		fmt.Printf("%-32s %8.2f s %8.2f s %7.2f×   %s\n", what, mine.Seconds(), theirs.Seconds(), mine.Seconds()/theirs.Seconds(), budget)
	}
	fmt.Printf("%-32s %10s %10s %8s   %s\n", fmt.Sprintf("film of %d s", seconds), "instance", "ffmpeg", "ratio", "budget")
	row("upload → published", published, first, "ffmpeg + 1 s")
	row("upload → all renditions", all, first+rest, "1.05×")
	return nil
}

func makeFilm(ctx context.Context, path string) error {
	length := strconv.Itoa(seconds)
	return command(ctx, "-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=30:duration="+length, "-f", "lavfi", "-i", "sine=frequency=440:duration="+length,
		"-c:v", "libx264", "-preset", "veryfast", "-b:v", "2M", "-maxrate", "2M", "-bufsize", "4M", "-pix_fmt", "yuv420p", "-g", "60", "-c:a", "aac", path)
}

func command(ctx context.Context, args ...string) error {
	cmd := exec.CommandContext(ctx, "ffmpeg", append([]string{"-hide_banner", "-v", "error", "-nostdin", "-y"}, args...)...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("ffmpeg: %w: %s", err, out)
	}
	return nil
}

// alone runs ffmpeg by hand for the same renditions, one after the other.
func alone(ctx context.Context, dir, film string) (first, rest time.Duration, err error) {
	hls := func(name string, codec ...string) error {
		args := append([]string{"-i", film}, codec...)
		return command(ctx, append(args, "-c:a", "copy", "-f", "hls", "-hls_time", "4", "-hls_list_size", "0", "-hls_playlist_type", "vod",
			"-hls_segment_type", "fmp4", "-hls_flags", "single_file", "-hls_segment_filename", filepath.Join(dir, name+".mp4"), filepath.Join(dir, name+".m3u8"))...)
	}
	start := time.Now()
	if err := hls("copy", "-c:v", "copy"); err != nil {
		return 0, 0, err
	}
	first = time.Since(start)
	rates := map[int]string{480: "1474578", 360: "1036812", 240: "522246"} // PeerTube's, as captured
	for _, r := range lower {
		err := hls(strconv.Itoa(r), "-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-vf", fmt.Sprintf("scale=w=-2:h=%d", r),
			"-maxrate:v", rates[r], "-bufsize:v", rates[r], "-b_strategy", "1", "-bf", "16", "-g:v", "60")
		if err != nil {
			return 0, 0, err
		}
	}
	return first, time.Since(start) - first, nil
}

// ours puts the film through the jobs of an instance.
func ours(ctx context.Context, dir, film string) (published, all time.Duration, err error) {
	d, err := db.Open(ctx, db.Config{URL: "sqlite:" + filepath.Join(dir, "bench.db")})
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	files, err := blob.OpenFolder(filepath.Join(dir, "files"))
	if err != nil {
		return 0, 0, err
	}
	base := &url.URL{Scheme: "http", Host: "one.test"}
	jobs := job.New(d, job.Config{})
	videos := video.New(video.Config{DB: d, Blob: files, Jobs: jobs, PublicURL: base, Transcodes: true})
	tools := &ffmpeg.Tools{}
	engine := transcode.New(transcode.Config{DB: d, Blob: files, TempDir: files.TempDir(), Jobs: jobs, Videos: videos, Tools: tools,
		Settings: transcode.Settings{Resolutions: lower, AlwaysOriginal: true}})
	caller, home, err := person(ctx, d, base, videos)
	if err != nil {
		return 0, 0, err
	}
	ctx, cancel := context.WithCancel(ctx)
	served := make(chan error, 1)
	go func() { served <- jobs.Serve(ctx) }()
	defer func() { cancel(); <-served }()

	const key = "original-video-files/film.mp4"
	if err := keep(ctx, files, key, film); err != nil {
		return 0, 0, err
	}
	start := time.Now()
	probe, err := tools.Probe(ctx, film)
	if err != nil {
		return 0, 0, err
	}
	var v video.Video
	err = d.Write(ctx, func(tx db.Tx) error {
		draft := video.Draft{Name: "the film", ChannelID: home, Privacy: video.Public, Comments: video.CommentsEnabled, WaitTranscoding: true}
		if v, err = videos.Create(ctx, tx, caller, draft, video.Source{Filename: "film.mp4", Key: key, Size: probe.Size, Probe: probe}); err != nil {
			return err
		}
		return engine.Plan(ctx, tx, v.ID)
	})
	for err == nil {
		var w video.Work
		if w, err = videos.Work(ctx, v.ID); err != nil {
			break
		}
		if w.State == video.TranscodingFailed {
			return 0, 0, errors.New("transcoding failed")
		}
		if w.State == video.Published && published == 0 {
			published = time.Since(start)
		}
		if len(w.Renditions) == 1+len(lower) {
			return published, time.Since(start), nil
		}
		<-time.After(5 * time.Millisecond)
	}
	return 0, 0, err
}

func person(ctx context.Context, d *db.DB, base *url.URL, videos *video.Service) (user.Caller, channel.ID, error) {
	actors := actor.New(d, base, time.Now)
	accounts := account.New(d, actors, time.Now)
	channels := channel.New(channel.Config{DB: d, Actors: actors, Accounts: accounts, Videos: func() channel.Videos { return videos }})
	users, err := user.New(user.Config{DB: d, Households: channels})
	if err != nil {
		return user.Caller{}, 0, err
	}
	if _, _, err := users.EnsureRoot(ctx, "a password of the bench"); err != nil {
		return user.Caller{}, 0, err
	}
	a, err := users.Me(ctx, 1)
	if err != nil {
		return user.Caller{}, 0, err
	}
	c, err := channels.ByHandle(ctx, "root_channel")
	return user.Caller{UserID: a.ID, Role: a.Role, AccountID: a.AccountID, Username: "root"}, c.ID, err
}

func keep(ctx context.Context, files *blob.Folder, key, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = files.Put(ctx, key, f)
	return err
}
