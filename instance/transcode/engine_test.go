package transcode

import (
	"context"
	"encoding/json"
	"errors"
	"image"
	"image/color"
	"image/png"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"vidiverse/instance/db"
	"vidiverse/instance/fault"
	"vidiverse/instance/ffmpeg"
	"vidiverse/instance/hls"
	"vidiverse/instance/job"
	"vidiverse/instance/picture"
	"vidiverse/instance/stream"
	"vidiverse/instance/video"
)

var ordinary = with(with(lavfi(film, sound), x264...), "-c:a", "aac")

// TestEachRenditionMakesANewMaster: a player names its swarm by the master's
// name and a position in it, so a list that grew must not keep its name.
func TestEachRenditionMakesANewMaster(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Settings{Resolutions: []int{144, 180}, AlwaysOriginal: true})
	v := w.take(clip(t, "a.mp4", ordinary...))
	stop := w.serve()
	got := w.settle(v.ID)
	stop()
	var masters []string
	for _, k := range w.keys(stream.FolderOf(v.UUID, false) + "/") {
		if strings.HasSuffix(k, "-master.m3u8") {
			masters = append(masters, filepath.Base(k))
		}
	}
	if len(masters) != 3 {
		t.Fatalf("got %d masters, want one for each of 3 renditions", len(masters))
	}
	for _, m := range masters {
		hash := hls.SwarmHashG2(w.Videos.MasterURL(v.UUID, m, false), hls.Main, 0)
		if ok, err := w.Videos.SwarmAllowed(t.Context(), hash); !ok || err != nil {
			t.Errorf("swarm of master %s: got %v, %v, want allowed", m, ok, err)
		}
	}
	w.checkNothingLeft(got, 3)
}

// states is the library, noting the state that viewers see whenever renditions
// are about to be added.
type states struct {
	*video.Service
	seen []video.State
}

func (s *states) PutRenditions(ctx context.Context, tx db.Tx, id video.ID, add []stream.Rendition, m stream.Master) error {
	w, err := s.Work(ctx, id) // what is committed, not this transaction
	if err != nil {
		return err
	}
	s.seen = append(s.seen, w.State)
	return s.Service.PutRenditions(ctx, tx, id, add, m)
}

// TestPublishedBeforeTheRest: viewers do not wait for renditions they may never
// choose.
func TestPublishedBeforeTheRest(t *testing.T) {
	t.Parallel()
	w := newWorld(t, two)
	library := &states{Service: w.Videos}
	w.engine.Videos = library
	v := w.take(clip(t, "a.mp4", ordinary...))
	stop := w.serve()
	w.settle(v.ID)
	stop()
	if want := []video.State{video.ToTranscode, video.Published}; !slices.Equal(library.seen, want) {
		t.Errorf("states before each rendition: got %v, want %v", library.seen, want)
	}
}

func TestOriginalIsKeptIfWanted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Settings{AlwaysOriginal: true, KeepOriginal: true})
	v := w.take(clip(t, "a.mp4", ordinary...))
	defer w.serve()()
	got := w.settle(v.ID)
	if _, ok := w.Blob.Path(got.Source.Key); !ok {
		t.Errorf("original at %q is gone", got.Source.Key)
	}
}

// reasons is the library, listening to why a video failed.
type reasons struct {
	*video.Service
	told string
}

func (r *reasons) Fail(ctx context.Context, tx db.Tx, id video.ID, reason string) error {
	r.told = reason
	return r.Service.Fail(ctx, tx, id, reason)
}

// TestFailures: whatever goes wrong, the video says why, the original stays and
// no file is left half made.
func TestFailures(t *testing.T) {
	t.Parallel()
	good := clip(t, "a.mp4", ordinary...)
	probe, err := (&ffmpeg.Tools{}).Probe(t.Context(), good)
	if err != nil {
		t.Fatal(err)
	}
	whole := readAll(t, good)
	tests := []struct {
		name, content, reason string
		change                func(*Engine)
	}{
		{"other bytes than were probed", strings.Repeat("nonsense", 1000), "damaged", nil},
		{"a playlist instead", "#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", "damaged", nil},
		{"nothing", "", "damaged", nil},
		{"too large an output", string(whole), "more memory", func(e *Engine) { e.limits.FileSize = 1000 }},
		{"no memory", string(whole), "more memory", func(e *Engine) { e.limits.Memory = 50 << 20 }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, two)
			listener := &reasons{Service: w.Videos}
			w.engine.Videos = listener
			if tt.change != nil {
				tt.change(w.engine)
			}
			path := filepath.Join(t.TempDir(), "a.mp4")
			if err := os.WriteFile(path, []byte(tt.content), 0o600); err != nil {
				t.Fatal(err)
			}
			v := w.takeAs(path, probe)
			defer w.serve()()
			got := w.settle(v.ID)
			if got.State != video.TranscodingFailed || got.Source.Key == "" || len(got.Renditions) > 0 {
				t.Errorf("got state %d, source %q, %d renditions; want failed with its source", got.State, got.Source.Key, len(got.Renditions))
			}
			failed, _, err := w.Jobs.List(t.Context(), job.Filter{States: []job.State{job.Failed}})
			if err != nil || len(failed) != 1 {
				t.Fatalf("failed jobs: %v, %v", failed, err)
			}
			if got := listener.told; !strings.Contains(got, tt.reason) {
				t.Errorf("reason: got %q, want it to contain %q", got, tt.reason)
			}
			if left := append(w.keys("streaming-playlists/"), w.keys("thumbnails/")...); len(left) > 0 {
				t.Errorf("left in the store: %q", left)
			}
			if left, err := os.ReadDir(w.Blob.TempDir()); err != nil || len(left) > 0 {
				t.Errorf("left in the temporary folder: %v %v", left, err)
			}
		})
	}
}

