package transcode

import (
	"bytes"
	"encoding/binary"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"vidiverse/instance/db"
	"vidiverse/instance/fault"
	"vidiverse/instance/job"
	"vidiverse/instance/stream"
	"vidiverse/instance/user"
	"vidiverse/instance/video"
)

func (w *world) webFile(r stream.Rendition) string {
	w.t.Helper()
	path, ok := w.Blob.Path(stream.WebVideoKey(r.File, r.Private))
	if !ok {
		w.t.Fatalf("%s is not stored", r.File)
	}
	return path
}

func heights(list []stream.Rendition) (all []int) {
	for _, r := range list {
		all = append(all, r.Resolution)
	}
	return all
}

// checkWeb requires of every web video what a plain player and yt-dlp want:
// picture with sound, and the index before the bytes.
func (w *world) checkWeb(got video.Work, want ...int) {
	w.t.Helper()
	if !slices.Equal(heights(got.WebVideos), want) {
		w.t.Fatalf("got web videos %v, want %v", heights(got.WebVideos), want)
	}
	for _, r := range got.WebVideos {
		p, err := w.engine.Tools.Probe(w.t.Context(), w.webFile(r))
		if err != nil || p.Video == nil || p.Audio == nil || !r.HasVideo || !r.HasAudio || p.Video.Height != r.Height || len(r.Torrent.Name) == 0 {
			w.t.Errorf("%s: got %+v, %v", r.File, p, err)
			continue
		}
		if d := p.Duration - got.Source.Probe.Duration; d.Abs().Seconds() > 0.2 {
			w.t.Errorf("%s lasts %v, its source %v", r.File, p.Duration, got.Source.Probe.Duration)
		}
		b := readAll(w.t, w.webFile(r))
		index, media := bytes.Index(b, []byte("moov")), bytes.Index(b, []byte("mdat"))
		if index < 0 || media < index || int64(len(b)) != r.Size || bytes.Contains(b, []byte("moof")) {
			w.t.Errorf("%s: index at %d, media at %d of %d bytes", r.File, index, media, len(b))
		}
		if at := index - 4; at < 0 || binary.BigEndian.Uint32(b[at:]) == 0 {
			w.t.Errorf("%s: no index", r.File)
		}
	}
}

// Both kinds come from one encoding: the picture is the same bits in both.
func TestWebVideosBesideHLS(t *testing.T) {
	t.Parallel()
	for name, split := range map[string]bool{"together": false, "sound apart": true} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, Settings{Resolutions: []int{144}, AlwaysOriginal: true, WebVideos: true, SplitAudio: split})
			v := w.take(clip(t, "a.mp4", ordinary...))
			stop := w.serve()
			got := w.settle(v.ID)
			stop()
			w.checkWeb(got, 240, 144)
			w.checkDigests(got)
			w.checkNothingLeft(got, 2)
			for i, web := range got.WebVideos {
				if a, b := w.picture(w.webFile(web)), w.picture(w.file(got, got.Renditions[i].File)); a != b {
					t.Errorf("%d: the picture was encoded twice: %s and %s", web.Resolution, a, b)
				}
			}
		})
	}
}

// picture is what the packets of a file's picture hold, by its digest.
func (w *world) picture(path string) string {
	w.t.Helper()
	out, err := exec.CommandContext(w.t.Context(), "ffmpeg", "-v", "error", "-i", path, "-map", "0:v:0", "-c", "copy", "-bsf:v", "h264_mp4toannexb",
		"-f", "md5", "-").Output()
	if err != nil {
		w.t.Fatal(err)
	}
	return string(out)
}

// Without HLS a video is published as web videos alone, and its original goes.
func TestWebVideosAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Settings{Resolutions: []int{144}, AlwaysOriginal: true, WebVideos: true, NoHLS: true, SplitAudio: true})
	v := w.take(clip(t, "a.mp4", ordinary...))
	stop := w.serve()
	got := w.settle(v.ID)
	stop()
	if got.State != video.Published || len(got.Renditions) != 0 || got.Master != "" || got.Source.Key != "" {
		t.Errorf("got state %d, %d HLS files, source %q", got.State, len(got.Renditions), got.Source.Key)
	}
	w.checkWeb(got, 240, 144)
	w.checkNothingLeft(got, 0)
}

// Where nothing is transcoded, what was uploaded is published as it came.
func TestAsItCame(t *testing.T) {
	t.Parallel()
	for name, codec := range map[string][]string{"a.mp4": ordinary, "a.webm": with(lavfi(film, sound), "-c:v", "libvpx", "-deadline", "realtime", "-c:a", "libopus")} {
		w := newWorld(t, Settings{})
		w.engine.Disabled = true
		path := clip(t, name, codec...)
		v := w.take(path)
		stop := w.serve()
		got := w.settle(v.ID)
		stop()
		if got.State != video.Published || len(got.Renditions) != 0 || len(got.WebVideos) != 1 || got.Source.Key != "" {
			t.Fatalf("%s: got %+v", name, got)
		}
		r := got.WebVideos[0]
		if filepath.Ext(r.File) != filepath.Ext(name) || r.Resolution != 240 || !r.HasAudio || !bytes.Equal(readAll(t, path), readAll(t, w.webFile(r))) {
			t.Errorf("%s: got %+v", name, r)
		}
		w.checkThumbnails()
		if keys := w.keys(""); len(keys) != 7 { // the film, its torrent, five pictures
			t.Errorf("%s: got files %q", name, keys)
		}
		w.refused(w.engine.Again(t.Context(), user.Caller{UserID: 1}, video.Ref(v.UUID), true, false), fault.Invalid, "transcoding")
	}
}

