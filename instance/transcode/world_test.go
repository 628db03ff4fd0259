package transcode

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"vidiverse/instance/db"
	"vidiverse/instance/ffmpeg"
	"vidiverse/instance/job"
	"vidiverse/instance/stream"
	"vidiverse/instance/upload/uploadtest"
	"vidiverse/instance/video"
)

// world is a small instance whose uploads are transcoded.
type world struct {
	*uploadtest.World
	t      testing.TB
	engine *Engine
}

func newWorld(t testing.TB, s Settings) *world {
	t.Helper()
	w := &world{World: uploadtest.New(t, "", nil), t: t}
	w.engine = New(Config{DB: w.DB, Blob: w.Blob, TempDir: w.Blob.TempDir(), Jobs: w.Jobs, Videos: w.Videos,
		Tools: &ffmpeg.Tools{}, Settings: s})
	return w
}

// serve runs the jobs until stop is called.
func (w *world) serve() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.Jobs.Serve(ctx) }()
	return func() {
		cancel()
		if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
			w.t.Error(err)
		}
	}
}

// take makes a video of a local file and plans its transcoding.
func (w *world) take(path string) video.Video {
	w.t.Helper()
	probe, err := w.engine.Tools.Probe(w.t.Context(), path)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.takeAs(path, probe)
}

func (w *world) takeAs(path string, probe ffmpeg.Probe) video.Video {
	w.t.Helper()
	ctx := w.t.Context()
	f, err := os.Open(path)
	if err != nil {
		w.t.Fatal(err)
	}
	defer f.Close()
	key := "original-video-files/" + filepath.Base(w.t.TempDir()) + filepath.Base(path)
	size, err := w.Blob.Put(ctx, key, f)
	if err != nil {
		w.t.Fatal(err)
	}
	var v video.Video
	err = w.DB.Write(ctx, func(tx db.Tx) error {
		d := video.Draft{Name: "a video", ChannelID: w.Channel, Privacy: video.Public, Comments: video.CommentsEnabled, WaitTranscoding: true}
		v, err = w.Videos.Create(ctx, tx, w.Alice, d, stream.Source{Filename: filepath.Base(path), Key: key, Size: size, Probe: probe})
		if err != nil {
			return err
		}
		return w.engine.Plan(ctx, tx, v.ID)
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return v
}

// settle waits until no job is unfinished and returns what became of the video.
func (w *world) settle(id video.ID) video.Work {
	w.t.Helper()
	w.finish()
	return w.look(id)
}

func (w *world) finish() {
	w.t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(4 * time.Minute)
	for {
		_, n, err := w.Jobs.List(w.t.Context(), job.Filter{States: []job.State{job.Waiting, job.Active, job.Delayed, job.WaitingChildren}})
		if err != nil {
			w.t.Fatal(err)
		}
		if n == 0 {
			return
		}
		select {
		case <-limit:
			w.t.Fatal("jobs do not end")
		case <-tick.C:
		}
	}
}

func (w *world) look(id video.ID) video.Work {
	w.t.Helper()
	work, err := w.Videos.Work(w.t.Context(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	return work
}

// file is where one of the video's HLS files lies on the disk.
func (w *world) file(v video.Work, name string) string {
	w.t.Helper()
	path, ok := w.Blob.Path(stream.FolderOf(v.UUID, v.Private) + "/" + name)
	if !ok {
		w.t.Fatalf("%s is not stored", name)
	}
	return path
}

// keys lists all stored files under a prefix.
func (w *world) keys(prefix string) []string {
	w.t.Helper()
	var keys []string
	for i, err := range w.Blob.List(w.t.Context(), prefix) {
		if err != nil {
			w.t.Fatal(err)
		}
		keys = append(keys, i.Key)
	}
	return keys
}

// clip runs ffmpeg by hand to make an input file called name.
func clip(t testing.TB, name string, args ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	args = append([]string{"-hide_banner", "-v", "error", "-nostdin", "-y"}, args...)
	if out, err := exec.CommandContext(t.Context(), "ffmpeg", append(args, path)...).CombinedOutput(); err != nil {
		t.Fatalf("make %s: %v\n%s", name, err, out)
	}
	return path
}

func readAll(t testing.TB, path string) []byte {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