func TestDeletedWhileItWaits(t *testing.T) {
	t.Parallel()
	w := newWorld(t, two)
	v := w.take(clip(t, "a.mp4", ordinary...))
	if err := w.Videos.Delete(t.Context(), w.Alice, video.Ref(v.UUID)); err != nil {
		t.Fatal(err)
	}
	defer w.serve()()
	w.finish()
	if left := w.keys("streaming-playlists/"); len(left) > 0 {
		t.Errorf("left in the store: %q", left)
	}
}

func TestProgress(t *testing.T) {
	t.Parallel()
	w := newWorld(t, two)
	v := w.take(clip(t, "a.mp4", ordinary...))
	got, err := w.engine.Progress(t.Context(), []video.ID{v.ID, 99})
	if err != nil || len(got) != 1 || got[v.ID] != 0 {
		t.Errorf("waiting: got %v, %v, want 0 %% of one video", got, err)
	}
	defer w.serve()()
	w.settle(v.ID)
	if got, err = w.engine.Progress(t.Context(), []video.ID{v.ID}); err != nil || len(got) != 0 {
		t.Errorf("finished: got %v, %v, want nothing", got, err)
	}
}

// TestPlanTwice: a repeated request must not transcode twice at once.
func TestPlanTwice(t *testing.T) {
	t.Parallel()
	w := newWorld(t, two)
	v := w.take(clip(t, "a.mp4", ordinary...))
	if err := w.DB.Write(t.Context(), func(tx db.Tx) error { return w.engine.Plan(t.Context(), tx, v.ID) }); err != nil {
		t.Fatal(err)
	}
	if _, n, err := w.Jobs.List(t.Context(), job.Filter{Type: JobType}); err != nil || n != 1 {
		t.Errorf("got %d jobs, %v, want 1", n, err)
	}
}

func TestReasonsNameNoPath(t *testing.T) {
	t.Parallel()
	for _, err := range []error{
		&ffmpeg.Failure{Tail: "file:/srv/secret/x.mp4: Invalid data"}, ffmpeg.ErrNoSpace, ffmpeg.ErrStalled, ffmpeg.ErrNotInstalled,
		&fs.PathError{Op: "open", Path: "/srv/secret", Err: fs.ErrPermission}, &ffmpeg.Refusal{Reason: "It is empty."},
	} {
		if r := reason(err); r == "" || strings.Contains(r, "/") {
			t.Errorf("%v: got %q", err, r)
		}
	}
	if hopeless(t.Context(), &ffmpeg.Failure{}) == nil {
		t.Error("an error became nil")
	}
}

func TestThumbnailsOfAChosenPicture(t *testing.T) {
	t.Parallel()
	w := newWorld(t, two)
	dir := t.TempDir()
	path := filepath.Join(dir, "tall.png")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	tall := image.NewRGBA(image.Rect(0, 0, 90, 160))
	for i := range tall.Pix {
		tall.Pix[i] = 0xff // white
	}
	if err := errors.Join(png.Encode(f, tall), f.Close()); err != nil {
		t.Fatal(err)
	}
	got, err := w.engine.Thumbnails(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 5 || slices.ContainsFunc(got, func(v stream.Thumbnail) bool { return v.Automatic }) {
		t.Errorf("got %+v", got)
	}
	w.checkThumbnails()
	wide := picture.Fill(tall, 320, 180)
	middle, edge := wide.RGBAAt(160, 2), wide.RGBAAt(2, 90)
	if middle != (color.RGBA{255, 255, 255, 255}) || edge.R > 0x90 || edge.R < 0x70 {
		t.Errorf("a tall picture is shown whole over a darker one: got %v and %v", middle, edge)
	}
}

// TestPicturesThatAreNone: a thumbnail comes from anyone who may upload.
func TestPicturesThatAreNone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, two)
	// A GIF header that claims 65,535 × 65,535 pixels.
	bomb := "GIF89a\xff\xff\xff\xff\x80\x00\x00\x00\x00\x00\xff\xff\xff,\x00\x00\x00\x00\xff\xff\xff\xff\x00\x02"
	for name, c := range map[string]struct {
		content string
		kind    fault.Kind
	}{
		"bomb":  {bomb, fault.TooLarge},
		"text":  {"hello", fault.Unsupported},
		"svg":   {"<svg><image href='/etc/passwd'/></svg>", fault.Unsupported},
		"empty": {"", fault.Unsupported},
		"half":  {"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x10\x00\x00\x00\x10\x08\x02\x00\x00\x00\x90\x91h6", fault.Unsupported},
	} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(c.content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := w.engine.Thumbnails(t.Context(), path); fault.KindOf(err) != c.kind {
			t.Errorf("%s: got %v, want %v", name, err, c.kind)
		}
	}
	if left := w.keys(""); len(left) > 0 {
		t.Errorf("left in the store: %q", left)
	}
}

func TestPayloadSurvivesJSON(t *testing.T) {
	t.Parallel()
	want := payload{Video: 3, Secret: "s", Rung: &rung{Resolution: 240, FPS: 29.97, Width: 426, Height: 240, Ratio: 1.7778}, Wanted: []int{240}}
	b, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got payload
	if err := json.Unmarshal(b, &got); err != nil || *got.Rung != *want.Rung || got.Secret != want.Secret {
		t.Errorf("got %+v, %v", got, err)
	}
}