// Files of one kind are made of the other after the original went, without
// encoding them again; each kind can then be removed.
func TestMadeAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Settings{Resolutions: []int{144}, AlwaysOriginal: true, SplitAudio: true})
	v := w.take(clip(t, "a.mp4", ordinary...))
	defer w.serve()()
	first := w.settle(v.ID)
	if first.Source.Key != "" || len(first.WebVideos) != 0 || len(first.Renditions) != 3 {
		t.Fatalf("got %+v", first)
	}
	ctx, root := t.Context(), user.Caller{UserID: 1, Role: user.Administrator}
	ref := video.Ref(v.UUID)
	w.refused(w.engine.DropHLS(ctx, root, ref), fault.Invalid, "all files")
	w.refused(w.engine.DropWebVideos(ctx, root, ref, 0), fault.Invalid, "web videos that are not there")
	w.refused(w.engine.Again(ctx, w.Bob, ref, true, false), fault.Forbidden, "a stranger")

	w.must(w.engine.Again(ctx, root, ref, true, false))
	w.refused(w.engine.Again(ctx, root, ref, true, false), fault.Invalid, "while it is being transcoded")
	both := w.settle(v.ID)
	w.checkWeb(both, 240, 144)
	for i, web := range both.WebVideos {
		if a, b := w.picture(w.webFile(web)), w.picture(w.file(both, both.Renditions[i].File)); a != b {
			t.Errorf("%d was encoded again: %s and %s", web.Resolution, a, b)
		}
	}
	if both.State != video.Published || both.Master != first.Master {
		t.Errorf("the playlist became %s in state %d", both.Master, both.State)
	}

	w.must(w.engine.DropHLS(ctx, root, ref))
	w.finish()
	if got := w.look(v.ID); len(got.Renditions) != 0 || got.Master != "" || len(got.WebVideos) != 2 {
		t.Errorf("without HLS: got %+v", got)
	}
	w.checkNothingLeft(w.look(v.ID), 0)
	w.must(w.engine.Again(ctx, root, ref, false, false))
	back := w.settle(v.ID)
	w.checkDigests(back)
	if !slices.Equal(heights(back.Renditions), []int{240, 144, 0}) {
		t.Errorf("HLS again: got %v", heights(back.Renditions))
	}
	w.dropOneByOne(back)
}

// dropOneByOne removes files until one is left, which stays.
func (w *world) dropOneByOne(back video.Work) {
	w.t.Helper()
	ctx, root, ref := w.t.Context(), user.Caller{UserID: 1, Role: user.Administrator}, video.Ref(back.UUID)
	sound := back.Renditions[2].ID
	w.refused(w.engine.DropHLSFile(ctx, root, ref, sound), fault.Invalid, "the sound of the others")
	w.refused(w.engine.DropHLSFile(ctx, root, ref, 1<<40), fault.NotFound, "no file")
	w.must(w.engine.DropHLSFile(ctx, root, ref, back.Renditions[0].ID))
	w.finish()
	got := w.look(back.ID)
	if !slices.Equal(heights(got.Renditions), []int{144, 0}) || got.Master == back.Master {
		w.t.Errorf("one HLS file less: got %v in %s", heights(got.Renditions), got.Master)
	}
	w.checkDigests(got)
	w.checkNothingLeft(got, 1)
	w.refused(w.engine.DropWebVideos(ctx, root, ref, 1<<40), fault.NotFound, "no file")
	for _, r := range got.WebVideos {
		w.must(w.engine.DropWebVideos(ctx, root, ref, r.ID))
	}
	w.finish()
	w.checkNothingLeft(w.look(back.ID), 1)
	w.must(w.engine.DropHLSFile(ctx, root, ref, got.Renditions[0].ID))
	w.refused(w.engine.DropHLSFile(ctx, root, ref, sound), fault.Invalid, "the last file")
}

// A file that goes while another job runs must not come back in that job's
// master: the job tries again over what is there.
func TestListThatChangedIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Settings{Resolutions: []int{144}, AlwaysOriginal: true})
	v := w.take(clip(t, "a.mp4", ordinary...))
	defer w.serve()()
	got := w.settle(v.ID)
	m := stream.Master{Name: "x-master.m3u8", Sha256Name: "x.json", Lists: numbers(got.Renditions)}
	root := user.Caller{UserID: 1, Role: user.Administrator}
	w.must(w.engine.DropHLSFile(t.Context(), root, video.Ref(v.UUID), got.Renditions[1].ID))
	err := w.DB.Write(t.Context(), func(tx db.Tx) error { return w.Videos.PutRenditions(t.Context(), tx, v.ID, nil, m) })
	w.refused(err, fault.Conflict, "a master of before")
	if n, _, err := w.Jobs.List(t.Context(), job.Filter{States: []job.State{job.Failed}}); err != nil || len(n) != 0 {
		t.Errorf("failed jobs %v, %v", n, err)
	}
}

func (w *world) refused(err error, want fault.Kind, what string) {
	w.t.Helper()
	if fault.KindOf(err) != want || err == nil {
		w.t.Errorf("%s: got %v, want %v", what, err, want)
	}
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}
